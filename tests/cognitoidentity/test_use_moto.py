"""The setting that leaves Cognito Identity to moto."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, cast
from unittest.mock import patch

import pytest
import requests
from moto import mock_aws
from moto.core.config import default_user_config

from moto_cognitosync import mock_cognitosync, register
from moto_cognitosync._moto.settings import override_config
from tests.server.test_server import client_for, free_port, run, running
from tests.support.aws import REGION, Aws, InProcess
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool

USE_MOTO = {"cognitoidentity": {"use_moto": True}}
HOST = f"https://cognito-identity.{REGION}.amazonaws.com"
IDENTITY = f"{REGION}:12345"  # does not exist, so this package does not find it


@pytest.fixture
def left_to_moto(aws: Aws) -> Iterator[None]:  # noqa: ARG001 - start the mock first
    """Leave Cognito Identity to moto, in-process and on the server."""
    with patch.dict(cast("dict[str, Any]", default_user_config), USE_MOTO):
        yield


def has_credentials(client: Any) -> bool:
    """Return whether the identity has credentials, which only moto gives it."""
    try:
        return bool(client.get_credentials_for_identity(IdentityId=IDENTITY))
    except client.exceptions.ResourceNotFoundException:
        return False


def test_unknown_identities_have_no_credentials_by_default(aws: Aws) -> None:
    assert not has_credentials(aws.client("cognito-identity"))


@pytest.mark.usefixtures("left_to_moto")
def test_moto_gives_credentials_to_unknown_identities(aws: Aws) -> None:
    assert has_credentials(aws.client("cognito-identity"))


@pytest.mark.usefixtures("left_to_moto")
def test_identities_of_moto_can_sync(aws: Aws) -> None:
    pool_id = make_pool(aws)
    sync = aws.client("cognito-sync")
    dataset = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")

    dataset.write(volume="11")

    assert dataset.records()["volume"]["Value"] == "11"


def test_mock_can_leave_cognito_identity_to_moto() -> None:
    aws = InProcess()
    with mock_cognitosync(config=USE_MOTO):
        assert has_credentials(aws.client("cognito-identity"))
    with mock_cognitosync():
        assert not has_credentials(aws.client("cognito-identity"))


def test_pools_of_moto_are_known_without_the_setting() -> None:
    aws = InProcess()
    with mock_cognitosync():
        with mock_cognitosync(config=USE_MOTO):
            pool_id = make_pool(aws)
            identity_id = make_identity(aws, pool_id)

        listed = aws.client("cognito-identity").list_identities(
            IdentityPoolId=pool_id, MaxResults=60
        )

    assert [each["IdentityId"] for each in listed["Identities"]] == [identity_id]


def test_mock_aws_can_leave_cognito_identity_to_moto() -> None:
    register()
    aws = InProcess()
    config: Any = USE_MOTO
    with mock_aws(config=config):
        assert has_credentials(aws.client("cognito-identity"))
    with mock_aws():
        assert not has_credentials(aws.client("cognito-identity"))


@pytest.mark.parametrize(("config", "status"), [({}, 400), (USE_MOTO, 200)])
def test_setting_applies_to_plain_requests(config: Any, status: int) -> None:
    target = "AWSCognitoIdentityService.GetCredentialsForIdentity"
    with mock_cognitosync(config=config):
        response = requests.post(
            HOST, json={"IdentityId": IDENTITY}, headers={"X-Amz-Target": target}
        )

    assert response.status_code == status


def test_command_can_leave_cognito_identity_to_moto() -> None:
    port = free_port()
    with running("-p", str(port), "--moto-cognito-identity"):
        client = client_for(f"http://127.0.0.1:{port}", "cognito-identity")

        assert has_credentials(client)


# --- With strict credentials ------------------------------------------------------

STRICT = {"cognitosync": {"strict_credentials": True}}
CONFLICT = re.escape(
    "config['cognitosync']['strict_credentials'] and "
    "config['cognitoidentity']['use_moto'] cannot be used together: "
)


def test_setting_and_strict_credentials_exclude_each_other() -> None:
    with pytest.raises(ValueError, match=f"^{CONFLICT}"):
        mock_cognitosync(config={**STRICT, **USE_MOTO})


def test_first_call_in_mock_aws_rejects_the_setting_with_strict_credentials() -> None:
    register()
    config: Any = {**STRICT, **USE_MOTO}
    with mock_aws(config=config), pytest.raises(ValueError, match=f"^{CONFLICT}"):
        InProcess().client("cognito-sync").list_identity_pool_usage()


def test_first_call_in_nested_mocks_rejects_the_setting_with_strict_credentials() -> (
    None
):
    with (
        mock_cognitosync(config=STRICT),
        mock_cognitosync(config=USE_MOTO),
        pytest.raises(ValueError, match=f"^{CONFLICT}"),
    ):
        InProcess().client("cognito-sync").list_identity_pool_usage()


def test_server_fixture_rejects_the_setting_with_strict_credentials(
    left_to_moto: None,  # noqa: ARG001
) -> None:
    with ExitStack() as stack, pytest.raises(ValueError, match=f"^{CONFLICT}"):
        stack.enter_context(override_config(STRICT))


def test_command_rejects_the_setting_with_strict_credentials() -> None:
    result = run("--strict-credentials", "--moto-cognito-identity")

    assert result.returncode == 2
    assert (
        "error: --strict-credentials and --moto-cognito-identity cannot be used "
        "together: moto gives all identities the same access key"
    ) in result.stderr


@pytest.mark.parametrize(
    "config",
    [
        {**STRICT, "cognitoidentity": {"use_moto": False}},
        {"cognitosync": {"strict_credentials": False}, **USE_MOTO},
    ],
)
def test_one_of_both_settings_can_be_enabled(config: Any) -> None:
    with mock_cognitosync(config=config):
        assert InProcess().client("cognito-sync").list_identity_pool_usage()
