"""Who sent a request, read from its headers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_REGION = "us-east-1"

# moto's cognito-identity hands these out to every identity.
IDENTITY_ACCESS_KEY = "TESTACCESSKEY12345"

_CREDENTIAL = re.compile(r"Credential=(?P<access_key>[^/,]*)/[^/]*/(?P<region>[^/]*)/")
_REGION_IN_HOST = re.compile(r"\.(?P<region>[^.]+)\.(?:amazonaws\.com|api\.aws)")
_REGION_IN_USER_AGENT = re.compile(r"region/(?P<region>[a-z]{2}-[a-z]+-\d)")


@dataclass(frozen=True, slots=True)
class Caller:
    """The account and region a request goes to, and the kind of its credentials.

    :param is_identity: whether the request is signed with the credentials of a
        Cognito identity, rather than those of a developer.
    """

    account_id: str
    region: str
    is_identity: bool

    @classmethod
    def of(cls, url: str, headers: Mapping[str, str]) -> Caller:
        """Find out who calls, with the rules and the precedence of moto.

        The account: ``MOTO_ACCOUNT_ID``, else ``x-moto-account-id``, else that of the
        access key, else moto's default. The region: that of the host, else of the
        user agent (moto writes it there in server mode), else of the signature.
        """
        signature = _CREDENTIAL.search(headers.get("Authorization", ""))
        access_key = signature["access_key"] if signature else ""
        region = (
            _REGION_IN_HOST.search(urlsplit(url).netloc)
            or _REGION_IN_USER_AGENT.search(headers.get("User-Agent", ""))
            or signature
        )
        # Loaded at the first call, as moto does: it takes a tenth of a second.
        from moto.iam.models import get_account_id_from

        return cls(
            account_id=os.environ.get("MOTO_ACCOUNT_ID")
            or headers.get("x-moto-account-id")
            or get_account_id_from(access_key),
            region=region["region"] if region else DEFAULT_REGION,
            is_identity=access_key == IDENTITY_ACCESS_KEY,
        )
