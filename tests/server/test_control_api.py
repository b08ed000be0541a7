"""The control API: its data, its actions and its OpenAPI document."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from moto_cognitosync import __version__
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.server.openapi import DOCUMENT
from moto_cognitosync.state import dump_state, load_state
from tests.cognitosync.test_push_sync import make_application
from tests.server.test_server import POOL
from tests.support.apps import (
    DEVELOPER,
    FACEBOOK,
    App,
    make_pool_with_logins,
)
from tests.support.aws import REGION, OnServer
from tests.support.control_api import ROOT, ControlApi
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)
from tests.support.streams import stream_of

ACCOUNT = "123456789012"
DATE = "2026-03-01T12:00:00.250Z"


@pytest.fixture
def server(cognitosync_server: CognitoSyncServer) -> CognitoSyncServer:
    return cognitosync_server


@pytest.fixture
def aws(server: CognitoSyncServer) -> OnServer:
    return OnServer(server)


def error(response: requests.Response, status: int = 400) -> str:
    """Return the text of an error, which must have this status."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    content: dict[str, str] = response.json()
    assert content.keys() == {"error"}
    return content["error"]


# --- Health -----------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/health", f"{ROOT}health"])
@pytest.mark.parametrize("host", ["localhost", "moto", "rebound.example.org:80"])
def test_health_is_reported_on_every_host(
    server: CognitoSyncServer, path: str, host: str
) -> None:
    for method in ("GET", "HEAD"):
        response = requests.request(
            method, server.url + path, headers={"Host": host}, timeout=30
        )
        assert response.status_code == 200
    assert requests.get(server.url + path, timeout=30).json() == {
        "status": "ok",
        "version": __version__,
    }


def test_health_is_not_reported_to_other_web_pages(server: CognitoSyncServer) -> None:
    headers = {"Origin": "https://example.org"}
    response = requests.get(f"{server.url}{ROOT}health", headers=headers, timeout=30)

    assert "allowed origin" in error(response, 403)


def test_a_bucket_can_be_called_health(aws: OnServer) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="health")

    assert s3.list_objects_v2(Bucket="health")["KeyCount"] == 0
    host = {"Host": "s3.amazonaws.com"}
    listed = requests.get(f"{aws.server.url}/health", headers=host, timeout=30)
    assert "ListBucketResult" in listed.text or listed.status_code == 403


# --- The way to the page ----------------------------------------------------------

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/", ROOT.rstrip("/")])
def test_browsers_are_redirected_to_the_inspector(
    server: CognitoSyncServer, path: str
) -> None:
    response = requests.get(
        server.url + path, headers=BROWSER, allow_redirects=False, timeout=30
    )

    assert response.status_code == 302
    assert response.headers["Location"] == ROOT


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "*/*"},
        {**BROWSER, "Host": "bucket.localhost"},
        {**BROWSER, "Host": "s3.amazonaws.com"},
        {**BROWSER, "Host": "rebound.example.org"},
        {**BROWSER, "Sec-Fetch-Site": "cross-site"},
        {
            **BROWSER,
            "Authorization": "AWS4-HMAC-SHA256 Credential=k/20261122/us-east-1/s3/"
            "aws4_request, SignedHeaders=host, Signature=0",
        },
    ],
)
def test_other_requests_for_the_root_are_for_s3(
    server: CognitoSyncServer, headers: dict[str, str]
) -> None:
    response = requests.get(
        server.url, headers=headers, allow_redirects=False, timeout=30
    )

    assert response.status_code != 302
    assert re.search("<ListAllMyBucketsResult|<Error>", response.text)


def test_presigned_requests_for_the_root_are_for_s3(aws: OnServer) -> None:
    url = aws.client("s3").generate_presigned_url("list_buckets")
    response = requests.get(url, headers=BROWSER, timeout=30)

    assert "ListAllMyBucketsResult" in response.text


@pytest.mark.parametrize(
    ("path", "content_type", "beginning"),
    [
        ("", "text/html; charset=utf-8", "<!doctype html>"),
        ("static/style.css", "text/css; charset=utf-8", "/*"),
        ("static/app.js", "text/javascript; charset=utf-8", "/**"),
    ],
)
def test_only_the_own_files_of_the_page_may_run(
    server: CognitoSyncServer, path: str, content_type: str, beginning: str
) -> None:
    response = requests.get(f"{server.url}{ROOT}{path}", timeout=30)

    assert response.text.startswith(beginning)
    assert response.headers["Content-Type"] == content_type
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'"} <= {*policy}
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["nothing.js", "../page.py", "%2e%2e/page.py"])
def test_unknown_files_of_the_page_are_not_found(aws: OnServer, name: str) -> None:
    response = aws.send("GET", f"{ROOT}static/{name}", headers={"Host": "localhost"})

    assert response.status == 404
    assert "error" in response.json


# --- Pools ------------------------------------------------------------------------


def test_the_overview_lists_pools_of_all_accounts_and_regions(
    api: ControlApi,
) -> None:
    pool = {"IdentityPoolId": "us-east-1:1", "IdentityPoolName": "first"}
    identity = {
        "IdentityId": "us-east-1:2",
        "Datasets": [
            {"DatasetName": "a", "Values": {"k": "v"}},
            {"DatasetName": "b", "Values": {"k": "é"}},
            {"DatasetName": "c", "DatasetExists": False},
        ],
    }
    load_state(
        {
            "IdentityPools": [
                {**pool, "AccountId": "222222222222"},
                {"IdentityPoolId": "eu-west-1:3", "IdentityPoolName": "third"},
                {**pool, "IdentityPoolId": "us-east-1:0", "Identities": [identity]},
            ]
        }
    )

    overview = api.get("overview")
    assert overview == {
        "version": __version__,
        **{name: api.get("calls")[name] for name in ("server", "latest")},
        "pools": [
            {
                "account_id": account_id,
                "region": pool_id.partition(":")[0],
                "IdentityPoolId": pool_id,
                "IdentityPoolName": name,
                "IdentityCount": identities,
                "DatasetCount": datasets,
                "DataStorage": size,
                "MatchingIdentityCount": identities,
            }
            for account_id, pool_id, name, identities, datasets, size in [
                (ACCOUNT, "eu-west-1:3", "third", 0, 0, 0),
                (ACCOUNT, "us-east-1:0", "first", 1, 2, 5),
                ("222222222222", "us-east-1:1", "first", 0, 0, 0),
            ]
        ],
    }
    other = {"identity_pool_id": "us-east-1:1"}
    assert error(api.send("GET", "pool", **other), 404)
    assert api.get("pool", account_id="222222222222", **other)["region"] == "us-east-1"
    assert error(api.send("GET", "pool", region="eu-west-1", **other), 404)


def test_a_pool_has_its_settings_and_the_number_of_its_devices(
    api: ControlApi, aws: OnServer
) -> None:
    pool_id = make_pool(aws)
    sync = aws.client("cognito-sync")
    dataset = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")
    stream_of(aws, pool_id)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:tidy"
    application = make_application(aws, "GCM")
    sync.set_identity_pool_configuration(
        IdentityPoolId=pool_id, PushSync={"ApplicationArns": [application]}
    )
    dataset.write(theme="dark")
    sync.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": arn})
    ids = {"IdentityPoolId": pool_id, "IdentityId": dataset.identity_id}
    for token in "ab":
        device = sync.register_device(**ids, Platform="GCM", Token=token)["DeviceId"]
    sync.subscribe_to_dataset(**ids, DatasetName="settings", DeviceId=device)

    pool = api.get("pool", identity_pool_id=pool_id)
    assert pool == {
        **pool,
        "account_id": ACCOUNT,
        "region": REGION,
        "IdentityPoolId": pool_id,
        "IdentityPoolName": "players",
        "AllowUnauthenticatedIdentities": True,
        "Events": {"SyncTrigger": arn},
        "PushSync": {"ApplicationArns": [application]},
        "SyncSessionsCount": 2,
        "IdentityCount": 1,
        "DatasetCount": 1,
        "DataStorage": 9,
        "DeviceCount": 2,
        "SubscriptionCount": 1,
    }
    assert [each.pop("IdentityId") for each in pool["Devices"]] == [
        dataset.identity_id,
        dataset.identity_id,
    ]
    assert pool["CognitoStreams"]["StreamName"] == "changes"
    assert "Identities" not in pool

    identity = api.get(
        "identity", identity_pool_id=pool_id, identity_id=dataset.identity_id
    )
    assert pool["Devices"] == identity["Devices"]
    assert [each["Subscriptions"] for each in identity["Devices"]] == [
        [],
        ["settings"],
    ]
    assert identity["Devices"][1] == {
        "DeviceId": device,
        "Platform": "GCM",
        "EndpointArn": identity["Devices"][1]["EndpointArn"],
        "Subscriptions": ["settings"],
    }
    shown = api.get("dataset", **ids_of(dataset))
    assert shown["SubscribedDevices"] == [device]


def ids_of(dataset: DatasetUnderTest) -> dict[str, str]:
    """Return the parameters of the control API for a dataset."""
    return {
        "identity_pool_id": dataset.pool_id,
        "identity_id": dataset.identity_id,
        "dataset_name": dataset.name,
    }


# --- Identities -------------------------------------------------------------------


@pytest.fixture
def many(server: CognitoSyncServer) -> str:
    """Id of a pool with 10,000 identities, of which the last one has data."""
    del server
    data: list[dict[str, Any]] = [
        {"IdentityId": f"us-east-1:{number:05}"} for number in range(10_000)
    ]
    data[-1]["Datasets"] = [{"DatasetName": "Settings", "Values": {"k": "v"}}]
    data[-2]["Logins"] = {FACEBOOK: "Ada"}
    load_state({"IdentityPools": [{"IdentityPoolId": POOL, "Identities": data}]})
    return POOL


def test_identities_are_listed_in_pages(api: ControlApi, many: str) -> None:
    first = api.get("identities", identity_pool_id=many)
    last = api.get("identities", identity_pool_id=many, offset=9_999, limit=1000)
    after = api.get("identities", identity_pool_id=many, offset=10_000)

    assert (first["total"], first["offset"]) == (10_000, 0)
    assert [each["IdentityId"] for each in first["identities"]] == [
        f"us-east-1:{number:05}" for number in range(50)
    ]
    (identity,) = last["identities"]
    assert (last["offset"], identity["IdentityId"]) == (9_999, "us-east-1:09999")
    assert identity["DatasetCount"] == 1
    assert identity["DataStorage"] == 2
    assert after["identities"] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0123", ["us-east-1:00123", *(f"us-east-1:0123{each}" for each in range(10))]),
        ("settings", ["us-east-1:09999"]),
        ("ADA", ["us-east-1:09998"]),
        ("Facebook", ["us-east-1:09998"]),
        ("nothing", []),
    ],
)
def test_identities_can_be_filtered(
    api: ControlApi, many: str, text: str, found: list[str]
) -> None:
    page = api.get("identities", identity_pool_id=many, filter=text)

    assert page["total"] == len(found)
    assert [each["IdentityId"] for each in page["identities"]] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {"Gamers": 1, "players": 1}),
        ("GAMER", {"Gamers": 0}),
        (":b", {"players": 0}),
        ("ada", {"Gamers": 1}),
        ("us-east-1:2", {"players": 1}),
        ("nothing", {}),
    ],
)
def test_pools_can_be_filtered_by_name_id_and_identity(
    api: ControlApi, server: CognitoSyncServer, text: str, found: dict[str, int]
) -> None:
    del server
    ada = {"IdentityId": "us-east-1:1", "Logins": {FACEBOOK: "Ada"}}
    other = {"IdentityId": "us-east-1:2"}
    pools = [("us-east-1:a", "Gamers", ada), ("us-east-1:b", "players", other)]
    load_state(
        {
            "IdentityPools": [
                {"IdentityPoolId": id_, "IdentityPoolName": name, "Identities": [each]}
                for id_, name, each in pools
            ]
        }
    )

    overview = api.get("overview", filter=text)
    assert {
        each["IdentityPoolName"]: each["MatchingIdentityCount"]
        for each in overview["pools"]
    } == found
    assert {each["IdentityCount"] for each in overview["pools"]} <= {1}


def test_ten_thousand_identities_are_searched_quickly(
    api: ControlApi, many: str
) -> None:
    times = []
    for _ in range(3):
        start = time.monotonic()
        api.get("identities", identity_pool_id=many, filter="settings")
        api.get("overview")
        times.append(time.monotonic() - start)

    assert min(times) < 0.5  # about 0.03 on an idle machine


def test_an_identity_has_logins_dates_and_the_expiry_of_its_credentials(
    api: ControlApi, aws: OnServer
) -> None:
    identities = aws.client("cognito-identity")
    app = App(aws, make_pool_with_logins(identities))
    ids = {"identity_pool_id": app.pool_id}
    with freeze_time("2026-03-01 12:00:00.250"):
        issued = identities.get_open_id_token_for_developer_identity(
            IdentityPoolId=app.pool_id, Logins={DEVELOPER: "ada"}
        )
        before = api.get("identity", identity_id=issued["IdentityId"], **ids)
        app.log_in_as_developer_user(issued)
    other = make_identity(aws, app.pool_id)
    after = api.get("identity", identity_id=app.identity_id, **ids)

    assert before == {
        "IdentityId": app.identity_id,
        "IsEnabled": True,
        "MergedInto": None,
        "CreationDate": DATE,
        "LastModifiedDate": DATE,
        "Logins": [{"Provider": DEVELOPER, "User": "ada"}],
        "DatasetCount": 0,
        "DataStorage": 0,
        "DeviceCount": 0,
        "IdentityPoolName": "players",
        "CredentialsExpiration": None,
        "Datasets": [],
        "Devices": [],
        "AccessKeyId": before["AccessKeyId"],
    }
    assert after == {**before, "CredentialsExpiration": "2026-03-01T13:00:00.000Z"}
    assert (
        api.get("identity", identity_id=other, **ids)["CredentialsExpiration"] is None
    )


def test_users_are_found_by_the_ids_of_their_identities(
    api: ControlApi, aws: OnServer
) -> None:
    app = App(aws, make_pool_with_logins(aws.client("cognito-identity")))
    app.log_in({FACEBOOK: "ada"})
    guest = make_identity(aws, app.pool_id)
    ids = f"{app.identity_id},{guest},{REGION}:missing"

    assert api.get("users", identity_ids=ids)["users"] == {app.identity_id: "ada"}
    other_account = api.get("users", identity_ids=ids, account_id=12 * "1")
    assert other_account["users"] == {}


def test_an_identity_has_the_access_key_of_its_credentials(
    api: ControlApi, aws: OnServer
) -> None:
    pool_id = make_pool(aws)
    identity_id = make_identity(aws, pool_id)
    issued = aws.client("cognito-identity").get_credentials_for_identity(
        IdentityId=identity_id
    )

    identity = api.get("identity", identity_pool_id=pool_id, identity_id=identity_id)
    assert identity["AccessKeyId"] == issued["Credentials"]["AccessKeyId"]


# --- Datasets ---------------------------------------------------------------------


@pytest.fixture
def dataset(aws: OnServer) -> DatasetUnderTest:
    pool_id = make_pool(aws)
    sync = aws.client("cognito-sync")
    return DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")


def test_a_dataset_contains_removed_records(
    api: ControlApi, dataset: DatasetUnderTest
) -> None:
    with freeze_time("2026-03-01 12:00:00.250"):
        dataset.patch(replace("b", "é"), replace("a", "x"))
        dataset.patch(remove("b", 1), DeviceId="phone")
        dataset.named(f"settings.{dataset.identity_id}").write(c="d")

    shown = api.get("dataset", **ids_of(dataset))
    record = {"LastModifiedDate": DATE, "DeviceLastModifiedDate": DATE}
    assert shown == {
        "IdentityId": dataset.identity_id,
        "IdentityPoolName": "players",
        "User": None,
        "DatasetName": "settings",
        "DatasetExists": True,
        "DatasetSyncCount": 2,
        "SyncCountAtDeletion": 0,
        "CreationDate": DATE,
        "LastModifiedDate": DATE,
        "LastModifiedBy": "phone",
        "NumRecords": 1,
        "DataStorage": 2,
        "ReportsMerge": True,
        "MergedDatasetNames": [f"settings.{dataset.identity_id}"],
        "SubscribedDevices": [],
        "MaxRecords": 1024,
        "MaxBytes": 1_048_576,
        "Records": [
            {
                "Key": "a",
                "Value": "x",
                "SyncCount": 1,
                "LastModifiedBy": ACCOUNT,
                "Size": 2,
                **record,
            },
            {
                "Key": "b",
                "Value": None,
                "SyncCount": 2,
                "LastModifiedBy": "phone",
                "Size": 0,
                **record,
            },
        ],
    }


def test_a_deleted_dataset_is_shown_as_a_tombstone(
    api: ControlApi, dataset: DatasetUnderTest
) -> None:
    dataset.named("other").write(theme="dark")
    dataset.write(theme="dark")
    dataset.delete()

    shown = api.get("dataset", **ids_of(dataset))
    assert (shown["DatasetExists"], shown["CreationDate"]) == (False, None)
    assert (shown["DatasetSyncCount"], shown["SyncCountAtDeletion"]) == (2, 2)
    assert shown["Records"] == []

    ids = ids_of(dataset)
    del ids["dataset_name"]
    listed = api.get("identity", **ids)["Datasets"]
    assert [each["DatasetName"] for each in listed] == ["other", "settings"]
    assert [each["DatasetExists"] for each in listed] == [True, False]
    assert listed[1] == {name: shown[name] for name in listed[1]}


def test_dataset_names_can_be_dots(api: ControlApi, server: CognitoSyncServer) -> None:
    del server
    identity = {
        "IdentityId": "us-east-1:1",
        "Datasets": [{"DatasetName": "..", "Values": {"k": "v"}}],
    }
    load_state({"IdentityPools": [{"IdentityPoolId": POOL, "Identities": [identity]}]})

    ids = {"identity_pool_id": POOL, "identity_id": "us-east-1:1"}
    assert api.get("dataset", dataset_name="..", **ids)["NumRecords"] == 1


def test_unknown_objects_are_not_found(
    api: ControlApi, dataset: DatasetUnderTest
) -> None:
    known = ids_of(dataset)
    unknown = {**known, "identity_pool_id": POOL}
    for path, names in {
        "pool": ["identity_pool_id"],
        "identities": ["identity_pool_id"],
        "identity": ["identity_pool_id", "identity_id"],
        "dataset": ["identity_pool_id", "identity_id", "dataset_name"],
    }.items():
        query = {name: unknown[name] for name in names}
        found = error(api.send("GET", path, **query), 404)
        assert found == f"IdentityPool '{POOL}' not found."

    del known["dataset_name"]
    known["identity_id"] = POOL
    found = error(api.send("GET", "identity", **known), 404)
    assert found == f"Identity '{POOL}' not found."
    found = error(api.send("GET", "dataset", dataset_name="a", **known), 404)
    assert found == "Dataset 'a' not found."


# --- Actions ----------------------------------------------------------------------


def test_identities_are_merged_with_their_logins_and_datasets(
    api: ControlApi, aws: OnServer
) -> None:
    identities = aws.client("cognito-identity")
    pool_id = make_pool_with_logins(identities)
    into = make_identity(aws, pool_id)
    source = identities.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool_id, Logins={DEVELOPER: "ada"}
    )["IdentityId"]
    sync = aws.client("cognito-sync")
    DatasetUnderTest(sync, pool_id, source, "settings").write(theme="dark")

    response = api.send("POST", "merge", {"source": source, "into": into})

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    merged = api.get("identity", identity_pool_id=pool_id, identity_id=source)
    assert (merged["IsEnabled"], merged["MergedInto"]) == (False, into)
    assert merged["Logins"] == []
    kept = api.get("identity", identity_pool_id=pool_id, identity_id=into)
    assert kept["Logins"] == [{"Provider": DEVELOPER, "User": "ada"}]
    assert kept["DatasetCount"] == 1

    again = error(api.send("POST", "merge", {"source": source, "into": into}))
    assert again == f"Access to Identity '{source}' is forbidden."


def test_impossible_merges_are_rejected(
    api: ControlApi, dataset: DatasetUnderTest
) -> None:
    known, other = dataset.identity_id, "us-east-1:1"
    for body, problem in [
        (
            {"source": known, "into": known},
            f"Identity '{known}' cannot be merged into ",
        ),
        ({"source": known, "into": other}, f"Identity '{other}' not found."),
        ({"source": other, "into": known}, f"Identity '{other}' not found."),
        ({"source": "nowhere", "into": known}, "Identity 'nowhere' not found."),
        ({"source": known}, "expected an object with the members source and into"),
        ([], "expected an object with the members source and into"),
        ({"source": known, "into": 5}, "expected the ids of two identities"),
    ]:
        response = api.send("POST", "merge", body)
        assert error(response, 404 if "not found" in problem else 400).startswith(
            problem
        )


def write_with(dataset: DatasetUnderTest, token: str) -> None:
    dataset.client.update_records(
        **dataset.ids,
        SyncSessionToken=token,
        RecordPatches=[replace("theme", "dark", 1 << 40)],
    )


def test_sync_sessions_can_be_expired(api: ControlApi, aws: OnServer) -> None:
    sync = aws.client("cognito-sync")
    one, two = (
        DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")
        for pool_id in (make_pool(aws), make_pool(aws))
    )
    first, second = one.token(), two.token()

    response = api.send("DELETE", "sync-sessions", identity_pool_id=one.pool_id)
    assert response.json() == {"status": "ok", "count": 1}
    with pytest.raises(ClientError, match="SyncSessionToken not valid"):
        write_with(one, first)
    write_with(two, second)

    tokens = [one.token(), two.token()]
    assert api.send("DELETE", "sync-sessions").json() == {"status": "ok", "count": 2}
    for each, token in zip((one, two), tokens, strict=True):
        with pytest.raises(ClientError, match="SyncSessionToken not valid"):
            write_with(each, token)
    one.write(theme="light")  # with a new session

    for query in ({"identity_pool_id": POOL}, {"identity_pool_id": ""}):
        assert "not found" in error(api.send("DELETE", "sync-sessions", **query), 404)


def test_restored_sync_sessions_expire_with_any_pool(
    api: ControlApi, dataset: DatasetUnderTest
) -> None:
    token = dataset.token()
    load_state(dump_state())

    response = api.send("DELETE", "sync-sessions", identity_pool_id=dataset.pool_id)

    assert response.json()["count"] == 1
    with pytest.raises(ClientError, match="SyncSessionToken not valid"):
        write_with(dataset, token)


def test_faults_can_return_the_listed_errors(api: ControlApi) -> None:
    operations = api.get("operations")["operations"]

    assert {"*", "UpdateRecords", "GetCredentialsForIdentity"} <= operations.keys()
    for name, errors in operations.items():
        for each in errors:
            body = {"operation": name, "error": each}
            assert api.send("POST", "faults", body).status_code == 201
    assert api.send("DELETE", "faults").status_code == 200


# --- Parameters -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("calls?sinc=1", "unknown parameter 'sinc'; did you mean 'since'?"),
        ("calls?since=x", "expected since to be a number from 0 to 1"),
        ("calls?since=-1", "expected since to be a number from 0 to 1"),
        ("calls?since=%C2%B2", "expected since to be a number from 0 to 1"),
        (f"calls?limit={5000 * '1'}", "expected limit to be a number from 0 to 1"),
        ("calls?details=yes", "expected details to be true or false, found 'yes'"),
        (
            "identities?identity_pool_id=a&limit=0",
            "expected limit to be a number from 1",
        ),
        ("identities?identity_pool_id=a&limit=1001", "expected limit to be a number"),
        ("pool", "the parameter 'identity_pool_id' is required"),
        ("state?a=b", "unknown parameter 'a'"),
        ("?a=b", "unknown parameter 'a'"),
    ],
)
def test_invalid_parameters_are_rejected(
    api: ControlApi, path: str, problem: str
) -> None:
    assert error(api.send("GET", path)).startswith(problem)


def test_unknown_paths_and_methods_are_rejected(api: ControlApi) -> None:
    assert error(api.send("GET", "nothing"), 404)
    assert error(api.send("GET", f"calls/{5000 * '1'}"), 404)
    assert error(api.send("POST", "calls"), 405)


# --- The OpenAPI document ---------------------------------------------------------


def test_the_document_is_valid(api: ControlApi) -> None:
    document = api.get("openapi.json")

    OpenAPIV31SpecValidator(document).validate()
    assert document["info"]["version"] == __version__
    assert document["servers"] == [{"url": ROOT.rstrip("/")}]


IDS = [POOL, "us-east-1:1", "us-east-1:2", "settings", "1", "eu-west-1"]
TEXTS = st.sampled_from(IDS) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=5,
)


SCALARS = {
    "boolean": st.booleans(),
    "null": st.none(),
    "number": st.floats(0, 1),
    "string": TEXTS,
}


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that match a schema of a request."""
    if "$ref" in schema:
        return values(DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]])
    if "anyOf" in schema:
        return st.one_of(map(values, schema["anyOf"]))
    if "properties" in schema:
        members = {name: values(each) for name, each in schema["properties"].items()}
        required = {name: members.pop(name) for name in schema["required"]}
        return st.fixed_dictionaries(required, optional=members)
    if schema["type"] == "object":
        return st.dictionaries(TEXTS, JSON, max_size=3)
    if schema["type"] == "integer":
        return st.integers(schema.get("minimum"), schema.get("maximum"))
    return SCALARS[schema["type"]]


def query_values(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Return values of a parameter, most of which are valid."""
    return values(schema).map(
        lambda value: json.dumps(value) if isinstance(value, bool) else str(value)
    ) | st.text(max_size=3)


@st.composite
def inputs(draw: st.DrawFn, operation: dict[str, Any]) -> dict[str, Any]:
    """Return the path, the query and the body of a request."""
    parameters: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    for each in operation["parameters"]:
        if each["required"] or draw(st.booleans()):
            found = draw(query_values(each["schema"]))
            parameters[each["in"]][each["name"]] = found
    if draw(st.integers(0, 9)) == 0:
        parameters["query"][draw(st.text(max_size=3))] = ""
    body = b""
    if "requestBody" in operation:
        (content,) = operation["requestBody"]["content"].values()
        as_json = (values(content["schema"]) | JSON).map(json.dumps).map(str.encode)
        body = draw(as_json | st.binary(max_size=5))
    return {**parameters, "body": body}


OPERATIONS = [
    pytest.param(method, path, operation, id=operation["operationId"])
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]

STATE = {
    "IdentityPools": [
        {
            "IdentityPoolId": POOL,
            "Identities": [
                {
                    "IdentityId": "us-east-1:1",
                    "Logins": {FACEBOOK: "ada"},
                    "Datasets": [{"DatasetName": "settings", "Values": {"a": "b"}}],
                },
                {"IdentityId": "us-east-1:2"},
            ],
        }
    ]
}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_responses_match_the_document(
    server: CognitoSyncServer,
    session: requests.Session,
    method: str,
    path: str,
    operation: dict[str, Any],
    data: st.DataObject,
) -> None:
    load_state(STATE)
    session.get(f"{server.url}/identitypools", timeout=30)  # a call to show
    given_input = data.draw(inputs(operation))
    for name, value in given_input["path"].items():
        path = path.replace(f"{{{name}}}", requests.utils.quote(value, safe=""))

    with session.request(
        method,
        f"{server.url}{ROOT.rstrip('/')}{path}",
        params=given_input["query"],
        data=given_input["body"],
        stream=True,  # events do not end
        timeout=30,
    ) as response:
        described = operation["responses"].get(str(response.status_code))
        assert described is not None, (response.status_code, response.text)
        (content_type,) = described["content"]
        assert response.headers["Content-Type"].partition(";")[0] == content_type
        if content_type == "application/json":
            schema = described["content"][content_type]["schema"]
            components = {"components": DOCUMENT["components"]}
            Draft202012Validator({**schema, **components}).validate(response.json())
