"""The views of stored data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.cognitoidentity.models import cognitoidentity_backends

from moto_cognitosync.state import load_state
from tests.support.apps import FACEBOOK
from tests.support.aws import REGION
from tests.support.datasets import DatasetUnderTest, remove

from .inspector import ACCOUNT, IN_BROWSER, ROOT, Inspector, expect

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = IN_BROWSER

POOL = f"{REGION}:0"
ALICE = f"{REGION}:a11ce"


def tree(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Identity pools")


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", level=1, name=name)


def record(page: Page, key: str) -> Locator:
    """Return the row of a record."""
    rows = page.get_by_role("table", name="Records", exact=True).get_by_role("row")
    return rows.filter(has=page.get_by_role("rowheader", name=key, exact=True))


def fact(page: Page, term: str) -> Locator:
    """Return the description of a term."""
    terms = page.get_by_role("term").filter(has_text=term)
    return page.locator("dl > div").filter(has=terms).get_by_role("definition")


def load(identities: list[Any], **pool: Any) -> None:
    """Replace the state with a pool."""
    pool = {"IdentityPoolId": POOL, "IdentityPoolName": "players"} | pool
    load_state({"IdentityPools": [pool | {"Identities": identities}]})


def with_dataset(**members: Any) -> dict[str, Any]:
    """Return an identity with a dataset."""
    dataset = {"DatasetName": "settings"} | members
    return {"IdentityId": ALICE, "Datasets": [dataset]}


async def open_dataset(inspector: Inspector, name: str = "settings") -> Page:
    return await inspector.open("dataset", ACCOUNT, REGION, POOL, ALICE, name)


# --- Tree and views ---------------------------------------------------------------


async def test_the_tree_leads_to_a_dataset(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark", volume="11")
    page = await inspector.open()

    await tree(page).get_by_role("link", name="players 1 identity").click()
    await expect(heading(page, "players")).to_be_visible()
    end = dataset.identity_id[-6:]
    await tree(page).get_by_role("link", name=f"{end} 1 dataset").click()
    await expect(heading(page, dataset.identity_id)).to_be_visible()
    await tree(page).get_by_role("link", name="settings 2 records").click()

    await expect(heading(page, "Dataset settings")).to_be_visible()
    await expect(record(page, "theme")).to_contain_text("dark")


async def test_the_tree_is_grouped_by_account_and_region(inspector: Inspector) -> None:
    pools = [
        {"IdentityPoolId": f"{region}:0", "Region": region, "AccountId": account}
        for account, region in [(ACCOUNT, REGION), (12 * "1", "eu-west-1")]
    ]
    load_state({"IdentityPools": pools})

    page = await inspector.open()

    headings = tree(page).get_by_role("heading", level=3)
    await expect(headings).to_have_count(2)
    texts = await headings.all_inner_texts()
    assert sorted(texts) == [
        "eu-west-1 account 111111111111",
        "us-east-1 account 123456789012",
    ]


async def test_a_dataset_shows_its_counts_and_sizes(inspector: Inspector) -> None:
    load([with_dataset(DatasetSyncCount=7, Values={"theme": "dark"})])

    page = await open_dataset(inspector)

    await expect(fact(page, "SyncCount").first).to_have_text("7")
    await expect(fact(page, "Records")).to_contain_text("1 of 1,024")
    await expect(fact(page, "Data")).to_contain_text("9 B of 1 MiB")


async def test_a_dataset_counts_its_removed_records(inspector: Inspector) -> None:
    records = [{"Key": "theme"}, {"Key": "volume", "Value": "11"}]
    load([with_dataset(Records=records)])

    page = await open_dataset(inspector)

    await expect(fact(page, "Records")).to_contain_text("1 of 1,024 (1 removed)")


async def test_links_lead_to_the_pool_and_the_identity(inspector: Inspector) -> None:
    identity = with_dataset() | {"Logins": {FACEBOOK: "ada"}}
    load([identity], SupportedLoginProviders={FACEBOOK: "1234"})
    page = await open_dataset(inspector)
    parents = page.get_by_role("navigation", name="Parents")

    await parents.get_by_role("link", name="ada").click()
    await expect(heading(page, f"Identity {ALICE} ada")).to_be_visible()
    await parents.get_by_role("link", name="players").click()
    await expect(heading(page, "players")).to_be_visible()
    await parents.get_by_role("link", name="Pools").click()

    await expect(heading(page, "Identity pools")).to_be_visible()


async def test_a_record_shows_who_modified_it_and_when(inspector: Inspector) -> None:
    theme = {
        "Key": "theme",
        "Value": "dark",
        "SyncCount": 3,
        "LastModifiedBy": "phone",
        "LastModifiedDate": "2026-03-01T12:00:00Z",
        "DeviceLastModifiedDate": "2026-02-28T23:59:59Z",
    }
    load([with_dataset(DatasetSyncCount=3, Records=[theme])])

    page = await open_dataset(inspector)

    row = record(page, "theme")
    for text in ("3", "9 B", "phone", "2026-03-01 12:00:00", "2026-02-28 23:59:59"):
        await expect(row).to_contain_text(text)


async def test_json_is_indented(inspector: Inspector) -> None:
    load([with_dataset(Values={"window": '{"size":[1,2.50],"open":true}'})])

    page = await open_dataset(inspector)

    text = await record(page, "window").locator(".text").text_content()
    assert text == '{\n  "size": [\n    1,\n    2.50\n  ],\n  "open": true\n}'


async def test_removed_records_are_struck_through(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    dataset.patch(remove("theme", 1))

    page = await inspector.open_dataset(dataset)

    await expect(record(page, "theme").locator("del")).to_have_text("theme")
    await expect(record(page, "theme")).to_contain_text("removed")


async def test_a_deleted_dataset_shows_its_count_at_deletion(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    dataset.write(theme="light")
    dataset.delete()

    page = await inspector.open_dataset(dataset)

    await expect(heading(page, "Dataset settings deleted")).to_be_visible()
    await expect(fact(page, "SyncCount at deletion")).to_have_text("3")


async def test_an_identity_shows_its_logins_datasets_and_devices(
    inspector: Inspector,
) -> None:
    endpoint = f"arn:aws:sns:{REGION}:{ACCOUNT}:endpoint/GCM/app/e1"
    device = {"DeviceId": "d1", "Platform": "GCM", "Token": "t"}
    device["EndpointArn"] = endpoint
    identity = with_dataset(Values={"theme": "dark"})
    identity |= {"Logins": {FACEBOOK: "alice"}, "Devices": [device]}
    load([identity], SupportedLoginProviders={FACEBOOK: "1234"})

    page = await inspector.open("identity", ACCOUNT, REGION, POOL, ALICE)

    for table, text in [("Logins", "alice"), ("Datasets", "settings")]:
        row = page.get_by_role("table", name=table).get_by_role("row", name=text)
        await expect(row).to_be_visible()
    devices = page.get_by_role("table", name="Devices")
    await expect(devices.get_by_role("row", name="d1")).to_contain_text("GCM")


async def test_a_pool_shows_its_settings(inspector: Inspector) -> None:
    trigger = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tidy"
    load([], Events={"SyncTrigger": trigger})

    page = await inspector.open("pool", ACCOUNT, REGION, POOL)

    await expect(heading(page, "players")).to_be_visible()
    await expect(fact(page, "SyncTrigger")).to_have_text(trigger)


async def test_a_pool_lists_its_identities_in_pages(inspector: Inspector) -> None:
    load([{"IdentityId": f"{REGION}:{number:06}"} for number in range(11)])
    page = await inspector.open("pool", ACCOUNT, REGION, POOL)
    view = page.locator("#view")
    identities = view.get_by_role("table", name="Identities").get_by_role("link")
    await expect(identities).to_have_count(10)

    await view.get_by_role("button", name="Next").click()
    await expect(identities).to_have_count(1)
    await identities.click()

    await expect(heading(page, f"{REGION}:000010")).to_be_visible()


async def test_a_view_of_missing_data_says_so(inspector: Inspector) -> None:
    inspector.expect_problems("status of 404")
    page = await open_dataset(inspector)
    await expect(heading(page, "Not found")).to_be_visible()
    await expect(page.get_by_text(f"'{POOL}' not found.")).to_be_visible()

    await page.get_by_role("link", name="Show all pools").click()
    await expect(heading(page, "No identity pools yet")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "messages"),
    [
        ("unknown", []),
        ("%", []),
        ("pool/1", ["status of 400"]),
        ("call/x", ["status of 404"]),
        ("call/" + 30 * "9", ["status of 404"]),
    ],
)
async def test_an_invalid_address_is_reported(
    inspector: Inspector, path: str, messages: list[str]
) -> None:
    inspector.expect_problems(*messages)
    await inspector.page.goto(f"{inspector.url}{ROOT}#/{path}")
    await expect(heading(inspector.page, "Not found")).to_be_visible()


async def test_changes_appear_and_are_highlighted(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark", volume="11")
    page = await inspector.open_dataset(dataset)
    await expect(record(page, "theme")).to_contain_text("dark")
    await expect(page.get_by_text("Live")).to_be_visible()

    dataset.write(theme="light")

    await expect(record(page, "theme")).to_contain_text("light")
    await expect(record(page, "theme")).to_contain_text("changed")
    await expect(record(page, "volume")).not_to_contain_text("changed")


# --- Many identities --------------------------------------------------------------


async def test_ten_thousand_identities_are_paged_and_filtered(
    inspector: Inspector, pool_id: str
) -> None:
    # Creating them one by one takes longer.
    pools = cognitoidentity_backends[ACCOUNT][REGION].pools_identities
    pools[pool_id]["Identities"] += [
        {"IdentityId": f"{REGION}:{number:06}"} for number in range(10_000)
    ]
    page = await inspector.open("pool", ACCOUNT, REGION, pool_id)
    identities = tree(page).get_by_role("link").filter(has_text="dataset")

    await expect(tree(page)).to_contain_text("1\u201350 of 10,000")
    await expect(identities).to_have_count(50)
    await tree(page).get_by_role("button", name="Next").click()
    await expect(tree(page)).to_contain_text("51\u2013100 of 10,000")
    await expect(identities.first).to_contain_text("000050")
    await tree(page).get_by_role("button", name="Previous").click()
    await expect(tree(page)).to_contain_text("1\u201350 of 10,000")

    await tree(page).get_by_role("searchbox").fill("09876")
    await expect(identities).to_have_count(1)
    await identities.click()
    await expect(heading(page, f"{REGION}:009876")).to_be_visible()


async def test_a_filter_that_matches_few_pools_opens_them(inspector: Inspector) -> None:
    pools = [
        {
            "IdentityPoolId": f"{REGION}:{number}",
            "Identities": [{"IdentityId": f"{REGION}:{number}-{each}"}],
        }
        for each in ("a", "b")
        for number in (f"{each}1", f"{each}2")
    ]
    load_state({"IdentityPools": pools})
    page = await inspector.open()
    identities = tree(page).get_by_role("link").filter(has_text="dataset")
    await expect(tree(page).get_by_role("link")).to_have_count(4)
    await expect(identities).to_have_count(0)

    await tree(page).get_by_role("searchbox").fill("-A")

    await expect(tree(page).get_by_role("link")).to_have_count(4)
    await expect(identities).to_have_count(2)


@pytest.mark.usefixtures("pool_id")
async def test_a_filter_that_matches_nothing_says_so(inspector: Inspector) -> None:
    page = await inspector.open()
    await expect(tree(page).get_by_role("link", name="players")).to_be_visible()

    await tree(page).get_by_role("searchbox").fill("nobody")

    await expect(tree(page)).to_contain_text("Nothing matches.")


# --- Hostile text -----------------------------------------------------------------

MARKUP = """<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>"""


async def expect_no_elements_from_data(page: Page) -> None:
    """Check that nothing that data contains has become an element or has run."""
    assert await page.locator("body img, body script, iframe, object").count() == 0
    assert await page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        pytest.param(MARKUP, MARKUP, id="markup"),
        pytest.param("]]>--></td>&lt;&amp;", "]]>--></td>&lt;&amp;", id="entities"),
        pytest.param("${1}{{1}}`", "${1}{{1}}`", id="templates"),
        pytest.param("\u202egnp.exe", "U+202Egnp.exe", id="bidirectional"),
        pytest.param("a\u200bb\ufeff", "aU+200BbU+FEFF", id="invisible"),
        pytest.param("\0\a\x1b[31m", "U+0000 U+0007 U+001B[31m", id="control"),
        pytest.param("Zoë 🎲", "Zoë 🎲", id="unicode"),
    ],
)
async def test_hostile_text_appears_as_text(
    inspector: Inspector, hostile: str, shown: str
) -> None:
    records = [{"Key": hostile, "Value": hostile, "LastModifiedBy": hostile}]
    identity = with_dataset(Records=records)
    identity |= {"Logins": {FACEBOOK: hostile}}
    load([identity], SupportedLoginProviders={FACEBOOK: "1234"})

    page = await open_dataset(inspector)

    cells = page.get_by_role("table", name="Records", exact=True).locator("tbody > tr")
    assert await cells.get_by_role("rowheader").text_content() == shown
    assert await cells.locator(".text").text_content() == shown
    await expect_no_elements_from_data(page)

    await inspector.open("identity", ACCOUNT, REGION, POOL, ALICE)
    await expect(page.get_by_role("table", name="Logins")).to_contain_text(shown)
    await expect(tree(page)).to_contain_text(shown[:40])
    await expect_no_elements_from_data(page)


async def test_markup_in_calls_appears_as_text(
    inspector: Inspector, dataset: DatasetUnderTest
) -> None:
    page = await inspector.open()
    dataset.write(**{MARKUP: MARKUP})

    await page.get_by_role("link", name="UpdateRecords").click()
    await expect(heading(page, "UpdateRecords 200")).to_be_visible()

    await expect(page.locator("#view")).to_contain_text("onerror=")
    await expect_no_elements_from_data(page)


async def test_a_value_of_one_megabyte_is_shown_on_request(
    inspector: Inspector,
) -> None:
    load([with_dataset(Values={"large": 1_000_000 * "x"})])
    page = await open_dataset(inspector)
    text = record(page, "large").locator(".text")

    assert len(await text.inner_text()) < 3_000
    await page.get_by_role("button", name="Show all 1,000,000 characters").click()

    assert await text.text_content() == 1_000_000 * "x"


async def test_long_names_do_not_widen_the_page(inspector: Inspector) -> None:
    load([with_dataset(DatasetName=128 * "d", Values={1024 * "k": 2000 * "v"})])
    await inspector.page.set_viewport_size({"width": 400, "height": 800})
    page = await open_dataset(inspector, 128 * "d")
    await expect(page.get_by_role("rowheader")).to_contain_text(100 * "k")

    assert await page.evaluate("document.documentElement.scrollWidth") <= 400
