"""Merging identities, which happens in Cognito Identity when logins are linked."""

from __future__ import annotations

from moto.cognitoidentity.models import cognitoidentity_backends

from .models import CognitoSyncBackend, cognitosync_backends


def merge_identities(source: str, into: str) -> None:
    """Do to the datasets of two identities what linking two logins does.

    The datasets of ``source`` move to ``into``. One whose name ``into`` has as well
    becomes ``<name>.<source>``, with a DatasetSyncCount of 1, and is listed in the
    MergedDatasetNames of ``<name>`` until either of the two is deleted.

    :param source: the id of the identity to merge; it stays, without datasets.
    :param into: the id of the identity that is to have all datasets.
    :raises ValueError: it is the same identity, or no identity pool has both.
    """
    if source == into:
        raise ValueError(f"cannot merge the identity {source!r} into itself")
    backend, pool_id = _find_pool({source, into})
    backend.merge_identities(pool_id, source, into)


def _find_pool(identity_ids: set[str]) -> tuple[CognitoSyncBackend, str]:
    for account_id, regions in cognitoidentity_backends.items():
        for region, backend in regions.items():
            for pool_id in backend.identity_pools:
                known = backend.pools_identities[pool_id]["Identities"]
                if identity_ids <= {identity["IdentityId"] for identity in known}:
                    return cognitosync_backends[account_id][region], pool_id
    raise ValueError(
        f"no identity pool has both identities {' and '.join(sorted(identity_ids))}"
    )
