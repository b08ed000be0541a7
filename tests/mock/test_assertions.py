"""Assertions on recorded calls and on the contents of datasets."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from moto_cognitosync.assertions import Call, CallLog, DatasetView
from moto_cognitosync.cognitosync import cognitosync_backends
from moto_cognitosync.cognitosync.models import CognitoSyncBackend
from moto_cognitosync.faults import fault
from tests.support.aws import REGION, Aws
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)


def test_calls_are_recorded_in_order_with_their_input(
    dataset: DatasetUnderTest,
) -> None:
    with CallLog() as calls:
        token = dataset.token()
        dataset.patch(replace("theme", "dark"), SyncSessionToken=token)

    assert calls.operations == ["ListRecords", "UpdateRecords"]
    assert calls[0] == Call("ListRecords", dataset.ids, None)
    assert calls[1].input == {
        **dataset.ids,
        "SyncSessionToken": token,
        "RecordPatches": [replace("theme", "dark")],
    }
    assert [call.operation for call in calls[1:]] == ["UpdateRecords"]
    assert len(calls) == 2


def test_a_failed_call_is_recorded_with_the_name_of_its_error(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    with CallLog() as calls:
        with pytest.raises(dataset.client.exceptions.ResourceNotFoundException):
            dataset.delete()
        aws.send("GET", "/identitypools/%20")
        aws.send("GET", "/identitypools/a/b")

    assert calls[0] == Call("DeleteDataset", dataset.ids, "ResourceNotFoundException")
    # Invalid requests have no input; unknown operations are not recorded.
    assert calls[1] == Call(
        "DescribeIdentityPoolUsage", {}, "InvalidParameterException"
    )
    assert len(calls) == 2


def test_the_text_of_a_failed_call_includes_the_error() -> None:
    assert str(Call("ListDatasets", {"IdentityId": "a:1"}, None)) == (
        "ListDatasets(IdentityId='a:1')"
    )
    assert str(Call("DeleteDataset", {}, "ResourceNotFoundException")) == (
        "DeleteDataset() -> ResourceNotFoundException"
    )


def test_calls_that_fail_due_to_a_fault_are_recorded(dataset: DatasetUnderTest) -> None:
    with (
        CallLog() as calls,
        fault("ListRecords", drop_connection=True, times=1),
    ):
        dataset.list()

    assert [call.error for call in calls] == ["ConnectionDropped", None]


def test_an_internal_error_is_recorded_as_an_error(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(CognitoSyncBackend, "list_identity_pool_usage", fail)
    with CallLog() as calls, suppress(RuntimeError):
        aws.send("GET", "/identitypools")  # in-process, the error is raised

    assert calls == [Call("ListIdentityPoolUsage", {}, "RuntimeError")]


def test_calls_are_recorded_only_while_a_call_log_is_open(
    dataset: DatasetUnderTest,
) -> None:
    with CallLog() as outer:
        dataset.list()
        with CallLog() as inner:
            dataset.list()
        dataset.list()
    dataset.list()

    assert len(outer) == 3
    assert len(inner) == 1


def test_calls_can_be_filtered_by_operation_and_input(
    dataset: DatasetUnderTest,
) -> None:
    with CallLog() as calls:
        dataset.list()
        dataset.named("other").list(LastSyncCount=0)

    assert calls.called("ListRecords") == list(calls)
    assert calls.called("ListRecords", DatasetName="other", LastSyncCount=0) == [
        calls[1]
    ]
    calls.assert_called("ListRecords")
    calls.assert_called("ListRecords", times=1, DatasetName="settings")
    calls.assert_called("DeleteDataset", times=0)


def test_a_misspelled_name_is_reported_with_a_suggestion() -> None:
    calls = CallLog()

    with pytest.raises(ValueError, match=r"'UpdateRecord'; .* mean 'UpdateRecords'\?$"):
        calls.assert_called("UpdateRecord", times=0)
    with pytest.raises(
        ValueError, match=r"^GetId has no member 'Login'; .* mean 'Logins'\?$"
    ):
        calls.assert_called("GetId", times=0, Login={})


def test_a_failed_assertion_shows_the_calls(dataset: DatasetUnderTest) -> None:
    with CallLog() as calls:
        with pytest.raises(AssertionError) as caught:
            calls.assert_called("DeleteDataset", times=2, DatasetName="settings")
        assert str(caught.value) == (
            "expected 2 call(s) to DeleteDataset(DatasetName='settings'), got none. "
            "All calls:\nno calls"
        )

        with pytest.raises(dataset.client.exceptions.ResourceNotFoundException):
            dataset.delete()

    with pytest.raises(AssertionError) as caught:
        calls.assert_called("ListRecords")
    assert str(caught.value) == (
        "expected at least one call to ListRecords(), got none. All calls:\n"
        f"1. DeleteDataset(IdentityPoolId='{dataset.pool_id}', "
        f"IdentityId='{dataset.identity_id}', DatasetName='settings') -> "
        "ResourceNotFoundException"
    )


# --- Datasets ---------------------------------------------------------------------


@pytest.fixture
def view(dataset: DatasetUnderTest) -> DatasetView:
    return DatasetView(dataset.pool_id, dataset.identity_id, "settings")


def test_a_dataset_view_unpacks_into_the_ids_that_a_call_takes(
    dataset: DatasetUnderTest, view: DatasetView
) -> None:
    assert dict(view) == dataset.ids

    dataset.write(theme="dark")
    assert dataset.client.delete_dataset(**view)["Dataset"]["NumRecords"] == 1


def test_a_dataset_view_reflects_the_current_contents(
    dataset: DatasetUnderTest, view: DatasetView
) -> None:
    assert not view.exists
    assert view.sync_count == 0
    assert view.contents == {}

    dataset.write(theme="dark", volume="11")
    dataset.patch(remove("volume", 1))

    assert view.exists
    assert view.sync_count == 2
    assert view.contents == {"theme": "dark"}
    view.assert_contents({"theme": "dark"})


def test_a_dataset_view_makes_no_calls(
    dataset: DatasetUnderTest, view: DatasetView
) -> None:
    with CallLog() as calls:
        view.assert_contents({})

    assert calls.operations == []
    usage = dataset.client.describe_identity_pool_usage(IdentityPoolId=dataset.pool_id)
    assert "SyncSessionsCount" not in usage["IdentityPoolUsage"]


def test_a_failed_assertion_shows_the_dataset(
    dataset: DatasetUnderTest, view: DatasetView
) -> None:
    dataset.write(theme="dark", volume="11")
    dataset.patch(remove("volume", 1), replace("name", "x" * 50), DeviceId="phone")

    with pytest.raises(AssertionError) as caught:
        view.assert_contents({"theme": "light"})

    assert str(caught.value).splitlines() == [
        "expected dataset 'settings' to contain {'theme': 'light'}, but it contains:",
        "settings (exists; DatasetSyncCount 2, 2 record(s), 63 bytes)",
        "  Key       Value                                                        "
        "SyncCount  LastModifiedBy",
        "  'name'    'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (50 characters)  "
        "2          phone",
        "  'theme'   'dark'                                                       "
        "1          123456789012",
        "  'volume'  (removed)                                                    "
        "2          phone",
    ]


def test_a_dataset_from_the_backend_is_a_snapshot(dataset: DatasetUnderTest) -> None:
    backend = cognitosync_backends["123456789012"][REGION]
    dataset.write(theme="dark")
    seen = backend.dataset(dataset.pool_id, dataset.identity_id, "settings")

    dataset.write(theme="light", volume="11")

    assert [(each.key, each.value) for each in seen.records.values()] == [
        ("theme", "dark")
    ]


def test_a_missing_dataset_is_shown_without_a_table(
    dataset: DatasetUnderTest, view: DatasetView
) -> None:
    dataset.write(theme="dark")
    dataset.delete()

    assert repr(view) == (
        "settings (does not exist; DatasetSyncCount 2, 0 record(s), 0 bytes)"
    )


def test_a_dataset_view_requires_a_region_that_has_the_service() -> None:
    with pytest.raises(ValueError, match=r"in the region 'mars'. Choose one of: ap-n"):
        _ = DatasetView("mars:0", "mars:1", "settings").exists


def test_a_dataset_view_works_in_other_regions_and_accounts(aws: Aws) -> None:
    pool_id = make_pool(aws, "eu-west-1")
    client: Any = aws.client("cognito-sync", "eu-west-1")
    identity_id = make_identity(aws, pool_id, "eu-west-1")
    DatasetUnderTest(client, pool_id, identity_id, "settings").write(theme="dark")

    assert DatasetView(pool_id, identity_id, "settings").exists
    elsewhere = DatasetView(pool_id, identity_id, "settings", account_id="222222222222")
    assert elsewhere.account_id == "222222222222"
    with pytest.raises(Exception, match=r"IdentityPool '.*' not found"):
        elsewhere.exists  # noqa: B018
