"""The backend: the operations of Amazon Cognito Identity."""

from __future__ import annotations

from typing import Any

from moto.cognitoidentity.models import (
    CognitoIdentityBackend as MotoCognitoIdentityBackend,
)
from moto.cognitoidentity.models import CognitoIdentityPool, cognitoidentity_backends

from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.exceptions import ResourceNotFoundException
from moto_cognitosync.core.identity_pools import (
    details_of,
    find_pools,
    remove_pools,
    store_pool,
)
from moto_cognitosync.core.sharing import state_lock


class CognitoIdentityBackend(MotoCognitoIdentityBackend):
    """moto's backend, which stores the pools.

    moto looks for the URLs of a service in the package of its backend class.
    """


class CognitoIdentity:
    """Amazon Cognito Identity in one region of one account."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region

    def create_identity_pool(
        self,
        _: Caller,
        identity_pool_name: str,
        allow_unauthenticated_identities: bool,
        **others: Any,
    ) -> dict[str, Any]:
        """Create a pool."""
        with state_lock:
            pool = CognitoIdentityPool(
                self._region,
                identity_pool_name,
                allow_unauthenticated_identities=allow_unauthenticated_identities,
                developer_provider_name=others.get("developer_provider_name"),
            )
            store_pool(self._account_id, self._region, pool)
            return self._describe(pool)

    def describe_identity_pool(
        self, _: Caller, identity_pool_id: str
    ) -> dict[str, Any]:
        """Return a pool."""
        with state_lock:
            return self._describe(self._pool(identity_pool_id))

    def list_identity_pools(
        self, _: Caller, max_results: int, next_token: str | None = None
    ) -> dict[str, Any]:
        """List the pools."""
        del max_results, next_token
        with state_lock:
            pools = [*find_pools(self._account_id, self._region).values()]
            return {"IdentityPools": [self._describe(each) for each in pools]}

    def delete_identity_pool(self, _: Caller, identity_pool_id: str) -> None:
        """Delete a pool."""
        with state_lock:
            self._pool(identity_pool_id)
            remove_pools(self._account_id, self._region, [identity_pool_id])

    def get_id(self, _: Caller, identity_pool_id: str, **__: Any) -> str:
        """Create a guest."""
        from moto.cognitoidentity.utils import get_random_identity_id

        with state_lock:
            pool = self._pool(identity_pool_id)
            details = details_of(self._account_id, self._region, pool)
            return details.create(get_random_identity_id(self._region)).identity_id

    def get_credentials_for_identity(
        self, caller: Caller, identity_id: str, **__: Any
    ) -> dict[str, Any]:
        """Return credentials."""
        from moto_cognitosync.core.clock import now
        from moto_cognitosync.core.credentials import (
            SHARED_ACCESS_KEY,
            access_key_of,
            is_strict,
        )

        del caller
        key = access_key_of(identity_id) if is_strict() else SHARED_ACCESS_KEY
        return {
            "IdentityId": identity_id,
            "Credentials": {
                "AccessKeyId": key,
                "SecretKey": "ABCSECRETKEY",
                "SessionToken": "ABC12345",
                "Expiration": (now() // 1000 + 3600) * 1000,
            },
        }

    def list_identities(
        self, _: Caller, identity_pool_id: str, **__: Any
    ) -> dict[str, Any]:
        """List identities."""
        with state_lock:
            pool = self._pool(identity_pool_id)
            details = details_of(self._account_id, self._region, pool)
            return {
                "IdentityPoolId": identity_pool_id,
                "Identities": [
                    {
                        "IdentityId": each.identity_id,
                        "CreationDate": each.creation_date,
                        "LastModifiedDate": each.last_modified_date,
                    }
                    for each in details.identities.values()
                ],
            }

    def _pool(self, identity_pool_id: str) -> Any:
        pool = find_pools(self._account_id, self._region).get(identity_pool_id)
        if pool is None:
            raise ResourceNotFoundException(
                f"IdentityPool '{identity_pool_id}' not found."
            )
        return pool

    def _describe(self, pool: Any) -> dict[str, Any]:
        return {
            "IdentityPoolId": pool.identity_pool_id,
            "IdentityPoolName": pool.identity_pool_name,
            "AllowUnauthenticatedIdentities": pool.allow_unauthenticated_identities,
            "DeveloperProviderName": pool.developer_provider_name,
        }


def get_backend(account_id: str, region: str) -> CognitoIdentity:
    """Return the operations of Cognito Identity in an account and region."""
    assert cognitoidentity_backends[account_id][region]
    return CognitoIdentity(account_id, region)
