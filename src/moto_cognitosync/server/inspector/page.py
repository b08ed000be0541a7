"""The page of the inspector and its files."""

from __future__ import annotations

from pathlib import Path

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

FOLDER = Path(__file__).with_name("static")

# Only the page's own files may run or be loaded, whatever the data contains.
SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# The system's types may be wrong. Browsers run scripts only if their type is correct.
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}


def serve_page(name: str) -> Response:
    """Return a file of the page.

    :param name: name of the file; empty for the page itself.
    :raises NotFound: if there is no such file.
    """
    files = {each.name: each for each in FOLDER.glob("*")}
    file = files.get(name or "index.html")
    if file is None:
        raise NotFound(f"there is no file {name!r}")
    response = Response(file.read_bytes(), mimetype=_TYPES[file.suffix])
    response.headers["Content-Security-Policy"] = SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.cache_control.no_cache = True
    return response
