"""A pytest plugin for mutmut, which runs the tests many times in one process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from moto_cognitosync import _mock
from moto_cognitosync.cognitoidentity.responses import cognito_identity
from moto_cognitosync.cognitosync.responses import cognito_sync

# The test folders mirror the source folders. Both services test the modules that they
# share; the tests of top-level modules are in tests/mock.
_FOLDERS = {
    "cognitoidentity": {"cognitoidentity"},
    "cognitosync": {"cognitosync", "core"},
    "core": {"cognitoidentity", "cognitosync", "core"},
    "state": {"state"},
}
_OTHERS = {"mock"}


def test_folders(module: str) -> set[str]:
    """Return the folders whose tests should kill a module's mutants.

    mutmut runs only the tests in these folders that execute the mutated function. This
    saves a lot of time, and it exposes modules whose own tests are weak, even where
    unrelated tests would have killed the mutant.

    :param module: for example ``moto_cognitosync.core.clock``.
    """
    return _FOLDERS.get(module.split(".")[1], _OTHERS)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Deselect the tests that do not belong to the mutant's module."""
    module, dot, _ = os.environ["MUTANT_UNDER_TEST"].rpartition(".")
    if dot:
        folders = test_folders(module)
        config.args = [test for test in config.args if _folder(test) in folders]


def _folder(test: str) -> str:
    return Path(test.partition("::")[0]).parent.name


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Reset objects that are created once per process.

    The first run created them with the unmodified code. Without a reset, mutating the
    code that creates them would have no effect.
    """
    _mock.active_mocks = _mock._ActiveMocks()
    if ".cloudformation." in os.environ["MUTANT_UNDER_TEST"]:
        from moto.cloudformation import parsing

        # Newer versions of moto read the types of resources once.
        for each in vars(parsing).values():
            if hasattr(each, "cache_clear"):
                each.cache_clear()
    if ".core.wire." in os.environ["MUTANT_UNDER_TEST"]:
        for dispatcher in (cognito_sync, cognito_identity):
            vars(dispatcher).pop("service", None)
