"""Fixtures for tests in a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import OnServer

# Without a browser, importing the module skips the tests. So the fixtures import it.
if TYPE_CHECKING:
    from playwright.async_api import Browser

    from .inspector import Inspector

FLAGS = [
    "--no-sandbox",  # root cannot use it
    "--disable-gpu",
    # Otherwise, Chromium sends requests of its own.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
TIMEOUT = 60_000  # milliseconds; pages respond at once unless the machine is busy


@pytest.fixture
def aws(cognitosync_server: CognitoSyncServer) -> OnServer:
    """Use the server only: the browser cannot reach the in-process mock."""
    return OnServer(cognitosync_server)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests, because starting it takes a second."""
    from playwright.async_api import async_playwright, expect

    from .inspector import CHROMIUM

    assert CHROMIUM, "chromium is not installed"
    expect.set_options(timeout=TIMEOUT)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def inspector(
    browser: Browser, cognitosync_server: CognitoSyncServer
) -> AsyncIterator[Inspector]:
    """A new profile and tab. Fails the test if there was an unexpected problem."""
    from .inspector import Inspector

    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT)
    inspector = Inspector(context, cognitosync_server)
    inspector.page = await context.new_page()
    yield inspector
    await context.close()
    inspector.check()
