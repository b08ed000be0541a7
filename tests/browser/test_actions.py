"""The actions of the page, and how an app notices them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from moto_cognitosync.state import dump_state
from tests.support.apps import FACEBOOK, GOOGLE, App, make_pool_with_logins
from tests.support.aws import REGION, OnServer
from tests.support.control_api import ControlApi
from tests.support.datasets import DatasetUnderTest, replace

from .inspector import ACCOUNT, IN_BROWSER, Inspector, expect

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = IN_BROWSER

NO_RETRIES = Config(retries={"total_max_attempts": 1})


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


async def press(place: Page | Locator, button: str) -> None:
    await place.get_by_role("button", name=button, exact=True).click()


async def confirm(page: Page, button: str, done: str) -> None:
    """Confirm a dialog, and wait for the message that it has worked."""
    await press(dialog(page), button)
    await expect(page.get_by_role("status").filter(has_text=done)).to_be_visible()
    await expect(dialog(page)).to_have_count(0)


async def write(page: Page, key: str, value: str) -> None:
    """Write a record as another device."""
    await press(page, "Write as another device")
    await dialog(page).get_by_label("Key").fill(key)
    await dialog(page).get_by_label("Value").fill(value)
    await confirm(page, "Write", "Written as another device.")


def error_of(call: Any, *args: Any, **kwargs: Any) -> str:
    """Call an operation and return the error code."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return str(caught.value.response["Error"]["Code"])


# --- Records ----------------------------------------------------------------------


async def test_a_write_of_another_device_causes_a_conflict_in_the_app(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    seen = dataset.list()
    page = await inspector.open_dataset(dataset)

    await write(page, "theme", "light")

    token = seen["SyncSessionToken"]
    error = error_of(dataset.patch, replace("theme", "blue", 1), SyncSessionToken=token)
    assert error == "ResourceConflictException"
    record = dataset.records()["theme"]
    assert (record["Value"], record["SyncCount"]) == ("light", 2)
    assert record["LastModifiedBy"] == "another-device"


async def test_a_record_can_be_edited_as_another_device(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    page = await inspector.open_dataset(dataset)

    await press(page, "Edit theme")
    await expect(dialog(page).get_by_label("Key")).to_have_value("theme")
    await expect(dialog(page).get_by_label("Value")).to_have_value("dark")
    await dialog(page).get_by_label("Value").fill("light")
    await confirm(page, "Write", "Written as another device.")

    assert dataset.records()["theme"]["Value"] == "light"


async def test_another_device_can_be_named(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    page = await inspector.open_dataset(dataset)

    await press(page, "Edit theme")
    title = dialog(page).get_by_role("heading", name="Write theme as another device")
    await expect(title).to_be_visible()
    await dialog(page).get_by_label("Device").fill("tablet")
    await confirm(page, "Write", "Written as another device.")

    assert dataset.records()["theme"]["LastModifiedBy"] == "tablet"


async def test_a_written_record_is_scrolled_into_view(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(**{f"key-{number}": "x" for number in range(50)})
    page = await inspector.open_dataset(dataset)
    row = page.get_by_role("row", name="key-48")
    await expect(row).to_be_attached()
    await expect(row).not_to_be_in_viewport()

    await write(page, "key-48", "y")

    await expect(row).to_contain_text("changed")
    await expect(row).to_be_in_viewport(ratio=1)


async def test_a_message_of_success_can_be_closed_and_disappears(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    await inspector.page.clock.install()
    page = await inspector.open_dataset(dataset)
    message = page.get_by_text("Written as another device.")

    await write(page, "theme", "light")
    await press(page, "Close")
    await expect(message).to_be_hidden()
    await write(page, "theme", "blue")
    await page.clock.fast_forward(10_000)

    await expect(message).to_be_hidden()


async def test_a_record_can_be_removed_as_another_device(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    page = await inspector.open_dataset(dataset)

    await press(page, "Remove theme")
    await confirm(page, "Remove", "Removed as another device.")

    assert "Value" not in dataset.records()["theme"]
    error = error_of(dataset.patch, replace("theme", "light", 1))
    assert error == "ResourceConflictException"


async def test_a_write_that_the_service_rejects_is_explained(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    page = await inspector.open_dataset(dataset)

    inspector.expect_problems("status of 400")
    await press(page, "Write as another device")
    await dialog(page).get_by_label("Key").fill(1025 * "k")
    await press(dialog(page), "Write")
    error = dialog(page).get_by_role("alert")
    await expect(error).to_contain_text("InvalidParameterException")

    await dialog(page).get_by_label("Key").fill("volume")
    await confirm(page, "Write", "Written as another device.")
    assert dataset.records().keys() == {"theme", "volume"}


async def test_a_dataset_can_be_deleted(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    page = await inspector.open_dataset(dataset)

    await press(page, "Delete dataset")
    await confirm(page, "Delete", "Deleted the dataset.")

    assert dataset.list()["DatasetExists"] is False
    button = page.get_by_role("button", name="Delete dataset")
    await expect(button).to_be_disabled()


async def test_a_canceled_action_changes_nothing(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    before = dump_state()
    page = await inspector.open_dataset(dataset)

    for action in ("Remove theme", "Delete dataset", "Expire sync sessions"):
        await press(page, action)
        await press(dialog(page), "Cancel")
        await press(page, action)
        await page.keyboard.press("Escape")
        await expect(dialog(page)).to_have_count(0)

    assert dump_state() == before


async def test_sync_sessions_can_be_expired(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    token = dataset.token()
    page = await inspector.open_dataset(dataset)

    await press(page, "Expire sync sessions")
    await confirm(page, "Expire", "Expired the open sync sessions of the pool.")

    patch = replace("theme", "light", 1)
    error = error_of(dataset.patch, patch, SyncSessionToken=token)
    assert error == "InvalidParameterException"
    dataset.patch(patch)


async def test_two_identities_can_be_merged(
    inspector: Inspector, aws: OnServer
) -> None:
    pool_id = make_pool_with_logins(aws.client("cognito-identity"))
    alice, bob = App(aws, pool_id), App(aws, pool_id)
    for app, provider in ((alice, FACEBOOK), (bob, GOOGLE)):
        app.log_in({provider: "user"})
        app.dataset().write(provider=provider)
    page = await inspector.open("identity", ACCOUNT, REGION, pool_id, bob.identity_id)

    await press(page, "Merge into another identity")
    await dialog(page).get_by_label("Id of the other identity").fill(alice.identity_id)
    await confirm(page, "Merge", "Merged the identities.")

    listed = alice.dataset().list()
    assert listed["MergedDatasetNames"] == [f"settings.{bob.identity_id}"]
    await expect(page.get_by_role("link", name=alice.identity_id)).to_be_visible()


async def test_a_merge_with_a_missing_identity_is_explained(
    inspector: Inspector, pool_id: str, identity_id: str
) -> None:
    page = await inspector.open("identity", ACCOUNT, REGION, pool_id, identity_id)

    await press(page, "Merge into another identity")
    await dialog(page).get_by_label("Id of the other identity").fill(f"{REGION}:0")
    inspector.expect_problems("status of 404")
    await press(dialog(page), "Merge")
    alert = dialog(page).get_by_role("alert")
    await expect(alert).to_contain_text(f"'{REGION}:0' not found")


# --- Failures ---------------------------------------------------------------------


async def simulate(page: Page, operation: str, failure: str, times: int = 1) -> None:
    await press(page, "Simulate a failure")
    await dialog(page).get_by_label("Operation").select_option(operation)
    await dialog(page).get_by_label("Failure").select_option(failure)
    await dialog(page).get_by_label("Number of calls").fill(str(times))
    await confirm(page, "Start", "Started.")


async def test_the_next_calls_can_be_throttled(
    inspector: Inspector, aws: OnServer, dataset: DatasetUnderTest
) -> None:
    dataset.client = aws.client("cognito-sync", config=NO_RETRIES)
    page = await inspector.open("failures")

    await simulate(page, "ListRecords", "TooManyRequestsException", times=2)
    errors = [error_of(dataset.list) for _ in range(2)]
    dataset.list()

    assert errors == 2 * ["TooManyRequestsException"]
    await expect(page.get_by_role("row", name="ListRecords").first).to_contain_text(
        "2 of 2"
    )


async def test_a_connection_can_be_dropped(
    inspector: Inspector, aws: OnServer, dataset: DatasetUnderTest
) -> None:
    dataset.client = aws.client("cognito-sync", config=NO_RETRIES)
    page = await inspector.open("failures")

    await simulate(page, "ListRecords", "drop the connection")

    with pytest.raises(ConnectionClosedError):
        dataset.list()
    row = page.get_by_role("region", name="Recorded calls").get_by_role("row")
    await expect(row.filter(has_text="ListRecords")).to_contain_text("dropped")
    dataset.list()


async def test_a_failure_can_be_stopped(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open("failures")
    await simulate(page, "ListRecords", "InternalErrorException", times=5)

    await press(page, "Stop failure of ListRecords")

    await expect(page.get_by_text("No failure is active.")).to_be_visible()
    dataset.list()


async def test_all_failures_can_be_stopped(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open("failures")
    for operation in ("ListRecords", "UpdateRecords"):
        await simulate(page, operation, "InternalErrorException", times=5)

    await press(page, "Stop all")

    await expect(page.get_by_text("No failure is active.")).to_be_visible()
    dataset.write(theme="dark")


# --- State ------------------------------------------------------------------------


async def test_the_state_can_be_exported_and_imported(
    inspector: Inspector, dataset: DatasetUnderTest, tmp_path: Path
) -> None:
    dataset.write(theme="dark")
    state = dump_state()
    page = await inspector.open("state")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Export state").click()
    file = tmp_path / "state.json"
    await (await started.value).save_as(file)
    assert json.loads(file.read_text("utf-8")) == state
    dataset.write(theme="light")

    await press(page, "Import state")
    await dialog(page).get_by_label("State file").set_input_files(file)
    await confirm(page, "Replace the state", "Imported the state.")

    assert dump_state() == state


async def test_an_invalid_state_is_explained_and_changes_nothing(
    inspector: Inspector, dataset: DatasetUnderTest, tmp_path: Path
) -> None:
    dataset.write(theme="dark")
    state = dump_state()
    file = tmp_path / "state.json"
    file.write_text('{"IdentityPools": [{"IdentityPoolID": 1}]}', encoding="utf-8")
    page = await inspector.open("state")

    await press(page, "Import state")
    await dialog(page).get_by_label("State file").set_input_files(file)
    inspector.expect_problems("status of 400")
    await press(dialog(page), "Replace the state")
    alert = dialog(page).get_by_role("alert")
    await expect(alert).to_contain_text("IdentityPools[0]")

    assert dump_state() == state


async def test_the_server_can_be_reset(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    ControlApi(inspector.url).send(
        "POST", "faults", {"operation": "*", "error": "InternalErrorException"}
    )
    page = await inspector.open("state")
    tree = page.get_by_role("navigation", name="Identity pools")
    await expect(tree.get_by_role("link", name="players")).to_be_visible()

    await press(page, "Reset the server")
    await confirm(page, "Reset", "Reset the server.")

    await expect(tree).to_contain_text("There are no identity pools.")
    assert inspector.client("cognito-sync").list_identity_pool_usage()["Count"] == 0
