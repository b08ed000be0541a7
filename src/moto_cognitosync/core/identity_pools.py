"""The data of identity pools that both services share, attached to moto's pools.

moto's Cognito Identity stores the pools of each account and region. It knows only the
ids of their identities, so this module adds everything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from moto.cognitoidentity.models import cognitoidentity_backends

from .clock import now
from .paging import paginate_sorted
from .sharing import state_lock
from .tracking import untrack


class Login(NamedTuple):
    """A user of an identity provider.

    :param provider: a key of the ``Logins`` map, such as ``graph.facebook.com``, or the
        pool's developer provider.
    :param user: the user's id at the provider.
    """

    provider: str
    user: str


@dataclass(slots=True)
class Identity:
    """An identity of a pool.

    An identity is a guest as long as it has no logins. It is disabled, and cannot be
    used any more, once it was merged into another one or lost its last login.

    :ivar creation_date: in epoch milliseconds.
    :ivar last_modified_date: when its logins last changed, in epoch milliseconds.
    :ivar logins: its logins, in the order in which they were linked.
    :ivar merged_into: id of the identity that it was merged into, or empty.
    :ivar number: its position in the order of creation.
    """

    identity_id: str
    creation_date: int
    last_modified_date: int
    logins: list[Login] = field(default_factory=list)
    is_enabled: bool = True
    merged_into: str = ""
    number: int = 0

    @property
    def is_guest(self) -> bool:
        """Whether the identity can be used without logins."""
        return self.is_enabled and not self.logins


@dataclass(slots=True)
class PoolDetails:
    """Everything about an identity pool that moto does not store.

    :ivar allow_classic_flow: the pool's ``AllowClassicFlow``; None if it was never set.
    :ivar identities: identities by id, in the order of their creation, including
        disabled ones.
    :ivar ordered: the same identities, as a list, which can be read page by page.
    :ivar owners: ids of identities by login.
    :ivar roles: ARNs of IAM roles by ``authenticated`` and ``unauthenticated``.
    :ivar role_mappings: ``RoleMapping`` structures of the API, by provider.
    :ivar principal_tags: input of SetPrincipalTagAttributeMap, by provider.
    """

    allow_classic_flow: bool | None = None
    identities: dict[str, Identity] = field(default_factory=dict)
    ordered: list[Identity] = field(default_factory=list)
    owners: dict[Login, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    role_mappings: dict[str, Any] = field(default_factory=dict)
    principal_tags: dict[str, Any] = field(default_factory=dict)
    _created: int = 0  # the number of identities ever created
    _listed: list[dict[str, Any]] = field(default_factory=list)  # moto's own list
    _seen: int = 0  # the number of items of that list that were read

    def read_from(self, listed: list[dict[str, Any]]) -> None:
        """Add the identities that moto itself has created."""
        if listed is not self._listed:
            self._listed, self._seen = listed, 0
        for item in listed[self._seen :]:
            # With a seed, moto may create the same id twice.
            if item["IdentityId"] not in self.identities:
                self._store(_new_identity(item["IdentityId"]))
        self._seen = len(listed)

    def create(self, identity_id: str, logins: Iterable[Login] = ()) -> Identity:
        """Create an identity."""
        identity = _new_identity(identity_id)
        identity.logins += logins
        self.add(identity)
        return identity

    def add(self, identity: Identity) -> None:
        """Add an identity, together with its logins."""
        self._store(identity)
        self._listed.append({"IdentityId": identity.identity_id})
        self._seen = len(self._listed)

    def _store(self, identity: Identity) -> None:
        self._created += 1
        identity.number = self._created
        self.identities[identity.identity_id] = identity
        self.ordered.append(identity)
        self.owners.update(dict.fromkeys(identity.logins, identity.identity_id))

    def link(self, identity: Identity, logins: Iterable[Login]) -> None:
        """Link logins to an identity. Logins that it already has are ignored."""
        added = [each for each in logins if each not in self.owners]
        if added:
            identity.logins += added
            identity.last_modified_date = now()
            self.owners.update(dict.fromkeys(added, identity.identity_id))

    def unlink(self, identity: Identity, logins: Collection[Login]) -> None:
        """Remove logins from an identity; disable it if none is left."""
        for login in logins:
            identity.logins.remove(login)
            del self.owners[login]
        if logins:
            identity.last_modified_date = now()
            identity.is_enabled = bool(identity.logins)

    def merge(self, source: Identity, into: Identity) -> None:
        """Move all logins of an identity to another one, and disable the first."""
        moved = list(source.logins)
        self.unlink(source, moved)
        self.link(into, moved)
        source.is_enabled = False
        source.merged_into = into.identity_id

    def successor(self, identity: Identity) -> Identity:
        """Return the identity that an identity was finally merged into, or itself."""
        while identity.merged_into in self.identities:
            identity = self.identities[identity.merged_into]
        return identity

    def remove(self, identity_ids: Iterable[str]) -> None:
        """Remove identities and their logins. Unknown ids are ignored."""
        removed = {*identity_ids} & self.identities.keys()
        for identity_id in removed:
            for login in self.identities.pop(identity_id).logins:
                del self.owners[login]
        self.ordered = list(self.identities.values())
        self._listed[:] = [
            each for each in self._listed if each["IdentityId"] not in removed
        ]
        self._seen = len(self._listed)


def _new_identity(identity_id: str) -> Identity:
    date = now()
    return Identity(identity_id, creation_date=date, last_modified_date=date)


def find_backend(account_id: str, region: str) -> Any:
    """Return moto's backend of an account and region, or None if it does not exist.

    Does not create backends, because moto would list all regions, which takes 100 ms.
    """
    regions: Any = cognitoidentity_backends.get(account_id)
    return None if regions is None else regions.get(region)


def find_pools(account_id: str, region: str) -> dict[str, Any]:
    """Return moto's pools of an account and region by id; do not change the result."""
    backend = find_backend(account_id, region)
    pools: dict[str, Any] = backend.identity_pools if backend else {}
    return pools


def list_pools(
    account_id: str, region: str, max_results: int, next_token: str | None
) -> tuple[list[Any], str | None]:
    """Return one page of moto's pools of an account and region, sorted by id.

    Callers must hold the state lock.

    :return: the pools, and the token for the next page; None on the last page.
    :raises InvalidParameterException: as :func:`.paginate`.
    """
    pools = find_pools(account_id, region)
    ids = _sorted_ids(find_backend(account_id, region), pools)
    page, next_token = paginate_sorted(ids, max_results, next_token)
    # moto may have deleted a pool meanwhile, because it does not hold the lock.
    return [pool for each in page if (pool := pools.get(each))], next_token


class _SortedIds(NamedTuple):
    number: int
    last: Any
    ids: list[str]


def _sorted_ids(backend: Any, pools: dict[str, Any]) -> list[str]:
    """Return the ids of all pools, sorted again only after a change.

    New pools are added at the end, so each change affects the number of pools or the
    last one.
    """
    last = None
    with suppress(RuntimeError):  # moto has just changed the dictionary
        last = pools.get(next(reversed(pools), ""))
    if last is None:
        return sorted(pools.copy())
    known: _SortedIds | None = vars(backend).get("sorted_ids")
    if known is None or known.last is not last or known.number != len(pools):
        known = _SortedIds(len(pools), last, sorted(pools.copy()))
        vars(backend)["sorted_ids"] = known
    return known.ids


def find_pool_of(account_id: str, region: str, identity_id: str) -> Any:
    """Return the pool that contains an identity, or None.

    Callers must hold the state lock.
    """
    pools = [*find_pools(account_id, region).copy().values()]
    # Look first without reading moto's lists, because there can be 1,000 pools.
    for known in (attach_details, partial(details_of, account_id, region)):
        for pool in pools:
            if identity_id in known(pool).identities:
                return pool
    return None


def find_account(id_: str, region: str, preferred: str) -> str | None:
    """Return the account that has a pool or an identity; None if no account has it.

    :param id_: the id of the pool or identity.
    :param region: the region of the id.
    :param preferred: the account to search first.
    """
    with state_lock:
        for account_id in (preferred, *cognitoidentity_backends):
            if id_ in find_pools(account_id, region) or find_pool_of(
                account_id, region, id_
            ):
                return account_id
    return None


def attach_details(pool: Any) -> PoolDetails:
    """Return the details of one of moto's pools, whether it is stored or not."""
    attributes = vars(pool)
    if "details" not in attributes:
        attributes["details"] = PoolDetails()
    details: PoolDetails = attributes["details"]
    return details


def details_of(account_id: str, region: str, pool: Any) -> PoolDetails:
    """Return what moto does not store about one of its pools.

    Callers must hold the state lock.

    :param pool: the pool in moto's Cognito Identity.
    """
    details = attach_details(pool)
    # moto adds this entry after the pool, and does not delete it with the pool.
    known = cognitoidentity_backends[account_id][region].pools_identities.setdefault(
        pool.identity_pool_id,
        {"IdentityPoolId": pool.identity_pool_id, "Identities": []},
    )
    details.read_from(known["Identities"])
    return details


def store_pool(account_id: str, region: str, pool: Any) -> None:
    """Store a pool with its details in moto's Cognito Identity."""
    backend = cognitoidentity_backends[account_id][region]
    pool_id, details = pool.identity_pool_id, attach_details(pool)
    listed = [{"IdentityId": each} for each in details.identities]
    backend.identity_pools[pool_id] = pool
    backend.pools_identities[pool_id] = {
        "IdentityPoolId": pool_id,
        "Identities": listed,
    }
    details.read_from(listed)


def remove_pools(account_id: str, region: str, pools: Iterable[Any]) -> None:
    """Remove pools and their identities from moto's Cognito Identity."""
    backend = cognitoidentity_backends[account_id][region]
    for pool in pools:
        untrack([pool])
        backend.identity_pools.pop(pool.identity_pool_id, None)
        backend.pools_identities.pop(pool.identity_pool_id, None)
