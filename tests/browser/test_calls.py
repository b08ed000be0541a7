"""The live list of calls, and the connection to the server."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from moto_cognitosync.server import CognitoSyncServer
from tests.support.apps import FACEBOOK, App, make_pool_with_logins
from tests.support.aws import OnServer
from tests.support.datasets import DatasetUnderTest, replace

from .inspector import IN_BROWSER, ROOT, Inspector, expect

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = IN_BROWSER

# Chromium reports connections that a stopping server closes or does not accept.
CONNECTION_LOST = r"ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE|EMPTY)"


def calls(page: Page) -> Locator:
    return page.get_by_role("region", name="Recorded calls")


def call(page: Page, operation: str) -> Locator:
    """Return the row of a call."""
    return calls(page).get_by_role("row").filter(has_text=operation)


async def wait_until_live(page: Page) -> None:
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()


def conflict(dataset: DatasetUnderTest) -> None:
    dataset.write(theme="dark")
    with pytest.raises(dataset.client.exceptions.ResourceConflictException):
        dataset.patch(replace("theme", "light", 0))


async def test_a_new_call_appears_within_200_milliseconds(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open()
    await wait_until_live(page)

    delays = []
    for number in range(1, 6):
        dataset.named(f"new-{number}").list()
        start = time.monotonic()
        await call(page, f"new-{number}").wait_for()
        delays.append(time.monotonic() - start)

    assert min(delays) < 0.2  # not all of them, because the machine may be busy


# Hides the page, as opening another tab does. Playwright's tabs are never hidden.
CHANGE_VISIBILITY = """(isHidden) => {
  Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_hidden_pages_leave_connections_to_others(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    pages = [inspector.page]
    for _ in range(6):  # as many connections as Chromium opens to one host
        page = await inspector.open()
        await wait_until_live(page)
        await page.evaluate(CHANGE_VISIBILITY, True)
        inspector.page = await inspector.context.new_page()
        pages.append(inspector.page)

    await wait_until_live(await inspector.open())

    dataset.write(theme="dark")
    await pages[0].evaluate(CHANGE_VISIBILITY, False)
    await call(pages[0], "UpdateRecords").wait_for()


async def test_a_call_shows_what_happened(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open()
    dataset.write(theme="dark")
    conflict(dataset)

    row = call(page, "409")
    for text in (
        "UpdateRecords",
        "developer",
        "settings",
        dataset.identity_id[-6:],
        "ResourceConflictException",
        "Current SyncCount for: theme is: 2 not: 0",
    ):
        await expect(row).to_contain_text(text)


async def test_calls_from_before_the_page_was_opened_are_shown(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.list()

    page = await inspector.open()

    await expect(call(page, "ListRecords")).to_be_visible()


async def test_a_call_opens_its_request_and_response(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open()
    dataset.write(theme="dark")

    await call(page, "UpdateRecords").click()  # anywhere in its row

    view = page.locator("#view")
    await expect(view.get_by_role("heading", level=1)).to_have_text("UpdateRecords 200")
    for text in ('"RecordPatches": [', '"Value": "dark"', "POST /identitypools/"):
        await expect(view).to_contain_text(text)
    await view.get_by_text("headers").first.click()
    await expect(view.get_by_role("table", name="Request headers")).to_be_visible()


async def test_a_conflict_shows_both_counts(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open()
    dataset.write(theme="dark")
    conflict(dataset)

    await call(page, "409").get_by_role("link").click()

    shown = page.get_by_role("region", name="Conflict on theme")
    await expect(shown).to_contain_text("The app sent SyncCount0")
    await expect(shown).to_contain_text("The server has SyncCount2")
    await page.get_by_role("link", name="settings", exact=True).last.click()
    heading = page.get_by_role("heading", level=1, name="Dataset settings")
    await expect(heading).to_be_visible()


async def test_a_conflict_names_both_devices_and_values(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.patch(replace("theme", "dark"), DeviceId="phone")
    with pytest.raises(dataset.client.exceptions.ResourceConflictException):
        dataset.patch(replace("theme", "light"), DeviceId="tablet")
    dataset.patch(replace("theme", "blue", 1))  # the stored record is another one
    page = await inspector.open()

    await call(page, "409").get_by_role("link").click()

    shown = page.get_by_role("region", name="Conflict on theme")
    await expect(shown).to_contain_text("DevicetabletRejected valuelight")
    await expect(shown).to_contain_text("Written byphone")
    await expect(shown).to_contain_text("Valuedark")
    await expect(shown.get_by_role("link", name="Show the dataset")).to_be_visible()
    await shown.get_by_role("link", name="UpdateRecords").click()
    heading = page.get_by_role("heading", level=1, name="UpdateRecords 200")
    await expect(heading).to_be_visible()
    await expect(page.locator("#view pre").first).to_contain_text('"Value": "dark"')


async def test_a_conflict_is_explained_without_its_cause(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(large=100_000 * "x")
    with pytest.raises(dataset.client.exceptions.ResourceConflictException):
        dataset.patch(replace("large", 100_000 * "y"))
    inspector.client("cognito-identity").delete_identity_pool(
        IdentityPoolId=dataset.pool_id
    )
    page = await inspector.open()

    inspector.expect_problems("status of 404")
    await call(page, "409").first.get_by_role("link").click()

    shown = page.get_by_role("region", name="Conflict on large")
    await expect(shown).to_contain_text("The record has changed since")
    await expect(shown).not_to_contain_text("Rejected value")
    await expect(shown).not_to_contain_text("Written by")
    await expect(shown.get_by_role("link")).to_have_count(0)


async def test_calls_show_their_user_and_device(
    inspector: Inspector, aws: OnServer
) -> None:
    app = App(aws, make_pool_with_logins(aws.client("cognito-identity")))
    app.log_in({FACEBOOK: "ada"})
    app.dataset().patch(replace("theme", "dark"), DeviceId="phone")
    page = await inspector.open()
    await expect(call(page, "UpdateRecords")).to_contain_text("identity · phone")
    await expect(call(page, "UpdateRecords")).to_contain_text("ada")

    filters = page.get_by_role("region", name="Calls", exact=True)
    await filters.get_by_role("searchbox").fill("ada")

    await expect(call(page, "CreateIdentityPool")).to_have_count(0)
    await call(page, "UpdateRecords").get_by_role("link").click()
    facts = page.locator("#view dl").first
    await expect(facts).to_contain_text(f"{app.identity_id} ada")
    await expect(facts).to_contain_text("Devicephone")


async def test_the_list_of_calls_can_be_hidden(inspector: Inspector) -> None:
    page = await inspector.open()
    await wait_until_live(page)
    button = page.get_by_role("button", name="Show calls")

    await button.click()
    await expect(calls(page)).to_be_hidden()
    await expect(button).to_have_attribute("aria-expanded", "false")
    await button.click()

    await expect(calls(page)).to_be_visible()


async def test_calls_can_be_filtered(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    conflict(dataset)
    page = await inspector.open()
    await expect(call(page, "ListRecords").first).to_be_visible()

    await page.get_by_label("Only errors").check()
    await expect(call(page, "409")).to_be_visible()
    await expect(call(page, "ListRecords")).to_have_count(0)
    await page.get_by_label("Only errors").uncheck()
    filters = page.get_by_role("region", name="Calls", exact=True)
    await filters.get_by_role("searchbox").fill("createidentitypool")

    await expect(call(page, "409")).to_have_count(0)
    await expect(call(page, "CreateIdentityPool")).to_be_visible()


async def test_calls_can_be_discarded(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.list()
    page = await inspector.open()
    await expect(call(page, "ListRecords")).to_be_visible()

    await page.get_by_role("button", name="Clear calls").click()

    await expect(call(page, "ListRecords")).to_have_count(0)
    await page.reload()
    await wait_until_live(page)
    await expect(call(page, "ListRecords")).to_have_count(0)


async def test_many_calls_at_once_are_all_counted(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open()
    await wait_until_live(page)

    for number in range(220):
        dataset.named(f"new-{number}").list()

    await expect(call(page, "new-219")).to_be_visible()
    await expect(call(page, "new-120")).to_be_visible()
    await expect(calls(page)).to_contain_text("older calls not shown")


# --- Connection -------------------------------------------------------------------


async def test_a_browser_at_the_root_is_redirected_to_the_page(
    inspector: Inspector,
) -> None:
    await inspector.page.goto(f"{inspector.url}/")

    await expect(inspector.page).to_have_url(f"{inspector.url}{ROOT}")
    heading = inspector.page.get_by_role("heading", name="No identity pools yet")
    await expect(heading).to_be_visible()


async def test_the_page_reconnects_after_a_restart_of_the_server(
    inspector: Inspector,
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = inspector.page
    with CognitoSyncServer(port=port) as first:
        first.client("cognito-sync").list_identity_pool_usage()
        await page.goto(f"{first.url}{ROOT}")
        await expect(call(page, "ListIdentityPoolUsage")).to_be_visible()

    inspector.expect_problems(CONNECTION_LOST)
    await expect(page.get_by_text("Not connected, retrying")).to_be_visible()
    with CognitoSyncServer(port=port) as second:
        await wait_until_live(page)
        # Another server has other calls.
        await expect(call(page, "ListIdentityPoolUsage")).to_have_count(0)
        second.client("cognito-sync").list_identity_pool_usage()
        await expect(call(page, "ListIdentityPoolUsage")).to_be_visible()
        await page.goto("about:blank")


async def test_an_open_page_does_not_delay_the_shutdown(inspector: Inspector) -> None:
    server = CognitoSyncServer()
    server.start()
    await inspector.page.goto(f"{server.url}{ROOT}")
    await wait_until_live(inspector.page)

    inspector.expect_problems(CONNECTION_LOST)
    start = time.monotonic()
    server.stop()
    delay = time.monotonic() - start
    await expect(inspector.page.get_by_text("Not connected")).to_be_visible()
    await inspector.page.goto("about:blank")

    assert delay < 0.9


# --- Content-Security-Policy ------------------------------------------------------

FOREIGN = "http://127.0.0.1:9/"

ELEMENTS = {
    "script-src-elem": [("script", "text", "window.hacked = 1"), ("script", "src")],
    "script-src-attr": [("button", "onclick", "window.hacked = 1")],
    "style-src-elem": [("style", "text", "* { color: red }"), ("link", "href")],
    "img-src": [("img", "src")],
    "frame-src": [("iframe", "src")],
    "object-src": [("object", "data")],
    "media-src": [("video", "src")],
}


@pytest.mark.parametrize(
    ("directive", "tag", "attribute", "value"),
    [
        pytest.param(
            directive, tag, attribute, (*rest, FOREIGN)[0], id=f"{tag}-{attribute}"
        )
        for directive, elements in ELEMENTS.items()
        for tag, attribute, *rest in elements
    ],
)
async def test_the_policy_blocks_inline_code_and_foreign_sources(
    inspector: Inspector, directive: str, tag: str, attribute: str, value: str
) -> None:
    page = await inspector.open()

    inspector.expect_problems("Content Security Policy")
    blocked = await page.evaluate(
        """([tag, attribute, value]) => new Promise((resolve) => {
          addEventListener("securitypolicyviolation", resolve);
          const element = document.createElement(tag);
          if (tag === "link") element.rel = "stylesheet";
          if (attribute === "text") element.textContent = value;
          else element.setAttribute(attribute, value);
          document.body.append(element);
          element.click();
        }).then((event) => event.effectiveDirective)""",
        [tag, attribute, value],
    )

    assert blocked == directive
    assert await page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    ("directive", "code"),
    [
        ("connect-src", f"fetch('{FOREIGN}').catch(() => {{}})"),
        ("connect-src", f"new EventSource('{FOREIGN}')"),
        ("script-src", "setTimeout('window.hacked = 1')"),
        ("form-action", "document.querySelector('form').submit()"),
    ],
)
async def test_the_policy_blocks_foreign_requests_and_evaluated_code(
    inspector: Inspector, directive: str, code: str
) -> None:
    page = await inspector.open()

    inspector.expect_problems("Content Security Policy")
    blocked = await page.evaluate(
        f"""() => new Promise((resolve) => {{
          addEventListener("securitypolicyviolation", resolve);
          const form = document.createElement("form");
          form.action = "{FOREIGN}";
          document.body.append(form);
          {code};
        }}).then((event) => event.effectiveDirective)"""
    )

    assert blocked == directive
    assert await page.evaluate("window.hacked") is None
