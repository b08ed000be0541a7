"""URLs of the service and the function that handles them."""

from __future__ import annotations

from .responses import cognito_sync

# The region is one label that does not begin with s3, because a bucket can be called
# cognito-sync.
url_bases = [
    r"https?://cognito-sync(?:-fips)?\.(?!s3\b)([^./]+)\.(?:amazonaws\.com|api\.aws)"
]

# One pattern for all paths. All versions of moto's server turn the named group into a
# Flask route; before 5.1.22, a plain ".*" does not match.
url_paths = {"{0}/(?P<path>.*)$": cognito_sync.handle}
