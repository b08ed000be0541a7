"""Roles of a pool: checks role mappings, and chooses the role of an identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.credentials import IdentitySession, is_strict
from moto_cognitosync.core.exceptions import (
    InvalidParameterException,
    NotAuthorizedException,
)
from moto_cognitosync.core.identity_pools import PoolDetails

from .exceptions import InvalidIdentityPoolConfigurationException
from .logins import VerifiedLogin, configured
from .tokens import TokenClaims
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
            count = len(_rules(mapping))
            if not 1 <= count <= MAX_RULES:
                raise InvalidParameterException(
                    f"The role mapping of '{provider}' requires 1 to {MAX_RULES} "
                    f"rules, found {count}."
                )


def check_roles_exist(
    caller: Caller, roles: Mapping[str, str], mappings: Mappings
) -> None:
    """Check that roles exist, if moto enforces IAM for the request.

    :raises NotAuthorizedException: if a role does not exist in the account.
    """
    if caller.is_iam_enforced:
        from moto_cognitosync.core.roles import find_role

        rules = [rule for each in mappings.values() for rule in _rules(each)]
        for arn in (*roles.values(), *(each["RoleARN"] for each in rules)):
            if find_role(caller.account_id, arn) is None:
                raise _forbidden(arn)


def check_assumable(caller: Caller, session: IdentitySession) -> None:
    """Check that an identity may assume its role, if moto enforces IAM for the request.

    :raises InvalidIdentityPoolConfigurationException: if the role does not exist or
        does not trust the identity.
    """
    if session.role_arn and caller.is_iam_enforced:
        from moto_cognitosync.core.roles import can_assume_role

        if not can_assume_role(session):
            raise _invalid_configuration()


def choose_role(
    details: PoolDetails,
    claims: TokenClaims,
    logins: Sequence[VerifiedLogin],
    custom_role_arn: str | None,
) -> str:
    """Return the ARN of the role for an identity; empty if the pool has none.

    :param logins: the logins of the request; the first one with a mapping decides.
    :param custom_role_arn: the role that the caller requests, or None.
    :raises NotAuthorizedException: if the requested role is not offered.
    :raises InvalidIdentityPoolConfigurationException: if a mapping denies access; or,
        in strict mode, if the pool has no role.
    """
    default = details.roles.get(claims.amr[0])
    offered, is_denied = OfferedRoles([default], default), False
    for login in logins:
        mapping = configured(details.role_mappings, login)
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
        raise _invalid_configuration()
    return offered.preferred or ""


def _offer(mapping: Mapping[str, Any], login: VerifiedLogin) -> OfferedRoles:
    if mapping["Type"] == "Token":
        return roles_in_token(login.login.provider, login.claims)
    roles = [
        rule["RoleARN"] for rule in _rules(mapping) if _matches(rule, login.claims)
    ]
    return OfferedRoles(roles, roles[0] if roles else None)


def _rules(mapping: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    rules: Sequence[Mapping[str, str]] = mapping.get(
        "RulesConfiguration", {"Rules": ()}
    )["Rules"]
    return rules


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


def _invalid_configuration() -> InvalidIdentityPoolConfigurationException:
    return InvalidIdentityPoolConfigurationException(
        "Invalid identity pool configuration. Check assigned IAM roles for this pool."
    )


def _forbidden(role_arn: str) -> NotAuthorizedException:
    return NotAuthorizedException(f"Access to Role '{role_arn}' is forbidden.")
