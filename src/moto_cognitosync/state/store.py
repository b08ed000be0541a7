"""Loads plain data into the backends and dumps their state as plain data."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moto_cognitosync._moto.registration import register
from moto_cognitosync._moto.settings import require_local_state, warn_outside_mock
from moto_cognitosync.cognitosync.models import (
    CognitoSyncBackend,
    cognitosync_backends,
    get_backend,
)
from moto_cognitosync.cognitosync.store.pools import IdentityPool
from moto_cognitosync.cognitosync.store.sync_sessions import SyncSessions
from moto_cognitosync.core.caller import default_account_id
from moto_cognitosync.core.exceptions import InvalidParameterException
from moto_cognitosync.core.sharing import state_lock

from .dates import format_date, read_date
from .errors import StateError, add_once, error_path
from .files import find_writer, read_file, replace_file
from .plain import Collect, Endpoints, create_endpoints, describe_pool, restore_pool
from .validation import FORMAT_VERSION, find_schema_errors, prepare, validate

Location = tuple[str, str]  # account id and region
_Restored = tuple[dict[str, IdentityPool], SyncSessions]  # pools by id

# Members of a pool and of an identity that Cognito Sync stores.
_SYNC_MEMBERS = {
    "PushSync",
    "CognitoStreams",
    "Events",
    "BulkPublish",
    "SyncSessionsCount",
}
_SYNC_MEMBERS_OF_IDENTITY = {"Datasets", "Devices"}


def load_state(source: Mapping[str, Any] | str | os.PathLike[str]) -> None:
    """Replace all stored data, in all accounts and regions.

    Pools and identities are created in moto's Cognito Identity. Other services, such as
    SNS and Kinesis, keep their state; a device without an ``EndpointArn`` gets an
    endpoint in SNS, as with RegisterDevice.

    :param source: the data, in which dates may be ``datetime`` objects; or the path of
        a JSON, YAML or TOML file.
    :raises StateError: if the data is invalid; nothing is loaded. The message names the
        place in the data.
    :raises OSError: if the file cannot be read.
    :raises RuntimeError: if TEST_SERVER_MODE is set, because a server stores
        the data in that case.
    """
    _require_backends("load_state")
    data = read_file(Path(source)) if isinstance(source, str | os.PathLike) else source
    endpoints: Endpoints = []
    restored = _restore(validate(data), endpoints)
    backends = {each: backend_of(*each) for each in {**locations(), **restored}}
    # Nothing below this line can fail.
    create_endpoints(endpoints)
    with state_lock:  # no request may see a part of the state
        for location, backend in backends.items():
            pools, sync_sessions = restored.get(location, ({}, SyncSessions()))
            backend.pools.restore(pools.values())
            backend.sync_sessions = sync_sessions


def check_state(path: Path) -> list[StateError]:
    """Return the errors of a state file: all that the schema finds, or one per pool.

    :raises OSError: if the file cannot be read.
    """
    register()
    try:
        state = prepare(read_file(path))
        if errors := find_schema_errors(state):
            return errors
        pools = enumerate(state.get("IdentityPools", ()))
        if errors := [found for each in pools if (found := _check_pool(*each))]:
            return errors
        _restore(state, [])
    except StateError as error:
        return [error]
    return []


def _check_pool(number: int, pool: dict[str, Any]) -> StateError | None:
    try:
        _restore({"IdentityPools": [pool]}, [])
    except StateError as error:
        return StateError(error.problem, "IdentityPools", number, *error.steps[2:])
    return None


def dump_state() -> dict[str, Any]:
    """Return all stored data, in the form that :func:`load_state` accepts.

    The data consists of dictionaries, lists, strings, integers and booleans; dates are
    strings.

    :raises RuntimeError: if TEST_SERVER_MODE is set, because a server stores
        the data in that case.
    """
    _require_backends("dump_state")
    with state_lock:
        return _describe_state(list)


def _describe_state(collect: Collect) -> dict[str, Any]:
    """Return all stored data. Callers must hold the state lock.

    :param collect: converts each iterable of pools and of their identities. With
        ``iter``, they are described one at a time.
    """
    backends = [(each, backend_of(*each)) for each in locations()]
    return {
        "FormatVersion": FORMAT_VERSION,
        "IdentityPools": collect(
            {**_describe_location(location), **pool}
            for location, backend in backends
            for pool in _describe_pools(backend, collect)
        ),
        "OpenSyncSessions": [
            {
                **_describe_location(location),
                "Expirations": {name: format_date(end) for name, end in unused.items()},
            }
            for location, backend in backends
            if (unused := backend.sync_sessions.unused)
        ],
    }


def _describe_location(location: Location) -> dict[str, Any]:
    account_id, region = location
    return {"AccountId": account_id, "Region": region}


def _describe_pools(
    backend: CognitoSyncBackend, collect: Collect
) -> Iterator[dict[str, Any]]:
    for source in backend.pools.sources().values():
        pool, details = backend.pools.pool_of(source), backend.pools.details(source)
        yield describe_pool(pool, details, collect)


def add_dataset(
    identity_pool_id: str, identity_id: str, name: str, values: Mapping[str, str]
) -> None:
    """Store a dataset, and create its pool and identity if they do not exist.

    :param values: values by key; if empty, the dataset is not created.
    :raises StateError: if the dataset already exists, or the data is invalid.
    :raises RuntimeError: if TEST_SERVER_MODE is set, because a server stores
        the data in that case.
    """
    _require_backends("add_dataset")
    dataset = {"DatasetName": name, "Values": values}
    identity = {"IdentityId": identity_id, "Datasets": [dataset] if values else []}
    pool = {"IdentityPoolId": identity_pool_id, "Identities": [identity]}
    ((location, (pools, _)),) = _restore(
        validate({"IdentityPools": [pool]}), []
    ).items()
    backend = get_backend(*location)
    try:
        with backend.lock:
            backend.pools.add(pools[identity_pool_id])
    except ValueError as error:
        raise StateError(str(error)) from None


def save_state(path: str | os.PathLike[str]) -> None:
    """Write all stored data to a JSON or YAML file.

    The file is replaced as a whole: if writing fails, the old file remains.

    :raises ValueError: if the extension is not supported.
    :raises OSError: if the file cannot be written.
    :raises RuntimeError: if TEST_SERVER_MODE is set, because a server stores
        the data in that case.
    """
    _require_backends("save_state")
    write = find_writer(Path(path))
    # Pools and identities are written one at a time, because there may be many.
    with replace_file(Path(path)) as file, state_lock:
        write(_describe_state(iter), file)


def _require_backends(function: str) -> None:
    require_local_state()
    register()
    warn_outside_mock(function)


def _restore(state: dict[str, Any], endpoints: Endpoints) -> dict[Location, _Restored]:
    """Create the objects that a state describes, without storing them.

    :param endpoints: receives the devices that need an endpoint in SNS.
    """
    restored: dict[Location, _Restored] = {}
    for number, data in enumerate(state.get("OpenSyncSessions", ())):
        with error_path("OpenSyncSessions", number):
            location = _location(data, data["Region"], uses_sync=True)
            dates = data["Expirations"]
            with error_path("Expirations"):
                unused = {name: read_date(dates, name, 0) for name in dates}
            restored[location] = {}, SyncSessions(unused)
    for number, data in enumerate(state.get("IdentityPools", ())):
        with error_path("IdentityPools", number):
            pool_id = data["IdentityPoolId"]
            location = _location(data, pool_id.partition(":")[0], _uses_sync(data))
            pools, _ = restored.setdefault(location, ({}, SyncSessions()))
            pool = restore_pool(data, *location, endpoints)
            add_once(pools, pool_id, pool, "IdentityPoolId")
    return restored


def _uses_sync(pool: Mapping[str, Any]) -> bool:
    """Return whether a pool has Cognito Sync data, not only Cognito Identity data."""
    identities = pool.get("Identities", ())
    return not _SYNC_MEMBERS.isdisjoint(pool) or any(
        not _SYNC_MEMBERS_OF_IDENTITY.isdisjoint(each) for each in identities
    )


def _location(
    data: Mapping[str, Any], default_region: str, uses_sync: bool
) -> Location:
    account_id = data.get("AccountId", default_account_id())
    region = data.get("Region", default_region)
    try:
        (get_backend if uses_sync else backend_of)(account_id, region)
    except InvalidParameterException as error:
        raise StateError(error.message, "Region") from None
    return account_id, region


def backend_of(account_id: str, region: str) -> CognitoSyncBackend:
    """Return the backend of an account and region.

    Where only Cognito Identity is available, return a temporary backend to load and
    dump its pools.

    :raises InvalidParameterException: if neither service is available in the region.
    """
    from moto.cognitoidentity.models import cognitoidentity_backends

    try:
        return get_backend(account_id, region)
    except InvalidParameterException:
        if region in cognitoidentity_backends[account_id]:
            return CognitoSyncBackend(region, account_id)
        raise


def locations() -> dict[Location, None]:
    """Return the accounts and regions that may have data, sorted."""
    from moto.cognitoidentity.models import cognitoidentity_backends

    locations = {
        (account_id, region)
        for backends in (cognitosync_backends, cognitoidentity_backends)
        for account_id, regions in backends.copy().items()
        for region in regions.copy()
    }
    return dict.fromkeys(sorted(locations))
