"""The inspector, as a user sees it in Chromium."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import REGION
from tests.support.datasets import DatasetUnderTest

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Page, WebError

NODE_MODULES = Path(__file__).parents[1] / "server" / "js" / "node_modules"
AXE = NODE_MODULES / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
HAS_BROWSER = CHROMIUM and find_spec("playwright") and AXE.exists()

# One event loop for all tests, because the browser belongs to it. The Makefile uses the
# same condition to omit these tests from coverage.
IN_BROWSER = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(
        not (os.environ.get("CI") or HAS_BROWSER),
        reason="chromium, playwright or axe-core is missing",
    ),
]

ACCOUNT = "123456789012"
ROOT = "/moto-api/cognito-sync/"


def expect(actual: Any) -> Any:
    """Return Playwright's assertions, which wait until they are true."""
    from playwright.async_api import expect

    return expect(actual)


class Inspector:
    """A browser with an empty profile.

    It records everything that is wrong whatever a test does: requests to other hosts,
    errors in scripts, and messages in the console.

    :ivar client: creates boto3 clients of the server.
    :ivar url: URL of the server.
    :ivar page: the first tab.
    :ivar problems: what was wrong.
    """

    page: Page

    def __init__(self, context: BrowserContext, server: CognitoSyncServer) -> None:
        self.context = context
        self.client = server.client
        self.url = server.url
        self.problems: list[str] = []
        self._expected: list[str] = []
        context.on("request", lambda request: self._check_host(request.url))
        context.on("console", self._record_message)
        context.on("weberror", self._record_error)

    async def open(self, *path: str) -> Page:
        """Open a view, for example ``open("pool", account_id, region, pool_id)``."""
        view = "/".join(quote(each, safe="") for each in path)
        await self.page.goto(f"{self.url}{ROOT}#/{view}")
        return self.page

    async def open_dataset(self, dataset: DatasetUnderTest) -> Page:
        """Open the view of a dataset."""
        names = dataset.pool_id, dataset.identity_id, dataset.name
        return await self.open("dataset", ACCOUNT, REGION, *names)

    @contextmanager
    def failing(self, *messages: str) -> Iterator[None]:
        """Expect messages in the console: browsers report each response with an error.

        :param messages: regular expressions.
        """
        start = len(self.problems)
        yield
        found = self.problems[start:]
        for message in messages:
            assert any(re.search(message, each) for each in found), (message, found)
        self.problems[start:] = [
            each for each in found if not any(re.search(one, each) for one in messages)
        ]

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "data" and parts.hostname != "127.0.0.1":
            self.problems.append(f"request to another host: {url}")

    def _record_message(self, message: ConsoleMessage) -> None:
        self.problems.append(f"{message.type} in the console: {message.text}")

    def _record_error(self, error: WebError) -> None:
        self.problems.append(f"error in a script: {error.error.stack}")
