"""What mock_aws does for plain HTTP calls, mock_cognitosync does as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Barrier, Thread
from typing import Any

import boto3
import pytest
import requests
import responses
from moto import mock_aws
from moto.core.models import (
    override_responses_real_send,
    responses_mock,
)
from moto.core.responses_custom_registry import CustomRegistry
from requests.adapters import HTTPAdapter

from moto_cognitosync import _registration, mock_cognitosync, register
from tests.support.aws import REGION

Mock = Callable[[], AbstractContextManager[Any]]

HOST = f"https://cognito-sync.{REGION}.amazonaws.com"
ELSEWHERE = "https://example.test/"


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    register()
    send = HTTPAdapter.send
    yield
    assert HTTPAdapter.send is send


@pytest.fixture(params=[mock_aws, mock_cognitosync])
def mock(request: pytest.FixtureRequest) -> Mock:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def outside() -> Iterator[responses.RequestsMock]:
    """What answers, instead of the internet, to what a mock lets pass."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as internet:
        override_responses_real_send(internet)
        yield internet
        override_responses_real_send(None)


def list_pools() -> int:
    return requests.get(f"{HOST}/identitypools", timeout=10).status_code


def get_elsewhere() -> str:
    return requests.get(ELSEWHERE, timeout=10).text


def test_a_plain_call_is_answered(mock: Mock) -> None:
    with mock():
        assert list_pools() == 200


def test_a_plain_call_sees_what_a_client_has_made(mock: Mock) -> None:
    with mock():
        s3 = boto3.client("s3", REGION)
        s3.create_bucket(Bucket="saves")
        s3.put_object(Bucket="saves", Key="game", ACL="public-read")

        for key, status in (("game", 200), ("none", 404)):
            url = f"https://saves.s3.amazonaws.com/{key}"
            assert requests.get(url, timeout=10).status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "POST", "PUT"])
def test_a_service_that_moto_does_not_have_is_not_called(
    mock: Mock, method: str
) -> None:
    with mock():
        answer = requests.request(
            method, "https://nothing.us-east-1.amazonaws.com/", timeout=10
        )
        assert (answer.status_code, answer.text) == (
            400,
            "The method is not implemented",
        )


def test_other_hosts_are_called(mock: Mock, outside: responses.RequestsMock) -> None:
    outside.add("GET", ELSEWHERE, body="from outside")
    with mock():
        assert get_elsewhere() == "from outside"


def test_services_are_called_if_they_are_to_pass(
    mock: Callable[..., AbstractContextManager[Any]], outside: responses.RequestsMock
) -> None:
    outside.add("GET", f"{HOST}/identitypools", status=418)
    config = {"core": {"passthrough": {"services": ["cognitosync"]}}}
    with mock(config=config):
        assert list_pools() == 418


@responses.activate
def test_answers_of_a_mock_of_requests_around_it_come_first(mock: Mock) -> None:
    responses.add("GET", ELSEWHERE, body="from around")
    with mock():
        assert get_elsewhere() == "from around"
        assert list_pools() == 200


def test_answers_of_a_mock_of_requests_inside_of_it_come_first(mock: Mock) -> None:
    with mock():
        with responses.RequestsMock() as inside:
            inside.add("GET", f"{HOST}/identitypools", status=418)
            assert list_pools() == 418
        assert list_pools() == 200


def test_what_is_added_to_the_mock_of_moto_ends_with_it(
    mock: Mock, outside: responses.RequestsMock
) -> None:
    outside.add("GET", ELSEWHERE, body="from outside")
    with mock():
        responses_mock.add("GET", ELSEWHERE, body="from inside")
        assert get_elsewhere() == "from inside"
        assert list_pools() == 200
    with mock():
        assert get_elsewhere() == "from outside"


def test_what_is_added_to_the_mock_of_moto_before_it_starts_is_forgotten(
    mock: Mock, outside: responses.RequestsMock
) -> None:
    outside.add("GET", ELSEWHERE, body="from outside")
    responses_mock.add("GET", ELSEWHERE, body="from before")
    with mock():
        assert get_elsewhere() == "from outside"


def test_what_is_added_to_the_mock_of_moto_is_kept_on_request(
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


def test_moto_has_as_many_answers_as_ever(mock: Mock) -> None:
    def described() -> list[tuple[Any, ...]]:
        return [
            (type(each), each.method, each.url, each.callback)
            for each in responses_mock.registered()
        ]

    with mock_aws():
        expected = described()
    with mock():
        assert described() == expected


@pytest.mark.parametrize(
    ("outer", "inner"), [(mock_cognitosync, mock_aws), (mock_aws, mock_cognitosync)]
)
def test_plain_calls_are_answered_until_the_last_mock_stops(
    outer: Mock, inner: Mock, outside: responses.RequestsMock
) -> None:
    outside.add("GET", f"{HOST}/identitypools", status=418)
    with outer():
        with inner():
            assert list_pools() == 200
        assert list_pools() == 200
    assert list_pools() == 418


# mock_aws would leave its credentials behind.
def test_threads_may_start_mocks_at_the_same_time() -> None:
    together, answers = Barrier(8), []

    def play() -> None:
        together.wait(timeout=30)
        for _ in range(5):
            with mock_cognitosync():
                answers.append(list_pools())

    threads = [Thread(target=play) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert answers == [200] * 40


def test_threads_may_make_the_first_plain_call_at_the_same_time(mock: Mock) -> None:
    together, answers = Barrier(8), []

    def play() -> None:
        together.wait(timeout=30)
        answers.append(list_pools())

    threads = [Thread(target=play) for _ in range(8)]
    with mock():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert answers == [200] * 8


def test_the_mock_of_moto_may_be_active_already(mock: Mock) -> None:
    responses_mock.start()
    with mock():
        assert list_pools() == 200


def test_without_what_makes_it_fast_a_mock_does_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_registration, "_USED", ["_no_such_name"])
    with mock_cognitosync():
        assert list_pools() == 200
        assert type(responses_mock.get_registry()) is CustomRegistry
