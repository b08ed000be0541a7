"""URLs of the service and the function that handles them."""

from __future__ import annotations

from .responses import cognito_identity

# The region is one label that does not begin with s3, because a bucket can be called
# cognito-identity. Without a region, the host serves the public keys only.
url_bases = [
    r"https?://cognito-identity(?:-fips)?\.(?:(?!s3\b)([^./]+)\.)?"
    r"(?:amazonaws\.com(?:\.cn)?|api\.aws)"
]

# As for Cognito Sync, a named group for all versions of moto's server.
url_paths = {"{0}/(?P<path>.*)$": cognito_identity.handle}
