"""The fixture shares one boto3 session between tests and keeps the tests isolated."""

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
from tests.support.aws import REGION, access_key_of


def make_client() -> Any:
    with default_session():
        return boto3.client("cognito-sync", REGION)


twice = pytest.mark.parametrize("run", [1, 2])


@twice
def test_event_handlers_do_not_leak_into_the_next_test(
    run: int, cognitosync: Any
) -> None:
    def fail(request: Any, **_: Any) -> AWSResponse:
        raise AssertionError(f"handler of run {run} for {request.url}")

    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.meta.events.register_first("before-send", fail)
    with pytest.raises(AssertionError, match=f"handler of run {run}"):
        cognitosync.list_identity_pool_usage()


@twice
def test_changes_to_a_client_do_not_leak_into_the_next_test(
    run: int, cognitosync: Any
) -> None:
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.list_identity_pool_usage = lambda: run
    cognitosync.meta.config.retries = {"max_attempts": run}
    assert cognitosync.list_identity_pool_usage() == run


@twice
def test_closing_a_client_does_not_affect_the_next_test(
    run: int, cognitosync: Any
) -> None:
    assert run
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.close()


@twice
def test_a_default_session_does_not_leak_into_the_next_test(
    run: int, cognitosync: Any
) -> None:
    assert run
    assert cognitosync.meta.region_name == REGION
    assert boto3.DEFAULT_SESSION is not None
    assert boto3.DEFAULT_SESSION.region_name != "eu-west-1"
    boto3.setup_default_session(region_name="eu-west-1")
    assert boto3.client("sts").meta.region_name == "eu-west-1"


def test_a_default_session_created_inside_a_mock_is_used() -> None:
    register()
    with mock_aws():
        boto3.setup_default_session(aws_access_key_id="k", aws_secret_access_key="s")
        client = make_client()

        assert access_key_of(client) == "k"
        assert client.list_identity_pool_usage()["Count"] == 0


def test_a_new_client_uses_the_current_credentials() -> None:
    register()
    # Not monkeypatch, which would restore the fake credentials after the mock stops.
    with mock_aws(), patch.dict(os.environ):
        for key in ("one", "another"):
            os.environ["AWS_ACCESS_KEY_ID"] = key
            assert access_key_of(make_client()) == key


def test_a_new_client_uses_the_current_configuration(
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
