"""Authorization by IAM policies and signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto_cognitosync.core.authorization import (
    check_caller,
    check_iam,
    is_iam_enforced,
)
from moto_cognitosync.core.credentials import is_strict

if TYPE_CHECKING:
    from moto_cognitosync.core.caller import Caller
    from moto_cognitosync.core.wire.http import HttpRequest
    from moto_cognitosync.core.wire.operations import Operation


def authorize(
    request: HttpRequest,
    operation: Operation,
    parameters: Mapping[str, Any],
    caller: Caller,
) -> bool:
    """Check that the caller may run an operation. Anyone may run unsigned operations.

    :param parameters: the operation's input, by Python names.
    :return: whether moto enforces IAM for this request.
    :raises ServiceError: if the caller may not run the operation; see :func:`check_iam`
        and, with strict credentials, :func:`check_caller`.
    """
    is_enforced = is_iam_enforced()
    if not operation.is_unsigned:
        if is_enforced:
            check_iam(request, operation, _resource_arn(parameters, caller), caller)
        elif is_strict():
            check_caller(caller)
    return is_enforced


def _resource_arn(parameters: Mapping[str, Any], caller: Caller) -> str:
    """Return the ARN of the resource that an operation accesses.

    Tags belong to the resource that is given. For operations without a pool, the id in
    the ARN is empty, as observed in AWS error messages.
    """
    pool_id = parameters.get("identity_pool_id", "")
    pool_arn = (
        f"arn:aws:cognito-identity:{caller.region}:{caller.account_id}"
        f":identitypool/{pool_id}"
    )
    return str(parameters.get("resource_arn", pool_arn))
