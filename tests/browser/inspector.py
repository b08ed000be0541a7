"""The inspector, as a user sees it in Chromium."""

from __future__ import annotations

import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from moto_cognitosync.server import CognitoSyncServer
from tests.support.apps import FACEBOOK
from tests.support.aws import REGION
from tests.support.datasets import DatasetUnderTest

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Page, WebError

NODE_MODULES = Path(__file__).parents[1] / "server" / "js" / "node_modules"
AXE = NODE_MODULES / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
HAS_BROWSER = (
    CHROMIUM and shutil.which("node") and find_spec("playwright") and AXE.exists()
)

# The Makefile uses the same condition to omit these tests from coverage.
if not (os.environ.get("CI") or HAS_BROWSER):  # pragma: no cover - not measured then
    pytest.skip(
        "chromium, playwright, node or one of its packages is missing",
        allow_module_level=True,
    )

# One event loop for all tests, because the browser belongs to it.
IN_BROWSER = pytest.mark.asyncio(loop_scope="session")

ACCOUNT = "123456789012"
ROOT = "/moto-api/cognito-sync/"


def state_of(pool_id: str, *identities: dict[str, Any]) -> dict[str, Any]:
    """Return a state with one pool, whose users log in with Facebook."""
    pool = {
        "IdentityPoolId": pool_id,
        "IdentityPoolName": "players",
        "SupportedLoginProviders": {FACEBOOK: "1234"},
        "Identities": [*identities],
    }
    return {"IdentityPools": [pool]}


def expect(actual: Any) -> Any:
    """Return Playwright's assertions, which wait until they are true."""
    from playwright.async_api import expect

    return expect(actual)


class Inspector:
    """A browser with an empty profile.

    It records problems: requests to other hosts, errors in scripts, and messages in the
    console.

    :ivar client: creates boto3 clients of the server.
    :ivar url: URL of the server.
    :ivar page: the first tab.
    """

    page: Page

    def __init__(self, context: BrowserContext, server: CognitoSyncServer) -> None:
        self.context = context
        self.client = server.client
        self.url = server.url
        self._problems: list[str] = []
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

    def expect_problems(self, *patterns: str) -> None:
        """Expect problems in this test: browsers report every response with an error.

        :param patterns: regular expressions.
        """
        self._expected += patterns

    def check(self) -> None:
        """Check that there were all expected problems, and no others."""
        found = {each: self._matches(each) for each in self._expected}
        expected = [problem for problems in found.values() for problem in problems]
        unexpected = [each for each in self._problems if each not in expected]
        assert not unexpected, unexpected
        missing = [each for each, problems in found.items() if not problems]
        assert not missing, f"expected problems that did not occur: {missing}"

    def _matches(self, pattern: str) -> list[str]:
        return [each for each in self._problems if re.search(pattern, each)]

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "data" and parts.hostname != "127.0.0.1":
            self._problems.append(f"request to another host: {url}")

    def _record_message(self, message: ConsoleMessage) -> None:
        self._problems.append(f"{message.type} in the console: {message.text}")

    def _record_error(self, error: WebError) -> None:
        self._problems.append(f"error in a script: {error.error.stack}")
