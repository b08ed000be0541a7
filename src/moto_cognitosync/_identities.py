"""Creates identities with credentials for tests.

This sends no requests, which faults could affect and a call log would record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cognitoidentity.models import CognitoIdentityPool

from ._moto.settings import require_local_state
from .cognitoidentity.models import get_backend
from .core.caller import Caller, default_account_id
from .core.clock import to_datetime
from .core.identity_pools import details_of, store_pool
from .core.sharing import state_lock

PUBLIC_PROVIDERS = (
    "accounts.google.com",
    "api.twitter.com",
    "appleid.apple.com",
    "graph.facebook.com",
    "www.amazon.com",
)
DEVELOPER_PROVIDER = "developer"
COGNITO = "cognito-identity.amazonaws.com"  # the provider of tokens for developer users


def create_pool(region: str) -> str:
    """Create a pool that accepts guests and users of these providers.

    :return: the id of the pool.
    :raises InvalidParameterException: if the service is not offered in the region.
    """
    require_local_state()
    backend = get_backend(default_account_id(), region)
    source: Any = CognitoIdentityPool(
        region,
        "pool",
        allow_unauthenticated_identities=True,
        supported_login_providers=dict.fromkeys(PUBLIC_PROVIDERS, "app"),
        developer_provider_name=DEVELOPER_PROVIDER,
    )
    with state_lock:
        store_pool(backend.account_id, region, source)
        details_of(backend.account_id, region, source).roles = {
            kind: f"arn:aws:iam::{backend.account_id}:role/{kind}"
            for kind in ("authenticated", "unauthenticated")
        }
    return str(source.identity_pool_id)


def log_in(
    identity_pool_id: str, logins: Mapping[str, str]
) -> tuple[str, dict[str, Any]]:
    """Log in as a client does: get an identity, and credentials for it.

    :param logins: users or tokens by provider; empty for a new guest.
    :return: the id of the identity, and its ``Credentials``.
    :raises ServiceError: if an operation rejects the logins.
    """
    require_local_state()
    region = identity_pool_id.partition(":")[0]
    backend = get_backend(default_account_id(), region)
    caller = Caller(backend.account_id, region, "", "", is_identity=False)
    pool = backend.describe_identity_pool(caller, identity_pool_id)
    if pool.get("DeveloperProviderName") in logins:
        found = backend.get_open_id_token_for_developer_identity(
            caller, identity_pool_id, logins
        )
        identity_id, logins = found["IdentityId"], {COGNITO: found["Token"]}
    else:
        identity_id = backend.get_id(caller, identity_pool_id, logins=logins)
    found = backend.get_credentials_for_identity(caller, identity_id, logins)
    credentials = found["Credentials"]
    expiration = to_datetime(credentials["Expiration"])
    return found["IdentityId"], {**credentials, "Expiration": expiration}
