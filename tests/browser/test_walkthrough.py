"""The walk-through for newcomers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.control_api import ControlApi

from .inspector import IN_BROWSER, NODE_MODULES, Inspector, expect

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = IN_BROWSER

# Title, and what the phone, the cloud and the tablet show.
UNREAD = "Has not read the dataset yet."
MISSING = "The dataset does not exist yet."
EMPTY = "Sync count: 0 No records"
DARK = "Sync count: 1 Key Value Count theme dark 1"
LIGHT = "Sync count: 2 Key Value Count theme light 2"
REJECTED = "Rejected: theme = light, sent with the count 0"
STEPS = [
    ("Create the user", UNREAD, MISSING, UNREAD),
    ("The phone reads the dataset", EMPTY, MISSING, UNREAD),
    ("The tablet reads the dataset", EMPTY, MISSING, EMPTY),
    ("The phone writes", DARK, DARK, EMPTY),
    ("The tablet writes, and is rejected", DARK, DARK, f"{EMPTY} {REJECTED}"),
    ("The tablet reads again", DARK, DARK, f"{DARK} {REJECTED}"),
    ("The tablet resolves the conflict", DARK, LIGHT, LIGHT),
    ("The phone catches up", LIGHT, LIGHT, LIGHT),
    (
        "The phone removes the record",
        "Sync count: 3 No records",
        "Sync count: 3 Key Value Count theme removed 3",
        LIGHT,
    ),
    (
        "The tablet learns of the removal",
        "Sync count: 3 No records",
        "Sync count: 3 Key Value Count theme removed 3",
        "Sync count: 3 No records",
    ),
]
LAST = "How an app handles conflicts"
TITLES = [*(title for title, *_ in STEPS), LAST]
CONFLICT = r"status of 409"

PYTHON, JAVASCRIPT = "Python (boto3)", "JavaScript (AWS SDK v3)"


async def press(page: Page, button: str, title: str) -> None:
    """Press a button and wait for the step that it shows."""
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.get_by_role("heading", level=2, name=title)).to_be_visible()


async def play(page: Page, until: str = LAST) -> None:
    for title in TITLES[: TITLES.index(until) + 1]:
        await press(page, "Next", title)


def region(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


def pools(inspector: Inspector) -> list[Any]:
    found: list[Any] = ControlApi(inspector.url).get("overview")["pools"]
    return found


async def test_two_devices_play_a_conflict(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")

    shown = []
    inspector.expect_problems(CONFLICT)
    for title, *_ in STEPS:
        await press(page, "Next", title)
        places = [
            " ".join((await region(page, each).inner_text()).split())
            for each in ("Phone", "Cloud", "Tablet")
        ]
        shown.append((title, *(each.partition(" ")[2] for each in places)))

    assert shown == STEPS


async def test_the_devices_show_what_the_server_stores(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")
    inspector.expect_problems(CONFLICT)
    await play(page, until="The tablet resolves the conflict")

    (pool,) = pools(inspector)
    assert pool["IdentityPoolName"] == "walk-through"
    names = {"identity_pool_id": pool["IdentityPoolId"]}
    control_api = ControlApi(inspector.url)
    (identity,) = control_api.get("identities", **names)["identities"]
    names |= {"identity_id": identity["IdentityId"], "dataset_name": "settings"}
    (record,) = control_api.get("dataset", **names)["Records"]
    stored = [record[each] for each in ("Key", "Value", "SyncCount")]
    assert stored == ["theme", "light", 2]


async def test_the_rejected_write_shows_its_response(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")
    inspector.expect_problems(CONFLICT)
    await play(page, until="The tablet writes, and is rejected")

    title = "UpdateRecords by the tablet: 409 ResourceConflictException"
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await expect(region(page, "Response to UpdateRecords")).to_contain_text(
        '"message": "Current SyncCount for: theme is: 1 not: 0"'
    )


async def test_the_last_step_deletes_the_pool(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")
    inspector.expect_problems(CONFLICT)
    await play(page)

    assert pools(inspector) == []
    await expect(page.get_by_role("button", name="Next")).to_be_disabled()
    await page.get_by_role("button", name="Next").press("Enter")
    await expect(page.get_by_role("heading", name=LAST)).to_be_visible()


async def test_the_last_step_leads_to_the_start_page(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")
    inspector.expect_problems(CONFLICT)
    await play(page)

    await page.get_by_role("link", name="Finish").click()

    heading = page.get_by_role("heading", name="No identity pools yet")
    await expect(heading).to_be_visible()


async def test_back_shows_an_earlier_step_without_calls(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")
    await play(page, until="The phone writes")
    count = len(ControlApi(inspector.url).calls())

    await press(page, "Back", "The tablet reads the dataset")
    await expect(region(page, "Phone")).to_contain_text("No records")
    await press(page, "Next", "The phone writes")
    await expect(region(page, "Phone")).to_contain_text("dark")

    assert len(ControlApi(inspector.url).calls()) == count


async def test_restart_begins_with_another_pool(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")
    await play(page, until="The phone writes")
    (first,) = pools(inspector)

    await press(page, "Restart", "Two devices share a dataset")
    assert pools(inspector) == []
    await play(page, until="The phone reads the dataset")

    (second,) = pools(inspector)
    assert first["IdentityPoolId"] != second["IdentityPoolId"]
    await expect(region(page, "Phone")).to_contain_text("No records")


async def test_restart_after_reloading_deletes_the_pool(inspector: Inspector) -> None:
    page = await inspector.open("walkthrough")
    await play(page, until="Create the user")
    await page.reload()

    # The page already shows the first step, so wait for the call.
    async with page.expect_response(f"{inspector.url}/"):
        await page.get_by_role("button", name="Restart", exact=True).click()
    assert pools(inspector) == []


async def test_a_step_that_fails_is_explained_and_can_be_restarted(
    inspector: Inspector,
) -> None:
    page = await inspector.open("walkthrough")
    await play(page, until="Create the user")
    inspector.client("cognito-identity").delete_identity_pool(
        IdentityPoolId=pools(inspector)[0]["IdentityPoolId"]
    )

    inspector.expect_problems("status of 404", "status of 400")
    await press(page, "Next", "Create the user")
    error = page.get_by_text("ListRecords failed with status 404")
    await expect(error).to_contain_text("To start again, select Restart.")
    await press(page, "Restart", "Two devices share a dataset")

    await expect(error).to_be_hidden()
    await play(page, until="The phone reads the dataset")


async def test_the_walkthrough_continues_after_another_view(
    inspector: Inspector,
) -> None:
    page = await inspector.open("walkthrough")
    await play(page, until="The phone writes")
    await inspector.open("")
    await expect(page.get_by_role("heading", name="Walk-through")).to_be_hidden()

    await inspector.open("walkthrough")

    await expect(page.get_by_role("heading", name="The phone writes")).to_be_visible()


async def test_the_walkthrough_can_be_played_with_the_keyboard(
    inspector: Inspector,
) -> None:
    page = await inspector.open("walkthrough")
    await page.get_by_role("button", name="Next").focus()
    inspector.expect_problems(CONFLICT)
    for title in TITLES:
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Space")

    heading = page.get_by_role("heading", name="The tablet learns of the removal")
    await expect(heading).to_be_visible()


# --- Code -------------------------------------------------------------------------


def describe_calls(inspector: Inspector, since: int) -> list[Any]:
    """Return what calls have in common that differ only in ids and tokens."""
    return [
        [each[name] for name in ("access_key", "operation", "status", "error")]
        + [each["path"].partition("?")[2], patches_of(each["request"]["body"])]
        for each in ControlApi(inspector.url).calls(since, details="true")
        if each["method"] != "OPTIONS"
    ]


def patches_of(body: str) -> Any:
    return json.loads(body).get("RecordPatches") if body else None


async def read_code(inspector: Inspector, language: str) -> tuple[str, str, int]:
    """Play the walk-through.

    :return: the code of all steps, the program in the last step, and the number of the
        last call.
    """
    page = await inspector.open("walkthrough")
    blocks = [await region(page, language).text_content()]
    inspector.expect_problems(CONFLICT)
    for title in TITLES:
        await press(page, "Next", title)
        blocks.append(await region(page, language).text_content())
    name, _, _ = language.partition(" ")
    program = await region(page, f"All steps in {name}").text_content()
    return "\n".join(blocks), program, ControlApi(inspector.url).get("calls")["latest"]


async def test_the_code_in_python_makes_the_same_calls(inspector: Inspector) -> None:
    code, program, latest = await read_code(inspector, PYTHON)
    expected = describe_calls(inspector, 0)

    exec(program, {})

    assert code == program
    assert describe_calls(inspector, latest) == expected
    assert [each[3] for each in expected].count("ResourceConflictException") == 1


def run_in_node(program: str, directory: Path) -> str:
    """Run a program and return what it prints."""
    # node resolves imports in a file relative to the directory of the file.
    (directory / "node_modules").symlink_to(NODE_MODULES)
    (directory / "program.mjs").write_text(program, encoding="utf-8")
    command = ["node", directory / "program.mjs"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


async def test_the_code_in_javascript_makes_the_same_calls(
    inspector: Inspector, tmp_path: Path
) -> None:
    code, program, latest = await read_code(inspector, JAVASCRIPT)
    expected = describe_calls(inspector, 0)

    printed = run_in_node(program, tmp_path)

    assert printed == "Current SyncCount for: theme is: 1 not: 0\n"
    assert code == program
    assert describe_calls(inspector, latest) == expected


async def test_code_can_be_copied(inspector: Inspector) -> None:
    await inspector.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await inspector.open("walkthrough")

    await page.get_by_role("button", name=f"Copy: {PYTHON}").click()
    await expect(page.get_by_text("Copied")).to_be_visible()

    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("import boto3\n")
    assert f'"endpoint_url": "{inspector.url}"' in copied


async def test_code_is_selected_if_the_browser_does_not_allow_copying(
    inspector: Inspector,
) -> None:
    await inspector.page.add_init_script("delete Navigator.prototype.clipboard")
    page = await inspector.open("walkthrough")

    await page.get_by_role("button", name=f"Copy: {PYTHON}").click()
    await expect(page.get_by_text("Selected, but")).to_be_visible()

    selected = await page.evaluate("getSelection().toString()")
    assert selected.startswith("import boto3\n")
