"""The screenshots in the documentation.

``make screenshots`` writes them to ``docs/_static``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time
from moto.moto_api._internal import mock_random

from moto_cognitosync.state import load_state
from tests.support.apps import FACEBOOK, App
from tests.support.aws import REGION, OnServer
from tests.support.datasets import NOW, DatasetUnderTest, replace

from .inspector import ACCOUNT, IN_BROWSER, Inspector, expect, state_of

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = IN_BROWSER

MAX_SIZE = 150_000  # bytes
POOL = f"{REGION}:4d1a8e0c-6f2b-4c57-9d3e-2b7a51c0f8e6"
ALICE = f"{REGION}:0c9e6f3a-83d1-4e7b-b5a4-91f2d7c06e18"
BOB = f"{REGION}:b27d40f5-1c68-4a92-8e0d-5f3b6a9c7d21"
RECORDS = [
    ("controls", '{"jump": "space", "sound": true}', 1, "2026-02-27T18:04:31.208Z"),
    ("language", None, 3, "2026-02-28T07:41:12.873Z"),
    ("theme", "dark", 1, "2026-02-27T18:04:31.208Z"),
    ("volume", "7", 2, "2026-02-27T18:09:55.417Z"),
]
SETTINGS = {
    "DatasetName": "settings",
    "DatasetSyncCount": 3,
    "CreationDate": RECORDS[0][3],
    "LastModifiedDate": RECORDS[1][3],
    "Records": [
        {
            "Key": key,
            "SyncCount": count,
            "LastModifiedBy": ALICE,
            "LastModifiedDate": date,
            "DeviceLastModifiedDate": date,
        }
        | ({} if value is None else {"Value": value})
        for key, value, count, date in RECORDS
    ],
}
FRIENDS = {"DatasetName": "friends", "Values": {"bob": "2026-02-14"}}
STATE = state_of(
    POOL,
    {
        "IdentityId": ALICE,
        "Logins": {FACEBOOK: "alice"},
        "Datasets": [SETTINGS, FRIENDS],
    },
    {"IdentityId": BOB, "Logins": {FACEBOOK: "bob"}},
)


@pytest.fixture(autouse=True)
def _same_ids_and_times() -> Iterator[None]:
    """Take similar screenshots each time."""
    mock_random.seed(17)
    # pytest measures the duration of the test.
    with freeze_time(NOW, tick=True, real_asyncio=True, ignore=["_pytest.timing"]):
        yield


@pytest.fixture
def dataset(aws: OnServer) -> DatasetUnderTest:
    """The settings of an app on a phone."""
    load_state(STATE)
    phone = App(aws, POOL)
    phone.log_in({FACEBOOK: "alice"})
    return phone.dataset("settings")


async def open_page(inspector: Inspector, *view: str) -> Page:
    page = inspector.page
    await page.set_viewport_size({"width": 1280, "height": 800})
    await inspector.open(*view)
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    return page


async def wait_for_call(page: Page, text: str) -> None:
    """Wait until the list of calls shows a call with its user."""
    await expect(page.get_by_role("row", name=text)).to_contain_text("alice")


async def save(page: Page, name: str, default: Path) -> None:
    """Save a screenshot to the directory SCREENSHOTS, if it is set."""
    file = Path(os.environ.get("SCREENSHOTS", default)) / f"inspector-{name}.png"
    await page.mouse.move(0, 0)
    await page.screenshot(path=file, animations="disabled", caret="hide")
    assert 10_000 < file.stat().st_size < MAX_SIZE


async def test_dataset(
    inspector: Inspector, dataset: DatasetUnderTest, tmp_path: Path
) -> None:
    page = await open_page(inspector)
    await inspector.open_dataset(dataset)
    await expect(page.get_by_role("row", name="controls")).to_contain_text("true")

    dataset.patch(replace("controls", '{"jump": "space", "sound": false}', 1))

    await expect(page.get_by_text("changed")).to_be_visible()
    await wait_for_call(page, "UpdateRecords")
    await save(page, "dataset", tmp_path)


async def test_conflict(
    inspector: Inspector, dataset: DatasetUnderTest, tmp_path: Path
) -> None:
    dataset.patch(replace("theme", "blue", 1))
    with pytest.raises(dataset.client.exceptions.ResourceConflictException):
        dataset.patch(replace("theme", "light", 1))

    page = await open_page(
        inspector, "dataset", ACCOUNT, REGION, POOL, ALICE, "settings"
    )
    await wait_for_call(page, "409")
    await page.get_by_role("row", name="409").get_by_role("link").click()

    await expect(page.get_by_role("region", name="Conflict on theme")).to_be_visible()
    await save(page, "conflict", tmp_path)


async def test_walkthrough(inspector: Inspector, tmp_path: Path) -> None:
    inspector.expect_problems("status of 409")
    page = await open_page(inspector, "walkthrough")

    for step in range(2, 7):
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_text(f"Step {step} of 12")).to_be_visible()

    row = page.get_by_role("region", name="Recorded calls").get_by_role("row")
    await expect(row.filter(has_text="409")).to_be_visible()
    tree = page.get_by_role("navigation", name="Identity pools")
    await expect(tree).to_contain_text("walk-through")
    await save(page, "walkthrough", tmp_path)
