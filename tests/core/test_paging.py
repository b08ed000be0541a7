"""Lists in pages: ListRecords and ListDatasets follow the same rules."""

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
    """A list to page through, whatever it is that it lists."""

    members: str  # of the answer
    name: str  # of a member
    path: str
    read: Callable[..., dict[str, Any]]
    add: Callable[..., None]

    def names(self, page: dict[str, Any]) -> list[str]:
        return [member[self.name] for member in page[self.members]]

    def pages(self, **kwargs: Any) -> list[list[str]]:
        """Page through the list as clients do: until there is no NextToken."""
        page = self.read(**kwargs)
        pages = [self.names(page)]
        while token := page.get("NextToken"):
            page = self.read(**kwargs, NextToken=token)
            pages.append(self.names(page))
        return pages


def list_of_records(dataset: DatasetUnderTest) -> Listing:
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


def list_of_datasets(dataset: DatasetUnderTest) -> Listing:
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


@pytest.fixture(params=[list_of_records, list_of_datasets])
def listing(request: pytest.FixtureRequest, dataset: DatasetUnderTest) -> Listing:
    return request.param(dataset)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("size", "pages"),
    [
        (1, [["a"], ["b"], ["c"], ["d"]]),
        (2, [["a", "b"], ["c", "d"]]),  # the last page is full, and still the last
        (3, [["a", "b", "c"], ["d"]]),
        (4, [["a", "b", "c", "d"]]),
        (64, [["a", "b", "c", "d"]]),
        (1000, [["a", "b", "c", "d"]]),
        (2**31 - 1, [["a", "b", "c", "d"]]),
    ],
)
def test_pages_hold_everything_once_and_in_order(
    listing: Listing, size: int, pages: list[list[str]]
) -> None:
    listing.add("d", "b", "a", "c")

    assert listing.pages(MaxResults=size) == pages


def test_everything_is_on_one_page_unless_asked_otherwise(listing: Listing) -> None:
    names = [f"{number:02}" for number in range(20)]
    listing.add(*names)

    assert listing.pages() == [names]


def test_the_count_is_that_of_the_page(listing: Listing) -> None:
    listing.add("a", "b", "c")

    first = listing.read(MaxResults=2)
    second = listing.read(MaxResults=2, NextToken=first["NextToken"])

    assert (first["Count"], second["Count"]) == (2, 1)


def test_the_last_page_has_a_null_token(aws: Aws, listing: Listing) -> None:
    # An empty string would let clients ask for ever.
    listing.add("a")

    assert aws.send("GET", f"{listing.path}?maxResults=1").json["NextToken"] is None


def test_a_token_is_the_last_name_in_base64(listing: Listing) -> None:
    listing.add("a", "b:c.d", "e")

    token = listing.read(MaxResults=2)["NextToken"]

    assert base64.b64decode(token) == b"b:c.d"


def test_the_size_of_pages_may_change_on_the_way(listing: Listing) -> None:
    listing.add("a", "b", "c", "d")

    token = listing.read(MaxResults=1)["NextToken"]
    page = listing.read(MaxResults=2, NextToken=token)

    assert listing.names(page) == ["b", "c"]


def test_what_comes_and_goes_between_two_pages_moves_nothing_else(
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


def test_a_token_is_good_behind_the_end(listing: Listing) -> None:
    listing.add("a")
    behind = base64.b64encode(b"b").decode()

    page = listing.read(NextToken=behind)

    assert page[listing.members] == []
    assert page["Count"] == 0
    assert "NextToken" not in page


def test_keys_of_any_characters_can_be_paged_through(dataset: DatasetUnderTest) -> None:
    listing = list_of_records(dataset)
    keys = [" ", "+/=&?", "%2F", "naïve", "~", "ключ", "🎲"]
    listing.add(*keys)

    assert listing.pages(MaxResults=1) == [[key] for key in sorted(keys)]


def test_only_what_changed_is_paged_through(dataset: DatasetUnderTest) -> None:
    listing = list_of_records(dataset)
    listing.add("a", "b", "c", "d")
    listing.add("b", "d")

    assert listing.pages(MaxResults=1, LastSyncCount=1) == [["b"], ["d"]]


def test_pages_of_one_identity_show_nothing_of_another(
    aws: Aws, dataset: DatasetUnderTest, pool_id: str
) -> None:
    listing = list_of_datasets(dataset)
    listing.add("a", "c")
    other = DatasetUnderTest(
        dataset.client, pool_id, make_identity(aws, pool_id), "settings"
    )
    list_of_datasets(other).add("b", "d")

    assert listing.pages(MaxResults=1) == [["a"], ["c"]]


@pytest.mark.parametrize("size", [0, -1, -(2**31)])
def test_a_page_holds_at_least_one(listing: Listing, sync: Any, size: int) -> None:
    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=rf"operation: MaxResults must be greater than or equal to 1, "
        rf"found {size}$",
    ):
        listing.read(MaxResults=size)


@pytest.mark.parametrize("size", ["", "all", "1.5", "1e2", "0x1", "+1", "٣", "9" * 30])
def test_the_size_of_a_page_is_a_number(aws: Aws, listing: Listing, size: str) -> None:
    query = "".join(f"%{byte:02X}" for byte in size.encode())

    answer = aws.send("GET", f"{listing.path}?maxResults={query}")

    assert (answer.status, answer.error) == (400, "InvalidParameterException")
    assert answer.json["message"] == (
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
def test_a_token_that_was_never_issued_is_refused(
    listing: Listing, sync: Any, token: str
) -> None:
    with pytest.raises(sync.exceptions.InvalidParameterException) as caught:
        listing.read(NextToken=token)
    assert caught.value.response["Error"]["Message"] == (
        f"NextToken not valid: '{token[:256]}'"
    )
