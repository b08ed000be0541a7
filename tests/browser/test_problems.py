"""The fixture ``inspector`` notices what is wrong with a page."""

from __future__ import annotations

import pytest

from .inspector import IN_BROWSER, Inspector

pytestmark = IN_BROWSER


async def test_requests_to_other_hosts_are_problems(inspector: Inspector) -> None:
    await inspector.context.route("**", lambda route: route.fulfill(body=""))
    await inspector.page.goto("http://example.test/")

    with pytest.raises(AssertionError, match=r"another host: http://example.test/"):
        inspector.check()

    inspector.expect_problems("another host")


async def test_errors_in_scripts_are_problems(inspector: Inspector) -> None:
    async with inspector.context.expect_event("weberror"):
        await inspector.page.evaluate("setTimeout(() => { throw new Error('no') })")

    with pytest.raises(AssertionError, match="error in a script: Error: no"):
        inspector.check()

    inspector.expect_problems("Error: no")


async def test_messages_in_the_console_are_problems(inspector: Inspector) -> None:
    await inspector.page.evaluate("console.warn('hm')")

    with pytest.raises(AssertionError, match="warning in the console: hm"):
        inspector.check()

    inspector.expect_problems("hm")


async def test_an_expected_problem_must_occur(inspector: Inspector) -> None:
    inspector.expect_problems("hm")

    with pytest.raises(AssertionError, match=r"did not occur: .*hm"):
        inspector.check()

    await inspector.page.evaluate("console.warn('hm')")
