"""Roles of a pool: checks role mappings, and chooses the role of an identity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto import settings
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]

from moto_cognitosync.core.credentials import is_strict
from moto_cognitosync.core.exceptions import (
    InvalidParameterException,
    NotAuthorizedException,
)

from .exceptions import InvalidIdentityPoolConfigurationException
from .logins import VerifiedLogin, configured
from .user_pools import OfferedRoles, roles_in_token

MAX_RULES = 25  # for each provider

Mappings = Mapping[str, Mapping[str, Any]]  # RoleMapping structures by provider


def check_mappings(mappings: Mappings) -> None:
    """Check role mappings against rules that the service model does not express.

    :raises InvalidParameterException: if a mapping has no ``AmbiguousRoleResolution``,
        or a mapping by rules has no rules or too many.
    """
    for provider, mapping in mappings.items():
        if "AmbiguousRoleResolution" not in mapping:
            raise InvalidParameterException(
                f"The role mapping of '{provider}' requires AmbiguousRoleResolution."
            )
        if mapping["Type"] == "Rules":
            rules = mapping.get("RulesConfiguration", {"Rules": ()})["Rules"]
            if not 1 <= len(rules) <= MAX_RULES:
                raise InvalidParameterException(
                    f"The role mapping of '{provider}' requires 1 to {MAX_RULES} "
                    f"rules, found {len(rules)}."
                )


def check_roles_exist(account_id: str, arns: Iterable[str]) -> None:
    """Check that roles exist, if the test has enabled IAM in moto.

    :raises NotAuthorizedException: if a role does not exist in the account.
    """
    if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
        return
    from moto.iam.models import iam_backends

    known = {role.arn for role in iam_backends[account_id]["global"].roles.values()}
    for arn in arns:
        if arn not in known:
            raise _forbidden(arn)


def choose_role(
    roles: Mapping[str, str],
    mappings: Mappings,
    logins: Sequence[VerifiedLogin],
    kind: str,
    custom_role_arn: str | None,
) -> str:
    """Return the ARN of the role for an identity; empty if the pool has none.

    :param roles: ARNs by kind.
    :param logins: the logins of the request; the first one with a mapping decides.
    :param kind: the kind of the identity, ``authenticated`` or ``unauthenticated``.
    :param custom_role_arn: the role that the caller requests, or None.
    :raises NotAuthorizedException: if the requested role is not offered.
    :raises InvalidIdentityPoolConfigurationException: if a mapping denies access; or,
        in strict mode, if the pool has no role.
    """
    default = roles.get(kind)
    offered, is_denied = OfferedRoles([default], default), False
    for login in logins:
        mapping = configured(mappings, login)
        if mapping is not None:
            offered = _offer(mapping, login)
            if offered.preferred is None:
                is_denied = mapping["AmbiguousRoleResolution"] == "Deny"
                offered = OfferedRoles(offered.roles, default)
            break
    if custom_role_arn is not None:
        if custom_role_arn not in offered.roles:
            raise _forbidden(custom_role_arn)
        return custom_role_arn
    if is_denied or (offered.preferred is None and is_strict()):
        raise InvalidIdentityPoolConfigurationException(
            "Invalid identity pool configuration. Check assigned IAM roles for this "
            "pool."
        )
    return offered.preferred or ""


def _offer(mapping: Mapping[str, Any], login: VerifiedLogin) -> OfferedRoles:
    if mapping["Type"] == "Token":
        return roles_in_token(login.login.provider, login.claims)
    roles = [
        rule["RoleARN"]
        for rule in mapping["RulesConfiguration"]["Rules"]
        if _matches(rule, login.claims)
    ]
    return OfferedRoles(roles, roles[0] if roles else None)


def _matches(rule: Mapping[str, str], claims: Mapping[str, Any]) -> bool:
    """Return whether a claim matches a rule; for a list, whether any item does."""
    if rule["Claim"] not in claims:
        return False
    claim, expected = claims[rule["Claim"]], rule["Value"]
    values = [str(each) for each in (claim if isinstance(claim, list) else [claim])]
    match rule["MatchType"]:
        case "Equals":
            return expected in values
        case "NotEqual":
            return expected not in values
        case "StartsWith":
            return any(each.startswith(expected) for each in values)
        case _:
            return any(expected in each for each in values)


def _forbidden(role_arn: str) -> NotAuthorizedException:
    return NotAuthorizedException(f"Access to Role '{role_arn}' is forbidden.")
