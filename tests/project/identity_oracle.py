"""A second, minimal implementation of identities, their logins and merges.

It is based on what is known about Cognito Identity, never on the source code that it
checks. The oracle of Cognito Sync holds the datasets. Operations return what boto3
returns, except that times are in milliseconds, providers are sorted, and tokens and
credentials are left out. Lists are complete: the tests join the pages.

The mock chooses the ids of identities. ``next_id`` is the id that the mock returned for
the same call. If the call creates an identity, it gets this id.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.project import oracle as sync
from tests.project.oracle import ANY_TEXT, Rejected, Structure, not_found, present

MAX_LOGINS = 20
COGNITO = "cognito-identity.amazonaws.com"  # the provider of its own tokens

INVALID = "InvalidParameterException"
NOT_AUTHORIZED = "NotAuthorizedException"
NO_GUESTS = Rejected(
    NOT_AUTHORIZED, "Unauthenticated access is not supported for this identity pool."
)
NO_MATCH = Rejected(
    NOT_AUTHORIZED,
    "Logins don't match. Please include at least one valid login for this identity or "
    "identity pool.",
)
NOT_SUPPORTED = Rejected(
    NOT_AUTHORIZED, "Token is not from a supported provider of this identity pool."
)
COGNITO_TOKEN = Rejected(
    NOT_AUTHORIZED, "Invalid login token. Can't pass in a Cognito token."
)
NO_CLASSIC_FLOW = Rejected(
    INVALID, "Basic (classic) flow is not enabled, please use enhanced flow."
)
NOT_PUBLIC = Rejected(INVALID, "Please provide a valid public provider")
WRONG_DEVELOPER_PROVIDER = Rejected(
    INVALID, "This identity pool does not support the specified developer provider"
)
# The texts of these errors are not documented.
CONFLICT = Rejected("ResourceConflictException", ANY_TEXT)
ALREADY_REGISTERED = Rejected("DeveloperUserAlreadyRegisteredException", ANY_TEXT)
INVALID_INPUT = Rejected(INVALID, ANY_TEXT)
INVALID_TOKEN = Rejected(NOT_AUTHORIZED, ANY_TEXT)


class RejectedWithAnyOf(Rejected):
    """Several errors apply, and the mock may use any of them."""

    def __init__(self, *errors: Rejected) -> None:
        super().__init__(errors[0].code, *errors[0].texts)
        self.errors = errors

    def allows(self, code: str, text: str) -> bool:
        return any(error.allows(code, text) for error in self.errors)


def reject_if(applies: bool, *errors: Rejected) -> None:
    """Raise one of these errors."""
    if applies:
        raise RejectedWithAnyOf(*errors)


def error_of(call: Callable[[str], object], argument: str) -> list[Rejected]:
    """Return the error of a call, if it is rejected."""
    try:
        call(argument)
    except Rejected as error:
        return [error]
    return []


def claims_of(token: str) -> Structure:
    """Return the claims of a JWT; empty for any other text."""
    if token.count(".") != 2:
        return {}
    claims: Structure = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def user_of(token: str) -> str:
    """Return the user of a token, which is the same for all tokens of the user."""
    claims = claims_of(token)
    return f"{claims['sub']} {claims['iss']}" if claims else token


class Login(NamedTuple):
    provider: str
    user: str


@dataclass
class Identity:
    id: str
    created: int
    modified: int
    logins: list[Login] = field(default_factory=list)
    enabled: bool = True
    parent: str = ""  # the identity that it was merged into

    @property
    def is_guest(self) -> bool:
        return self.enabled and not self.logins

    def describe(self) -> Structure:
        return present(
            IdentityId=self.id,
            Logins=sorted({each.provider for each in self.logins}) or None,
            CreationDate=self.created,
            LastModifiedDate=self.modified,
        )

    def set_logins(self, logins: list[Login], now: int) -> None:
        if logins != self.logins:
            self.logins, self.modified = logins, now


@dataclass
class Pool:
    allows_guests: bool
    providers: set[str]
    developer_provider: str = ""
    allows_classic_flow: bool = True
    identities: dict[str, Identity] = field(default_factory=dict)  # oldest first

    def identity(self, identity_id: str) -> Identity:
        if identity_id not in self.identities:
            raise not_found("Identity", identity_id)
        return self.identities[identity_id]

    def owners(self, logins: Iterable[Login]) -> list[Identity]:
        """Return the identities that have at least one of the logins, oldest first."""
        every = self.identities.values()
        return [each for each in every if {*each.logins} & {*logins}]

    def owner_of_user(self, user: str) -> Identity:
        """Return the identity of a developer user."""
        owners = self.owners([Login(self.developer_provider, user)])
        if not owners:
            raise not_found("Developer user identifier", user)
        return owners[0]

    def survivor(self, identity: Identity) -> Identity:
        """Return the identity that received the logins and the data of another one."""
        while identity.parent in self.identities:
            identity = self.identities[identity.parent]
        return identity

    def read(self, logins: Mapping[str, str], now: int) -> list[Login]:
        """Check tokens of public providers, and return their users."""
        supported = {*self.providers, self.developer_provider}
        errors = []
        for provider, token in logins.items():
            expiry, seconds = claims_of(token).get("exp"), now // 1000
            text = f"Invalid login token. Token expired: {expiry} >= {seconds}"
            errors += [NOT_PUBLIC] if provider == self.developer_provider else []
            errors += [COGNITO_TOKEN] if provider == COGNITO else []
            errors += [NOT_SUPPORTED] if provider not in supported else []
            if expiry and expiry <= seconds:
                errors.append(Rejected(NOT_AUTHORIZED, text))
        reject_if(bool(errors), *errors)
        return [Login(provider, user_of(token)) for provider, token in logins.items()]


@dataclass
class IdentityOracle:
    data: sync.Oracle
    pools: dict[str, Pool] = field(default_factory=dict)
    # The identity and the expiration of each token of a developer user.
    tokens: dict[str, tuple[str, int]] = field(default_factory=dict)
    next_id: str = ""
    used_ids: set[str] = field(default_factory=set)

    @property
    def now(self) -> int:
        return self.data.now

    def add_pool(self, pool_id: str, pool: Pool) -> None:
        self.pools[pool_id] = pool
        self.data.pools[pool_id] = sync.Pool(self.now)

    def pool(self, pool_id: str) -> Pool:
        if pool_id not in self.pools:
            raise not_found("IdentityPool", pool_id)
        return self.pools[pool_id]

    def pool_id_of(self, identity_id: str) -> str | None:
        for pool_id, pool in self.pools.items():
            if identity_id in pool.identities:
                return pool_id
        return None

    def find(self, identity_id: str) -> tuple[Pool, Identity]:
        pool_id = self.pool_id_of(identity_id)
        if pool_id is None:
            raise not_found("Identity", identity_id)
        return self.pools[pool_id], self.pools[pool_id].identities[identity_id]

    def logins_of(self, identity_id: str) -> list[Login]:
        """Return the logins of an identity; none if it does not exist."""
        pool_id = self.pool_id_of(identity_id)
        return self.pools[pool_id].identities[identity_id].logins if pool_id else []

    # --- Logging in ---------------------------------------------------------------

    def get_id(
        self, identity_pool_id: str, logins: Mapping[str, str] | None = None
    ) -> Structure:
        pool = self.pool(identity_pool_id)
        if logins:
            return self._log_in(pool, None, pool.read(logins, self.now))
        reject_if(not pool.allows_guests, NO_GUESTS)
        return {"IdentityId": self._create(pool).id}

    def get_open_id_token(
        self, identity_id: str, logins: Mapping[str, str] | None = None
    ) -> Structure:
        pool, identity = self.find(identity_id)
        reject_if(not pool.allows_classic_flow, NO_CLASSIC_FLOW)
        return self._use(pool, identity, logins)

    def get_credentials_for_identity(
        self, identity_id: str, logins: Mapping[str, str] | None = None
    ) -> Structure:
        pool, identity = self.find(identity_id)
        if not logins or COGNITO not in logins:
            return self._use(pool, identity, logins)
        owner, expires = self.tokens.get(logins[COGNITO], ("", 0))
        is_valid = owner == identity_id and self.now < expires
        reject_if(not (is_valid and identity.enabled), INVALID_TOKEN)
        return {"IdentityId": identity_id}

    def _use(
        self, pool: Pool, identity: Identity, logins: Mapping[str, str] | None
    ) -> Structure:
        if logins:
            return self._log_in(pool, identity, pool.read(logins, self.now))
        forbidden = f"Access to Identity '{identity.id}' is forbidden."
        reject_if(not identity.is_guest, Rejected(NOT_AUTHORIZED, forbidden))
        reject_if(not pool.allows_guests, NO_GUESTS)
        return {"IdentityId": identity.id}

    def get_open_id_token_for_developer_identity(
        self,
        identity_pool_id: str,
        logins: Mapping[str, str],
        identity_id: str | None = None,
    ) -> Structure:
        pool = self.pool(identity_pool_id)
        public = {**logins}
        user = public.pop(pool.developer_provider, None)
        # Any other provider may be meant as the developer provider.
        unsupported = not {*public} <= pool.providers
        errors = [WRONG_DEVELOPER_PROVIDER] if unsupported or user is None else []
        errors += [NOT_SUPPORTED] if unsupported else []
        errors += error_of(lambda _: pool.read(public, self.now), "")
        reject_if(bool(errors), *errors)
        login = Login(pool.developer_provider, str(user))
        every = [login, *pool.read(public, self.now)]
        if identity_id is None:
            return self._log_in(pool, None, every)
        if identity_id not in pool.identities:
            raise RejectedWithAnyOf(not_found("Identity", identity_id), NO_MATCH)
        identity = pool.identities[identity_id]
        owners = pool.owners([login])
        registered = bool(owners) and owners[0] is not pool.survivor(identity)
        mismatch = not identity.is_guest and identity not in pool.owners(every)
        reject_if(registered, ALREADY_REGISTERED, *[NO_MATCH] * mismatch)
        return self._log_in(pool, identity, every)

    def _log_in(
        self, pool: Pool, given: Identity | None, logins: list[Login]
    ) -> Structure:
        """Link the logins, and merge the identities that have them.

        :param given: the identity that the caller wants to use, if any.
        """
        owners = pool.owners(logins)
        if given and not given.enabled:
            # A client repeats a call if it did not receive the response.
            given = pool.survivor(given)
            reject_if(given not in owners, NO_MATCH)
        if given and given.logins and given not in owners:
            providers = {each.provider for each in logins}
            taken = {each.provider for each in given.logins} & providers
            raise RejectedWithAnyOf(NO_MATCH, *[CONFLICT] * len(taken))
        if given and given in owners:
            parent = given
        elif owners:
            parent = owners[0]
        else:
            parent = given or self._create(pool)
        others = [each for each in pool.identities.values() if each is not parent]
        merged = [each for each in others if each is given or each in owners]
        self._link(pool, parent, merged, logins)
        return {"IdentityId": parent.id}

    def _create(self, pool: Pool) -> Identity:
        identity = Identity(self.next_id, self.now, self.now)
        assert identity.id not in self.used_ids
        self.used_ids.add(identity.id)
        pool.identities[identity.id] = identity
        pool_id = str(self.pool_id_of(identity.id))
        self.data.pools[pool_id].identities[identity.id] = sync.Identity()
        return identity

    def _link(
        self, pool: Pool, parent: Identity, merged: list[Identity], logins: list[Login]
    ) -> None:
        """Give an identity these logins, and all logins and datasets of others."""
        moved = [login for each in merged for login in each.logins]
        every = [*dict.fromkeys([*parent.logins, *moved, *logins])]
        providers = [each.provider for each in every]
        public = [each for each in providers if each != pool.developer_provider]
        reject_if(len(public) > len({*public}), CONFLICT)
        reject_if(len(every) > MAX_LOGINS, CONFLICT)
        for each in merged:
            each.set_logins([], self.now)
            each.enabled, each.parent = False, parent.id
            self.data.merge(str(self.pool_id_of(each.id)), each.id, parent.id)
        parent.set_logins(every, self.now)

    # --- Merging, unlinking and deleting ------------------------------------------

    def merge_developer_identities(
        self,
        identity_pool_id: str,
        developer_provider_name: str,
        source_user_identifier: str,
        destination_user_identifier: str,
    ) -> Structure:
        pool = self.pool(identity_pool_id)
        wrong = developer_provider_name != pool.developer_provider
        reject_if(wrong, WRONG_DEVELOPER_PROVIDER)
        errors = error_of(pool.owner_of_user, source_user_identifier)
        errors += error_of(pool.owner_of_user, destination_user_identifier)
        reject_if(bool(errors), *errors)
        source = pool.owner_of_user(source_user_identifier)
        parent = pool.owner_of_user(destination_user_identifier)
        if source is not parent:
            self._link(pool, parent, [source], [])
        return {"IdentityId": parent.id}

    def unlink_identity(
        self, identity_id: str, logins: Mapping[str, str], logins_to_remove: list[str]
    ) -> Structure:
        pool, identity = self.find(identity_id)
        proofs = pool.read(logins, self.now)
        reject_if(identity not in pool.owners(proofs), NO_MATCH)
        reject_if(pool.developer_provider in logins_to_remove, NOT_PUBLIC)
        own = identity.logins
        return self._unlink(
            identity, [each for each in own if each.provider in logins_to_remove]
        )

    def unlink_developer_identity(
        self,
        identity_id: str,
        identity_pool_id: str,
        developer_provider_name: str,
        developer_user_identifier: str,
    ) -> Structure:
        pool = self.pool(identity_pool_id)
        wrong = developer_provider_name != pool.developer_provider
        reject_if(wrong, WRONG_DEVELOPER_PROVIDER)
        user = developer_user_identifier
        errors = error_of(pool.identity, identity_id)
        errors += error_of(pool.owner_of_user, user)
        reject_if(bool(errors), *errors)
        identity = pool.identity(identity_id)
        reject_if(pool.owner_of_user(user) is not identity, CONFLICT, NO_MATCH)
        return self._unlink(identity, [Login(developer_provider_name, user)])

    def _unlink(self, identity: Identity, logins: list[Login]) -> Structure:
        left = [each for each in identity.logins if each not in logins]
        identity.set_logins(left, self.now)
        identity.enabled = bool(left)
        return {}

    def delete_identities(self, identity_ids_to_delete: list[str]) -> Structure:
        for pool_id, pool in self.pools.items():
            for identity_id in identity_ids_to_delete:
                pool.identities.pop(identity_id, None)
                self.data.pools[pool_id].identities.pop(identity_id, None)
        return {"UnprocessedIdentityIds": []}

    def delete_identity_pool(self, identity_pool_id: str) -> Structure:
        self.pool(identity_pool_id)
        del self.pools[identity_pool_id], self.data.pools[identity_pool_id]
        return {}

    # --- Reading ------------------------------------------------------------------

    def describe_identity(self, identity_id: str) -> Structure:
        return self.find(identity_id)[1].describe()

    def list_identities(
        self, identity_pool_id: str, hide_disabled: bool = False
    ) -> Structure:
        every = self.pool(identity_pool_id).identities.values()
        shown = [each for each in every if each.enabled or not hide_disabled]
        return {
            "IdentityPoolId": identity_pool_id,
            "Identities": [each.describe() for each in shown],
        }

    def lookup_developer_identity(
        self,
        identity_pool_id: str,
        identity_id: str | None = None,
        developer_user_identifier: str | None = None,
    ) -> Structure:
        pool = self.pool(identity_pool_id)
        user = developer_user_identifier
        errors = []
        if identity_id is not None:
            errors += error_of(pool.identity, identity_id)
        if user is not None:
            errors += error_of(pool.owner_of_user, user)
        if identity_id is not None and user is not None:
            reject_if(bool(errors), *errors, CONFLICT)
            reject_if(pool.owner_of_user(user).id != identity_id, CONFLICT)
            return {"IdentityId": identity_id, "DeveloperUserIdentifierList": [user]}
        reject_if(bool(errors), *errors)
        reject_if(user is None and identity_id is None, INVALID_INPUT)
        identity = pool.owner_of_user(user) if user else pool.identity(str(identity_id))
        users = [
            each.user
            for each in identity.logins
            if each.provider == pool.developer_provider
        ]
        return {"IdentityId": identity.id, "DeveloperUserIdentifierList": sorted(users)}
