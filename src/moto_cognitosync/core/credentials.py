"""Signatures, credentials of Cognito identities, and whether the mock checks them.

Credentials of an identity are not stored. The access key is derived from the identity's
id. The session token contains the session and a signature.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b32encode, b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from .clock import now
from .config import is_enabled

# moto's own Cognito Identity returns the same access key for every identity.
SHARED_ACCESS_KEY = "TESTACCESSKEY12345"
# Prefix of access keys that belong to one identity.
_PREFIX = "ASIASYNC"
_KEY_LENGTH = 20
_SECRET_LENGTH = 40

CREDENTIALS_LIFETIME = 60 * 60 * 1000  # one hour, in milliseconds
# The name of each session that Cognito Identity starts for an identity.
SESSION_NAME = "CognitoIdentityCredentials"

# The error message for an expired session.
EXPIRED = "The security token included in the request is expired"

# Signs session tokens. It is public, so they prove nothing outside a mock.
_SIGNING_KEY = b"moto-cognitosync test key for session tokens"
_TOKEN_PREFIX = "SYNC"
_MAC_LENGTH = sha256().digest_size

_PARAMETER = re.compile(r"(\w+)=([^,\s]*)")
_PREFIX_IN_QUERY = "X-Amz-"


class Signature(NamedTuple):
    """The SigV4 signature of a request; empty if the request is not signed.

    :param parameters: keyed by their names in the header, such as ``SignedHeaders``.
    :param is_presigned: whether the parameters are in the query, not in the header.
    """

    access_key: str
    region: str
    service: str
    parameters: Mapping[str, str]
    is_presigned: bool

    @classmethod
    @lru_cache(maxsize=64)  # a server reads it to route the request, and once more
    def from_request(cls, authorization: str, query: str) -> Signature:
        """Read the signature from the header ``Authorization``, or from the query."""
        parameters = dict(_PARAMETER.findall(authorization))
        is_presigned = bool(query) and "Credential" not in parameters
        if is_presigned:
            parameters = {
                name.removeprefix(_PREFIX_IN_QUERY): value
                for name, value in parse_qsl(query)
                if name.startswith(_PREFIX_IN_QUERY)
            }
        access_key, _, scope = parameters.get("Credential", "").partition("/")
        match scope.split("/"):
            case _, region, service, "aws4_request":
                return cls(access_key, region, service, parameters, is_presigned)
            case _, service, "aws4_request":  # SigV4A signs for several regions
                return cls(access_key, "", service, parameters, is_presigned)
            case _:
                return cls("", "", "", {}, is_presigned=False)


def is_strict() -> bool:
    """Return whether the mock configuration enables strict credentials."""
    return is_enabled("cognitosync", "strict_credentials")


def enforces_iam() -> bool:
    """Return whether moto checks IAM policies, starting with the next request."""
    from moto import settings
    from moto.core import responses

    mixin: Any = responses.ActionAuthenticatorMixin  # type: ignore[attr-defined]
    count: int = mixin.request_count
    return count >= settings.INITIAL_NO_AUTH_ACTION_COUNT


def belongs_to_identity(access_key: str) -> bool:
    """Return whether an access key belongs to an identity, not to a developer."""
    return access_key == SHARED_ACCESS_KEY or access_key.startswith(_PREFIX)


def access_key_of(identity_id: str) -> str:
    """Return the access key of an identity, which is derived from its id."""
    digest = b32encode(sha256(identity_id.encode()).digest()).decode()
    return _PREFIX + digest[: _KEY_LENGTH - len(_PREFIX)]


class IdentitySession(NamedTuple):
    """The session of an identity, which its credentials belong to.

    :param account_id: the account to which the credentials belong.
    :param role_arn: the IAM role; empty if the pool has no role for the identity.
    :param amr: how the identity was authenticated, as in its OpenID token.
    :param expiration: in epoch milliseconds; credentials have only whole seconds.
    :param principal_tags: values by name.
    :param name: the last part of the ARN of the assumed role.
    """

    identity_id: str
    identity_pool_id: str
    account_id: str
    role_arn: str
    amr: tuple[str, ...]
    expiration: int
    principal_tags: Mapping[str, str] = MappingProxyType({})
    name: str = SESSION_NAME

    @property
    def role_name(self) -> str:
        """The name of the role, without its path; ``no-role`` without a role."""
        return self.role_arn.rpartition("/")[2] or "no-role"

    def is_expired(self) -> bool:
        """Return whether the session has expired on the mock's clock."""
        return self.expiration <= now()


def issue_credentials(session: IdentitySession) -> dict[str, Any]:
    """Return the ``Credentials`` structure of Cognito Identity for a session.

    :return: ``AccessKeyId``, ``SecretKey``, ``SessionToken``, and ``Expiration`` in
        epoch milliseconds.
    """
    session = session._replace(expiration=session.expiration // 1000 * 1000)
    fields = session._replace(principal_tags=dict(session.principal_tags))
    content = json.dumps(fields, separators=(",", ":")).encode()
    token = _TOKEN_PREFIX + b64encode(_sign(content) + content).decode()
    return {
        "AccessKeyId": access_key_of(session.identity_id),
        "SecretKey": secret_key_of(token),
        "SessionToken": token,
        "Expiration": session.expiration,
    }


def secret_key_of(session_token: str) -> str:
    """Return the secret access key that belongs to a session token."""
    return b64encode(_sign(session_token.encode())).decode()[:_SECRET_LENGTH]


def read_session(session_token: str) -> IdentitySession | None:
    """Return the session of an identity, whether it has expired or not.

    :return: None if the token is not an identity's, or its signature is wrong.
    """
    if not session_token.startswith(_TOKEN_PREFIX):
        return None
    try:
        signed = b64decode(session_token.removeprefix(_TOKEN_PREFIX), validate=True)
    except ValueError:
        return None
    mac, content = signed[:_MAC_LENGTH], signed[_MAC_LENGTH:]
    if not hmac.compare_digest(mac, _sign(content)):
        return None
    session = IdentitySession(*json.loads(content))
    return session._replace(amr=tuple(session.amr))


def _sign(content: bytes) -> bytes:
    return hmac.digest(_SIGNING_KEY, content, "sha256")
