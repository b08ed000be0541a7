"""Requests of identities while moto enforces IAM: the role of the pool decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import moto
import pytest
import time_machine
from botocore.exceptions import ClientError
from moto import settings
from moto.iam.access_control import IAMPolicyStatement

from moto_cognitosync.core.credentials import IdentitySession
from moto_cognitosync.core.roles import can_assume_role
from tests.support.aws import REGION, Aws, InProcess, OnServer
from tests.support.datasets import NOW, DatasetUnderTest, make_identity
from tests.support.identities import (
    ACCOUNT,
    ROLE_ARN,
    client_of,
    client_with,
    credentials_of,
    make_role,
    set_roles,
    trust,
)
from tests.support.operations import call

Enforce = Callable[[], None]

COGNITO = "cognito-identity.amazonaws.com"
SUB = f"${{{COGNITO}:sub}}"
AUD = f"${{{COGNITO}:aud}}"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/players/CognitoIdentityCredentials"
HOUR = 60 * 60  # seconds


def allow(action: str, resource: str = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(action: str, resource: str = "*", **elements: Any) -> dict[str, Any]:
    return {**allow(action, resource, **elements), "Effect": "Deny"}


def give_role(aws: Aws, pool_id: str, *statements: dict[str, Any]) -> None:
    """Create a role that trusts the pool, and use it for all identities."""
    set_roles(aws, pool_id, make_role(aws, *statements, trusted=trust(pool_id)))


def status_of(function: Callable[..., Any], **arguments: Any) -> int:
    try:
        response = function(**arguments)
    except ClientError as error:
        response = error.response
    return int(response["ResponseMetadata"]["HTTPStatusCode"])


def error_of(function: Callable[..., Any], **arguments: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        function(**arguments)
    response = caught.value.response
    error, status = response["Error"], response["ResponseMetadata"]["HTTPStatusCode"]
    return error["Code"], error["Message"], status


# --- Cognito Sync -----------------------------------------------------------------


def test_the_documented_policy_grants_access_to_the_identitys_own_datasets(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    root = f"arn:aws:cognito-sync:{REGION}:{ACCOUNT}:identitypool/{AUD}"
    give_role(aws, pool_id, allow("cognito-sync:*", f"{root}/identity/{SUB}/*"))
    other = make_identity(aws, pool_id)
    client = client_of(aws, identity_id)
    enforce()

    (record,) = DatasetUnderTest(client, pool_id, identity_id, "a").write(a="1")
    error = call(client, "ListDatasets", pool_id, other)

    assert record["LastModifiedBy"] == identity_id
    assert error == {
        "Code": "AccessDeniedException",
        "Message": f"User: {ROLE} is not authorized to perform: "
        f"cognito-sync:ListDatasets on resource: {root.replace(AUD, pool_id)}/identity/"
        f"{other}/dataset/null because no identity-based policy allows the "
        "cognito-sync:ListDatasets action",
    }


def test_a_presigned_request_has_the_permissions_of_the_role(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    give_role(aws, pool_id, allow("cognito-sync:ListDatasets"))
    client = client_of(aws, identity_id)
    ids = {"IdentityPoolId": pool_id, "IdentityId": identity_id}
    allowed, denied = (
        urlsplit(client.generate_presigned_url(operation, ids))
        for operation in ("list_datasets", "describe_identity_usage")
    )
    enforce()

    for url, status in ((allowed, 200), (denied, 403)):
        response = aws.send(
            "GET", f"{url.path}?{url.query}", headers={"Host": url.netloc}
        )
        assert response.status == status


def test_expired_credentials_are_rejected(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    give_role(aws, pool_id, allow("*"))
    with time_machine.travel(NOW, tick=False) as clock:
        credentials = credentials_of(aws, identity_id)
        clock.shift(HOUR)
        enforce()
        sync = client_with(aws, credentials, "cognito-sync")
        expired = {
            "Code": "ExpiredTokenException",
            "Message": "The security token included in the request is expired",
        }
        assert call(sync, "ListDatasets", pool_id, identity_id) == expired
        for service, operation in (("sqs", "list_queues"), ("sns", "list_topics")):
            client = client_with(aws, credentials, service)
            assert error_of(getattr(client, operation)) == (*expired.values(), 403)
        s3 = client_with(aws, credentials, "s3")
        assert error_of(s3.list_buckets) == (
            "ExpiredToken",
            "The provided token has expired.",
            400,
        )


# --- Other services ---------------------------------------------------------------


def test_objects_in_s3_can_be_limited_to_the_identity(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    if isinstance(aws, OnServer) and moto.__version__.startswith("5.0."):
        pytest.skip(  # pragma: no cover
            "the server of moto 5.0 rejects signed paths with a colon"
        )
    give_role(aws, pool_id, allow("s3:*", f"arn:aws:s3:::avatars/{SUB}/*"))
    aws.client("s3").create_bucket(Bucket="avatars")
    s3 = client_of(aws, identity_id, "s3")
    enforce()

    own = {"Bucket": "avatars", "Key": f"{identity_id}/small.png"}
    other = {"Bucket": "avatars", "Key": "another/small.png"}
    assert status_of(s3.put_object, **own, Body=b"a") == 200
    assert status_of(s3.get_object, **own) == 200
    assert status_of(s3.put_object, **other, Body=b"a") == 403


@pytest.mark.parametrize(
    ("condition", "is_allowed"),
    [
        ({"StringEquals": {f"{COGNITO}:aud": "POOL"}}, True),
        ({"StringEquals": {f"{COGNITO}:aud": "us-east-1:another"}}, False),
        ({"ForAnyValue:StringLike": {f"{COGNITO}:amr": "unauthenticated"}}, True),
        ({"ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"}}, False),
        # A condition that cannot be evaluated counts as met.
        ({"IpAddress": {"aws:SourceIp": "10.0.0.1"}}, True),
    ],
)
def test_conditions_of_the_role_apply_to_every_service(
    aws: Aws,
    pool_id: str,
    identity_id: str,
    enforce: Enforce,
    condition: dict[str, Any],
    is_allowed: bool,
) -> None:
    condition = json.loads(json.dumps(condition).replace("POOL", pool_id))
    give_role(aws, pool_id, allow("sqs:*", Condition=condition))
    sqs = client_of(aws, identity_id, "sqs")
    enforce()

    assert status_of(sqs.list_queues) == (200 if is_allowed else 403)


def test_a_denial_applies_only_if_its_conditions_are_met(
    aws: Aws, pool_id: str, enforce: Enforce
) -> None:
    guests = {"ForAnyValue:StringLike": {f"{COGNITO}:amr": "unauthenticated"}}
    give_role(aws, pool_id, allow("sqs:*"), deny("sqs:*", Condition=guests))
    guest = make_identity(aws, pool_id)
    identities = aws.client("cognito-identity")
    pool = identities.describe_identity_pool(IdentityPoolId=pool_id)
    identities.update_identity_pool(
        IdentityPoolId=pool_id,
        IdentityPoolName=pool["IdentityPoolName"],
        AllowUnauthenticatedIdentities=True,
        SupportedLoginProviders={"graph.facebook.com": "app"},
    )
    logins = {"graph.facebook.com": "alice"}
    user = identities.get_id(IdentityPoolId=pool_id, Logins=logins)["IdentityId"]
    of_guest = client_of(aws, guest, "sqs")
    of_user = client_with(aws, credentials_of(aws, user, Logins=logins), "sqs")
    enforce()

    assert status_of(of_guest.list_queues) == 403
    assert status_of(of_user.list_queues) == 200


def test_a_denial_applies_if_its_conditions_cannot_be_evaluated(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    unknown = {"Bool": {"aws:SecureTransport": "false"}}
    give_role(aws, pool_id, allow("sqs:*"), deny("sqs:*", Condition=unknown))
    sqs = client_of(aws, identity_id, "sqs")
    enforce()

    assert status_of(sqs.list_queues) == 403


def test_the_role_decides_about_calls_to_cognito_identity(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    give_role(aws, pool_id, allow("cognito-identity:DescribeIdentityPool"))
    identities = client_of(aws, identity_id, "cognito-identity")
    enforce()

    pool = {"IdentityPoolId": pool_id}
    assert status_of(identities.describe_identity_pool, **pool) == 200
    assert status_of(identities.delete_identity_pool, **pool) == 400


def test_attached_policies_decide_as_well(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    give_role(aws, pool_id)
    iam = aws.client("iam")
    document = {"Version": "2012-10-17", "Statement": [allow("sqs:ListQueues")]}
    arn = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(document))[
        "Policy"
    ]["Arn"]
    iam.attach_role_policy(RoleName="players", PolicyArn=arn)
    sqs = client_of(aws, identity_id, "sqs")
    enforce()

    assert status_of(sqs.list_queues) == 200
    assert status_of(sqs.create_queue, QueueName="q") == 403


def test_a_role_can_be_created_by_cloudformation(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    role = {
        "RoleName": "players",
        "AssumeRolePolicyDocument": {"Statement": [trust(pool_id)]},
        "Policies": [
            {"PolicyName": "p", "PolicyDocument": {"Statement": [allow("sqs:*")]}}
        ],
    }
    template = {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}
    aws.client("cloudformation").create_stack(
        StackName="players", TemplateBody=json.dumps(template)
    )
    identities = aws.client("cognito-identity")
    token = identities.get_open_id_token(IdentityId=identity_id)["Token"]
    enforce()

    credentials = assume_role(aws, token, ROLE_ARN)["Credentials"]
    assert status_of(client_with(aws, credentials, "sqs").list_queues) == 200


def test_an_error_names_the_role(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    give_role(aws, pool_id)
    sns = client_of(aws, identity_id, "sns")
    enforce()

    assert error_of(sns.list_topics) == (
        "AccessDenied",
        f"User: {ROLE} is not authorized to perform: sns:ListTopics",
        403,
    )


def test_a_role_that_does_not_exist_allows_nothing(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    set_roles(aws, pool_id)
    sns = client_of(aws, identity_id, "sns")
    enforce()

    assert status_of(sns.list_topics) == 403


def test_get_caller_identity_does_not_require_permission(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    give_role(aws, pool_id, deny("*"))
    sts = client_of(aws, identity_id, "sts")
    enforce()

    assert sts.get_caller_identity()["Arn"] == ROLE


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SecretKey": "guessed"}, "SignatureDoesNotMatch"),
        ({"SessionToken": "guessed"}, "InvalidClientTokenId"),
        ({"AccessKeyId": "ASIASYNCAAAAAAAAAAAA"}, "InvalidClientTokenId"),
    ],
)
def test_wrong_credentials_are_rejected(
    aws: Aws,
    pool_id: str,
    identity_id: str,
    enforce: Enforce,
    changes: dict[str, str],
    code: str,
) -> None:
    give_role(aws, pool_id, allow("*"))
    sns = client_with(aws, credentials_of(aws, identity_id) | changes, "sns")
    enforce()

    assert error_of(sns.list_topics)[0] == code


def test_iam_users_and_assumed_roles_keep_their_permissions(
    aws: Aws, pool_id: str, enforce: Enforce
) -> None:
    role_arn = make_role(aws, allow("sqs:*"), trusted=trust(pool_id))
    iam = aws.client("iam")
    iam.create_user(UserName="alice")
    document = {"Version": "2012-10-17", "Statement": allow("sqs:*")}
    iam.put_user_policy(
        UserName="alice", PolicyName="p", PolicyDocument=json.dumps(document)
    )
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    of_user = aws.client(
        "sqs",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assumed = aws.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="api")
    of_role = client_with(aws, assumed["Credentials"], "sqs")
    enforce()

    for client in (of_user, of_role):
        assert status_of(client.list_queues) == 200


def test_guests_have_all_permissions_of_their_role(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    give_role(aws, pool_id, allow("iam:ListRoles"))
    iam = client_of(aws, identity_id, "iam")
    enforce()

    assert status_of(iam.list_roles) == 200  # AWS does not allow it to guests
    assert status_of(iam.list_users) == 403


def _accepts_not_resource() -> bool:  # pragma: no cover - depends on moto
    statement = {"Effect": "Allow", "Action": "sqs:*", "NotResource": "*"}
    with suppress(KeyError):
        IAMPolicyStatement(statement).is_action_permitted("sqs:ListQueues")
        return True
    return False


@pytest.mark.skipif(
    not _accepts_not_resource(), reason="older versions of moto require Resource"
)
def test_other_resources_are_not_evaluated(  # pragma: no cover
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    statement = allow("sqs:*", NotResource="*")
    del statement["Resource"]
    give_role(aws, pool_id, statement)
    client = client_of(aws, identity_id, "sqs")
    enforce()

    assert status_of(client.list_queues) == 200


# --- Trust ------------------------------------------------------------------------


def session_of(pool_id: str, **changes: Any) -> IdentitySession:
    session = IdentitySession(
        identity_id="us-east-1:0a1b",
        identity_pool_id=pool_id,
        account_id=ACCOUNT,
        role_arn="",
        amr=("unauthenticated",),
        expiration=0,
    )
    return session._replace(**changes)


POOL = "us-east-1:7d9b"
TAGS = {"principal_tags": {"team": "red"}}


@pytest.mark.parametrize(
    ("statement", "session", "is_trusted"),
    [
        (trust(POOL), {}, True),
        (trust("us-east-1:another"), {}, False),
        (trust(POOL, "unauthenticated"), {}, True),
        (trust(POOL, "authenticated"), {}, False),
        (trust(POOL, "authenticated"), {"amr": ("authenticated", "a")}, True),
        ({**trust(POOL), "Action": "sts:AssumeRole"}, {}, False),
        ({**trust(POOL), "Action": ["sts:assumerolewith*"]}, {}, True),
        ({**trust(POOL), "Principal": {"Federated": "accounts.google.com"}}, {}, False),
        ({**trust(POOL), "Principal": {"AWS": "*"}}, {}, False),
        ({**trust(POOL), "Principal": "*"}, {}, True),
        ({**trust(POOL), "Effect": "Deny"}, {}, False),
        ({**trust(POOL), "NotAction": "sts:*", "Action": []}, {}, False),
        # Tags require another action.
        (trust(POOL), TAGS, False),
        ({**trust(POOL), "Action": "sts:*"}, TAGS, True),
        (
            {
                **trust(POOL),
                "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
                "Condition": {"StringEquals": {"aws:RequestTag/team": "blue"}},
            },
            TAGS,
            False,
        ),
    ],
)
def test_the_trust_policy_of_a_role_is_evaluated(
    statement: dict[str, Any], session: dict[str, Any], is_trusted: bool
) -> None:
    with moto.mock_aws():
        role_arn = make_role(InProcess(), trusted=statement)

        assumed = session_of(POOL, role_arn=role_arn, **session)
        assert can_assume_role(assumed) is is_trusted
        missing = session_of(POOL, role_arn=f"{role_arn}-2", **session)
        assert not can_assume_role(missing)


def without(element: str) -> dict[str, Any]:
    return {key: value for key, value in trust(POOL).items() if key != element}


# moto does not check the trust policies of new roles.
MALFORMED = [
    "text",
    without("Effect"),
    {**trust(POOL), "Effect": ["Allow"]},
    {**trust(POOL), "Action": 5},
    {**trust(POOL), "Condition": 5},
    {**trust(POOL), "Condition": {"StringEquals": 5}},
]


@pytest.mark.parametrize(
    "document",
    [
        *("{}", "[]", "no JSON"),
        *(json.dumps({"Statement": [each]}) for each in MALFORMED),
        json.dumps({"Statement": [trust(POOL), "text"]}),
    ],
)
def test_a_malformed_trust_policy_trusts_no_identity(document: str) -> None:
    with moto.mock_aws():
        role = (
            InProcess()
            .client("iam")
            .create_role(RoleName="players", AssumeRolePolicyDocument=document)["Role"]
        )

        assert not can_assume_role(session_of(POOL, role_arn=role["Arn"]))


def assume_role(aws: Aws, token: str, role_arn: str = ROLE_ARN) -> Any:
    return aws.client("sts").assume_role_with_web_identity(
        RoleArn=role_arn, RoleSessionName="web", WebIdentityToken=token
    )


@pytest.mark.parametrize("amr", ["unauthenticated", "authenticated"])
def test_sts_checks_the_trust_policy(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce, amr: str
) -> None:
    role_arn = make_role(aws, trusted=trust(pool_id, amr))
    identities = aws.client("cognito-identity")
    token = identities.get_open_id_token(IdentityId=identity_id)["Token"]
    assert assume_role(aws, token)["Credentials"]  # IAM is not enforced yet
    enforce()

    if amr == "unauthenticated":
        assert assume_role(aws, token, role_arn)["Credentials"]
        return
    assert error_of(lambda: assume_role(aws, token, role_arn)) == (
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        403,
    )


@pytest.mark.parametrize("amr", ["unauthenticated", "authenticated"])
def test_cognito_identity_checks_the_trust_policy(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce, amr: str
) -> None:
    set_roles(aws, pool_id, make_role(aws, trusted=trust(pool_id, amr)))
    assert credentials_of(aws, identity_id)  # IAM is not enforced yet
    enforce()

    if amr == "unauthenticated":
        assert credentials_of(aws, identity_id)
        return
    assert error_of(lambda: credentials_of(aws, identity_id)) == (
        "InvalidIdentityPoolConfigurationException",
        "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
        400,
    )


def test_cognito_identity_does_not_find_roles_in_other_accounts(
    aws: Aws,
    pool_id: str,
    identity_id: str,
    enforce: Enforce,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111122223333")
    role_arn = make_role(aws, allow("sqs:*"), trusted=trust("*"))
    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    set_roles(aws, pool_id, role_arn)
    enforce()

    assert error_of(lambda: credentials_of(aws, identity_id))[0] == (
        "InvalidIdentityPoolConfigurationException"
    )


def test_initial_requests_do_not_depend_on_the_trust_policy(
    aws: Aws, pool_id: str, identity_id: str, enforce: Enforce
) -> None:
    enforce()
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 2

    set_roles(aws, pool_id)
    assert credentials_of(aws, identity_id)
    assert error_of(lambda: credentials_of(aws, identity_id))[0] == (
        "InvalidIdentityPoolConfigurationException"
    )


def test_principal_tags_can_be_used_in_policies(aws: Aws, enforce: Enforce) -> None:
    provider = "login.players"
    identities = aws.client("cognito-identity")
    pool_id = identities.create_identity_pool(
        IdentityPoolName="players",
        AllowUnauthenticatedIdentities=False,
        DeveloperProviderName=provider,
    )["IdentityPoolId"]
    trusted = {**trust(pool_id), "Action": "sts:*"}
    red = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    set_roles(
        aws, pool_id, make_role(aws, allow("sqs:*", Condition=red), trusted=trusted)
    )
    clients = []
    for team in ("red", "blue"):
        user = identities.get_open_id_token_for_developer_identity(
            IdentityPoolId=pool_id,
            Logins={provider: team},
            PrincipalTags={"team": team},
        )
        credentials = credentials_of(
            aws, user["IdentityId"], Logins={COGNITO: user["Token"]}
        )
        clients.append(client_with(aws, credentials, "sqs"))
    enforce()

    assert [status_of(sqs.list_queues) for sqs in clients] == [200, 403]


def test_calls_of_sts_count_as_initial_requests(
    aws: Aws, identity_id: str, enforce: Enforce
) -> None:
    identities = aws.client("cognito-identity")
    token = identities.get_open_id_token(IdentityId=identity_id)["Token"]
    enforce()
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 2

    for _ in range(2):
        assert assume_role(aws, token)["Credentials"]
    assert error_of(lambda: assume_role(aws, token))[0] == "AccessDenied"


def test_the_account_of_the_role_decides(
    aws: Aws, identity_id: str, enforce: Enforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities = aws.client("cognito-identity")
    token = identities.get_open_id_token(IdentityId=identity_id)["Token"]
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111122223333")
    role_arn = make_role(aws, allow("sqs:*"), trusted=trust("*"))
    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    sqs = client_with(aws, assume_role(aws, token, role_arn)["Credentials"], "sqs")
    enforce()

    assert "111122223333" in role_arn
    assert status_of(sqs.list_queues) == 200
