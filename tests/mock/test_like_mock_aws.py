"""mock_cognitosync handles plain HTTP requests like mock_aws does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Barrier, Thread
from typing import Any

import boto3
import pytest
import requests
import responses
from botocore.config import Config
from moto import mock_aws
from moto.core.models import (
    override_responses_real_send,
    responses_mock,
)
from moto.core.responses_custom_registry import CustomRegistry
from requests.adapters import HTTPAdapter

from moto_cognitosync import mock_cognitosync, register
from moto_cognitosync._moto import quick_start
from tests.support.aws import REGION

Mock = Callable[[], AbstractContextManager[Any]]

HOST = f"https://cognito-sync.{REGION}.amazonaws.com"
ELSEWHERE = "https://example.test/"


@pytest.fixture(autouse=True)
def _http_adapter_is_restored() -> Iterator[None]:
    register()
    send = HTTPAdapter.send
    yield
    assert HTTPAdapter.send is send


@pytest.fixture(params=[mock_aws, mock_cognitosync])
def mock(request: pytest.FixtureRequest) -> Mock:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def outside() -> Iterator[responses.RequestsMock]:
    """A stand-in for the internet, for requests that a mock passes through."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as internet:
        override_responses_real_send(internet)
        yield internet
        override_responses_real_send(None)


def list_pools() -> int:
    return requests.get(f"{HOST}/identitypools", timeout=10).status_code


def get_elsewhere() -> str:
    return requests.get(ELSEWHERE, timeout=10).text


def test_plain_request_is_mocked(mock: Mock) -> None:
    with mock():
        assert list_pools() == 200


def test_plain_request_sees_what_a_client_created(mock: Mock) -> None:
    with mock():
        s3 = boto3.client("s3", REGION)
        s3.create_bucket(Bucket="saves")
        s3.put_object(Bucket="saves", Key="game", ACL="public-read")

        for key, status in (("game", 200), ("none", 404)):
            url = f"https://saves.s3.amazonaws.com/{key}"
            assert requests.get(url, timeout=10).status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "POST", "PUT"])
def test_service_unsupported_by_moto_is_not_contacted(mock: Mock, method: str) -> None:
    with mock():
        response = requests.request(
            method, "https://nothing.us-east-1.amazonaws.com/", timeout=10
        )
        assert (response.status_code, response.text) == (
            400,
            "The method is not implemented",
        )


def test_requests_to_other_hosts_pass_through(
    mock: Mock, outside: responses.RequestsMock
) -> None:
    outside.add("GET", ELSEWHERE, body="from outside")
    with mock():
        assert get_elsewhere() == "from outside"


def test_passthrough_services_are_not_mocked(
    mock: Callable[..., AbstractContextManager[Any]], outside: responses.RequestsMock
) -> None:
    outside.add("GET", f"{HOST}/identitypools", status=418)
    config = {"core": {"passthrough": {"services": ["cognitosync"]}}}
    with mock(config=config):
        assert list_pools() == 418


@responses.activate
def test_outer_responses_mock_takes_precedence(mock: Mock) -> None:
    responses.add("GET", ELSEWHERE, body="from the outer mock")
    with mock():
        assert get_elsewhere() == "from the outer mock"
        assert list_pools() == 200


def test_inner_responses_mock_takes_precedence(mock: Mock) -> None:
    with mock():
        with responses.RequestsMock() as inside:
            inside.add("GET", f"{HOST}/identitypools", status=418)
            assert list_pools() == 418
        assert list_pools() == 200


def test_responses_added_during_a_mock_are_removed_when_it_stops(
    mock: Mock, outside: responses.RequestsMock
) -> None:
    outside.add("GET", ELSEWHERE, body="from outside")
    with mock():
        responses_mock.add("GET", ELSEWHERE, body="from inside")
        assert get_elsewhere() == "from inside"
        assert list_pools() == 200
    with mock():
        assert get_elsewhere() == "from outside"


def test_responses_added_before_a_mock_starts_are_removed(
    mock: Mock, outside: responses.RequestsMock
) -> None:
    outside.add("GET", ELSEWHERE, body="from outside")
    responses_mock.add("GET", ELSEWHERE, body="from before")
    with mock():
        assert get_elsewhere() == "from outside"


def test_added_responses_can_be_kept_for_the_next_mock(
    mock: Callable[[], Any],
) -> None:
    one = mock()
    one.start()
    responses_mock.add("GET", ELSEWHERE, body="kept")
    one.stop(remove_data=False)

    one.start(reset=False)
    assert get_elsewhere() == "kept"
    assert list_pools() == 200
    one.stop()


def test_registered_responses_are_the_same_as_with_mock_aws(mock: Mock) -> None:
    def summarize() -> list[tuple[Any, ...]]:
        return [
            (type(each), each.method, each.url, each.callback)
            for each in responses_mock.registered()
        ]

    with mock_aws():
        expected = summarize()
    with mock():
        assert summarize() == expected


@pytest.mark.parametrize(
    ("outer", "inner"), [(mock_cognitosync, mock_aws), (mock_aws, mock_cognitosync)]
)
def test_plain_requests_are_mocked_until_the_last_mock_stops(
    outer: Mock, inner: Mock, outside: responses.RequestsMock
) -> None:
    outside.add("GET", f"{HOST}/identitypools", status=418)
    with outer():
        with inner():
            assert list_pools() == 200
        assert list_pools() == 200
    assert list_pools() == 418


# Not with mock_aws, which would leave its credentials behind.
def test_threads_can_start_mocks_concurrently() -> None:
    barrier, statuses = Barrier(8), []

    def worker() -> None:
        barrier.wait(timeout=30)
        for _ in range(5):
            with mock_cognitosync():
                statuses.append(list_pools())

    threads = [Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert statuses == [200] * 40


def test_threads_can_make_the_first_plain_request_concurrently(mock: Mock) -> None:
    barrier, statuses = Barrier(8), []

    def worker() -> None:
        barrier.wait(timeout=30)
        statuses.append(list_pools())

    threads = [Thread(target=worker) for _ in range(8)]
    with mock():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert statuses == [200] * 8


def test_motos_responses_mock_can_already_be_active(mock: Mock) -> None:
    responses_mock.start()
    with mock():
        assert list_pools() == 200


def test_mock_works_without_the_private_names_it_uses_for_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No released version of responses lacks these names, so pretend that one does.
    monkeypatch.setattr(quick_start, "_RESPONSES_INTERNALS", ["_no_such_name"])
    with mock_cognitosync():
        assert list_pools() == 200
        assert type(responses_mock.get_registry()) is CustomRegistry


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("bucket", ["cognito-sync", "cognito-sync-fips"])
def test_bucket_name_can_match_the_host_name_of_the_service(
    bucket: str, region: str
) -> None:
    config = Config(s3={"addressing_style": "virtual"})
    with mock_cognitosync():
        s3 = boto3.client("s3", "us-east-1", config=config)
        s3.create_bucket(Bucket=bucket)
        there = boto3.client("s3", region, config=config)
        there.put_object(Bucket=bucket, Key="identitypools", Body=b"11")
        url = f"https://{bucket}.s3.{region}.amazonaws.com/identitypools"

        assert there.get_object(Bucket=bucket, Key="identitypools")["Body"].read() == (
            b"11"
        )
        assert "x-amzn-ErrorType" not in requests.get(url, timeout=60).headers
