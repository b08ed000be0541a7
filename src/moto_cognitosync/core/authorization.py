"""Authorization in both services: signatures, expired credentials and IAM policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto import settings
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]

from .credentials import EXPIRED
from .exceptions import ExpiredTokenException, MissingAuthenticationTokenException

if TYPE_CHECKING:
    from .caller import Caller
    from .wire.http import HttpRequest
    from .wire.operations import Operation


def check_caller(caller: Caller) -> None:
    """Check that a request is signed with credentials that have not expired.

    :raises MissingAuthenticationTokenException: if the request is not signed.
    :raises ExpiredTokenException: if the credentials of an identity have expired.
    """
    if not caller.access_key:
        raise MissingAuthenticationTokenException("Missing Authentication Token")
    if caller.session and caller.session.is_expired():
        raise ExpiredTokenException(EXPIRED)


def is_iam_enforced() -> bool:
    """Return whether the test has enabled IAM in moto, starting with this request.

    moto ignores IAM for a number of requests, so this one is counted.
    """
    if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
        ActionAuthenticatorMixin.request_count += 1
        return False
    return True


def check_iam(
    request: HttpRequest, operation: Operation, resource: str, caller: Caller
) -> None:
    """Check the signature and the IAM policies of a caller.

    :param resource: the ARN of the resource that the operation accesses.
    :raises AccessDeniedException: if no policy allows the call, or a policy denies it.
    :raises ExpiredTokenException: if the credentials of an identity have expired.
    :raises InvalidSignatureException: if the signature is missing a header or does not
        match.
    :raises UnrecognizedClientException: if the access key does not exist.
    :raises MissingAuthenticationTokenException: if the request is not signed.
    """
    check_caller(caller)
    # Imported on demand, as moto does, because importing IAM takes 100 ms.
    from .iam import check_policies

    check_policies(request, operation, resource, caller)
