"""Pagination: ListRecords and ListDatasets follow the same rules."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest, make_identity, replace


@dataclass
class Listing:
    """A paginated list, of either records or datasets."""

    members: str  # key of the list in the response
    name: str  # key of the name in an item
    path: str
    read: Callable[..., dict[str, Any]]
    add: Callable[..., None]

    def names(self, page: dict[str, Any]) -> list[str]:
        return [member[self.name] for member in page[self.members]]

    def pages(self, **kwargs: Any) -> list[list[str]]:
        """Read all pages as clients do: until there is no NextToken."""
        page = self.read(**kwargs)
        pages = [self.names(page)]
        while token := page.get("NextToken"):
            page = self.read(**kwargs, NextToken=token)
            pages.append(self.names(page))
        return pages


def record_listing(dataset: DatasetUnderTest) -> Listing:
    def add(*names: str) -> None:
        dataset.patch(*(replace(name, "1", 99) for name in names))

    path = "/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/settings"
    return Listing(
        members="Records",
        name="Key",
        path=f"{path}/records".format(**dataset.ids),
        read=dataset.list,
        add=add,
    )


def dataset_listing(dataset: DatasetUnderTest) -> Listing:
    def add(*names: str) -> None:
        for name in names:
            dataset.named(name).patch(replace("volume", "1", 99))

    def read(**kwargs: Any) -> dict[str, Any]:
        ids = {"IdentityPoolId": dataset.pool_id, "IdentityId": dataset.identity_id}
        return dataset.client.list_datasets(**ids, **kwargs)  # type: ignore[no-any-return]

    path = "/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets"
    return Listing(
        members="Datasets",
        name="DatasetName",
        path=path.format(**dataset.ids),
        read=read,
        add=add,
    )


@pytest.fixture(params=[record_listing, dataset_listing])
def listing(request: pytest.FixtureRequest, dataset: DatasetUnderTest) -> Listing:
    return request.param(dataset)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("size", "pages"),
    [
        (1, [["a"], ["b"], ["c"], ["d"]]),
        (2, [["a", "b"], ["c", "d"]]),  # the last page is full, but has no NextToken
        (3, [["a", "b", "c"], ["d"]]),
        (4, [["a", "b", "c", "d"]]),
        (64, [["a", "b", "c", "d"]]),
        (1000, [["a", "b", "c", "d"]]),
        (2**31 - 1, [["a", "b", "c", "d"]]),
    ],
)
def test_pages_contain_every_item_once_and_in_order(
    listing: Listing, size: int, pages: list[list[str]]
) -> None:
    listing.add("d", "b", "a", "c")

    assert listing.pages(MaxResults=size) == pages


def test_default_page_size_fits_20_items(listing: Listing) -> None:
    names = [f"{number:02}" for number in range(20)]
    listing.add(*names)

    assert listing.pages() == [names]


def test_count_is_the_number_of_items_on_the_page(listing: Listing) -> None:
    listing.add("a", "b", "c")

    first = listing.read(MaxResults=2)
    second = listing.read(MaxResults=2, NextToken=first["NextToken"])

    assert (first["Count"], second["Count"]) == (2, 1)


def test_next_token_of_the_last_page_is_null(aws: Aws, listing: Listing) -> None:
    # With an empty string, clients would request pages forever.
    listing.add("a")

    assert aws.send("GET", f"{listing.path}?maxResults=1").json["NextToken"] is None


def test_next_token_is_the_base64_encoded_last_name(listing: Listing) -> None:
    listing.add("a", "b:c.d", "e")

    token = listing.read(MaxResults=2)["NextToken"]

    assert base64.b64decode(token) == b"b:c.d"


def test_page_size_can_change_between_pages(listing: Listing) -> None:
    listing.add("a", "b", "c", "d")

    token = listing.read(MaxResults=1)["NextToken"]
    page = listing.read(MaxResults=2, NextToken=token)

    assert listing.names(page) == ["b", "c"]


def test_items_added_or_deleted_between_pages_do_not_shift_others(
    listing: Listing, dataset: DatasetUnderTest
) -> None:
    listing.add("a", "b", "d", "e")
    token = listing.read(MaxResults=2)["NextToken"]

    dataset.named("b").write(volume="1")
    dataset.named("b").delete()
    listing.add("aa", "c")

    rest = listing.read(NextToken=token)
    assert listing.names(rest) == ["c", "d", "e"]
    assert "NextToken" not in rest


def test_next_token_past_the_end_returns_an_empty_page(listing: Listing) -> None:
    listing.add("a")
    past_the_end = base64.b64encode(b"b").decode()

    page = listing.read(NextToken=past_the_end)

    assert page[listing.members] == []
    assert page["Count"] == 0
    assert "NextToken" not in page


def test_paged_keys_can_contain_any_characters(dataset: DatasetUnderTest) -> None:
    listing = record_listing(dataset)
    keys = [" ", "+/=&?", "%2F", "naïve", "~", "ключ", "🎲"]
    listing.add(*keys)

    assert listing.pages(MaxResults=1) == [[key] for key in sorted(keys)]


def test_pages_contain_only_changes_since_the_last_sync_count(
    dataset: DatasetUnderTest,
) -> None:
    listing = record_listing(dataset)
    listing.add("a", "b", "c", "d")
    listing.add("b", "d")

    assert listing.pages(MaxResults=1, LastSyncCount=1) == [["b"], ["d"]]


def test_pages_do_not_include_datasets_of_other_identities(
    aws: Aws, dataset: DatasetUnderTest, pool_id: str
) -> None:
    listing = dataset_listing(dataset)
    listing.add("a", "c")
    other = DatasetUnderTest(
        dataset.client, pool_id, make_identity(aws, pool_id), "settings"
    )
    dataset_listing(other).add("b", "d")

    assert listing.pages(MaxResults=1) == [["a"], ["c"]]


@pytest.mark.parametrize("size", [0, -1, -(2**31)])
def test_page_size_must_be_at_least_1(listing: Listing, sync: Any, size: int) -> None:
    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=rf"operation: MaxResults must be greater than or equal to 1, "
        rf"found {size}$",
    ):
        listing.read(MaxResults=size)


@pytest.mark.parametrize("size", ["", "all", "1.5", "1e2", "0x1", "+1", "٣", "9" * 30])
def test_page_size_must_be_an_integer(aws: Aws, listing: Listing, size: str) -> None:
    query = "".join(f"%{byte:02X}" for byte in size.encode())

    response = aws.send("GET", f"{listing.path}?maxResults={query}")

    assert (response.status, response.error) == (400, "InvalidParameterException")
    assert response.json["message"] == (
        f"1 validation error detected: Value '{size}' at 'maxResults' failed to "
        "satisfy constraint: Member must be an integer of 32 bits"
    )


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage!",
        "YQ=!=",
        "é",
        "YQ",
        "Y Q=",
        base64.b64encode(b"\xff").decode(),
        "A" * 5001,
    ],
)
def test_invalid_next_token_is_rejected(
    listing: Listing, sync: Any, token: str
) -> None:
    with pytest.raises(sync.exceptions.InvalidParameterException) as caught:
        listing.read(NextToken=token)
    assert caught.value.response["Error"]["Message"] == (
        f"NextToken not valid: '{token[:256]}'"
    )
