"""STS with the credentials and the OpenID tokens of identities."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from botocore.config import Config
from botocore.exceptions import ClientError

from moto_cognitosync.core.credentials import read_session
from tests.support.aws import Aws, Response
from tests.support.datasets import NOW, NOW_IN_MS, DatasetUnderTest
from tests.support.identities import (
    ACCOUNT,
    ROLE_ARN,
    client_of,
    client_with,
    make_role,
    set_roles,
    trust,
)

HOUR = 60 * 60  # seconds
SECONDS = NOW_IN_MS // 1000
NOT_A_JWT = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an "
    "Access Token)"
)


def token_of(aws: Aws, identity_id: str) -> str:
    """Call GetOpenIdToken."""
    identities = aws.client("cognito-identity")
    return str(identities.get_open_id_token(IdentityId=identity_id)["Token"])


def assume_role(aws: Aws, token: str, **arguments: Any) -> dict[str, Any]:
    parameters = {"RoleArn": ROLE_ARN, "RoleSessionName": "web", **arguments}
    return aws.client("sts").assume_role_with_web_identity(  # type: ignore[no-any-return]
        WebIdentityToken=token, **parameters
    )


def post_to_sts(aws: Aws, **parameters: str) -> Response:
    """Call STS without a client, which would check the parameters."""
    return aws.send(
        "POST",
        "/",
        urlencode({"Version": "2011-06-15", **parameters}).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
        service="sts",
    )


def refusal(error: ClientError) -> tuple[str, str, int]:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return error.response["Error"]["Code"], error.response["Error"]["Message"], status


# --- GetCallerIdentity ------------------------------------------------------------


def test_the_caller_is_the_assumed_role(
    aws: Aws, pool_id: str, identity_id: str
) -> None:
    role_arn = make_role(aws, trusted=trust(pool_id))
    set_roles(aws, pool_id, role_arn)

    caller = client_of(aws, identity_id, "sts").get_caller_identity()

    role = aws.client("iam").get_role(RoleName="players")["Role"]
    assert caller["Account"] == ACCOUNT
    assert caller["Arn"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/players/CognitoIdentityCredentials"
    )
    assert caller["UserId"] == f"{role['RoleId']}:CognitoIdentityCredentials"


def test_the_path_of_a_role_is_not_in_the_arn(
    aws: Aws, pool_id: str, identity_id: str
) -> None:
    set_roles(aws, pool_id, f"arn:aws:iam::{ACCOUNT}:role/mobile/players")

    caller = client_of(aws, identity_id, "sts").get_caller_identity()

    assert "assumed-role/players/" in caller["Arn"]


def test_a_role_that_does_not_exist_has_an_id(
    aws: Aws, pool_id: str, identity_id: str
) -> None:
    set_roles(aws, pool_id)
    sts = client_of(aws, identity_id, "sts")

    first, second = (sts.get_caller_identity()["UserId"] for _ in range(2))

    assert first == second
    assert re.fullmatch("AROA[A-Z2-7]{17}:CognitoIdentityCredentials", first)


def test_a_pool_without_roles_has_a_placeholder(aws: Aws, identity_id: str) -> None:
    caller = client_of(aws, identity_id, "sts").get_caller_identity()

    assert "assumed-role/no-role/" in caller["Arn"]


def test_expired_credentials_are_rejected(aws: Aws, identity_id: str) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        sts = client_of(aws, identity_id, "sts")
        clock.shift(HOUR)
        for call in (sts.get_caller_identity, sts.get_session_token):
            with pytest.raises(ClientError) as caught:
                call()

    assert refusal(caught.value) == (
        "ExpiredTokenException",
        "The security token included in the request is expired",
        403,
    )


def test_other_credentials_keep_motos_behavior(aws: Aws) -> None:
    sts = aws.client("sts")

    assert sts.get_caller_identity()["Arn"].endswith(":user/moto")
    assumed = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="api")["Credentials"]
    assert client_with(aws, assumed, "sts").get_caller_identity()["Arn"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/players/api"
    )


def test_an_identity_can_call_other_operations(aws: Aws, identity_id: str) -> None:
    sts = client_of(aws, identity_id, "sts")

    assumed = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="api")

    assert assumed["AssumedRoleUser"]["Arn"].endswith("assumed-role/players/api")


# --- AssumeRoleWithWebIdentity ----------------------------------------------------


def test_a_token_can_be_exchanged_for_credentials(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    with time_machine.travel(NOW, tick=False):
        response = assume_role(aws, token_of(aws, dataset.identity_id))
    credentials = response["Credentials"]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/players/web"
    client = client_with(aws, credentials, "cognito-sync")
    own = DatasetUnderTest(client, *dataset.ids.values())

    (record,) = own.write(theme="dark")

    assert response["AssumedRoleUser"]["Arn"] == arn
    assert credentials["AccessKeyId"].startswith("ASIASYNC")
    assert credentials["Expiration"].timestamp() == SECONDS + HOUR
    assert record["LastModifiedBy"] == dataset.identity_id
    session = read_session(credentials["SessionToken"])
    assert session is not None
    assert session[:5] == (
        dataset.identity_id,
        dataset.pool_id,
        ACCOUNT,
        ROLE_ARN,
        ("unauthenticated",),
    )


def test_the_session_has_the_requested_name_and_duration(
    aws: Aws, identity_id: str
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = token_of(aws, identity_id)
        credentials = assume_role(
            aws, token, RoleSessionName="phone", DurationSeconds=900
        )["Credentials"]
        sts = client_with(aws, credentials, "sts")
        clock.shift(899)
        assert sts.get_caller_identity()["Arn"].endswith("players/phone")
        clock.shift(1)
        with pytest.raises(ClientError) as caught:
            sts.get_caller_identity()

    assert refusal(caught.value)[0] == "ExpiredTokenException"


@pytest.mark.parametrize(
    ("role_arn", "account_id"),
    [
        ("arn:aws:iam::111122223333:role/players", "111122223333"),
        ("arn:of:something:else", ACCOUNT),
    ],
)
def test_the_credentials_belong_to_the_account_of_the_role(
    aws: Aws, identity_id: str, role_arn: str, account_id: str
) -> None:
    token = token_of(aws, identity_id)
    credentials = assume_role(aws, token, RoleArn=role_arn)["Credentials"]

    caller = client_with(aws, credentials, "sts").get_caller_identity()

    assert caller["Account"] == account_id


def test_principal_tags_of_a_token_are_in_the_session(aws: Aws) -> None:
    identities = aws.client("cognito-identity")
    pool = identities.create_identity_pool(
        IdentityPoolName="p",
        AllowUnauthenticatedIdentities=False,
        DeveloperProviderName="login.players",
    )
    token = identities.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool["IdentityPoolId"],
        Logins={"login.players": "alice"},
        PrincipalTags={"team": "red"},
    )["Token"]

    credentials = assume_role(aws, token)["Credentials"]

    session = read_session(credentials["SessionToken"])
    assert session is not None
    assert session.principal_tags == {"team": "red"}
    assert session.amr[:2] == ("authenticated", "login.players")


def test_an_expired_token_is_rejected(aws: Aws, identity_id: str) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = token_of(aws, identity_id)
        clock.shift(601)
        with pytest.raises(ClientError) as caught:
            assume_role(aws, token)

    # The text is from aws-sdk-java-v2#5709.
    assert refusal(caught.value) == (
        "ExpiredTokenException",
        f"Token expired: current date/time {SECONDS + 601} must be before the "
        f"expiration date/time {SECONDS + 600}",
        400,
    )


def test_a_token_with_a_wrong_signature_is_rejected(aws: Aws, identity_id: str) -> None:
    token = token_of(aws, identity_id)

    with pytest.raises(ClientError) as caught:
        assume_role(aws, f"{token.rpartition('.')[0]}.AAAA")

    assert refusal(caught.value) == ("InvalidIdentityToken", NOT_A_JWT, 400)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"RoleArn": ""}, "Value null at 'roleArn' failed to satisfy constraint: "),
        ({"RoleSessionName": ""}, "Value null at 'roleSessionName' failed to satisfy"),
        *(
            (
                {"DurationSeconds": text},
                f"Value '{text}' at 'durationSeconds' failed to satisfy constraint: "
                "Member must have value between 900 and 43200",
            )
            for text in ("899", "43201", "-900", "9" * 20)
        ),
    ],
)
def test_invalid_parameters_next_to_a_token_are_rejected(
    aws: Aws, identity_id: str, changes: dict[str, str], problem: str
) -> None:
    response = post_to_sts(
        aws,
        Action="AssumeRoleWithWebIdentity",
        WebIdentityToken=token_of(aws, identity_id),
        **{"RoleArn": ROLE_ARN, "RoleSessionName": "web", **changes},
    )

    assert response.status == 400
    assert b"<Code>ValidationError</Code>" in response.body
    assert problem in html.unescape(response.body.decode())


@pytest.mark.parametrize("duration", [900, 43200])
def test_credentials_last_from_15_minutes_to_12_hours(
    aws: Aws, identity_id: str, duration: int
) -> None:
    with time_machine.travel(NOW, tick=False):
        token = token_of(aws, identity_id)
        response = assume_role(aws, token, DurationSeconds=duration)

    assert response["Credentials"]["Expiration"].timestamp() == SECONDS + duration


def test_other_tokens_keep_motos_behavior(aws: Aws, identity_id: str) -> None:
    by_anyone = assume_role(aws, "any text")
    sts = client_of(aws, identity_id, "sts")
    by_identity = sts.assume_role_with_web_identity(
        RoleArn=ROLE_ARN, RoleSessionName="web", WebIdentityToken="any text"
    )

    for response in (by_anyone, by_identity):
        access_key = response["Credentials"]["AccessKeyId"]
        assert re.match("ASIA(?!SYNC)", access_key)


def test_a_missing_token_keeps_motos_behavior(aws: Aws) -> None:
    sts = aws.client("sts", config=Config(parameter_validation=False))

    response = sts.assume_role_with_web_identity(
        RoleArn=ROLE_ARN, RoleSessionName="web"
    )

    assert response["AssumedRoleUser"]["Arn"].endswith("players/web")
