"""The IAM roles of identities, in moto's IAM.

Import this module on demand, because it imports moto's IAM, which takes 100 ms.
"""

from __future__ import annotations

import json
from base64 import b32encode
from functools import cache
from hashlib import sha256
from typing import Any

from moto.core.exceptions import InvalidClientTokenIdError
from moto.iam.access_control import AssumedRoleAccessKey, IAMPolicy, S3IAMRequest
from moto.iam.models import iam_backends
from moto.s3.exceptions import S3ClientError

from .caller import session_of
from .credentials import (
    EXPIRED,
    IdentitySession,
    Signature,
    access_key_of,
    secret_key_of,
)
from .policies import (
    PROVIDER,
    Context,
    as_list,
    context_of,
    matches,
    remaining_conditions,
    resolve_policy,
    statements_of,
)

_HTTP_FORBIDDEN = 403
_ROLE_ID_LENGTH = 17  # without the prefix


class RequestError(InvalidClientTokenIdError):
    """An error that all of moto's services can return.

    Derived from one of moto's errors, because their base class is private in newer
    versions.
    """

    def __init__(self, code: str, message: str, status: int = _HTTP_FORBIDDEN) -> None:
        super(InvalidClientTokenIdError, self).__init__(code, message)
        self.code = status


class IdentityAccessKey(AssumedRoleAccessKey):
    """The access key of an identity, for moto's IAM."""

    def __init__(self, session: IdentitySession, session_token: str) -> None:
        self.account_id = session.account_id
        partition = f"{session.role_arn}:".split(":")[1]
        known = iam_backends[session.account_id]
        self.partition = partition if partition in known else "aws"
        self.session = session
        self._access_key_id = access_key_of(session.identity_id)
        self._secret_access_key = secret_key_of(session_token)
        self._session_token = session_token
        self._owner_role_name = session.role_name
        self._session_name = session.name

    @property
    def role(self) -> Any:
        """The role in moto's IAM; None if it does not exist."""
        return find_role(self.account_id, self.session.role_arn)

    @property
    def user_id(self) -> str:
        """The id that STS returns: the role's and the session's name."""
        digest = b32encode(sha256(self.session.role_arn.encode()).digest()).decode()
        role_id = self.role.id if self.role else f"AROA{digest[:_ROLE_ID_LENGTH]}"
        return f"{role_id}:{self.session.name}"

    def collect_policies(self) -> list[str]:
        """Return the documents of the role's policies, resolved for the session."""
        if self.role is None:
            return []
        context = context_of(self.session)
        return [
            json.dumps(resolve_policy(_document_of(policy), context))
            for policy in super().collect_policies()
        ]


def find_role(account_id: str, arn: str) -> Any:
    """Return a role in moto's IAM, or None."""
    partitions = iam_backends[account_id].copy().values()
    roles = (role for backend in partitions for role in backend.get_roles())
    return next((each for each in roles if each.arn == arn), None)


def _document_of(policy: Any) -> Any:
    """Return the document of one of moto's policies."""
    # moto stores a document from CloudFormation without converting it to JSON.
    is_document = isinstance(policy, dict) and "Statement" in policy
    return policy if is_document else IAMPolicy(policy)._policy_json


def _trust_policy_of(role: Any) -> Any:
    """Return the trust policy of one of moto's roles; None if it is not JSON."""
    document = role.assume_role_policy_document
    try:
        return json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return None


@cache
def accept_identities(request_class: Any) -> Any:
    """Return a subclass of one of moto's IAM requests that accepts identities.

    :param request_class: for example ``IAMRequest``.
    """

    class AcceptsIdentities(request_class):  # type: ignore[misc]
        def _raise_invalid_access_key(self, reason: str) -> None:
            # moto calls this for every access key that it has not created.
            headers = self._headers
            signature = Signature.from_request(headers["Authorization"], "")
            session = session_of(signature, headers)
            if session is None:
                super()._raise_invalid_access_key(reason)
            elif session.is_expired():
                raise self._expired_error()
            else:
                token = headers["X-Amz-Security-Token"]
                self._access_key = IdentityAccessKey(session, token)

        def _expired_error(self) -> Exception:
            if issubclass(request_class, S3IAMRequest):
                return S3ClientError("ExpiredToken", "The provided token has expired.")
            error = RequestError("ExpiredTokenException", EXPIRED)
            return error.to_json() if "X-Amz-Target" in self._headers else error

    return AcceptsIdentities


def can_assume_role(session: IdentitySession) -> bool:
    """Return whether the trust policy of its role allows an identity to assume it.

    The policy must allow ``sts:AssumeRoleWithWebIdentity`` for Cognito Identity and, if
    the session has principal tags, ``sts:TagSession``. Conditions that cannot be
    evaluated count as met. A malformed policy, which moto accepts, allows nothing.
    """
    role = find_role(session.account_id, session.role_arn)
    if role is None:
        return False
    tags = {
        f"aws:requesttag/{name.lower()}": (value,)
        for name, value in session.principal_tags.items()
    }
    actions = ["sts:AssumeRoleWithWebIdentity", *(["sts:TagSession"] if tags else [])]
    context = {**context_of(session), **tags}
    document = _trust_policy_of(role)
    try:
        return all(_is_trusted(document, action, context) for action in actions)
    except (AttributeError, KeyError, TypeError):
        return False


def _is_trusted(document: Any, action: str, context: Context) -> bool:
    effects: set[str] = {
        statement["Effect"]
        for statement in statements_of(document)
        if _names_provider(statement.get("Principal"))
        and any(
            matches(each.lower(), action.lower())
            for each in as_list(statement.get("Action", []))
        )
        and remaining_conditions(statement, context) is not None
    }
    return effects == {"Allow"}


def _names_provider(principal: Any) -> bool:
    if isinstance(principal, dict):
        return PROVIDER in as_list(principal.get("Federated"))
    return bool(principal == "*")
