"""UpdateRecords applies or rejects a batch of patches."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from freezegun import freeze_time
from moto.cognitoidentity.models import cognitoidentity_backends

from moto_cognitosync import cognitosync_backends
from moto_cognitosync.cognitosync.store.datasets import Record
from tests.support.aws import REGION, Aws
from tests.support.datasets import DatasetUnderTest, make_pool, remove, replace
from tests.support.operations import as_sent

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
ACCOUNT_ID = "123456789012"
PATH = "/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/{DatasetName}"


def test_update_records_returns_the_stored_records(dataset: DatasetUnderTest) -> None:
    with freeze_time(NOW):
        written = dataset.patch(replace("volume", "11"), replace("theme", "dark"))

    common = {
        "SyncCount": 1,
        "LastModifiedDate": NOW,
        "LastModifiedBy": ACCOUNT_ID,
        "DeviceLastModifiedDate": NOW,
    }
    assert written == [
        {"Key": "volume", "Value": "11"} | common,
        {"Key": "theme", "Value": "dark"} | common,
    ]


@pytest.mark.verifiable
def test_update_records_returns_only_the_written_records(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11", theme="dark")

    (written,) = dataset.write(volume="3")

    assert (written["Key"], written["Value"]) == ("volume", "3")
    assert {key: each["Value"] for key, each in dataset.records().items()} == {
        "volume": "3",
        "theme": "dark",
    }


@pytest.mark.verifiable
@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "null",
        "&Action=DeleteDataset&",
        'quoted "text" \\ and\nlines\x00',
        "naïve 🎲",
    ],
)
def test_a_value_is_returned_unchanged(dataset: DatasetUnderTest, value: str) -> None:
    (written,) = dataset.patch(replace(value or "empty", value))

    assert written["Value"] == value
    assert dataset.records()[value or "empty"]["Value"] == value


@pytest.mark.verifiable
def test_an_empty_value_does_not_remove_a_record(dataset: DatasetUnderTest) -> None:
    dataset.patch(replace("volume", ""))

    assert dataset.records()["volume"]["Value"] == ""
    assert dataset.describe()["NumRecords"] == 1


@pytest.mark.verifiable
@pytest.mark.parametrize("value", [{}, {"Value": ""}, {"Value": "ignored"}])
def test_a_removed_record_is_returned_without_a_value(
    dataset: DatasetUnderTest, value: dict[str, str]
) -> None:
    dataset.write(volume="11")

    (removed,) = dataset.patch(remove("volume", 1, **value))

    assert "Value" not in removed
    assert (removed["Key"], removed["SyncCount"]) == ("volume", 2)
    assert "Value" not in dataset.records()["volume"]


def test_the_value_of_a_removed_record_is_null_in_the_response_body(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    body = {"SyncSessionToken": dataset.token(), "RecordPatches": [remove("volume")]}

    with freeze_time(NOW):
        response = aws.send(
            "POST", PATH.format(**dataset.ids), json.dumps(body).encode()
        )

    assert response.body.decode() == (
        '{"Records":[{"DeviceLastModifiedDate":1772366400.25,"Key":"volume",'
        f'"LastModifiedBy":"{ACCOUNT_ID}","LastModifiedDate":1772366400.25,'
        '"SyncCount":1,"Value":null}]}'
    )


@pytest.mark.verifiable
def test_an_unknown_key_can_be_removed(dataset: DatasetUnderTest) -> None:
    (removed,) = dataset.patch(remove("volume"))

    assert removed["SyncCount"] == 1
    assert set(dataset.records()) == {"volume"}
    assert dataset.describe()["NumRecords"] == 0


@pytest.mark.parametrize("op", ["replace", "remove"])
def test_the_device_date_is_stored(dataset: DatasetUnderTest, op: str) -> None:
    device_date = as_sent(NOW) - timedelta(days=1)
    patch = replace("volume", "11", Op=op, DeviceLastModifiedDate=device_date)

    with freeze_time(NOW):
        (written,) = dataset.patch(patch)

    assert written["DeviceLastModifiedDate"] == device_date
    assert written["LastModifiedDate"] == NOW
    assert dataset.records()["volume"]["DeviceLastModifiedDate"] == device_date


def test_unchanged_records_keep_their_dates(dataset: DatasetUnderTest) -> None:
    with freeze_time(NOW) as clock:
        dataset.write(volume="11", theme="dark")
        clock.tick(timedelta(minutes=1))
        dataset.write(volume="3")

    dates = {key: each["LastModifiedDate"] for key, each in dataset.records().items()}
    assert dates == {"volume": NOW + timedelta(minutes=1), "theme": NOW}


@pytest.mark.verifiable
@pytest.mark.parametrize("client_context", ["e30=", "not base64"])
def test_the_client_context_is_ignored(
    dataset: DatasetUnderTest, client_context: str
) -> None:
    dataset.patch(replace("volume", "11"), ClientContext=client_context)

    assert set(dataset.records()) == {"volume"}


@pytest.mark.verifiable
@pytest.mark.parametrize("no_patches", [{}, {"RecordPatches": []}])
def test_a_batch_without_patches_writes_nothing(
    sync: Any, dataset: DatasetUnderTest, no_patches: dict[str, Any]
) -> None:
    token = dataset.token()

    response = sync.update_records(**dataset.ids, SyncSessionToken=token, **no_patches)

    assert response["Records"] == []
    listed = dataset.list()
    assert (listed["DatasetExists"], listed["DatasetSyncCount"]) == (False, 0)
    with pytest.raises(sync.exceptions.InvalidParameterException):
        dataset.list(SyncSessionToken=token)


@pytest.mark.verifiable
def test_a_batch_without_patches_leaves_a_dataset_unchanged(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11")
    before = dataset.describe()

    assert dataset.patch() == []

    assert dataset.describe() == before
    assert dataset.list()["DatasetSyncCount"] == 1


@pytest.mark.verifiable
def test_the_last_of_two_patches_for_one_key_wins(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11")

    # Both patches are based on the record before the batch.
    written = dataset.patch(
        replace("volume", "1", 1), replace("theme", "dark"), replace("volume", "2", 1)
    )

    assert {each["Key"]: each["Value"] for each in written} == {
        "volume": "2",
        "theme": "dark",
    }
    assert len(written) == 2
    assert dataset.records()["volume"]["Value"] == "2"
    assert dataset.describe()["NumRecords"] == 2
    assert dataset.describe()["DataStorage"] == len("volume2themedark")


@pytest.mark.verifiable
def test_both_patches_for_one_key_are_checked(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")

    with pytest.raises(
        sync.exceptions.ResourceConflictException, match=r"volume is: 1 not: 0$"
    ):
        dataset.patch(replace("volume", "1", 0), replace("volume", "2", 1))


@pytest.mark.verifiable
@pytest.mark.provokes("UpdateRecords", "InvalidParameterException")
def test_replace_requires_a_value(sync: Any, dataset: DatasetUnderTest) -> None:
    patch = {"Op": "replace", "Key": "volume", "SyncCount": 0}

    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=r"Record 'volume' has no Value; operation replace requires one$",
    ):
        dataset.patch(replace("theme", "dark"), patch)
    assert dataset.list()["DatasetExists"] is False


@pytest.mark.verifiable
@pytest.mark.provokes("UpdateRecords", "InvalidParameterException")
@pytest.mark.parametrize("op", ["replace", "remove"])
def test_a_negative_sync_count_is_rejected(
    sync: Any, dataset: DatasetUnderTest, op: str
) -> None:
    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=r"operation: SyncCount of record 'volume' must not be negative, "
        r"found -1$",
    ):
        dataset.patch(replace("theme", "dark"), replace("volume", "11", -1, Op=op))
    assert dataset.list()["DatasetExists"] is False


@pytest.mark.verifiable
@pytest.mark.provokes("UpdateRecords", "InvalidParameterException")
@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (
            replace("k" * 1025, ""),
            "Value '{}... (1025 characters)' at 'recordPatches.1.member.key' failed to "
            "satisfy constraint: Member must have length less than or equal to "
            "1024".format("k" * 256),
        ),
        (
            replace("volume", "v" * 1_048_576),
            "Value '{}... (1048576 characters)' at 'recordPatches.1.member.value' "
            "failed to satisfy constraint: Member must have length less than or equal "
            "to 1048575".format("v" * 256),
        ),
        (
            {"Op": "add", "Key": "volume", "SyncCount": 0},
            "Value 'add' at 'recordPatches.1.member.op' failed to satisfy constraint: "
            "Member must satisfy enum value set: [replace, remove]",
        ),
    ],
)
def test_a_patch_that_violates_a_constraint_is_rejected(
    sync: Any, dataset: DatasetUnderTest, patch: dict[str, Any], message: str
) -> None:
    with pytest.raises(sync.exceptions.InvalidParameterException) as caught:
        dataset.patch(patch)
    assert caught.value.response["Error"]["Message"] == (
        f"1 validation error detected: {message}"
    )
    assert dataset.list()["DatasetExists"] is False


@pytest.mark.verifiable
def test_the_longest_key_is_accepted(dataset: DatasetUnderTest) -> None:
    dataset.patch(replace("é" * 1024, "11"))

    assert dataset.records()["é" * 1024]["Value"] == "11"
    assert dataset.describe()["DataStorage"] == 2 * 1024 + 2


@pytest.mark.verifiable
@pytest.mark.provokes("UpdateRecords", "ResourceNotFoundException")
@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("IdentityId", "abc:123af", "Identity 'abc:123af' not found."),
        ("IdentityPoolId", "abc:123af", "IdentityPool 'abc:123af' not found."),
    ],
)
def test_writing_to_an_unknown_identity_or_pool_fails(
    sync: Any, dataset: DatasetUnderTest, member: str, value: str, message: str
) -> None:
    with pytest.raises(sync.exceptions.ResourceNotFoundException) as caught:
        sync.update_records(
            **(dataset.ids | {member: value}),
            SyncSessionToken=dataset.token(),
            RecordPatches=[replace("volume", "11")],
        )
    assert caught.value.response["Error"]["Message"] == message


@pytest.mark.verifiable
@pytest.mark.provokes("UpdateRecords", "ResourceNotFoundException")
def test_an_identity_cannot_write_to_another_pool(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    ids = dataset.ids | {"IdentityPoolId": make_pool(aws)}
    token = sync.list_records(**ids)["SyncSessionToken"]

    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: Identity '{dataset.identity_id}' not found\.$",
    ):
        sync.update_records(**ids, SyncSessionToken=token)


# Invalid requests, in the order in which the service detects their errors.
INVALID_REQUESTS = {
    "InvalidParameterException: SyncCount of record 'new' must not be negative": {
        "RecordPatches": [replace("new", "", -1)]
    },
    "ResourceNotFoundException: Identity": {"IdentityId": "abc:123af"},
    "InvalidParameterException: SyncSessionToken": {"SyncSessionToken": "garbage"},
    "ResourceConflictException: Current SyncCount": {
        "RecordPatches": [replace("volume", "", 0)]
    },
    "LimitExceededException: Dataset size limit": {
        "RecordPatches": [replace("new", "v" * 1_048_575)]
    },
}


@pytest.mark.parametrize(("first", "second"), list(pairwise(INVALID_REQUESTS)))
def test_the_first_of_two_errors_is_reported(
    sync: Any, dataset: DatasetUnderTest, first: str, second: str
) -> None:
    dataset.write(volume="11")
    invalid = INVALID_REQUESTS[first], INVALID_REQUESTS[second]
    patches = [patch for each in invalid for patch in each.get("RecordPatches", [])]
    parameters = dataset.ids | {"SyncSessionToken": dataset.token()}

    with pytest.raises(sync.exceptions.ClientError) as caught:
        sync.update_records(
            **(parameters | invalid[1] | invalid[0] | {"RecordPatches": patches})
        )
    error = caught.value.response["Error"]
    assert f"{error['Code']}: {error['Message']}".startswith(first)


def test_keys_are_interned_but_values_are_not(
    dataset: DatasetUnderTest,
) -> None:
    """Values rarely repeat, and some Python versions never free interned strings."""
    saves = dataset.named("saves")
    dataset.write(volume="eleven")
    saves.write(volume="eleven")

    first, second = (stored_record(each) for each in (dataset, saves))

    assert first.key is second.key
    assert first.value == second.value
    assert first.value is not second.value


def stored_record(dataset: DatasetUnderTest) -> Record:
    backend = cognitosync_backends[ACCOUNT_ID][REGION]
    stored = backend.dataset(dataset.pool_id, dataset.identity_id, dataset.name)
    (record,) = stored.records.values()
    return record


def test_an_identity_that_was_deleted_from_its_pool_can_still_be_used(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(theme="dark")
    # moto does not implement DeleteIdentities.
    pools = cognitoidentity_backends[ACCOUNT_ID][REGION].pools_identities
    pools[dataset.pool_id]["Identities"].clear()

    dataset.write(theme="light")

    assert dataset.records()["theme"]["Value"] == "light"
