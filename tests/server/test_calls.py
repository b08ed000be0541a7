"""The calls that the server records, and how the control API shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError, ConnectionClosedError
from freezegun import freeze_time

from moto_cognitosync.faults import fault
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.server.access import AccessRules
from moto_cognitosync.server.application import make_application
from moto_cognitosync.server.http import HttpServer
from moto_cognitosync.server.limits import Limits
from moto_cognitosync.state import load_state
from tests.server.test_http_server import serving
from tests.server.test_server import POOL
from tests.support.apps import App, make_pool_with_logins
from tests.support.aws import REGION, OnServer
from tests.support.control_api import ControlApi
from tests.support.datasets import (
    NOW,
    DatasetUnderTest,
    make_identity,
    make_pool,
    replace,
)

ACCOUNT = "123456789012"
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential={key}/20261122/us-east-1/{service}/aws4_request, "
    "SignedHeaders=host, Signature=0123abc"
)


@pytest.fixture
def aws(server: CognitoSyncServer) -> OnServer:
    return OnServer(server)


@pytest.fixture
def settings(aws: OnServer) -> DatasetUnderTest:
    """A dataset with one record."""
    pool_id = make_pool(aws)
    identity_id = make_identity(aws, pool_id)
    dataset = DatasetUnderTest(
        aws.client("cognito-sync"), pool_id, identity_id, "settings"
    )
    dataset.write(theme="dark")
    return dataset


def latest(api: ControlApi, details: bool = False) -> dict[str, Any]:
    """Return the latest call."""
    (call,) = api.calls(
        api.get("calls")["latest"] - 1, details="true" if details else "false"
    )
    return call


# --- Members of a call ------------------------------------------------------------


def test_a_call_names_its_operation_caller_and_dataset(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    settings.describe()

    call = latest(api)
    assert call["number"] == 6
    assert 0 < call["milliseconds"] < 60_000
    assert call == {
        **call,
        "service": "cognito-sync",
        "operation": "DescribeDataset",
        "method": "GET",
        "account_id": ACCOUNT,
        "region": REGION,
        "caller": "developer",
        "access_key": "testing",
        "identity_pool_id": settings.pool_id,
        "identity_id": settings.identity_id,
        "dataset_name": "settings",
        "device_id": None,
        "status": 200,
        "error": None,
        "message": None,
        "conflict": None,
    }
    assert call["path"].startswith("/identitypools/us-east-1%3A")
    assert not {"request", "response"} & call.keys()


def test_a_call_names_its_device(api: ControlApi, settings: DatasetUnderTest) -> None:
    settings.patch(replace("theme", "light", 1), DeviceId="phone")
    update = latest(api)
    with pytest.raises(ClientError):
        settings.client.subscribe_to_dataset(**settings.ids, DeviceId="tablet")

    assert update["device_id"] == "phone"
    assert latest(api)["device_id"] == "tablet"


def test_operations_are_recorded_in_order(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    del settings  # making it called these operations
    names = [call["operation"] for call in api.calls()]

    assert names == [
        "CreateIdentityPool",
        "GetId",
        "ListRecords",
        "ListRecords",
        "UpdateRecords",
    ]


def test_a_conflict_shows_both_sync_counts(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    settings.write(theme="light")
    with pytest.raises(ClientError):
        settings.patch(replace("theme", "blue", sync_count=1))

    call = latest(api)
    assert call["status"] == 409
    assert call["error"] == "ResourceConflictException"
    assert call["message"] == "Current SyncCount for: theme is: 2 not: 1"
    assert call["conflict"] == {"key": "theme", "sent": 1, "current": 2}


def test_a_conflict_without_sync_counts_is_only_an_error(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    with (
        fault("DeleteDataset", "ResourceConflictException", message="busy"),
        pytest.raises(ClientError),
    ):
        settings.delete()

    call = latest(api)
    assert (call["error"], call["message"]) == ("ResourceConflictException", "busy")
    assert call["conflict"] is None


def test_a_dropped_connection_has_no_status(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    with (
        fault("DeleteDataset", drop_connection=True),
        pytest.raises(ConnectionClosedError),
    ):
        settings.delete()

    call = latest(api)
    assert call["operation"] == "DeleteDataset"
    assert (call["status"], call["error"]) == (None, None)


def test_an_unexpected_exception_is_recorded_as_an_error(
    api: ControlApi, settings: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(
        "moto_cognitosync.cognitosync.models.CognitoSyncBackend.delete_dataset", fail
    )
    with pytest.raises(ClientError):
        settings.delete()

    call = latest(api)
    assert (call["operation"], call["status"]) == ("DeleteDataset", 500)
    assert call["error"] == "InternalFailure"


def test_a_request_that_matches_no_operation_is_recorded(
    api: ControlApi, aws: OnServer
) -> None:
    response = aws.send("PATCH", "/identitypools/a%3Ab")

    call = latest(api)
    assert response.status == 404
    assert call["operation"] is None
    assert (call["method"], call["path"]) == ("PATCH", "/identitypools/a%3Ab")
    assert call["error"] == "UnknownOperationException"
    assert call["identity_pool_id"] == "a:b"


def test_callers_are_told_apart(api: ControlApi, aws: OnServer) -> None:
    app = App(aws, make_pool_with_logins(aws.client("cognito-identity")))
    app.log_in()
    dataset = DatasetUnderTest(app.sync, app.pool_id, app.identity_id, "settings")
    dataset.list()
    listed = latest(api)
    path = listed["path"]
    aws.send("GET", path)
    unsigned = latest(api)
    aws.send(
        "GET",
        path,
        headers={
            "Authorization": SIGNATURE.format(key="mine", service="cognito-sync"),
            "User-Agent": "moto region/eu-west-1",
            "x-moto-account-id": "111122223333",
        },
    )
    developer = latest(api)

    assert listed["caller"] == "identity"
    assert listed["access_key"]
    assert (unsigned["caller"], unsigned["access_key"]) == ("unsigned", None)
    assert (developer["caller"], developer["access_key"]) == ("developer", "mine")
    assert developer["account_id"] == "111122223333"
    assert developer["region"] == "eu-west-1"


def test_calls_of_an_identity_belong_to_its_account(
    api: ControlApi, aws: OnServer
) -> None:
    pool = {"IdentityPoolId": "us-east-1:a", "AccountId": "222222222222"}
    roles = {"unauthenticated": "arn:aws:iam::222222222222:role/players"}
    identities = [{"IdentityId": "us-east-1:b"}]
    load_state({"IdentityPools": [{**pool, "Roles": roles, "Identities": identities}]})
    issued = aws.client("cognito-identity").get_credentials_for_identity(
        IdentityId="us-east-1:b"
    )
    credentials = issued["Credentials"]
    sync = aws.client(
        "cognito-sync",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretKey"],
        aws_session_token=credentials["SessionToken"],
    )
    sync.list_datasets(IdentityPoolId="us-east-1:a", IdentityId="us-east-1:b")

    call = latest(api)
    assert (call["caller"], call["account_id"]) == ("identity", "222222222222")


def test_unsigned_calls_to_cognito_identity_belong_to_the_account_of_the_pool(
    api: ControlApi, aws: OnServer
) -> None:
    app = App(aws, make_pool_with_logins(aws.client("cognito-identity", "eu-west-1")))
    app.log_in()

    created, credentials = api.calls()[-2:]
    assert created["operation"] == "GetId"
    assert created["identity_pool_id"] == app.pool_id
    assert created["identity_id"] == app.identity_id  # from the response
    assert credentials["operation"] == "GetCredentialsForIdentity"
    assert credentials["identity_id"] == app.identity_id
    for call in (created, credentials):
        assert call["caller"] == "unsigned"
        assert (call["account_id"], call["region"]) == (ACCOUNT, "eu-west-1")


def test_invalid_input_of_cognito_identity_is_recorded(
    api: ControlApi, aws: OnServer
) -> None:
    headers = {
        "X-Amz-Target": "AWSCognitoIdentityService.GetId",
        "Host": f"cognito-identity.{REGION}.amazonaws.com",
    }
    for body in (b"[", b"[]", b'{"IdentityPoolId": 5}'):
        aws.send("POST", "/", body, headers)

        call = latest(api)
        assert (call["operation"], call["status"]) == ("GetId", 400)
        assert call["error"]
        assert call["identity_pool_id"] is None
        assert call["region"] == REGION


def test_other_services_are_recorded_with_method_path_and_status(
    api: ControlApi, aws: OnServer
) -> None:
    aws.client("s3").create_bucket(Bucket="saves")

    call = latest(api, details=True)
    assert call == {
        **dict.fromkeys(call),
        "number": 1,
        "time": call["time"],
        "milliseconds": call["milliseconds"],
        "service": "s3",
        "method": "PUT",
        "path": "/saves",
        "status": 200,
    }


def test_unsigned_requests_for_moto_have_no_service(
    api: ControlApi, aws: OnServer
) -> None:
    requests.get(f"{aws.server.url}/saves/game", timeout=30)

    call = latest(api)
    assert (call["service"], call["path"], call["status"]) == ("", "/saves/game", 404)


def test_an_absolute_url_is_recorded_as_its_path(
    api: ControlApi, aws: OnServer
) -> None:
    aws.send("GET", f"http://cognito-sync.{REGION}.amazonaws.com/identitypools?a=b")

    call = latest(api)
    assert call["operation"] == "ListIdentityPoolUsage"
    assert call["path"] == "/identitypools?a=b"


def test_the_time_follows_the_clock_of_the_test(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    with freeze_time(NOW):
        settings.describe()

    call = latest(api)
    assert call["time"] == "2026-03-01T12:00:00.250Z"
    assert call["milliseconds"] > 0  # even though time stood still


# --- Requests and responses -------------------------------------------------------


def test_details_contain_headers_and_bodies(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    settings.write(theme="light")

    call = latest(api, details=True)
    request, response = call["request"], call["response"]
    sent = json.loads(request["body"])
    assert sent["RecordPatches"][0]["Value"] == "light"
    assert sent["SyncSessionToken"]
    assert ["Content-Type", "application/json"] in request["headers"]
    assert request["size"] == len(request["body"])
    assert request["is_cut"] is False
    assert json.loads(response["body"])["Records"][0]["Value"] == "light"
    assert "x-amzn-RequestId" in [name for name, _ in response["headers"]]
    assert api.get(f"calls/{call['number']}") == call


def test_long_bodies_are_cut(api: ControlApi, settings: DatasetUnderTest) -> None:
    settings.write(map="é" * 50_000)

    request = latest(api, details=True)["request"]
    assert request["is_cut"] is True
    assert request["size"] > 100_000
    assert len(request["body"].encode()) in range(64 * 1024, 64 * 1024 + 3)


def test_calls_that_are_not_recorded_are_not_found(api: ControlApi) -> None:
    for number in (0, 1, 99):
        response = api.send("GET", f"calls/{number}")

        assert response.status_code == 404
        error = f"there is no recorded call with number {number}"
        assert response.json() == {"error": error}


# --- Secrets ----------------------------------------------------------------------


def test_signatures_and_session_tokens_are_masked(
    api: ControlApi, aws: OnServer
) -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=key%2F20261122%2Fus-east-1%2Fcognito-sync%2Faws4_request"
        "&X-Amz-Security-Token=s3cret&X-Amz-Sign%61ture=s3cret&X-Amz-Date"
    )
    headers = {
        "Authorization": SIGNATURE.format(key="key", service="cognito-sync"),
        "X-Amz-Security-Token": "s3cret",
        "Cookie": "s3cret",
    }
    aws.send("GET", f"/identitypools?{query}", headers=headers)

    call = latest(api, details=True)
    assert "s3cret" not in json.dumps(call)
    assert "0123abc" not in json.dumps(call)
    assert call["path"].endswith(
        "&X-Amz-Security-Token=***&X-Amz-Sign%61ture=***&X-Amz-Date"
    )
    shown = dict(call["request"]["headers"])
    assert shown["Authorization"].endswith("SignedHeaders=host, Signature=***")
    assert shown["X-Amz-Security-Token"] == shown["Cookie"] == "***"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("AWS key:s3cret", "AWS key:***"),
        ("Bearer s3cret", "Bearer ***"),
        ("s3cret", "***"),
        ("AWS4-HMAC-SHA256 Signature=s3cret, Credential=key", None),
    ],
)
def test_other_kinds_of_authorization_are_masked(
    api: ControlApi, aws: OnServer, value: str, shown: str | None
) -> None:
    host = f"cognito-sync.{REGION}.amazonaws.com"
    aws.send("GET", "/identitypools", headers={"Authorization": value, "Host": host})

    masked = dict(latest(api, details=True)["request"]["headers"])["Authorization"]
    assert masked == (shown or "AWS4-HMAC-SHA256 Signature=***")


def test_credentials_and_logins_are_masked(api: ControlApi, aws: OnServer) -> None:
    identities = aws.client("cognito-identity")
    app = App(aws, make_pool_with_logins(identities))
    token = identities.get_open_id_token_for_developer_identity(
        IdentityPoolId=app.pool_id, Logins={"login.game.example": "ada}"}
    )
    app.log_in_as_developer_user(token)

    issued, credentials = api.calls(details="true")[-2:]
    assert json.loads(issued["request"]["body"])["Logins"] == {
        "login.game.example": "***"
    }
    assert json.loads(issued["response"]["body"])["Token"] == "***"
    sent = json.loads(credentials["request"]["body"])
    assert sent["Logins"] == {"cognito-identity.amazonaws.com": "***"}
    received = json.loads(credentials["response"]["body"])["Credentials"]
    assert received["SecretKey"] == received["SessionToken"] == "***"
    assert received["AccessKeyId"] != "***"
    assert received["Expiration"] > 0


@pytest.mark.parametrize(
    "body",
    [
        '{"Logins": {"a": "s3cret',
        '{"Logins": {"a": "b\\"}", "c" : "s3cret"}}',
        '{"Token":"s3cret\\',
        '{ "Token" : "\\"s3cret"',
    ],
)
def test_secrets_are_masked_in_malformed_bodies(
    api: ControlApi, aws: OnServer, body: str
) -> None:
    host = f"cognito-identity.{REGION}.amazonaws.com"
    aws.send("POST", "/", body.encode(), {"Host": host})

    shown = latest(api, details=True)["request"]["body"]
    assert "s3cret" not in shown
    assert "***" in shown


def test_record_values_are_not_masked(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    values = {"Token": "a", "Logins": '{"Token": "b", "Logins": {"c": "d"}}'}
    settings.write(**values)

    body = latest(api, details=True)["request"]["body"]
    patches = json.loads(body)["RecordPatches"]
    assert {each["Key"]: each["Value"] for each in patches} == values


# --- moto's API and the control API -----------------------------------------------


def test_requests_that_change_state_are_recorded(
    api: ControlApi, aws: OnServer
) -> None:
    api.send("PUT", "state", {})
    requests.post(f"{aws.server.url}/moto-api/reset", timeout=30)

    assert [
        (call["service"], call["method"], call["path"], call["status"])
        for call in api.calls()
    ] == [
        ("moto-api", "PUT", "/moto-api/cognito-sync/state", 200),
        ("moto-api", "POST", "/moto-api/reset", 200),
    ]


def test_requests_that_only_read_are_not_recorded(
    api: ControlApi, aws: OnServer
) -> None:
    api.get("state")
    api.send("HEAD", "overview")
    api.send("OPTIONS", "faults")
    requests.get(f"{aws.server.url}/moto-api/data.json", timeout=30)
    requests.get(f"{aws.server.url}/health", timeout=30)

    assert api.calls() == []


def test_calls_can_be_discarded(api: ControlApi, settings: DatasetUnderTest) -> None:
    before = api.get("calls")
    assert before["latest"] == 5
    assert api.send("DELETE", "calls").json() == {"status": "ok"}
    assert api.get("calls") == {**before, "calls": []}

    settings.describe()
    assert [call["number"] for call in api.calls()] == [6]


# --- Paging and limits ------------------------------------------------------------


def numbers(api: ControlApi, **query: Any) -> list[int]:
    return [call["number"] for call in api.calls(**query)]


def test_calls_can_be_read_in_pages(
    api: ControlApi, settings: DatasetUnderTest
) -> None:
    del settings  # five calls
    assert numbers(api, limit=2) == [1, 2]
    assert numbers(api, since=2, limit=2) == [3, 4]
    assert numbers(api, since=4, limit=2) == [5]
    assert numbers(api, since=5) == []
    assert numbers(api, since=99) == []
    assert numbers(api, limit=0) == []


def list_pools(server: CognitoSyncServer | HttpServer, times: int) -> ControlApi:
    """Call ListIdentityPoolUsage several times."""
    url = (
        server.url
        if isinstance(server, CognitoSyncServer)
        else "http://{}:{}".format(*server.bind_addr)
    )
    with requests.Session() as session:
        for number in range(times):
            query = {"maxResults": number + 1}
            response = session.get(f"{url}/identitypools", params=query, timeout=30)
            assert response.status_code == 200
    return ControlApi(url)


def test_only_the_last_thousand_calls_are_kept(
    server: CognitoSyncServer,
) -> None:
    api = list_pools(server, 1003)

    kept = api.calls()
    assert len(kept) == 1000
    assert kept[0]["number"] == 4
    assert kept[0]["path"] == "/identitypools?maxResults=4"
    assert numbers(api, since=2, limit=2) == [4, 5]


def test_the_number_of_calls_is_configurable() -> None:
    with CognitoSyncServer(max_calls=2) as server:
        assert numbers(list_pools(server, 3)) == [2, 3]


def test_no_calls_can_be_kept() -> None:
    with CognitoSyncServer(max_calls=0) as server:
        api = list_pools(server, 3)
        assert api.get("calls") == {**api.get("calls"), "latest": 3, "calls": []}


@pytest.fixture
def small_server() -> Iterator[HttpServer]:
    """A server that records at most 2,000 bytes, and 10 bytes of each body."""
    limits = Limits(size=2000, body=10)
    application = make_application(AccessRules("127.0.0.1"), limits)
    with serving(application) as server:
        yield server


def test_the_size_of_calls_is_limited(small_server: HttpServer) -> None:
    kept = numbers(list_pools(small_server, 50))

    assert 2 < len(kept) < 30
    assert kept == [*range(51 - len(kept), 51)]


def test_the_size_of_bodies_is_configurable(small_server: HttpServer) -> None:
    api = list_pools(small_server, 1)

    response = latest(api, details=True)["response"]
    assert response["body"] == '{"Count":0'
    assert response["is_cut"] is True


def test_a_call_that_is_too_large_is_not_kept(small_server: HttpServer) -> None:
    api = list_pools(small_server, 1)
    url = api.url.partition("/moto-api")[0]
    requests.get(f"{url}/identitypools?{3000 * 'a'}", timeout=30)

    assert api.get("calls") == {**api.get("calls"), "latest": 2, "calls": []}
    assert numbers(list_pools(small_server, 1)) == [3]


def test_parallel_calls_get_different_numbers(
    server: CognitoSyncServer,
) -> None:
    with ThreadPoolExecutor(8) as threads:
        apis = list(threads.map(lambda _: list_pools(server, 25), range(8)))

    assert numbers(apis[0]) == [*range(1, 201)]


def test_each_server_has_its_own_calls(server: CognitoSyncServer) -> None:
    with CognitoSyncServer() as other:
        first, second = list_pools(server, 1), ControlApi(other.url)

        assert numbers(first) == [1]
        assert numbers(second) == []
        assert first.get("calls")["server"] != second.get("calls")["server"]


def test_unknown_ids_do_not_create_anything(api: ControlApi) -> None:
    from moto_cognitosync.cognitosync.models import cognitosync_backends

    response = api.send("GET", "pool", identity_pool_id=POOL, account_id="999999999999")

    assert response.status_code == 404
    assert "999999999999" not in cognitosync_backends
