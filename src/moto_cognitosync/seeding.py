"""State in and out as plain data: for tests that begin in the middle of a story.

The form is described by ``state.schema.json`` beside this module, a JSON Schema that
editors understand. Its members have the names of the API::

    {
        "IdentityPools": [
            {
                "IdentityPoolId": "us-east-1:0",
                "Identities": [
                    {
                        "IdentityId": "us-east-1:1",
                        "Datasets": [
                            {"DatasetName": "settings", "Values": {"theme": "dark"}}
                        ],
                    }
                ],
            }
        ]
    }
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from functools import cache
from importlib import import_module
from pathlib import Path
from shutil import copymode
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from . import _registration
from .cognitosync.caller import default_account_id
from .cognitosync.models import CognitoSyncBackend, cognitosync_backends
from .cognitosync.pools import IdentityPool
from .cognitosync.shapes import check_text
from .cognitosync.snapshot import (
    StateError,
    add_once,
    at,
    format_date,
    make_endpoints,
    read_date,
    restore_pool,
)
from .cognitosync.sync_session import SyncSessions

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

__all__ = [
    "SCHEMA",
    "StateError",
    "add_dataset",
    "dump_state",
    "load_state",
    "save_state",
]

SCHEMA = Path(__file__).with_name("state.schema.json")

State = dict[str, Any]
Place = tuple[str, str]  # an account and a region
_Restored = tuple[dict[str, IdentityPool], SyncSessions]  # the pools by their ids


def load_state(source: Mapping[str, Any] | str | os.PathLike[str]) -> None:
    """Put a state in the place of all that is stored, in all accounts and regions.

    Its pools and identities are put into moto's cognito-identity. Other services, as
    SNS and Kinesis, stay as they are; a device that comes without an ``EndpointArn``
    gets an endpoint in SNS, as RegisterDevice makes it.

    :param source: the data, in which dates may be ``datetime`` objects; or the path of
        a JSON, YAML or TOML file.
    :raises StateError: it is no state; nothing has changed. The message names the
        place of the error.
    :raises OSError: the file cannot be read.
    """
    _registration.check_state_is_here()
    data = _read(Path(source)) if isinstance(source, str | os.PathLike) else source
    state = _read_plain(data)
    _validate(state)
    restored = _restore(state)
    for place in {**_places(), **restored}:
        pools, sync_sessions = restored.get(place, ({}, SyncSessions()))
        for pool in pools.values():
            make_endpoints(pool, place[0])
        _backend(*place).restore(pools, sync_sessions)


def dump_state() -> State:
    """Return all that is stored, in the form that :func:`load_state` takes.

    It holds dictionaries, lists, texts, integers and booleans; dates are texts.
    """
    _registration.check_state_is_here()
    pools, used_sessions = [], []
    for account_id, region in _places():
        described, sessions = _backend(account_id, region).snapshot()
        where = {"AccountId": account_id, "Region": region}
        pools += [{**where, **pool} for pool in described]
        used = {name: format_date(end) for name, end in sessions.items()}
        if used:
            used_sessions.append({**where, "Expirations": used})
    return {"IdentityPools": pools, "UsedSyncSessions": used_sessions}


def add_dataset(
    identity_pool_id: str, identity_id: str, name: str, values: Mapping[str, str]
) -> None:
    """Add a dataset to what is stored, and its pool and identity if need be.

    :param values: by key; if there are none, the dataset is not written.
    :raises StateError: the dataset is there already, or cannot be.
    """
    _registration.check_state_is_here()
    dataset = {"DatasetName": name, "Values": values}
    identity = {"IdentityId": identity_id, "Datasets": [dataset] if values else []}
    pool = {"IdentityPoolId": identity_pool_id, "Identities": [identity]}
    state = _read_plain({"IdentityPools": [pool]})
    _validate(state)
    ((place, (pools, _)),) = _restore(state).items()
    try:
        _backend(*place).add(pools[identity_pool_id])
    except ValueError as error:
        raise StateError(str(error)) from None


def save_state(path: str | os.PathLike[str]) -> None:
    """Write all that is stored into a JSON or YAML file.

    The file is replaced as a whole: whatever happens, the old or the new one is there.

    :raises ValueError: the file is of another kind.
    :raises OSError: it cannot be written.
    """
    text = _writer(Path(path))(dump_state())
    target = Path(path).resolve()  # the file itself, if this is a link to it
    temporary = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


# --- Files ------------------------------------------------------------------------


def _read(path: Path) -> Any:
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        raise StateError(
            f"{path} is of no kind that can be read; choose one of "
            f"{', '.join(_READERS)}"
        )
    try:
        # Some editors begin a file with a byte order mark.
        return _READERS[suffix](path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise StateError(f"{path} cannot be read: {error}") from None


def _read_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _read_toml(text: str) -> Any:
    # Since 3.11, Python has it itself.
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return toml.loads(text)


_READERS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".toml": _read_toml,
}


def check_can_save(path: str | os.PathLike[str]) -> None:
    """Refuse what :func:`save_state` would refuse.

    :raises ValueError: it is not the path of a JSON or YAML file, or its folder is
        not there.
    """
    _writer(Path(path))
    if not Path(path).parent.is_dir():
        raise ValueError(f"the folder of {path} does not exist: make it first")


def _writer(path: Path) -> Callable[[State], str]:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return lambda state: json.dumps(state, indent=2, ensure_ascii=False) + "\n"
    if suffix in {".yaml", ".yml"}:
        return _write_yaml
    raise ValueError(
        f"{path} is of no kind that can be written; choose one of .json, .yaml, .yml"
    )


def _write_yaml(state: State) -> str:
    import yaml

    text: str = yaml.safe_dump(state, sort_keys=False, allow_unicode=True)
    return text


# --- Data -------------------------------------------------------------------------


def _read_plain(data: Any) -> Any:
    try:
        return _to_plain(data)
    except RecursionError:
        # As in YAML, where an alias may stand inside of what it stands for.
        raise StateError("it holds itself, or is nested too deeply") from None


def _to_plain(value: Any) -> Any:
    """Return data as JSON has it: dates as texts, no other kinds of mappings."""
    if isinstance(value, Mapping):
        plain = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise StateError(f"the name {key!r} is no text: put it in quotes")
            _check_text(key)
            with at(key):
                plain[key] = _to_plain(item)
        return plain
    if isinstance(value, list | tuple):
        items = []
        for number, item in enumerate(value):
            with at(number):
                items.append(_to_plain(item))
        return items
    if isinstance(value, str):
        _check_text(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # to JSON Schema, it is one
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or timezone.utc).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _check_text(text: str) -> None:
    try:
        check_text(text)
    except ValueError as error:
        raise StateError(str(error)) from None


def _validate(state: Any) -> None:
    from jsonschema.exceptions import best_match

    error: ValidationError | None = best_match(_validator().iter_errors(state))
    if error is not None:
        problem = error.message
        if len(problem) > LONGEST_PROBLEM:
            problem = f"{problem[:LONGEST_PROBLEM]}..."
        if error.validator_value == "string" and isinstance(
            error.instance, int | float
        ):
            problem += ": put it in quotes"
        raise StateError(problem, *error.absolute_path)


LONGEST_PROBLEM = 400  # characters: it may show a value of a megabyte


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _restore(state: State) -> dict[Place, _Restored]:
    """Make the objects that a state describes, without storing them."""
    restored: dict[Place, _Restored] = {}
    for number, described in enumerate(state.get("UsedSyncSessions", ())):
        with at("UsedSyncSessions", number):
            place = _place(described, described["Region"])
            dates = described["Expirations"]
            with at("Expirations"):
                used = {name: read_date(dates, name, 0) for name in dates}
            restored[place] = {}, SyncSessions(used)
    for number, described in enumerate(state.get("IdentityPools", ())):
        with at("IdentityPools", number):
            pool_id = described["IdentityPoolId"]
            place = _place(described, pool_id.partition(":")[0])
            pools, _ = restored.setdefault(place, ({}, SyncSessions()))
            pool = restore_pool(described, *place)
            add_once(pools, pool_id, pool, "IdentityPoolId")
    return restored


def _place(described: Mapping[str, Any], default_region: str) -> Place:
    account_id = described.get("AccountId", default_account_id())
    region = described.get("Region", default_region)
    try:
        _backend(account_id, region)
    except KeyError:
        regions = ", ".join(sorted(cognitosync_backends[account_id].regions))
        raise StateError(
            f"Amazon Cognito Sync is not available in the region {region!r}; "
            f"choose one of {regions}",
            "Region",
        ) from None
    return account_id, region


def _backend(account_id: str, region: str) -> CognitoSyncBackend:
    return cognitosync_backends[account_id][region]


def _places() -> dict[Place, None]:
    """Return where something may be stored, in order."""
    from moto.cognitoidentity.models import cognitoidentity_backends

    places = {
        (account_id, region)
        for backends in (cognitosync_backends, cognitoidentity_backends)
        for account_id, regions in list(backends.items())
        for region in list(cast("dict[str, object]", regions))
        if region in cognitosync_backends[account_id].regions
    }
    return dict.fromkeys(sorted(places))
