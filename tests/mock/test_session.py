"""The session of the fixture: kept from test to test, which stay apart all the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from moto_cognitosync import register
from moto_cognitosync._moto.session import default_session
from tests.support.aws import REGION


def make_client() -> Any:
    with default_session():
        return boto3.client("cognito-sync", REGION)


turns = pytest.mark.parametrize("turn", [1, 2])


@turns
def test_handlers_of_a_client_end_with_its_test(turn: int, cognitosync: Any) -> None:
    def answer(request: Any, **_: Any) -> AWSResponse:
        raise AssertionError(f"handler of turn {turn} for {request.url}")

    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.meta.events.register_first("before-send", answer)
    with pytest.raises(AssertionError, match=f"handler of turn {turn}"):
        cognitosync.list_identity_pool_usage()


@turns
def test_changes_of_a_client_end_with_its_test(turn: int, cognitosync: Any) -> None:
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.list_identity_pool_usage = lambda: turn
    cognitosync.meta.config.retries = {"max_attempts": turn}
    assert cognitosync.list_identity_pool_usage() == turn


@turns
def test_a_closed_client_does_not_close_the_next(turn: int, cognitosync: Any) -> None:
    assert turn
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.close()


@turns
def test_a_default_session_ends_with_its_test(turn: int, cognitosync: Any) -> None:
    assert turn
    assert cognitosync.meta.region_name == REGION
    assert boto3.DEFAULT_SESSION is not None
    assert boto3.DEFAULT_SESSION.region_name != "eu-west-1"
    boto3.setup_default_session(region_name="eu-west-1")
    assert boto3.client("sts").meta.region_name == "eu-west-1"


def test_a_default_session_of_a_mock_is_used() -> None:
    register()
    with mock_aws():
        boto3.setup_default_session(aws_access_key_id="k", aws_secret_access_key="s")
        client = make_client()

        assert client._get_credentials().access_key == "k"
        assert client.list_identity_pool_usage()["Count"] == 0


def test_credentials_are_those_of_the_moment() -> None:
    # Not by monkeypatch, which would put back what the mock has made up.
    with mock_aws(), patch.dict(os.environ):
        for key in ("one", "another"):
            os.environ["AWS_ACCESS_KEY_ID"] = key
            assert make_client()._get_credentials().access_key == key


def test_the_configuration_is_that_of_the_moment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def attempts() -> int:
        return make_client().meta.config.retries["total_max_attempts"]  # type: ignore[no-any-return]

    file = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", os.fspath(file))
    with mock_aws():
        file.write_text("[default]\nmax_attempts = 7\n")
        assert attempts() == 7
        file.write_text("[default]\nmax_attempts = 11\n")
        assert attempts() == 11
