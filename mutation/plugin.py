"""A pytest plugin for mutmut, which runs the tests many times in one process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from moto_cognitosync import _mock
from moto_cognitosync.cognitosync import rest_json

_WIRE = {"any_client", "browser", "constraints", "rest_json", "validation"}
_OPERATIONS = {
    *("accounts_and_regions", "assertions", "bulk_publish", "configuration"),
    *("credentials", "delete_dataset", "describe_and_list_datasets", "limits"),
    *("list_records", "merge_identities", "merged_datasets", "oracle", "outbox"),
    *("paging", "push_sync", "seeding", "streams", "sync_counts"),
    *("sync_session_token", "sync_trigger", "threads", "time", "update_records"),
    "usage",
}

# The test files that should kill the mutants of each module. mutmut runs those of their
# tests that execute the mutated function. The restriction saves a lot of time, and it
# reveals a module whose own tests are weak even if unrelated tests would fail.
TESTS = {
    "_decorators": {"mock", "faults"},
    "_mock": {"mock", "like_mock_aws"},
    "arns": {"push_sync", "seeding", "sync_trigger"},
    "authorization": {"accounts_and_regions", "credentials", "iam"},
    "bulk_publish": {"bulk_publish", "seeding", "time"},
    "caller": {
        *("accounts_and_regions", "assertions", "credentials", "iam", "seeding"),
        "streams",
    },
    "calls": {"assertions"},
    "clock": {"time", "update_records"},
    "datasets": _OPERATIONS,
    "exceptions": {"any_client", "merge_identities", "validation"},
    "faults": {"faults"},
    "merging": {"merge_identities"},
    "models": _OPERATIONS,
    "outbox": {"outbox", "push_sync", "streams"},
    "paging": {"paging"},
    "pools": {"bulk_publish", "configuration", "seeding", "usage"},
    "push": {"push_sync", "seed", "seeding"},
    "responses": _OPERATIONS,
    "rest_json": {*_WIRE, "assertions", "faults"},
    "shapes": {*_WIRE, "seeding"},
    "snapshot": {"seeding"},
    "streams": {"bulk_publish", "seed", "streams", "time"},
    "sync_session": {"seed", "seeding", "sync_session_token", "time"},
    "triggers": {"sync_trigger"},
    "urls": {
        *("accounts_and_regions", "any_client", "assertions", "browser"),
        *("credentials", "faults", "iam", "like_mock_aws", "mock"),
    },
}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Deselect the tests that do not belong to the module of the mutant."""
    module, *mutant = os.environ["MUTANT_UNDER_TEST"].split(".")[-2:]
    if mutant:
        config.args = [test for test in config.args if _file(test) in TESTS[module]]


def _file(test: str) -> str:
    return Path(test.partition("::")[0]).stem.removeprefix("test_")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reset objects that are created once per process.

    They were created by the unmodified sources in the first run. Without a reset, a
    mutation of the code that creates them would have no effect.
    """
    _mock._process = _mock._Process()
    if _file(item.nodeid) in TESTS["rest_json"]:
        rest_json.service.cache_clear()
