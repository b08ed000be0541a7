"""Signatures, access keys of Cognito identities, and whether the mock checks them."""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qsl

from .config import is_enabled

# moto returns the same access key for every identity.
SHARED_ACCESS_KEY = "TESTACCESSKEY12345"
# Prefix of access keys that belong to one identity.
_PREFIX = "ASIASYNC"
_KEY_LENGTH = 20

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


def belongs_to_identity(access_key: str) -> bool:
    """Return whether an access key belongs to an identity, not to a developer."""
    return access_key == SHARED_ACCESS_KEY or access_key.startswith(_PREFIX)


def access_key_of(identity_id: str) -> str:
    """Return the access key of an identity in strict mode.

    The key is derived from the id, so nothing has to be stored.
    """
    digest = b32encode(sha256(identity_id.encode()).digest()).decode()
    return _PREFIX + digest[: _KEY_LENGTH - len(_PREFIX)]
