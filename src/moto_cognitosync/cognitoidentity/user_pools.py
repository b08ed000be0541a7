"""Tokens of user pools in moto's Cognito user pools (cognito-idp)."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

_PROVIDER = re.compile(
    r"cognito-idp\.(?P<region>[^.]+)\.amazonaws\.com(?:\.cn)?/(?P<id>.+)"
)


def find_user_pool(provider: str) -> Any:
    """Return moto's user pool for a key of ``Logins``, or None.

    moto is only asked if the test has imported its user pools, because their import
    requires an extra of moto.
    """
    moto = sys.modules.get("moto.cognitoidp.models")
    match = _PROVIDER.fullmatch(provider)
    if moto is None or match is None:
        return None
    for regions in moto.cognitoidp_backends.copy().values():
        # Not by index, which would create a backend.
        backend = regions.get(match["region"])
        if backend is not None and match["id"] in backend.user_pools:
            return backend.user_pools[match["id"]]
    return None


def is_signed_by(user_pool: Any, token: str) -> bool:
    """Return whether a token is signed with the key of a user pool."""
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    key = user_pool.json_web_key
    # In older versions of moto, the key is a dictionary.
    key = key if isinstance(key, RSAKey) else RSAKey.import_key(key)
    try:
        jws.deserialize_compact(token, key)
    except (JoseError, TypeError, ValueError):  # TypeError: a malformed header
        return False
    return True


def is_active(user_pool: Any, user: object) -> bool:
    """Return whether a user exists and is enabled.

    :param user: the ``sub`` claim of a token.
    """
    return any(each.id == user and each.enabled for each in user_pool.users.values())


class OfferedRoles(NamedTuple):
    """The roles that a user may assume.

    :param preferred: the role to assume unless the caller requests one, or None.
    """

    roles: Sequence[str | None]
    preferred: str | None


def roles_in_token(provider: str, claims: Mapping[str, Any]) -> OfferedRoles:
    """Return the roles in a token, or the roles of its user's groups.

    Roles are a list or, according to the documentation, text with commas. AWS adds them
    to the tokens of user pools, but moto adds only the groups. Malformed claims, which
    are possible in other tokens, are ignored.
    """
    preferred = claims.get("cognito:preferred_role")
    if not isinstance(preferred, str):
        preferred = None
    if "cognito:roles" in claims:
        roles = _texts(claims["cognito:roles"])
    elif preferred is not None:
        roles = [preferred]
    else:
        return _roles_of_groups(provider, _texts(claims.get("cognito:groups")))
    return OfferedRoles(roles, preferred or _only(roles))


def _texts(claim: object) -> list[str]:
    """Return the items of a claim that is a list, or text with commas."""
    items = claim.split(",") if isinstance(claim, str) else claim
    if not isinstance(items, list):
        return []
    return [each for each in items if each and isinstance(each, str)]


def _roles_of_groups(provider: str, names: Iterable[str]) -> OfferedRoles:
    """Return the roles of groups; the group with the lowest precedence decides."""
    user_pool = find_user_pool(provider)
    known = user_pool.groups if user_pool else {}
    groups = [known[each] for each in names if each in known and known[each].role_arn]
    lowest = min(map(_precedence, groups), default=None)
    return OfferedRoles(
        [each.role_arn for each in groups],
        _only({each.role_arn for each in groups if _precedence(each) == lowest}),
    )


def _precedence(group: Any) -> float:
    return math.inf if group.precedence is None else float(group.precedence)


def _only(roles: Collection[str]) -> str | None:
    """Return the only role, or None if there are none or several."""
    return next(iter(roles)) if len(roles) == 1 else None
