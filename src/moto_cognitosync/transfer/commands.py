"""The commands ``moto-cognitosync pull``, ``push`` and ``export``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from moto_cognitosync.state import StateError
from moto_cognitosync.state.files import check_can_save, read_file
from moto_cognitosync.state.store import check_state
from moto_cognitosync.state.validation import validate

from . import pull, push
from .clients import Clients, Connection, TransferError, explain_errors
from .export import check_extension, export
from .journal import Journal, journal_path
from .records import identities
from .redaction import Redactor, default_salt_file, load_salt

MAX_IDS = 20  # that are printed
AGAIN = "Run the same command again to continue."


def run_command(options: argparse.Namespace) -> int:
    """Run a command and return its exit status."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _interrupt)
    try:
        return _COMMANDS[options.command](options)
    except (TransferError, StateError) as error:
        _print_error(str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _print_error(f"{place}{error.strerror or error}")
    except KeyboardInterrupt as error:
        _print_error(f"interrupted. {AGAIN}")
        return 128 + int(error.args[0])  # as shells do
    return 1


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)


def _print_error(message: str) -> None:
    print(f"moto-cognitosync: {message}", file=sys.stderr)


# --- pull -------------------------------------------------------------------------


def _pull(options: argparse.Namespace) -> int:
    path: Path = options.file
    _check_can_write(path, options.overwrite or journal_path(path).exists())
    selection = pull.Selection(_read_ids(options.identities), options.limit)
    redactor = None
    if options.redact:
        redactor = Redactor(load_salt(options.salt or default_salt_file()))
    settings = {
        "pool": options.pool,
        "region": options.region,
        "endpoint-url": options.endpoint_url,
        "identities": selection.identity_ids,
        "limit": selection.limit,
        "redact": redactor and redactor.fingerprint,
    }
    with Journal(path, settings) as journal:
        try:
            with explain_errors(pull.PERMISSIONS):
                clients = Clients(_connection(options), options.pool, "adaptive")
                pool, missing = pull.pull(
                    clients, options.pool, selection, redactor, journal, path
                )
        except TransferError as error:
            if journal.has_data:
                raise TransferError(f"{error}. {AGAIN}") from None
            raise
    print(f"{path}: {_describe(pool)}")
    if missing:
        _print_error(f"these identities do not exist: {_shorten(missing)}")
    if errors := check_state(path):
        _print_error(f"the mock cannot load {path}: {errors[0]}")
        return 1
    return 0


def _read_ids(file: str | None) -> list[str] | None:
    if file is None:
        return None
    lines = Path(file).read_text("utf-8-sig", errors="replace").splitlines()
    return [each for line in lines if (each := line.strip())]


def _describe(pool: Mapping[str, Any]) -> str:
    datasets = [
        dataset
        for identity in pool["Identities"]
        for dataset in identity.get("Datasets", ())
    ]
    records = sum(len(each["Records"]) for each in datasets)
    return (
        f"identities: {len(pool['Identities']):,}, datasets: {len(datasets):,}, "
        f"records: {records:,}"
    )


# --- push -------------------------------------------------------------------------


def _push(options: argparse.Namespace) -> int:
    state = validate(read_file(options.file))
    targets = push.find_targets(state, _read_map(options.map, state))
    _check_each_is_written_once(targets)
    groups = [
        (pool_id, [*group])
        for pool_id, group in groupby(targets, attrgetter("pool_id"))
    ]
    errors: list[str] = []
    with explain_errors(push.PERMISSIONS):
        # Check everything before anything is written.
        clients = {
            pool_id: Clients(_connection(options), pool_id, "legacy")
            for pool_id, _ in groups
        }
        for pool_id, group in groups:
            _check_identities(clients[pool_id], group)
        if any(each.is_aws for each in clients.values()) and not options.yes:
            _confirm(targets)
        for pool_id, group in groups:
            result = push.push(clients[pool_id], group)
            errors += result.errors
            print(
                f"{pool_id}: records written: {result.written:,}, "
                f"unchanged: {result.unchanged:,}"
            )
    lost = {name: count for name, count in push.count_lost(state).items() if count}
    if lost:
        print("Not written, because the API cannot set it:")
        for name, count in lost.items():
            print(f"  {name}: {count:,}")
    for each in errors:
        _print_error(each)
    return 1 if errors else 0


def _read_map(file: str | None, state: Mapping[str, Any]) -> dict[str, str]:
    if file is None:
        return {}
    ids = read_file(Path(file))
    if not isinstance(ids, dict) or not all(
        isinstance(each, str) for each in (*ids, *ids.values())
    ):
        raise TransferError(
            f"--map {file}: expected new ids by old ids, such as "
            '{"us-east-1:1": "us-east-1:2"}'
        )
    known = {each["IdentityPoolId"] for each in state.get("IdentityPools", ())}
    known |= {identity["IdentityId"] for _, identity in identities(state)}
    if unknown := [each for each in ids if each not in known]:
        # A misspelled id would leave the original target in place.
        raise TransferError(f"--map {file}: not in the state: {_shorten(unknown)}")
    return ids


def _check_each_is_written_once(targets: Sequence[push.Target]) -> None:
    counts = Counter(each.identity_id for each in targets)
    if repeated := [each for each, count in counts.items() if count > 1]:
        raise TransferError(
            f"several identities are mapped to {_shorten(repeated)}. Map each to its "
            "own, or push them one after the other. Nothing was written"
        )


def _check_identities(clients: Clients, targets: Sequence[push.Target]) -> None:
    if missing := push.find_missing(clients, targets):
        raise TransferError(
            f"these identities do not exist: {_shorten(missing)}. Create them, or map "
            "them to others with --map. Nothing was written"
        )


def _confirm(targets: Sequence[push.Target]) -> None:
    if not sys.stdin.isatty():
        raise TransferError("to write to AWS, add --yes")
    pools = ", ".join(dict.fromkeys(each.pool_id for each in targets))
    question = f"Write to AWS? Identities: {len(targets):,}, pools: {pools} [y/N] "
    if input(question).strip().lower() not in {"y", "yes"}:
        raise TransferError("nothing was written")


# --- export -----------------------------------------------------------------------


def _export(options: argparse.Namespace) -> int:
    output: Path = options.output
    check_extension(output)
    _check_exists(output, options.overwrite)
    count = export(validate(read_file(options.file)), output)
    print(f"{output}: records: {count:,}")
    return 0


# --- Shared by the commands -------------------------------------------------------


def _connection(options: argparse.Namespace) -> Connection:
    return Connection(
        options.region, options.endpoint_url, options.profile, options.workers
    )


def _check_can_write(path: Path, overwrite: bool) -> None:
    try:
        check_can_save(path)
    except ValueError as error:
        raise TransferError(str(error)) from None
    _check_exists(path, overwrite)


def _check_exists(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise TransferError(f"{path} exists: choose another file, or add --overwrite")


def _shorten(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - MAX_IDS:,} more" if len(ids) > MAX_IDS else ""
    return ", ".join(ids[:MAX_IDS]) + more


_COMMANDS = {"pull": _pull, "push": _push, "export": _export}
