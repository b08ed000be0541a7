"""OpenID tokens of identities, signed with a test key that ships with the package.

The key is public, so the tokens prove nothing outside a mock.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from moto.cognitoidentity.models import cognitoidentity_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from moto_cognitosync.core.clock import now

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

ISSUER = "https://cognito-identity.amazonaws.com"
# Path of the public keys, both on the server and on the host of the issuer.
KEYS_PATH = "/.well-known/jwks_uri"

_ALGORITHM = "RS512"
_KEY_FILE = Path(__file__).with_name("test_signing_key.json")
_POOL_ARN = f"{ISSUER}/identity-pool-arn"
_TAGS = "https://aws.amazon.com/tags"
_NO_TAGS: Mapping[str, str] = MappingProxyType({})


class InvalidTokenError(Exception):
    """The token was not issued by Cognito Identity. The text never contains it."""


class ExpiredTokenError(InvalidTokenError):
    """The token has expired.

    :param expiry: when the token expired, in seconds since the epoch.
    :param seconds: the current time, in seconds since the epoch.
    """

    def __init__(self, expiry: int, seconds: int) -> None:
        super().__init__(f"Invalid login token. Token expired: {expiry} >= {seconds}")
        self.expiry = expiry
        self.seconds = seconds


class TokenClaims(NamedTuple):
    """The claims of a token about an identity.

    :param amr: how the identity was authenticated: ``unauthenticated``; or
        ``authenticated``, the provider, and the user at the provider.
    :param principal_tags: values by name.
    """

    identity_id: str
    identity_pool_id: str
    account_id: str
    region: str
    amr: tuple[str, ...]
    principal_tags: Mapping[str, str] = _NO_TAGS


def issue_token(claims: TokenClaims, duration: int) -> str:
    """Return a signed token.

    :param duration: the lifetime, in seconds.
    """
    from joserfc import jws

    issued = now() // 1000
    payload: dict[str, Any] = {
        "sub": claims.identity_id,
        "aud": claims.identity_pool_id,
        "amr": claims.amr,
    }
    if claims.principal_tags:
        tags = {name: [value] for name, value in claims.principal_tags.items()}
        payload[_TAGS] = {"principal_tags": tags}
    payload |= {
        "iss": ISSUER,
        _POOL_ARN: f"arn:aws:cognito-identity:{claims.region}:{claims.account_id}"
        f":identitypool/{claims.identity_pool_id}",
        "exp": issued + duration,
        "iat": issued,
    }
    header = {"kid": _key_id(claims.region), "typ": "JWS", "alg": _ALGORITHM}
    content = json.dumps(payload, separators=(",", ":"))
    return jws.serialize_compact(header, content, _signing_key(), [_ALGORITHM])


def read_token(token: str) -> TokenClaims:
    """Verify a token and return its claims.

    :raises ExpiredTokenError: if the token has expired.
    :raises InvalidTokenError: if the signature or the issuer is wrong.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        verified = jws.deserialize_compact(token, _signing_key(), [_ALGORITHM])
    except (JoseError, TypeError, ValueError):  # TypeError: a malformed header
        raise InvalidTokenError(
            "Invalid login token. Couldn't verify signed token."
        ) from None  # the original error may contain the token
    payload = _parse(verified.payload)
    if payload.get("iss") != ISSUER:
        raise InvalidTokenError(
            "Invalid login token. Issuer doesn't match providerName"
        )
    try:
        claims, expiry = _claims_of(payload), int(payload["exp"])
    except (AttributeError, LookupError, TypeError, ValueError):
        raise InvalidTokenError("Invalid login token. Not a Cognito token.") from None
    if expiry <= (seconds := now() // 1000):
        raise ExpiredTokenError(expiry, seconds)
    return claims


def unverified_claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT without checking it; empty for any other text."""
    try:
        _, payload, _ = token.split(".")
        content = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    except ValueError:
        return {}
    return _parse(content)


def is_cognito_token(token: str) -> bool:
    """Return whether a token names Cognito Identity as its issuer.

    Neither the signature nor the expiry is checked.
    """
    return unverified_claims(token).get("iss") == ISSUER


def public_keys() -> dict[str, Any]:
    """Return the public keys as a JSON Web Key Set.

    All regions use the same key. It has a separate id in each region, as on AWS.
    """
    jwk = _read_key()
    return {
        "keys": [
            {
                "kty": jwk["kty"],
                "alg": _ALGORITHM,
                "use": "sig",
                "kid": _key_id(region),
                "n": jwk["n"],
                "e": jwk["e"],
            }
            for region in cognitoidentity_backends[DEFAULT_ACCOUNT_ID].regions
        ]
    }


def _parse(content: bytes) -> dict[str, Any]:
    """Parse a payload. Anything other than a JSON object is returned as empty."""
    try:
        payload = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _claims_of(payload: dict[str, Any]) -> TokenClaims:
    *_, region, account_id, _ = payload[_POOL_ARN].split(":", 5)
    tags = payload.get(_TAGS, {}).get("principal_tags", {})
    return TokenClaims(
        identity_id=payload["sub"],
        identity_pool_id=payload["aud"],
        account_id=account_id,
        region=region,
        amr=tuple(payload["amr"]),
        principal_tags={name: values[0] for name, values in tags.items()},
    )


def _key_id(region: str) -> str:
    return f"{region}1"


@cache
def _signing_key() -> RSAKey:
    from joserfc.jwk import RSAKey

    key: RSAKey = RSAKey.import_key(_read_key())
    return key


@cache
def _read_key() -> dict[str, Any]:
    jwk: dict[str, Any] = json.loads(_KEY_FILE.read_text())
    return jwk
