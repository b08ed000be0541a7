"""Makes moto's other services accept the credentials and tokens of identities."""

from __future__ import annotations

import re
from contextlib import ExitStack
from functools import cache, wraps
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from moto_cognitosync.cognitoidentity.tokens import (
    ExpiredTokenError,
    InvalidTokenError,
    is_cognito_token,
    read_token,
)
from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.clock import now, to_datetime
from moto_cognitosync.core.credentials import (
    EXPIRED,
    IdentitySession,
    enforces_iam,
    issue_credentials,
)

ASSUME_ROLE = "AssumeRoleWithWebIdentity"
# Lifetimes of credentials, in seconds.
DEFAULT_DURATION = 60 * 60
MIN_DURATION, MAX_DURATION = 15 * 60, 12 * 60 * 60
NOT_A_JWT = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an "
    "Access Token)"
)

_BAD_REQUEST = 400
_MAX_DIGITS = 9  # of a number that is read as a duration
_ACCOUNT_IN_ARN = re.compile(r"arn:[^:]+:iam::(?P<id>\d+):")


def accept_identities(undo: ExitStack) -> None:
    """Make all of moto's services accept identities.

    Hooks into two methods that every service calls for each request, so that no service
    has to be imported.
    """
    from moto.core import responses
    from moto.core.responses import BaseResponse

    mixin: Any = responses.ActionAuthenticatorMixin  # type: ignore[attr-defined]
    moto_authorize = mixin._authenticate_and_authorize_action
    moto_account_of = BaseResponse.get_current_account

    @wraps(moto_authorize)
    def authorize(service: Any, request_class: Any, resource: str = "*") -> None:
        from moto_cognitosync.core.roles import accept_identities

        if service.service_name == "sts" and _respond_to_identity(service):
            return
        moto_authorize(service, accept_identities(request_class), resource)

    @wraps(moto_account_of)
    def account_of(service: Any) -> str:
        caller = _caller_of(service)
        return caller.account_id if caller.session else moto_account_of(service)

    for owner, name, hook in (
        (mixin, "_authenticate_and_authorize_action", authorize),
        (BaseResponse, "get_current_account", account_of),
    ):
        undo.enter_context(patch.object(owner, name, hook))


def _caller_of(service: Any) -> Caller:
    return Caller.from_request(
        service.uri, service.headers, urlsplit(service.uri).query
    )


# --- STS --------------------------------------------------------------------------


def _respond_to_identity(service: Any) -> bool:
    """Make STS respond to an identity, if one sent the request.

    :param service: moto's ``TokenResponse`` for one request.
    :return: whether the request has been authorized; if not, moto authorizes it.
    :raises RequestError: if the credentials or the token are not valid, or the role
        does not trust the identity.
    """
    from moto_cognitosync.core.roles import RequestError, can_assume_role

    action, token = service._get_action(), service._get_param("WebIdentityToken", "")
    session = _caller_of(service).session
    if session and session.is_expired():
        raise RequestError("ExpiredTokenException", EXPIRED)
    assumes_role = action == ASSUME_ROLE and is_cognito_token(token)
    if assumes_role:
        session = _session_of_token(service, token)
    elif action != "GetCallerIdentity":
        session = None
    if session is None:
        return False
    service.session = session
    response_class: Any = type(service)
    service.__class__ = _responding_to_identities(response_class)
    if not assumes_role or not enforces_iam():
        return False
    if not can_assume_role(session):
        raise RequestError("AccessDenied", f"Not authorized to perform sts:{action}")
    return True  # the request does not have to be signed


def _session_of_token(service: Any, token: str) -> IdentitySession:
    from moto_cognitosync.core.roles import RequestError

    role_arn, name = (
        _required(service, each) for each in ("RoleArn", "RoleSessionName")
    )
    duration = _duration_of(service)
    try:
        claims = read_token(token)
    except ExpiredTokenError as error:
        expired = (
            f"Token expired: current date/time {error.seconds} must be before the "
            f"expiration date/time {error.expiry}"
        )
        raise RequestError("ExpiredTokenException", expired, _BAD_REQUEST) from None
    except InvalidTokenError:
        raise RequestError("InvalidIdentityToken", NOT_A_JWT, _BAD_REQUEST) from None
    account = _ACCOUNT_IN_ARN.match(role_arn)
    return IdentitySession(
        identity_id=claims.identity_id,
        identity_pool_id=claims.identity_pool_id,
        account_id=account["id"] if account else claims.account_id,
        role_arn=role_arn,
        amr=claims.amr,
        expiration=now() + duration * 1000,
        principal_tags=claims.principal_tags,
        name=name,
    )


def _required(service: Any, name: str) -> str:
    """Return a parameter of a request.

    :raises RequestError: if it is missing.
    """
    value: str = service._get_param(name, "")
    if not value:
        raise _invalid(name, "null", "Member must not be null")
    return value


def _duration_of(service: Any) -> int:
    """Return the requested lifetime of the credentials, in seconds.

    :raises RequestError: if it is invalid.
    """
    text = str(service._get_param("DurationSeconds", DEFAULT_DURATION))
    is_number = text.isascii() and text.isdecimal()
    duration = int(text[:_MAX_DIGITS]) if is_number else 0
    if not MIN_DURATION <= duration <= MAX_DURATION:
        constraint = f"Member must have value between {MIN_DURATION} and {MAX_DURATION}"
        raise _invalid("DurationSeconds", f"'{text:.256}'", constraint)
    return duration


def _invalid(name: str, value: str, constraint: str) -> Exception:
    """Return the error for an invalid parameter."""
    from moto_cognitosync.core.roles import RequestError

    member = name[0].lower() + name[1:]
    message = (
        f"1 validation error detected: Value {value} at '{member}' failed to satisfy "
        f"constraint: {constraint}"
    )
    return RequestError("ValidationError", message, _BAD_REQUEST)


@cache
def _responding_to_identities(response_class: Any) -> Any:
    """Return a subclass of moto's ``TokenResponse`` with a backend for an identity."""

    class IdentityTokenResponse(response_class):  # type: ignore[misc]
        session: IdentitySession

        @property
        def backend(self) -> _StsBackend:
            return _StsBackend(self.session)

    return IdentityTokenResponse


class _StsBackend:
    """moto's STS backend, for the operations that respond to an identity."""

    def __init__(self, session: IdentitySession) -> None:
        from moto_cognitosync.core.roles import IdentityAccessKey

        self._session = session
        self._access_key = IdentityAccessKey(session, "")

    def get_caller_identity(self, *_: str) -> tuple[str, str, str]:
        """Return user id, ARN and account of the identity."""
        key = self._access_key
        return key.user_id, key.arn, self._session.account_id

    def assume_role_with_web_identity(self, **_: Any) -> SimpleNamespace:
        """Return an assumed role with the credentials of the identity."""
        credentials = issue_credentials(self._session)
        expiration = to_datetime(credentials["Expiration"])
        return SimpleNamespace(
            access_key_id=credentials["AccessKeyId"],
            secret_access_key=credentials["SecretKey"],
            session_token=credentials["SessionToken"],
            expiration=expiration,
            expiration_ISO8601=f"{expiration:%Y-%m-%dT%H:%M:%SZ}",  # before moto 5.1
            session_name=self._session.name,
            arn=self._access_key.arn,
        )
