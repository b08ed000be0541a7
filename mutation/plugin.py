"""A pytest plugin for mutmut, which runs the tests many times in one process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from moto_cognitosync import _mock
from moto_cognitosync.cognitosync import responses

_WIRE = {"browser", "constraints", "raw_requests", "validation", "wire"}
_OPERATIONS = {
    *("accounts_and_regions", "assertions", "bulk_publish", "configuration"),
    *("credentials", "delete_dataset", "describe_and_list_datasets", "limits"),
    *("list_records", "merge_identities", "merged_datasets", "oracle", "outbox"),
    *("paging", "push_sync", "state", "streams", "sync_counts"),
    *("sync_session_token", "sync_trigger", "threads", "time", "update_records"),
    "usage",
}
_HANDLER = {
    *("accounts_and_regions", "assertions", "browser", "credentials", "faults"),
    *("iam", "like_mock_aws", "mock", "raw_requests"),
}

# The test files that should kill the mutants of each module. mutmut runs those of their
# tests that execute the mutated function. The restriction saves a lot of time, and it
# reveals a module whose own tests are weak even if unrelated tests would fail.
TESTS = {
    "_decorators": {"faults", "mock"},
    "_mock": {"like_mock_aws", "mock"},
    "assertions": {"assertions"},
    "cognitosync.authorization": {"accounts_and_regions", "credentials", "iam"},
    "cognitosync.exceptions": {"merge_identities", "raw_requests", "validation"},
    "cognitosync.integrations.announcer": {
        *("bulk_publish", "outbox", "push_sync", "streams", "sync_trigger"),
    },
    "cognitosync.integrations.arns": {"push_sync", "state", "sync_trigger"},
    "cognitosync.integrations.outbox": {"outbox", "push_sync", "streams"},
    "cognitosync.integrations.push": {"push_sync", "seed", "state"},
    "cognitosync.integrations.streams": {"bulk_publish", "seed", "streams", "time"},
    "cognitosync.integrations.triggers": {"sync_trigger"},
    "cognitosync.models": _OPERATIONS,
    "cognitosync.responses": _OPERATIONS | _HANDLER,
    "cognitosync.store.bulk_publish": {"bulk_publish", "state", "time"},
    "cognitosync.store.datasets": _OPERATIONS,
    "cognitosync.store.pools": _OPERATIONS,
    "cognitosync.store.sync_sessions": {
        *("seed", "state", "sync_session_token", "time"),
    },
    "cognitosync.urls": _HANDLER,
    "core.caller": {
        *("accounts_and_regions", "assertions", "credentials", "iam", "state"),
        "streams",
    },
    "core.clock": {"time", "update_records"},
    "core.credentials": {"accounts_and_regions", "credentials", "iam"},
    "core.exceptions": {"merge_identities", "raw_requests", "validation"},
    "core.hooks": {"assertions", "faults"},
    "core.paging": {"paging"},
    "core.wire.answers": {*_WIRE, "assertions", "faults"},
    "core.wire.http": {*_WIRE, "assertions", "faults"},
    "core.wire.operations": {*_WIRE, "assertions", "faults"},
    "core.wire.shapes": {*_WIRE, "state"},
    "faults": {"faults"},
    "state.errors": {"state"},
    "state.files": {"state"},
    "state.plain": {"state"},
    "state.store": {"state"},
    "state.validation": {"state"},
}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Deselect the tests that do not belong to the module of the mutant."""
    module, dot, _ = os.environ["MUTANT_UNDER_TEST"].rpartition(".")
    if dot:
        tests = TESTS[module.removeprefix("moto_cognitosync.")]
        config.args = [test for test in config.args if _file(test) in tests]


def _file(test: str) -> str:
    return Path(test.partition("::")[0]).stem.removeprefix("test_")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reset objects that are created once per process.

    They were created by the unmodified sources in the first run. Without a reset, a
    mutation of the code that creates them would have no effect.
    """
    _mock._active_mocks = _mock._ActiveMocks()
    if _file(item.nodeid) in TESTS["core.wire.operations"]:
        responses.service.cache_clear()
