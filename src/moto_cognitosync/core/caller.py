"""Who sent a request, read from its headers."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from moto.core.models import DEFAULT_ACCOUNT_ID

from .credentials import belongs_to_identity

DEFAULT_REGION = "us-east-1"

_CREDENTIAL = re.compile(
    r"Credential=(?P<access_key>[^/,]*)/[^/,]*/(?P<region>[^/,]*)/"  # a comma ends it
)
_REGION_IN_HOST = re.compile(r"\.(?P<region>[^.]+)\.(?:amazonaws\.com|api\.aws)")
_REGION_IN_USER_AGENT = re.compile(r"region/(?P<region>[a-z]{2}-[a-z]+-\d)")


def default_account_id() -> str:
    """Return the account of those whose access key tells nothing."""
    return os.environ.get("MOTO_ACCOUNT_ID") or DEFAULT_ACCOUNT_ID


class Caller(NamedTuple):
    """Where a request goes, and who signed it.

    :param endpoint: the root of the URL it was sent to: ``http://127.0.0.1:5000``.
    :param access_key: empty if the request is not signed.
    :param is_identity: whether the access key is that of a Cognito identity, rather
        than a developer's.
    """

    account_id: str
    region: str
    endpoint: str
    access_key: str
    is_identity: bool

    @classmethod
    def from_request(cls, url: str, headers: Mapping[str, str]) -> Caller:
        """Find out who calls, with the rules and the precedence of moto.

        The account: ``MOTO_ACCOUNT_ID``, else ``x-moto-account-id``, else that of the
        access key, else moto's default. The region: that of the host, else of the
        user agent (moto writes it there in server mode), else of the signature.
        """
        parts = urlsplit(url)
        signature = _CREDENTIAL.search(headers.get("Authorization", ""))
        access_key = signature["access_key"] if signature else ""
        region = (
            _REGION_IN_HOST.search(parts.netloc)
            or _REGION_IN_USER_AGENT.search(headers.get("User-Agent", ""))
            or signature
        )
        return cls(
            account_id=os.environ.get("MOTO_ACCOUNT_ID")
            or headers.get("x-moto-account-id")
            or _owner_of(access_key),
            region=region["region"] if region else DEFAULT_REGION,
            endpoint=f"{parts.scheme}://{parts.netloc}",
            access_key=access_key,
            is_identity=belongs_to_identity(access_key),
        )

    def identity_or_account(self, identity_id: str) -> str:
        """Name who writes: an identity by its id, a developer by the account."""
        return identity_id if self.is_identity else self.account_id

    @property
    def s3_endpoint(self) -> str:
        """The root of the URL where whoever called can reach S3."""
        host = urlsplit(self.endpoint).hostname or ""
        if host.endswith((".amazonaws.com", ".api.aws")):
            return f"https://s3.{self.region}.amazonaws.com"
        return self.endpoint


def _owner_of(access_key: str) -> str:
    """Return the account that an access key belongs to, or the default one.

    IAM makes the keys. It takes a tenth of a second to load; as long as it is not,
    there are none.
    """
    if "moto.iam.models" not in sys.modules:
        return DEFAULT_ACCOUNT_ID
    from moto.iam.models import get_account_id_from

    return get_account_id_from(access_key)
