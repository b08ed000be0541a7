"""Lets mutmut run the tests many times in one process, and in forks of it.

What is kept from the first run was made by sources that are not mutated, and would hide
what a mutant makes of it. So it is made anew for each test.
"""

from __future__ import annotations

import pytest

from moto_cognitosync import _mock
from moto_cognitosync.cognitosync import rest_json

# Those that test what is made of the service model: others need not make it again.
ABOUT_THE_WIRE = {"test_any_client", "test_browser", "test_rest_json", "test_validation"}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what the tests before this one have left behind."""
    _mock._process = _mock._Process()
    if item.path.stem in ABOUT_THE_WIRE:
        rest_json.service.cache_clear()

