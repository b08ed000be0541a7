"""Loading and saving large states."""

from __future__ import annotations

import json
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.state import dump_state, load_state, save_state

from .harness import Comparison, Measurement, Pair

IDENTITIES = 100_000
# Reading YAML without libyaml takes 100 times as long as reading JSON.
IDENTITIES_IN_YAML = 500

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


@contextmanager
def saved_state(identities: int, extension: str = "json") -> Iterator[Path]:
    """Load identities with one dataset each, and save them to a file."""
    with tempfile.TemporaryDirectory() as directory, mock_cognitosync():
        load_state(make_state(identities))
        path = Path(directory, f"state.{extension}")
        save_state(path)
        yield path


def make_state(identities: int) -> dict[str, Any]:
    """Return a state in which the dates of each identity differ from the others'."""

    def identity(number: int) -> dict[str, Any]:
        created = START + number * timedelta(minutes=1, milliseconds=1)
        written = created + timedelta(seconds=1)
        dataset = {
            "DatasetName": "settings",
            "CreationDate": written,
            "Values": {"theme": "dark", "volume": "11"},
        }
        return {
            "IdentityId": f"us-east-1:{number:032x}",
            "CreationDate": created,
            "Datasets": [dataset],
        }

    pool = {
        "IdentityPoolId": "us-east-1:0",
        "Identities": [identity(each) for each in range(identities)],
    }
    return {"IdentityPools": [pool]}


@contextmanager
def load() -> Iterator[Pair]:
    """Load a file, and only parse it."""
    with saved_state(IDENTITIES) as path:
        yield lambda: load_state(path), lambda: json.loads(path.read_bytes())


@contextmanager
def save() -> Iterator[Pair]:
    """Save a state, and only convert its dump to JSON."""
    with saved_state(IDENTITIES) as path:
        dumped = dump_state()
        yield lambda: save_state(path), lambda: json.dumps(dumped)


def memory_of_save() -> str:
    """Return the peak memory of a save, as a multiple of the size of the file."""
    with saved_state(IDENTITIES // 10) as path:
        tracemalloc.start()
        save_state(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return f"{peak / path.stat().st_size:.2f}"


def without_libyaml(action: Callable[[Path], object]) -> Any:
    """Compare an action on a YAML file with and without libyaml."""

    @contextmanager
    def prepare() -> Iterator[Pair]:
        with saved_state(IDENTITIES_IN_YAML, "yaml") as path:

            def baseline() -> None:
                with patch.multiple(
                    yaml, CSafeLoader=yaml.SafeLoader, CSafeDumper=yaml.SafeDumper
                ):
                    action(path)

            yield lambda: action(path), baseline

    return prepare


SIZE = f"{IDENTITIES:,} identities"

BENCHMARKS = [
    Comparison(
        f"`load_state`, {SIZE}",
        "`json.loads`",
        "<= 20",
        load,
        loops=1,
        rounds=3,
        counted=0,
    ),
    Comparison(
        f"`save_state`, {SIZE}",
        "`json.dumps`",
        "<= 4.4",
        save,
        loops=1,
        rounds=3,
        counted=0,
    ),
    Measurement(
        f"Peak memory of `save_state`, {IDENTITIES // 10:,} identities",
        "size of the file",
        "<= 2",
        memory_of_save,
    ),
    Comparison(
        f"`load_state` of YAML, {IDENTITIES_IN_YAML} identities",
        "without libyaml",
        "<= 1/3",
        without_libyaml(load_state),
        loops=1,
        rounds=5,
        counted=0,
    ),
    Comparison(
        f"`save_state` to YAML, {IDENTITIES_IN_YAML} identities",
        "without libyaml",
        "<= 1/2",
        without_libyaml(save_state),
        loops=1,
        rounds=5,
        counted=0,
    ),
]
