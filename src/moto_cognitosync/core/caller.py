"""The caller of a request: account, region and kind of credentials."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from moto.core.models import DEFAULT_ACCOUNT_ID

from .credentials import (
    IdentitySession,
    Signature,
    access_key_of,
    belongs_to_identity,
    read_session,
)

DEFAULT_REGION = "us-east-1"

_REGION_IN_HOST = re.compile(r"\.(?P<region>[^.]+)\.(?:amazonaws\.com|api\.aws)")
_REGION_IN_USER_AGENT = re.compile(r"region/(?P<region>[a-z]{2}-[a-z]+-\d)")


def default_account_id() -> str:
    """Return the account id for callers whose access key does not determine one."""
    return os.environ.get("MOTO_ACCOUNT_ID") or DEFAULT_ACCOUNT_ID


class Caller(NamedTuple):
    """The caller of a request, and where the request was sent.

    :param endpoint: scheme and host of the URL, for example ``http://127.0.0.1:5000``.
    :param access_key: empty if the request is not signed.
    :param is_identity: whether the access key belongs to a Cognito identity, not to a
        developer.
    :param session: the session of an identity; None for developers, and for identities
        whose request has no session token.
    :param is_iam_enforced: whether moto enforces IAM for the request; set only by
        Cognito Identity.
    """

    account_id: str
    region: str
    endpoint: str
    access_key: str
    is_identity: bool
    session: IdentitySession | None = None
    is_iam_enforced: bool = False

    @classmethod
    def from_request(cls, url: str, headers: Mapping[str, str], query: str) -> Caller:
        """Read the caller from a request, with the same precedence as moto.

        The account comes from ``MOTO_ACCOUNT_ID``, the header ``x-moto-account-id``, an
        identity's session token, or the access key, and defaults to moto's default
        account. The region comes from the host, the user agent (moto adds it there in
        server mode), or the signature, and defaults to ``us-east-1``. The signature is
        in a header or in the query.
        """
        parts = urlsplit(url)
        signature = Signature.from_request(headers.get("Authorization", ""), query)
        session = session_of(signature, headers)
        region = _REGION_IN_HOST.search(parts.netloc) or _REGION_IN_USER_AGENT.search(
            headers.get("User-Agent", "")
        )
        return cls(
            account_id=os.environ.get("MOTO_ACCOUNT_ID")
            or headers.get("x-moto-account-id")
            or (session.account_id if session else _account_of(signature.access_key)),
            region=region["region"] if region else signature.region or DEFAULT_REGION,
            endpoint=f"{parts.scheme}://{parts.netloc}",
            access_key=signature.access_key,
            is_identity=belongs_to_identity(signature.access_key),
            session=session,
        )

    def identity_or_account(self, identity_id: str) -> str:
        """Return the id for ``LastModifiedBy``: the identity's or the account's."""
        return identity_id if self.is_identity else self.account_id

    def represents(self, identity_id: str) -> bool:
        """Return whether the credentials belong to this identity."""
        if self.session is not None:
            return self.session.identity_id == identity_id
        return self.access_key == access_key_of(identity_id)

    def has_session(self, identity_pool_id: str, identity_id: str) -> bool:
        """Return whether the caller has a session of an identity in a pool."""
        session = self.session
        return session is not None and (
            (session.identity_pool_id, session.identity_id)
            == (identity_pool_id, identity_id)
        )

    @property
    def s3_endpoint(self) -> str:
        """Base URL of S3 for the caller, without a trailing slash."""
        host = urlsplit(self.endpoint).hostname or ""
        if host.endswith((".amazonaws.com", ".api.aws")):
            return f"https://s3.{self.region}.amazonaws.com"
        return self.endpoint


def session_of(
    signature: Signature, headers: Mapping[str, str]
) -> IdentitySession | None:
    """Return the session of the identity that signed a request.

    :return: None if an identity has not signed it, or the session token is missing or
        belongs to another access key.
    """
    token = (
        signature.parameters.get("Security-Token")
        if signature.is_presigned
        else headers.get("X-Amz-Security-Token")
    )
    session = read_session(token or "")
    if session and signature.access_key == access_key_of(session.identity_id):
        return session
    return None


def _account_of(access_key: str) -> str:
    """Return the account that an access key belongs to, or the default one.

    Only IAM creates access keys. Importing it takes 100 ms, so it is not imported here:
    before the first import, there are no keys.
    """
    if "moto.iam.models" not in sys.modules:
        return DEFAULT_ACCOUNT_ID
    from moto.iam.models import get_account_id_from

    return get_account_id_from(access_key)
