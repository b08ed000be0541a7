"""Screen readers, the keyboard, and narrow windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from moto_cognitosync.state import load_state
from tests.support.apps import FACEBOOK
from tests.support.aws import REGION
from tests.support.control_api import ControlApi
from tests.support.datasets import DatasetUnderTest, remove, replace

from .inspector import ACCOUNT, AXE, IN_BROWSER, Inspector, expect, state_of

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = IN_BROWSER

POOL, ALICE, BOB = f"{REGION}:0", f"{REGION}:a", f"{REGION}:b"
STATE = state_of(
    POOL,
    {
        "IdentityId": ALICE,
        "Logins": {FACEBOOK: "alice"},
        "Datasets": [
            {
                "DatasetName": "settings",
                "Values": {"theme": "dark", "window": '{"size": [1, 2]}'},
            },
            {"DatasetName": "friends", "DatasetExists": False},
        ],
        "Devices": [
            {
                "DeviceId": "phone",
                "Platform": "GCM",
                "Token": "t",
                "EndpointArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:e",
                "Subscriptions": ["settings"],
            }
        ],
    },
    *({"IdentityId": f"{BOB}{number}"} for number in range(60)),
)

# Each view, and what it shows once it has loaded.
VIEWS = {
    (): "Identity pools",
    ("pool", ACCOUNT, REGION, POOL): "players",
    ("identity", ACCOUNT, REGION, POOL, ALICE): f"Identity {ALICE}",
    ("dataset", ACCOUNT, REGION, POOL, ALICE, "settings"): "Dataset settings",
    ("dataset", ACCOUNT, REGION, POOL, ALICE, "friends"): "Dataset friends",
    ("failures",): "Simulated failures",
    ("state",): "State",
    ("walkthrough",): "Walk-through",
}


@pytest.fixture
def dataset(inspector: Inspector) -> DatasetUnderTest:
    """A dataset of a state with everything that views show, after a conflict."""
    load_state(STATE)
    fault = {"operation": "ListDatasets", "error": "TooManyRequestsException"}
    assert ControlApi(inspector.url).send("POST", "faults", fault).ok
    client = inspector.client("cognito-sync")
    dataset = DatasetUnderTest(client, POOL, ALICE, "settings")
    dataset.write(volume="11")
    dataset.patch(remove("volume", 2))
    with pytest.raises(client.exceptions.ResourceConflictException):
        dataset.patch(replace("theme", "light", 0))
    return dataset


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", level=1, name=name)


async def open_conflict(page: Page) -> None:
    await page.get_by_role("link", name="UpdateRecords").first.click()
    await expect(page.get_by_role("region", name="Conflict on theme")).to_be_visible()


async def find_violations(page: Page) -> list[str]:
    violations = await page.evaluate("axe.run().then((results) => results.violations)")
    return [
        f"{violation['id']}: {node['html']}: {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


# --- Screen readers ---------------------------------------------------------------


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
async def test_axe_finds_no_violation(
    inspector: Inspector, scheme: Literal["light", "dark"], width: int
) -> None:
    page = inspector.page
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": width, "height": 800})
    await inspector.open()
    await page.evaluate(AXE.read_text("utf-8"))
    violations = {}

    for view, title in VIEWS.items():
        await inspector.open(*view)
        await expect(heading(page, title)).to_be_visible()
        violations[title] = await find_violations(page)
    await open_conflict(page)
    violations["call"] = await find_violations(page)

    assert {each: found for each, found in violations.items() if found} == {}


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_violation_in_dialogs(
    inspector: Inspector, scheme: Literal["light", "dark"]
) -> None:
    page = inspector.page
    await page.emulate_media(color_scheme=scheme)
    await inspector.open()
    await page.evaluate(AXE.read_text("utf-8"))
    violations = []

    buttons = {
        ("dataset", ACCOUNT, REGION, POOL, ALICE, "settings"): [
            "Write as another device",
            "Delete dataset",
        ],
        ("failures",): ["Simulate a failure"],
        ("state",): ["Import state", "Reset the server"],
    }
    for view, names in buttons.items():
        await inspector.open(*view)
        for name in names:
            await page.get_by_role("button", name=name).click()
            violations += await find_violations(page)
            await page.get_by_role("button", name="Cancel").click()

    assert violations == []


async def test_axe_finds_no_violation_in_the_walkthrough(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")
    await page.evaluate(AXE.read_text("utf-8"))
    inspector.expect_problems("status of 409")
    violations = []

    for step in range(2, 13):
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_text(f"Step {step} of 12")).to_be_visible()
        if step in {6, 10, 12}:  # the conflict, the tombstone, and the program
            violations += await find_violations(page)

    assert violations == []


async def test_screen_readers_are_told_about_new_calls(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()

    dataset.named("other").list()

    status = page.get_by_role("status").filter(has_text="ListRecords 200")
    await expect(status).to_have_count(1)


# --- Keyboard ---------------------------------------------------------------------


async def tab_to(page: Page, target: Locator) -> None:
    """Press the tab key until an element has the focus, as a user would."""
    presses = 0
    while not await target.evaluate("element => element === document.activeElement"):
        assert presses < 200, f"the tab key does not reach {target}"
        await page.keyboard.press("Tab")
        presses += 1
    outline = await target.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline != "none"


async def test_a_conflict_can_be_caused_with_the_keyboard(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open()
    links = page.get_by_role("navigation", name="Identity pools")
    await expect(heading(page, "Identity pools")).to_be_visible()

    for link in ("players", f"{ALICE} alice", "settings"):
        target = links.get_by_role("link", name=link)
        await expect(target).to_be_visible()
        await tab_to(page, target)
        await page.keyboard.press("Enter")
    await expect(heading(page, "Dataset settings")).to_be_focused()
    await tab_to(page, page.get_by_role("button", name="Write as another device"))
    await page.keyboard.press("Enter")
    await page.keyboard.type("theme")
    await page.keyboard.press("Tab")
    await page.keyboard.type("blue")
    await tab_to(page, page.get_by_role("button", name="Write", exact=True))
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("Written as another device.")).to_be_visible()
    assert dataset.records()["theme"]["Value"] == "blue"
    await expect(page.get_by_role("button", name="Write as another")).to_be_focused()


async def test_the_focus_stays_when_data_changes(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open_dataset(dataset)
    button = page.get_by_role("button", name="Edit theme")
    await button.focus()

    dataset.write(theme="blue")
    row = page.get_by_role("row", name="theme")
    await expect(row.filter(has_text="blue")).to_be_visible()

    await expect(button).to_be_focused()


async def test_a_call_can_be_opened_with_the_keyboard(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open_dataset(dataset)
    links = page.get_by_role("region", name="Recorded calls").get_by_role("link")
    await expect(links.first).to_be_visible()

    await tab_to(page, links.first)
    await page.keyboard.press("Enter")

    await expect(heading(page, "UpdateRecords 409")).to_be_focused()


async def test_the_skip_link_leads_to_the_content(inspector: Inspector) -> None:
    page = await inspector.open()
    await expect(heading(page, "No identity pools yet")).to_be_visible()

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("main")).to_be_focused()


# --- Narrow windows ---------------------------------------------------------------


async def test_records_are_readable_in_a_narrow_window(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    await inspector.page.set_viewport_size({"width": 400, "height": 800})
    page = await inspector.open_dataset(dataset)

    button = page.get_by_role("button", name="Remove theme")
    await button.scroll_into_view_if_needed()
    await expect(button).to_be_in_viewport(ratio=1)
    records = page.get_by_role("region", name="Records", exact=True)
    assert await records.evaluate("each => each.scrollWidth <= each.clientWidth")


@pytest.mark.usefixtures("dataset")
async def test_no_view_is_wider_than_a_narrow_window(inspector: Inspector) -> None:
    page = inspector.page
    await page.set_viewport_size({"width": 400, "height": 800})
    widths = {}

    for view, title in VIEWS.items():
        await inspector.open(*view)
        await expect(heading(page, title)).to_be_visible()
        width = await page.evaluate("document.documentElement.scrollWidth")
        widths[title] = width
    await open_conflict(page)
    widths["call"] = await page.evaluate("document.documentElement.scrollWidth")

    assert {title: width for title, width in widths.items() if width > 400} == {}
