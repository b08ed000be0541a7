"""Converts what moto does not store about a pool to plain data and back.

This covers the pool's roles and principal tags, and the dates, the status and the
logins of its identities.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from typing import Any

from moto_cognitosync.cognitoidentity.pools import MAX_LOGINS
from moto_cognitosync.core.identity_pools import Identity, Login, PoolDetails

from .dates import format_date, read_date
from .errors import StateError

Data = dict[str, Any]
Place = tuple[str | int, ...]

ENABLED, DISABLED, DELETED = "ENABLED", "DISABLED", "DELETED"
# Members that an identity cannot have, by its status.
_EXCLUDED = {
    ENABLED: ("MergedInto",),
    DISABLED: ("Logins",),
    DELETED: ("Logins", "MergedInto", "CreationDate", "LastModifiedDate"),
}


def describe_details(details: PoolDetails) -> Data:
    """Return the members of a pool, except its identities; None if not set."""
    return {
        "AllowClassicFlow": details.allow_classic_flow,
        "Roles": {**details.roles} or None,
        "RoleMappings": {**details.role_mappings} or None,
        "PrincipalTagAttributeMaps": {**details.principal_tags} or None,
    }


def describe_identity(identity: Identity | None) -> Data:
    """Return the members of an identity that are not synced data.

    :param identity: None for a deleted identity.
    """
    if identity is None:
        return {"IdentityStatus": DELETED}
    return {
        "IdentityStatus": None if identity.is_enabled else DISABLED,
        "MergedInto": identity.merged_into,
        "CreationDate": format_date(identity.creation_date),
        "LastModifiedDate": format_date(identity.last_modified_date),
        "Logins": identity.logins and _describe_logins(identity.logins),
    }


def _describe_logins(logins: list[Login]) -> Data | list[Data]:
    """Return users by provider; a list of such maps if only that keeps the order."""
    maps: list[Data] = []
    for provider, group in groupby(logins, lambda login: login.provider):
        users = [login.user for login in group]
        maps.append({provider: users if len(users) > 1 else users[0]})
    merged = {provider: users for each in maps for provider, users in each.items()}
    return merged if len(merged) == len(maps) else maps


def restore_details(data: Data, details: PoolDetails) -> None:
    """Read the members of a pool, except its identities."""
    details.allow_classic_flow = data.get("AllowClassicFlow")
    details.roles = data.get("Roles", {})
    details.role_mappings = data.get("RoleMappings", {})
    details.principal_tags = data.get("PrincipalTagAttributeMaps", {})


def restore_identity(
    data: Data, details: PoolDetails, developer_provider: object, created: int
) -> None:
    """Add an identity to its pool, unless it is deleted.

    :param developer_provider: the pool's ``DeveloperProviderName``.
    :param created: the default of ``CreationDate``, in epoch milliseconds.
    :raises StateError: if the data is inconsistent.
    """
    status = data.get("IdentityStatus", DISABLED if "MergedInto" in data else ENABLED)
    for member in _EXCLUDED[status]:
        if data.get(member):
            raise StateError(f"not allowed if the IdentityStatus is {status}", member)
    if status == DELETED:
        return
    created = read_date(data, "CreationDate", created)
    modified = read_date(data, "LastModifiedDate", created)
    identity = Identity(
        data["IdentityId"],
        created,
        modified,
        is_enabled=status == ENABLED,
        merged_into=data.get("MergedInto", ""),
    )
    for login, place in _read_logins(data):
        problem = _find_problem(login, identity, details, developer_provider)
        if problem:
            raise StateError(problem, "Logins", *place)
        identity.logins.append(login)
    if len(identity.logins) > MAX_LOGINS:
        raise StateError(
            f"expected at most {MAX_LOGINS} logins, found {len(identity.logins)}",
            "Logins",
        )
    details.add(identity)


def check_merges(details: PoolDetails) -> None:
    """Check that following merges from one identity to the next comes to an end.

    :raises StateError: if identities are merged into one another.
    """
    identities = details.identities.items()
    merges = {name: [each.merged_into] for name, each in identities if each.merged_into}
    try:
        TopologicalSorter(merges).prepare()
    except CycleError as error:
        cycle = " -> ".join(reversed(error.args[1]))
        raise StateError(f"merged into one another: {cycle}", "Identities") from None


def _read_logins(data: Data) -> Iterator[tuple[Login, Place]]:
    """Yield each login of an identity with its place in ``Logins``."""
    logins = data.get("Logins", {})
    maps: list[tuple[Place, Data]] = [((), logins)]
    if isinstance(logins, list):
        maps = [((number,), each) for number, each in enumerate(logins)]
    for place, each in maps:
        for provider, users in each.items():
            if isinstance(users, str):
                yield Login(provider, users), (*place, provider)
            else:
                for number, user in enumerate(users):
                    yield Login(provider, user), (*place, provider, number)


def _find_problem(
    login: Login, identity: Identity, details: PoolDetails, developer_provider: object
) -> str | None:
    if login in identity.logins:
        return f"{login.user!r} is a duplicate"
    if login in details.owners:
        owner = details.owners[login]
        return f"{login.user!r} is already a login of the identity {owner!r}"
    if login.provider != developer_provider and any(
        each.provider == login.provider for each in identity.logins
    ):
        return (
            f"expected one user, found another: {login.provider!r} is not the pool's "
            "DeveloperProviderName"
        )
    return None
