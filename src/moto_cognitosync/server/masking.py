"""Hides secrets in recorded requests and responses."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

MASK = "***"

_SECRET_HEADERS = {
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-amz-security-token",
}
_SECRET_PARAMETERS = {
    "password",
    "samlassertion",
    "secretaccesskey",
    "securitytoken",
    "signature",
    "webidentitytoken",
    "x-amz-security-token",
    "x-amz-signature",
}

# The part of a header Authorization before the secret: SigV4, SigV2, other schemes.
_PUBLIC_PART = re.compile(r"AWS4-.*\bSignature=|AWS [^:]*:|\S+ ", re.DOTALL)

# Regular expressions, because a body may be cut or malformed.
_STRING = r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
_SECRET_MEMBER = re.compile(
    rf'("(?:SecretKey|SessionToken|Token)"\s*:\s*){_STRING}', re.DOTALL
)
# A map of tokens by the names of their providers.
_LOGINS = re.compile(rf'"Logins"\s*:\s*\{{(?:[^"}}]|{_STRING})*', re.DOTALL)
_VALUE = re.compile(rf"(:\s*){_STRING}", re.DOTALL)


def mask_header(name: str, value: str) -> str:
    """Return the value of a header without its secret."""
    if name.lower() in _SECRET_HEADERS:
        return MASK
    if name.lower() == "authorization":
        public = _PUBLIC_PART.match(value)
        return f"{public[0] if public else ''}{MASK}"
    return value


def mask_query(query: str) -> str:
    """Return the query of a URL without its secrets."""
    return "&".join(map(_mask_parameter, query.split("&")))


def _mask_parameter(parameter: str) -> str:
    name, mark, _ = parameter.partition("=")
    is_secret = unquote_plus(name).lower() in _SECRET_PARAMETERS
    return f"{name}={MASK}" if mark and is_secret else parameter


def mask_body(body: str) -> str:
    """Return a JSON body, which may be incomplete, without its secrets."""
    body = _SECRET_MEMBER.sub(rf'\1"{MASK}"', body)
    return _LOGINS.sub(_mask_logins, body)


def _mask_logins(match: re.Match[str]) -> str:
    head, brace, logins = match[0].partition("{")
    return head + brace + _VALUE.sub(rf'\1"{MASK}"', logins)
