"""Lets mutmut run the tests many times in one process, and in forks of it."""

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

# The files of tests that a mistake in a module is to be noticed by, of those tests that
# come to its place at all. So a run takes hours, not days, and a module whose own
# tests are blind is seen, even if others stumble over it.
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
    """Leave out the tests that are not about the module of the mutant."""
    module, *mutant = os.environ["MUTANT_UNDER_TEST"].split(".")[-2:]
    if mutant:
        config.args = [test for test in config.args if _file(test) in TESTS[module]]


def _file(test: str) -> str:
    return Path(test.partition("::")[0]).stem.removeprefix("test_")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have made anew for the test what is made once for a process.

    What is kept from the first run was made by sources that are not mutated, and would
    hide what a mutant makes of it.
    """
    _mock._process = _mock._Process()
    if _file(item.nodeid) in TESTS["rest_json"]:
        rest_json.service.cache_clear()
