"""The backend: the operations of Amazon Cognito Identity.

Independent of HTTP and JSON. Times are in epoch milliseconds. Results use the member
names of the API, such as ``IdentityId``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from moto.cognitoidentity.models import (
    CognitoIdentityBackend as MotoCognitoIdentityBackend,
)
from moto.cognitoidentity.models import CognitoIdentityPool, cognitoidentity_backends

from moto_cognitosync.cognitosync.models import find_backend
from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.clock import now
from moto_cognitosync.core.credentials import (
    CREDENTIALS_LIFETIME,
    IdentitySession,
    issue_credentials,
)
from moto_cognitosync.core.exceptions import (
    AccessDeniedException,
    InvalidParameterException,
    LimitExceededException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from moto_cognitosync.core.identity_pools import (
    Identity,
    Login,
    find_pool_of,
    find_pools,
    list_pools,
    remove_pools,
    store_pool,
)
from moto_cognitosync.core.paging import paginate, paginate_numbered
from moto_cognitosync.core.sharing import state_lock

from . import logins as checks
from .exceptions import DeveloperUserAlreadyRegisteredException
from .logins import VerifiedLogin
from .pools import Pool, check_settings, forbidden, logins_do_not_match
from .roles import check_assumable, check_mappings, check_roles_exist, choose_role
from .tokens import TokenClaims, issue_token

MAX_POOLS = 1000
DEFAULT_DEVELOPER_USERS_PER_PAGE = 60

# Lifetimes of OpenID tokens, in seconds.
TOKEN_DURATION = 600
DEVELOPER_TOKEN_DURATION = 900

Logins = Mapping[str, str]  # tokens, or ids of developer users, by provider


class CognitoIdentityBackend(MotoCognitoIdentityBackend):
    """moto's Cognito Identity, which stores the pools.

    moto imports the URLs of a service from the package of its backend class. This class
    exists only to make that package ours.
    """


class CognitoIdentity:
    """Amazon Cognito Identity in one region of one account.

    Each operation is a method that takes the caller and the operation's input, by
    Python names. It returns a mapping of the output's members or, if there is only one,
    its value. Later requests do not change a returned result. State is read and written
    under ``lock``, and stored in moto's Cognito Identity.

    If an operation raises an error, it has changed nothing.

    :ivar lock: guards all stored state, in all regions and accounts.
    """

    lock = state_lock

    def __init__(self, account_id: str, region_name: str) -> None:
        self.account_id = account_id
        self.region_name = region_name

    # --- Pools ---

    def create_identity_pool(
        self, _: Caller, identity_pool_name: str, **settings: Any
    ) -> dict[str, Any]:
        """Create a pool and return it.

        :param settings: other members of the pool.
        :raises InvalidParameterException: if a setting is invalid.
        :raises LimitExceededException: if there are already 1,000 pools.
        """
        check_settings(**settings)
        with self.lock:
            count = len(find_pools(self.account_id, self.region_name))
            if count >= MAX_POOLS:
                raise LimitExceededException(
                    f"The account already has {count} identity pools; the limit is "
                    f"{MAX_POOLS}."
                )
            source = CognitoIdentityPool(self.region_name, identity_pool_name)
            store_pool(self.account_id, self.region_name, source)
            pool = self._wrap(source)
            pool.update(identity_pool_name, **settings)
            return pool.describe()

    def describe_identity_pool(
        self, _: Caller, identity_pool_id: str
    ) -> dict[str, Any]:
        """Return a pool.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            return self._pool(identity_pool_id).describe()

    def update_identity_pool(
        self, _: Caller, identity_pool_id: str, **settings: Any
    ) -> dict[str, Any]:
        """Change all settings of a pool and return it.

        :param settings: the members of the pool; for omitted ones, see
            :meth:`.Pool.update`.
        :raises ResourceNotFoundException: if the pool does not exist.
        :raises InvalidParameterException: if a setting is invalid, or the developer
            provider would change.
        """
        with self.lock:
            pool = self._pool(identity_pool_id)
            pool.update(**settings)
            return pool.describe()

    def list_identity_pools(
        self, _: Caller, max_results: int, next_token: str | None = None
    ) -> dict[str, Any]:
        """List the ids and names of all pools, sorted by id.

        :return: ``IdentityPools`` and ``NextToken``.
        :raises InvalidParameterException: if ``next_token`` is invalid.
        """
        with self.lock:
            sources, next_token = list_pools(
                self.account_id, self.region_name, max_results, next_token
            )
            return {
                "IdentityPools": [
                    {
                        "IdentityPoolId": each.identity_pool_id,
                        "IdentityPoolName": each.identity_pool_name,
                    }
                    for each in sources
                ],
                "NextToken": next_token,
            }

    def delete_identity_pool(self, _: Caller, identity_pool_id: str) -> None:
        """Delete a pool, its identities and their datasets.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            pool = self._pool(identity_pool_id)
            if (sync := find_backend(self.account_id, self.region_name)) is not None:
                sync.delete_pool(identity_pool_id)
            remove_pools(self.account_id, self.region_name, [pool.source])

    # --- Identities ---

    def get_id(
        self,
        caller: Caller,
        identity_pool_id: str,
        account_id: str | None = None,  # noqa: ARG002 - AWS does not require it
        logins: Logins | None = None,
    ) -> str:
        """Return the id of the identity with these logins, or of a new identity.

        Several identities with these logins are merged into the oldest one.

        :raises ResourceNotFoundException: if the pool does not exist.
        :raises NotAuthorizedException: if a login is invalid, or the caller is a guest
            and the pool does not allow guests.
        :raises InvalidParameterException: if a login is of the developer provider.
        :raises ResourceConflictException: if the logins cannot belong to one identity.
        """
        with self._lock_and_notify():
            pool = self._pool(identity_pool_id)
            if not logins:
                return pool.guest().identity_id
            verified = checks.resolve(pool, logins)
            return pool.log_in(caller, [each.login for each in verified]).identity_id

    def describe_identity(self, _: Caller, identity_id: str) -> dict[str, Any]:
        """Return the logins and dates of an identity.

        :raises ResourceNotFoundException: if the identity does not exist.
        """
        with self.lock:
            _pool, identity = self._identity(identity_id)
            return _describe(identity)

    def list_identities(
        self,
        _: Caller,
        identity_pool_id: str,
        max_results: int,
        next_token: str | None = None,
        hide_disabled: bool = False,
    ) -> dict[str, Any]:
        """List the identities of a pool, in the order of their creation.

        :param hide_disabled: whether to omit disabled identities.
        :return: ``IdentityPoolId``, ``Identities`` and ``NextToken``.
        :raises ResourceNotFoundException: if the pool does not exist.
        :raises InvalidParameterException: if ``next_token`` is invalid.
        """
        with self.lock:
            details = self._pool(identity_pool_id).details
            identities, next_token = paginate_numbered(
                details.ordered,
                attrgetter("number"),
                attrgetter("identity_id"),
                details.identities.get,
                max_results,
                next_token,
                is_listed=lambda each: each.is_enabled or not hide_disabled,
            )
            return {
                "IdentityPoolId": identity_pool_id,
                "Identities": [_describe(each) for each in identities],
                "NextToken": next_token,
            }

    def delete_identities(
        self, _: Caller, identity_ids_to_delete: Sequence[str]
    ) -> list[dict[str, str]]:
        """Delete identities and their datasets. Unknown identities are ignored.

        :return: identities that were not deleted; always empty.
        """
        with self.lock:
            sync = find_backend(self.account_id, self.region_name)
            found: dict[str, list[str]] = {}  # by pool; removing one by one is slow
            for each in identity_ids_to_delete:
                source = find_pool_of(self.account_id, self.region_name, each)
                if source is not None:
                    found.setdefault(source.identity_pool_id, []).append(each)
            for pool_id, identity_ids in found.items():
                self._pool(pool_id).details.remove(identity_ids)
                if sync is not None:
                    sync.delete_identities(pool_id, identity_ids)
            return []

    def unlink_identity(
        self,
        _: Caller,
        identity_id: str,
        logins: Logins,
        logins_to_remove: Collection[str],
    ) -> None:
        """Remove logins of public providers from an identity.

        Without logins, the identity is disabled.

        :param logins: at least one login of the identity.
        :param logins_to_remove: names of providers; those of which the identity has no
            login are ignored.
        :raises ResourceNotFoundException: if the identity does not exist.
        :raises NotAuthorizedException: if a login is invalid, or none is the
            identity's.
        :raises InvalidParameterException: if a provider is the developer provider.
        """
        with self.lock:
            pool, identity = self._identity(identity_id)
            verified = checks.resolve(pool, logins)
            if not any(each.login in identity.logins for each in verified):
                raise logins_do_not_match()
            checks.check_public(pool, logins_to_remove)
            removed = [
                each for each in identity.logins if each.provider in logins_to_remove
            ]
            pool.details.unlink(identity, removed)

    # --- Tokens and credentials ---

    def get_open_id_token(
        self, caller: Caller, identity_id: str, logins: Logins | None = None
    ) -> dict[str, Any]:
        """Return an OpenID token for an identity; link or merge new logins.

        :return: ``IdentityId``, which is another one after a merge, and ``Token``.
        :raises ResourceNotFoundException: if the identity does not exist.
        :raises InvalidParameterException: if the pool does not allow the classic flow,
            or a login is of the developer provider.
        :raises NotAuthorizedException: if a login is invalid, the logins do not belong
            to the identity, or the identity requires logins.
        :raises ResourceConflictException: if the logins cannot belong to one identity.
        """
        with self._lock_and_notify():
            pool, given = self._identity(identity_id)
            _check_classic_flow(pool)
            verified = checks.resolve(pool, logins or {})
            claims = _claims_of(pool, _identify(pool, given, verified), verified)
            if verified:
                pool.log_in(caller, [each.login for each in verified], given)
        return _issue_token(claims, TOKEN_DURATION)

    def get_open_id_token_for_developer_identity(
        self,
        caller: Caller,
        identity_pool_id: str,
        logins: Logins,
        identity_id: str | None = None,
        principal_tags: Mapping[str, str] | None = None,
        token_duration: int = DEVELOPER_TOKEN_DURATION,
    ) -> dict[str, Any]:
        """Return an OpenID token for a developer user; link new logins.

        :param logins: a user of the developer provider, and any public logins.
        :param identity_id: the identity to link the user to; by default the one with
            these logins, or a new one.
        :param principal_tags: values by tag.
        :param token_duration: lifetime of the token, in seconds.
        :return: ``IdentityId`` and ``Token``.
        :raises ResourceNotFoundException: if the pool or identity does not exist.
        :raises InvalidParameterException: if no login is of the developer provider.
        :raises DeveloperUserAlreadyRegisteredException: if the user belongs to another
            identity.
        :raises NotAuthorizedException: if a login is invalid, or the logins do not
            belong to the identity.
        :raises ResourceConflictException: if the logins cannot belong to one identity.
        """
        with self._lock_and_notify():
            pool = self._pool(identity_pool_id)
            verified = checks.resolve_developer(pool, logins)
            given = None
            if identity_id is not None:
                given = self._given(pool, identity_id)
                _check_not_registered(pool, given, logins[pool.developer_provider])
            identity = pool.log_in(caller, [each.login for each in verified], given)
            claims = _claims_of(pool, identity, verified, principal_tags or {})
        return _issue_token(claims, token_duration)

    def get_credentials_for_identity(
        self,
        caller: Caller,
        identity_id: str,
        logins: Logins | None = None,
        custom_role_arn: str | None = None,
    ) -> dict[str, Any]:
        """Return temporary credentials for an identity; link or merge new logins.

        :param logins: tokens of public providers, or a token that this service has
            issued for the identity. The latter is used alone.
        :param custom_role_arn: the role to assume, if a role mapping offers several.
        :return: ``IdentityId``, which is another one after a merge, and
            ``Credentials``.
        :raises ResourceNotFoundException: if the identity does not exist.
        :raises InvalidParameterException: if a login is of the developer provider.
        :raises NotAuthorizedException: if a login is invalid, the logins do not belong
            to the identity, the identity requires logins, or the caller may not assume
            the role.
        :raises ResourceConflictException: if the logins cannot belong to one identity.
        :raises InvalidIdentityPoolConfigurationException: if a role mapping denies
            access; or, in strict mode, if the pool has no role.
        """
        logins = logins or {}
        with self._lock_and_notify():
            pool, given = self._identity(identity_id)
            claims = checks.read_cognito_token(logins)
            if claims is None:
                verified = checks.resolve(pool, logins)
                claims = _claims_of(pool, _identify(pool, given, verified), verified)
            else:
                verified = []
                _check_token_owner(given, claims)
            session = IdentitySession(
                identity_id=claims.identity_id,
                identity_pool_id=pool.pool_id,
                account_id=self.account_id,
                role_arn=choose_role(pool.details, claims, verified, custom_role_arn),
                amr=claims.amr,
                expiration=now() + CREDENTIALS_LIFETIME,
                principal_tags=claims.principal_tags,
            )
            check_assumable(caller, session)
            if verified:
                pool.log_in(caller, [each.login for each in verified], given)
            return {
                "IdentityId": claims.identity_id,
                "Credentials": issue_credentials(session),
            }

    # --- Developer users ---

    def lookup_developer_identity(
        self,
        _: Caller,
        identity_pool_id: str,
        identity_id: str | None = None,
        developer_user_identifier: str | None = None,
        max_results: int = DEFAULT_DEVELOPER_USERS_PER_PAGE,
        next_token: str | None = None,
    ) -> dict[str, Any]:
        """Return the identity of a developer user, and its users, sorted by id.

        If both are given, they are compared, and returned if they match.

        :return: ``IdentityId``, ``DeveloperUserIdentifierList`` and ``NextToken``.
        :raises ResourceNotFoundException: if the pool, identity or user does not exist.
        :raises InvalidParameterException: if neither is given, or ``next_token`` is
            invalid.
        :raises ResourceConflictException: if both are given and do not match.
        """
        with self.lock:
            pool = self._pool(identity_pool_id)
            user = developer_user_identifier
            if identity_id is not None:
                identity = pool.identity(identity_id)
            elif user is not None:
                identity = pool.developer_user(user)
            else:
                raise InvalidParameterException(
                    "Either IdentityId or DeveloperUserIdentifier must be provided."
                )
            users = [
                each.user
                for each in identity.logins
                if each.provider == pool.developer_provider
            ]
            if identity_id is not None and user is not None:
                if user not in users:
                    raise ResourceConflictException(
                        f"Developer user identifier '{user}' does not belong to "
                        f"identity '{identity_id}'."
                    )
                users = [user]
            named = ((each, each) for each in users)
            page, next_token = paginate(named, max_results, next_token)
            return {
                "IdentityId": identity.identity_id,
                "DeveloperUserIdentifierList": page,
                "NextToken": next_token,
            }

    def merge_developer_identities(
        self,
        caller: Caller,
        source_user_identifier: str,
        destination_user_identifier: str,
        developer_provider_name: str,
        identity_pool_id: str,
    ) -> str:
        """Merge the identity of a developer user into another user's, and return it.

        :raises ResourceNotFoundException: if the pool or a user does not exist.
        :raises InvalidParameterException: if the pool has another developer provider.
        :raises ResourceConflictException: if the logins of both cannot belong to one
            identity.
        """
        with self._lock_and_notify():
            pool = self._pool(identity_pool_id)
            _check_developer_provider(pool, developer_provider_name)
            source = pool.developer_user(source_user_identifier)
            into = pool.developer_user(destination_user_identifier)
            pool.merge(caller, [source], into)
            return into.identity_id

    def unlink_developer_identity(
        self,
        _: Caller,
        identity_id: str,
        identity_pool_id: str,
        developer_provider_name: str,
        developer_user_identifier: str,
    ) -> None:
        """Remove a developer user from an identity.

        Without logins, the identity is disabled.

        :raises ResourceNotFoundException: if the pool, identity or user does not exist.
        :raises InvalidParameterException: if the pool has another developer provider.
        :raises ResourceConflictException: if the user belongs to another identity.
        """
        with self.lock:
            pool = self._pool(identity_pool_id)
            _check_developer_provider(pool, developer_provider_name)
            identity = pool.identity(identity_id)
            if pool.developer_user(developer_user_identifier) is not identity:
                raise ResourceConflictException(
                    f"Developer user identifier '{developer_user_identifier}' does not "
                    f"belong to identity '{identity_id}'."
                )
            login = Login(developer_provider_name, developer_user_identifier)
            pool.details.unlink(identity, [login])

    # --- Roles ---

    def get_identity_pool_roles(
        self, _: Caller, identity_pool_id: str
    ) -> dict[str, Any]:
        """Return the roles and role mappings of a pool.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            details = self._pool(identity_pool_id).details
            return {
                "IdentityPoolId": identity_pool_id,
                "Roles": details.roles or None,
                "RoleMappings": details.role_mappings or None,
            }

    def set_identity_pool_roles(
        self,
        caller: Caller,
        identity_pool_id: str,
        roles: dict[str, str],
        role_mappings: dict[str, Any] | None = None,
    ) -> None:
        """Replace the roles and role mappings of a pool.

        :param roles: ARNs by ``authenticated`` and ``unauthenticated``.
        :param role_mappings: ``RoleMapping`` structures by provider.
        :raises ResourceNotFoundException: if the pool does not exist.
        :raises InvalidParameterException: if a mapping is invalid.
        :raises NotAuthorizedException: if a role does not exist; only if IAM is
            enabled.
        """
        with self.lock:
            details = self._pool(identity_pool_id).details
            check_mappings(role_mappings or {})
            check_roles_exist(caller, roles, role_mappings or {})
            details.roles = roles
            details.role_mappings = role_mappings or {}

    # --- Tags ---

    def list_tags_for_resource(
        self, caller: Caller, resource_arn: str
    ) -> dict[str, str]:
        """Return the tags of a pool.

        :raises ResourceNotFoundException: if the pool does not exist.
        :raises AccessDeniedException: if the ARN is not a pool's in this account.
        """
        with self.lock:
            tags = self._tagged(caller, "ListTagsForResource", resource_arn).source.tags
            return tags or {}

    def tag_resource(
        self, caller: Caller, resource_arn: str, tags: Mapping[str, str]
    ) -> None:
        """Add tags to a pool, or change their values.

        :raises ResourceNotFoundException: if the pool does not exist.
        :raises AccessDeniedException: if the ARN is not a pool's in this account.
        :raises InvalidParameterException: if the pool would have more than 50 tags.
        """
        with self.lock:
            self._tagged(caller, "TagResource", resource_arn).tag(tags)

    def untag_resource(
        self, caller: Caller, resource_arn: str, tag_keys: Collection[str]
    ) -> None:
        """Remove tags from a pool. Unknown keys are ignored.

        :raises ResourceNotFoundException: if the pool does not exist.
        :raises AccessDeniedException: if the ARN is not a pool's in this account.
        """
        with self.lock:
            self._tagged(caller, "UntagResource", resource_arn).untag(tag_keys)

    # --- Principal tags ---

    def get_principal_tag_attribute_map(
        self, _: Caller, identity_pool_id: str, identity_provider_name: str
    ) -> dict[str, Any]:
        """Return the claims of a provider that become principal tags.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            pool = self._pool(identity_pool_id)
            return _describe_tag_map(pool, identity_provider_name)

    def set_principal_tag_attribute_map(
        self,
        _: Caller,
        identity_pool_id: str,
        identity_provider_name: str,
        use_defaults: bool = False,
        principal_tags: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Replace the claims of a provider that become principal tags.

        :param use_defaults: whether to use the default claims, and ignore others.
        :param principal_tags: names of claims by tag.
        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            pool = self._pool(identity_pool_id)
            pool.details.principal_tags[identity_provider_name] = {
                "UseDefaults": use_defaults,
                "PrincipalTags": principal_tags or {},
            }
            return _describe_tag_map(pool, identity_provider_name)

    # --- For other modules, not part of the API ---

    def merge_identities(self, caller: Caller, source_id: str, into_id: str) -> None:
        """Merge an identity with its logins and datasets into another of the same pool.

        :raises ResourceNotFoundException: if no pool contains both identities.
        :raises InvalidParameterException: if both ids are the same.
        :raises NotAuthorizedException: if an identity is disabled.
        :raises ResourceConflictException: if the logins of both cannot belong to one
            identity, or a dataset's new name would be too long.
        """
        with self._lock_and_notify():
            pool, source = self._identity(source_id)
            into = pool.identity(into_id)
            if source is into:
                raise InvalidParameterException(
                    f"Identity '{source_id}' cannot be merged into itself."
                )
            for each in (source, into):
                if not each.is_enabled:
                    raise forbidden(each)
            pool.merge(caller, [source], into)

    # --- Shared by the operations ---

    @contextmanager
    def _lock_and_notify(self) -> Generator[None, None, None]:
        """Hold the lock; afterwards, notify other services of merges."""
        with self.lock:
            yield
        if sync := find_backend(self.account_id, self.region_name):
            sync.notify()

    def _wrap(self, source: Any) -> Pool:
        return Pool(self.account_id, self.region_name, source)

    def _pool(self, identity_pool_id: str) -> Pool:
        source = find_pools(self.account_id, self.region_name).get(identity_pool_id)
        if source is None:
            raise ResourceNotFoundException(
                f"IdentityPool '{identity_pool_id}' not found."
            )
        return self._wrap(source)

    def _identity(self, identity_id: str) -> tuple[Pool, Identity]:
        """Return an identity and its pool."""
        source = find_pool_of(self.account_id, self.region_name, identity_id)
        if source is None:
            raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
        pool = self._wrap(source)
        return pool, pool.identity(identity_id)

    def _given(self, pool: Pool, identity_id: str) -> Identity:
        """Return an identity that a developer names together with a pool."""
        owner, identity = self._identity(identity_id)
        if owner.source is not pool.source:
            raise logins_do_not_match()
        return identity

    def _tagged(self, caller: Caller, operation: str, resource_arn: str) -> Pool:
        """Return the pool that an ARN names."""
        match = _POOL_ARN.fullmatch(resource_arn)
        if match is None or match["account"] != self.account_id:
            # Observed on AWS, which checks permissions before it parses the ARN.
            raise AccessDeniedException(
                f"User: arn:aws:iam::{caller.account_id}:root is not authorized to "
                f"perform: cognito-identity:{operation} on resource: {resource_arn}"
            )
        return self._pool(match["pool"])


_POOL_ARN = re.compile(
    r"arn:[\w-]+:cognito-identity:[\w-]+:(?P<account>\d+):identitypool/(?P<pool>.+)"
)


def _describe(identity: Identity) -> dict[str, Any]:
    """Return an identity as the API returns it."""
    return {
        "IdentityId": identity.identity_id,
        "Logins": [*dict.fromkeys(each.provider for each in identity.logins)] or None,
        "CreationDate": identity.creation_date,
        "LastModifiedDate": identity.last_modified_date,
    }


def _describe_tag_map(pool: Pool, provider: str) -> dict[str, Any]:
    """Return the principal tags of a provider as the API returns them."""
    tags = pool.details.principal_tags.get(provider, {})
    return {
        "IdentityPoolId": pool.pool_id,
        "IdentityProviderName": provider,
        "UseDefaults": tags.get("UseDefaults", False),
        "PrincipalTags": checks.attribute_map(tags),
    }


def _identify(
    pool: Pool, given: Identity, verified: Sequence[VerifiedLogin]
) -> Identity:
    """Return the identity that a caller will use, without changing anything."""
    if not verified:
        return pool.guest(given)
    return pool.find_parent([each.login for each in verified], given) or given


def _check_classic_flow(pool: Pool) -> None:
    if pool.details.allow_classic_flow is False:
        raise InvalidParameterException(
            "Basic (classic) flow is not enabled, please use enhanced flow."
        )
    if pool.details.role_mappings:
        raise InvalidParameterException(
            "Basic (classic) flow is not supported with RoleMappings, please use "
            "enhanced flow."
        )


def _check_developer_provider(pool: Pool, provider: str) -> None:
    if provider != pool.developer_provider:
        raise checks.wrong_developer_provider()


def _check_not_registered(pool: Pool, given: Identity, user: str) -> None:
    """Check that a developer user does not belong to another identity."""
    owner = pool.owner(Login(pool.developer_provider, user))
    if owner is not None and owner is not pool.details.successor(given):
        raise DeveloperUserAlreadyRegisteredException(
            f"Developer user identifier '{user}' is already registered with identity "
            f"'{owner.identity_id}'."
        )


def _check_token_owner(given: Identity, claims: TokenClaims) -> None:
    """Check that a token of this service was issued for an identity."""
    if not given.is_enabled:
        raise forbidden(given)
    if "authenticated" not in claims.amr or claims.identity_id != given.identity_id:
        raise logins_do_not_match()


def _claims_of(
    pool: Pool,
    identity: Identity,
    verified: Sequence[VerifiedLogin],
    principal_tags: Mapping[str, str] = MappingProxyType({}),
) -> TokenClaims:
    mapped = checks.principal_tags(pool.details.principal_tags, verified)
    return TokenClaims(
        identity_id=identity.identity_id,
        identity_pool_id=pool.pool_id,
        account_id=pool.account_id,
        region=pool.region,
        amr=checks.amr_of(verified),
        principal_tags={**mapped, **principal_tags},
    )


def _issue_token(claims: TokenClaims, duration: int) -> dict[str, Any]:
    """Sign a token. This takes a millisecond, so callers do not hold the lock."""
    return {
        "IdentityId": claims.identity_id,
        "Token": issue_token(claims, duration),
    }


def get_backend(account_id: str, region: str) -> CognitoIdentity:
    """Return the operations in an account and region.

    :raises InvalidParameterException: if the service is not offered in the region. AWS
        has no such error: there, the host name cannot be resolved.
    """
    with state_lock:  # moto fails if a reset happens during the look-up
        regions = cognitoidentity_backends[account_id]
        try:
            backend = regions[region]
        except KeyError:
            raise InvalidParameterException(
                f"Amazon Cognito Identity is not available in the region '{region}'. "
                f"Choose one of: {', '.join(sorted(regions.regions))}; or set "
                "MOTO_ALLOW_NONEXISTENT_REGION=true to allow any."
            ) from None
    return CognitoIdentity(account_id, backend.region_name)
