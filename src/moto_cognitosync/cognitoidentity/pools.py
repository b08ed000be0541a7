"""An identity pool: its settings, its identities, and the rules for their logins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from moto.moto_api._internal import mock_random

from moto_cognitosync.cognitosync.models import find_backend
from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.exceptions import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from moto_cognitosync.core.identity_pools import (
    Identity,
    Login,
    details_of,
)

MAX_TAGS = 50
MAX_LOGINS = 20  # of an identity, according to MergeDeveloperIdentities

# Optional members of a pool, by the names of moto's attributes and of our parameters.
OPTIONAL_MEMBERS = {
    "supported_login_providers": "SupportedLoginProviders",
    "open_id_connect_provider_arns": "OpenIdConnectProviderARNs",
    "cognito_identity_providers": "CognitoIdentityProviders",
    "saml_provider_arns": "SamlProviderARNs",
}


class Pool:
    """An identity pool.

    Callers must hold the state lock.

    :param source: the pool in moto's Cognito Identity.
    :ivar details: what moto does not store about the pool.
    """

    def __init__(self, account_id: str, region: str, source: Any) -> None:
        self.account_id = account_id
        self.region = region
        self.source = source
        self.details = details_of(account_id, region, source)

    @property
    def pool_id(self) -> str:
        """The id of the pool."""
        return str(self.source.identity_pool_id)

    @property
    def developer_provider(self) -> str:
        """The name of the developer provider, or empty."""
        return self.source.developer_provider_name or ""

    # --- Settings ---

    def describe(self) -> dict[str, Any]:
        """Return the pool as the API returns it, without members that are not set."""
        source = self.source
        members = {
            "AllowClassicFlow": self.details.allow_classic_flow,
            "DeveloperProviderName": self.developer_provider or None,
            **{
                name: getattr(source, attribute)
                for attribute, name in OPTIONAL_MEMBERS.items()
            },
        }
        return {
            "IdentityPoolId": self.pool_id,
            "IdentityPoolName": source.identity_pool_name,
            "AllowUnauthenticatedIdentities": self.allows_guests,
            "IdentityPoolTags": source.tags or {},
            **{name: value for name, value in members.items() if value is not None},
        }

    @property
    def allows_guests(self) -> bool:
        """Whether the pool allows identities without logins."""
        return bool(self.source.allow_unauthenticated_identities)

    def update(
        self,
        identity_pool_name: str,
        allow_unauthenticated_identities: bool,
        allow_classic_flow: bool | None = None,
        developer_provider_name: str | None = None,
        identity_pool_tags: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        """Change all settings.

        Omitted members return to their defaults, except for the developer provider and
        the tags, which remain as they are.

        :raises InvalidParameterException: if a member is invalid, or the developer
            provider would change; nothing is changed.
        """
        source = self.source
        current = self.developer_provider
        if current and developer_provider_name not in (None, current):
            raise InvalidParameterException(
                f"The developer provider name cannot be changed: it is '{current}'."
            )
        check_settings(identity_pool_tags, **members)
        source.identity_pool_name = identity_pool_name
        source.allow_unauthenticated_identities = allow_unauthenticated_identities
        self.details.allow_classic_flow = allow_classic_flow
        if developer_provider_name is not None:
            source.developer_provider_name = developer_provider_name
        if identity_pool_tags is not None:
            source.tags = identity_pool_tags
        for attribute in OPTIONAL_MEMBERS:
            setattr(source, attribute, members.get(attribute))

    def tag(self, tags: Mapping[str, str]) -> None:
        """Add tags, or change their values.

        :raises InvalidParameterException: if the pool would have more than 50 tags.
        """
        tags = {**(self.source.tags or {}), **tags}
        check_tags(tags)
        self.source.tags = tags

    def untag(self, keys: Collection[str]) -> None:
        """Remove tags. Unknown keys are ignored."""
        tags = self.source.tags or {}
        self.source.tags = {key: tags[key] for key in tags if key not in keys}

    # --- Identities ---

    def identity(self, identity_id: str) -> Identity:
        """Return an identity of the pool.

        :raises ResourceNotFoundException: if the pool has no such identity.
        """
        identity = self.details.identities.get(identity_id)
        if identity is None:
            raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
        return identity

    def new_identity(self, logins: Iterable[Login] = ()) -> Identity:
        """Create an identity."""
        while True:  # with a seed, moto may create the same id twice
            identity_id = f"{self.region}:{mock_random.uuid4()}"
            if identity_id not in self.details.identities:
                return self.details.create(identity_id, logins)

    def guest(self, identity: Identity | None = None) -> Identity:
        """Return an identity for a caller without logins; create it if not given.

        :raises NotAuthorizedException: if the identity has logins or is disabled, or
            the pool does not allow guests.
        """
        if identity is not None and not identity.is_guest:
            raise forbidden(identity)
        if not self.allows_guests:
            raise NotAuthorizedException(
                "Unauthenticated access is not supported for this identity pool."
            )
        return identity or self.new_identity()

    def owner(self, login: Login) -> Identity | None:
        """Return the identity that has a login."""
        identity_id = self.details.owners.get(login)
        return None if identity_id is None else self.details.identities[identity_id]

    def developer_user(self, user: str) -> Identity:
        """Return the identity of a developer user.

        :raises ResourceNotFoundException: if the pool has no such user.
        """
        owner = self.owner(Login(self.developer_provider, user))
        if owner is None:
            raise ResourceNotFoundException(
                f"Developer user identifier '{user}' not found."
            )
        return owner

    def find_parent(
        self, logins: Iterable[Login], given: Identity | None = None
    ) -> Identity | None:
        """Return the identity that remains after logging in; None for a new one.

        If several identities have the logins, this is the given one, otherwise the
        oldest one. A guest does not remain if another identity has one of the logins.

        :param given: the identity that the caller has used so far. If it was merged
            into one of the logins' identities, that one is used instead.
        :raises NotAuthorizedException: if the given identity is not a guest and has
            none of the logins.
        """
        owners = self._owners(logins)
        if given is not None:
            successor = self.details.successor(given)
            if successor in owners:
                return successor
            if not given.is_guest:
                raise logins_do_not_match()
        return min(owners, key=lambda each: each.number, default=given)

    def log_in(
        self, caller: Caller, logins: Sequence[Login], given: Identity | None = None
    ) -> Identity:
        """Link logins to each other and to an identity, and return their identity.

        Merges all identities that have the logins, and a guest, into the one that
        :meth:`find_parent` returns, or into a new identity.

        :raises NotAuthorizedException: as :meth:`find_parent`.
        :raises ResourceConflictException: as :meth:`merge`.
        """
        parent = self.find_parent(logins, given) or self.new_identity(logins)
        guests = [given] if given is not None and given.is_guest else []
        self.merge(caller, [*self._owners(logins), *guests], parent, logins)
        return parent

    def _owners(self, logins: Iterable[Login]) -> list[Identity]:
        """Return the identities that have logins, each of them once."""
        owners = {each.number: each for each in map(self.owner, logins) if each}
        return list(owners.values())

    def merge(
        self,
        caller: Caller,
        identities: Iterable[Identity],
        parent: Identity,
        logins: Sequence[Login] = (),
    ) -> None:
        """Merge identities and their datasets into one, and link logins to it.

        :param identities: the identities; may include the parent.
        :raises ResourceConflictException: if the logins cannot belong to one identity,
            or a dataset's new name would be too long; nothing is changed.
        """
        sources = [each for each in identities if each is not parent]
        sources.sort(key=lambda each: each.number)
        every = [login for each in (parent, *sources) for login in each.logins]
        self._check_together(dict.fromkeys([*every, *logins]))
        sync = find_backend(self.account_id, self.region)
        if sources and sync is not None:
            source_ids = [each.identity_id for each in sources]
            try:
                sync.merge_identities(
                    caller, self.pool_id, source_ids, parent.identity_id
                )
            except ValueError as error:
                raise ResourceConflictException(
                    f"The identities cannot be merged: {error}."
                ) from None
        for source in sources:
            self.details.merge(source, parent)
        self.details.link(parent, logins)

    def _check_together(self, logins: Collection[Login]) -> None:
        if len(logins) > MAX_LOGINS:
            raise ResourceConflictException(
                f"The identity would have {len(logins)} logins; the limit is "
                f"{MAX_LOGINS}."
            )
        providers = [each.provider for each in logins]
        for provider in providers:
            if provider != self.developer_provider and providers.count(provider) > 1:
                raise ResourceConflictException(
                    "The identity would have several logins of the provider "
                    f"'{provider}'; the limit is one."
                )


def forbidden(identity: Identity) -> NotAuthorizedException:
    """Return the error for an identity that requires logins, or is disabled."""
    return NotAuthorizedException(
        f"Access to Identity '{identity.identity_id}' is forbidden."
    )


def logins_do_not_match() -> NotAuthorizedException:
    """Return the error for logins that do not belong to an identity."""
    return NotAuthorizedException(
        "Logins don't match. Please include at least one valid login for this "
        "identity or identity pool."
    )


def check_settings(
    identity_pool_tags: Mapping[str, str] | None = None,
    cognito_identity_providers: Collection[Mapping[str, Any]] = (),
    **_: Any,
) -> None:
    """Check settings of a pool against rules that the service model does not express.

    :raises InvalidParameterException: if there are more than 50 tags, or a user pool
        has no ``ProviderName``.
    """
    check_tags(identity_pool_tags or {})
    if not all("ProviderName" in each for each in cognito_identity_providers):
        raise InvalidParameterException("Invalid Cognito Identity Provider")


def check_tags(tags: Mapping[str, str]) -> None:
    """Check the number of a pool's tags.

    :raises InvalidParameterException: if there are more than 50.
    """
    if len(tags) > MAX_TAGS:
        raise InvalidParameterException(
            f"The identity pool would have {len(tags)} tags; the limit is {MAX_TAGS}."
        )
