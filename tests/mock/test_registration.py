"""register() adds Cognito Sync to mock_aws and to moto's own server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import moto
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.handlers import BUILTIN_HANDLERS
from botocore.session import Session
from moto import mock_aws
from moto.backend_index import backend_url_patterns
from moto.cognitoidentity.models import (
    CognitoIdentityBackend,
    cognitoidentity_backends,
)
from moto.core.common_models import CloudFormationModel
from moto.core.config import default_user_config
from moto.core.models import botocore_stubber, responses_mock
from moto.core.responses import (
    ActionAuthenticatorMixin,  # type: ignore[attr-defined]
    BaseResponse,
)
from moto.moto_api import recorder
from moto.server import ThreadedMotoServer

from moto_cognitosync import mock_cognitosync, register
from moto_cognitosync._moto import registration
from moto_cognitosync.faults import fault
from moto_cognitosync.server import CognitoSyncServer
from tests.server.test_server import free_port
from tests.support.aws import REGION, Aws, InProcess, OnServer
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool
from tests.support.identity_pools import PoolUnderTest

HOST = f"https://cognito-sync.{REGION}.amazonaws.com"


class MotoServer:
    """moto's own server, with the parts of CognitoSyncServer that tests use."""

    def __init__(self) -> None:
        port = free_port()  # moto 5.0 has no public way to find out the port
        self.server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
        self.server.start()
        self.url = f"http://127.0.0.1:{port}"

    region_name = REGION
    client = CognitoSyncServer.client


@pytest.fixture(scope="module")
def moto_server() -> Iterator[Aws]:
    register()
    server = MotoServer()
    yield OnServer(cast("Any", server))
    server.server.stop()


def make_dataset(aws: Aws, name: str = "settings") -> DatasetUnderTest:
    client, pool_id = aws.client("cognito-sync"), make_pool(aws)
    return DatasetUnderTest(client, pool_id, make_identity(aws, pool_id), name)


def registered_names() -> list[str]:
    return [name for name, _ in backend_url_patterns if name == "cognitosync"]


def test_registering_again_has_no_effect() -> None:
    register()
    before = [*backend_url_patterns], [*BUILTIN_HANDLERS]

    register()

    assert ([*backend_url_patterns], [*BUILTIN_HANDLERS]) == before
    assert registered_names() == ["cognitosync"]


def test_mock_aws_supports_cognito_sync() -> None:
    register()
    with mock_aws():
        dataset = make_dataset(InProcess())
        dataset.write(volume="11")

        assert dataset.delete()["NumRecords"] == 1


def test_register_takes_effect_in_a_running_mock(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpython_c(f"""
import socket, sys

def fail_to_connect(*args, **kwargs):
    sys.exit("Tried to open a connection.")

socket.getaddrinfo = socket.socket.connect = fail_to_connect
import boto3, requests
from moto import mock_aws
from moto_cognitosync import register

with mock_aws():
    client = boto3.client("cognito-sync", "us-east-1")
    register()
    pool = "us-east-1:00000000-0000-4000-8000-000000000000"
    try:
        client.list_datasets(IdentityPoolId=pool, IdentityId=pool)
    except client.exceptions.ResourceNotFoundException:
        print("boto3")
    url = f"{HOST}/identitypools/{{pool}}/identities/{{pool}}/datasets"
    if requests.get(url).json() == {{"message": f"IdentityPool '{{pool}}' not found."}}:
        print("requests")
""")
    assert result.ret == 0
    assert result.outlines == ["boto3", "requests"]


def test_registration_adds_resource_types_to_cloudformation(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpython_c("""
import json, warnings
import boto3
from moto import mock_aws
from moto_cognitosync import register

pool = {
    "Type": "AWS::Cognito::IdentityPool",
    "Properties": {"AllowUnauthenticatedIdentities": True},
}
with mock_aws():
    cloudformation = boto3.client("cloudformation", "us-east-1")
    identity = boto3.client("cognito-identity", "us-east-1")
    for registers in (False, True):
        if registers:
            register()
        with warnings.catch_warnings(record=True) as caught:
            cloudformation.create_stack(
                StackName=f"stack{registers}",
                TemplateBody=json.dumps({"Resources": {"Pool": pool}}),
            )
        unsupported = [each for each in caught if "not supported" in str(each.message)]
        pools = identity.list_identity_pools(MaxResults=9)["IdentityPools"]
        print(len(unsupported), len(pools))
""")
    assert result.outlines == ["1 0", "0 1"]


def test_registration_does_not_import_cloudformation(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpython_c("""
import sys
from moto_cognitosync import mock_cognitosync

with mock_cognitosync():
    print([name for name in sys.modules if name.endswith("cloudformation")])
""")
    assert result.outlines == ["[]"]


def test_cognito_identity_takes_over_in_a_running_mock(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpython_c("""
import json
import boto3, requests
from moto import mock_aws
from moto_cognitosync import register

with mock_aws():
    client = boto3.client("cognito-identity", "eu-west-1")
    pool = client.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    guest = client.get_id(IdentityPoolId=pool)["IdentityId"]
    register()
    print(client.describe_identity(IdentityId=guest)["IdentityId"] == guest)
    other = boto3.client("cognito-identity", "eu-west-2")
    print(other.list_identity_pools(MaxResults=1)["IdentityPools"])
    unknown = "eu-west-1:00000000-0000-4000-8000-000000000000"
    response = requests.post(
        "https://cognito-identity.eu-west-1.amazonaws.com",
        json.dumps({"IdentityId": unknown}),
        headers={"X-Amz-Target": "AWSCognitoIdentityService.DescribeIdentity"},
    )
    print(response.json()["message"])
""")
    assert result.ret == 0
    assert result.outlines == [
        "True",
        "[]",
        "Identity 'eu-west-1:00000000-0000-4000-8000-000000000000' not found.",
    ]


def test_cognito_identity_is_left_to_a_moto_that_implements_it(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpython_c("""
import boto3
from moto import mock_aws
from moto.cognitoidentity.models import CognitoIdentityBackend, cognitoidentity_backends
from moto_cognitosync import register
from moto_cognitosync.server import CognitoSyncServer

CognitoIdentityBackend.merge_developer_identities = lambda self: None
register()
print(cognitoidentity_backends.backend is CognitoIdentityBackend)
unknown = "us-east-1:12345"
with mock_aws(), CognitoSyncServer() as server:
    for client in (
        boto3.client("cognito-identity", "us-east-1"),
        server.client("cognito-identity"),
    ):
        print(client.get_credentials_for_identity(IdentityId=unknown)["IdentityId"])
    print(boto3.client("cognito-sync", "us-east-1").list_identity_pool_usage()["Count"])
""")
    assert result.ret == 0
    assert result.outlines == ["True", "us-east-1:12345", "us-east-1:12345", "0"]


def test_moto_recorder_records_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # moto writes the file here
    recorder.start_recording()
    try:
        with mock_cognitosync():
            make_dataset(InProcess()).list()
    finally:
        recorder.stop_recording()

    assert f"{HOST}/identitypools/" in recorder.download_recording()


@pytest.mark.parametrize("colon", [":", "%3A"])
def test_plain_requests_are_mocked(colon: str) -> None:
    with mock_cognitosync():
        dataset = make_dataset(InProcess(), "a:b")
        pool_and_identity = f"{dataset.pool_id}/identities/{dataset.identity_id}"
        path = f"/identitypools/{pool_and_identity}/datasets/a:b"
        url = HOST + path.replace(":", colon)
        listed = requests.get(f"{url}/records", timeout=9).json()
        patch = {"Op": "replace", "Key": "volume", "Value": "11", "SyncCount": 0}
        written = requests.post(
            url,
            json={
                "SyncSessionToken": listed["SyncSessionToken"],
                "RecordPatches": [patch],
            },
            timeout=9,
        )
        newer = requests.get(f"{url}/records", {"lastSyncCount": 1}, timeout=9)
        deleted = requests.delete(url, timeout=9)
        again = requests.delete(url, timeout=9)

    assert listed["Records"] == newer.json()["Records"] == []
    assert written.json()["Records"][0]["Value"] == "11"
    assert newer.json()["DatasetSyncCount"] == 1
    assert deleted.json()["Dataset"]["DatasetName"] == "a:b"
    assert again.status_code == 404
    assert again.headers["x-amzn-ErrorType"] == "ResourceNotFoundException:"
    assert again.json() == {"message": "Dataset 'a:b' not found."}


@pytest.mark.parametrize(
    "name",
    [".", "..", "...", "a:b", "a.b", "-", "_", "records", "events", "x" * 128],
)
def test_moto_server_accepts_any_valid_dataset_name(
    moto_server: OnServer, name: str
) -> None:
    dataset = make_dataset(moto_server, name)
    dataset.write(volume="11")

    assert dataset.records()["volume"]["Value"] == "11"
    assert dataset.delete()["DatasetName"] == name
    assert dataset.list()["DatasetExists"] is False


def test_moto_server_rejects_a_slash_in_a_dataset_name(
    moto_server: OnServer,
) -> None:
    with pytest.raises(ClientError, match="1 validation error detected: Value 'a/b'"):
        make_dataset(moto_server, "a/b").delete()


def test_moto_server_supports_cognito_identity(moto_server: OnServer) -> None:
    pool = PoolUnderTest(moto_server)

    identity_id = pool.get_id(facebook="alice")

    assert pool.get_id(facebook="alice") == identity_id
    assert pool.logins_of(identity_id) == ["graph.facebook.com"]


def test_moto_server_can_use_its_own_cognito_identity(
    moto_server: OnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = moto_server.client("cognito-identity")
    unknown = f"{REGION}:12345"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_credentials_for_identity(IdentityId=unknown)

    config = cast("dict[str, Any]", default_user_config)
    monkeypatch.setitem(config, "cognitoidentity", {"use_moto": True})

    response = client.get_credentials_for_identity(IdentityId=unknown)
    assert response["IdentityId"] == unknown


def test_moto_dispatch_leads_to_cognito_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # moto writes its recording here
    recorder.start_recording()  # moto dispatches all requests while it records
    try:
        with mock_cognitosync():
            pool = PoolUnderTest(InProcess())
            assert pool.logins_of(pool.get_id(facebook="a")) == ["graph.facebook.com"]
    finally:
        recorder.stop_recording()


def test_faults_can_drop_connections_on_moto_server(
    moto_server: OnServer,
) -> None:
    client = moto_server.client(
        "cognito-sync", config=Config(retries={"total_max_attempts": 1})
    )
    with (
        fault("ListIdentityPoolUsage", drop_connection=True, times=1),
        pytest.raises(ConnectionClosedError),
    ):
        client.list_identity_pool_usage()

    assert "Count" in client.list_identity_pool_usage()


@pytest.fixture(params=["in-process", "server", "moto server"])
def form(request: pytest.FixtureRequest) -> Iterator[tuple[Aws, str]]:
    """A way to run moto, and the URL of moto's own API when run that way."""
    if request.param == "in-process":
        with mock_cognitosync():
            yield InProcess(), "http://motoapi.amazonaws.com/moto-api"
    else:
        if request.param == "server":
            aws = OnServer(request.getfixturevalue("cognitosync_server"))
        else:
            aws = request.getfixturevalue("moto_server")
        yield aws, f"{aws.server.url}/moto-api"


def test_moto_reset_deletes_datasets(form: tuple[Aws, str]) -> None:
    aws, api = form
    dataset = make_dataset(aws)
    dataset.write(volume="11")

    assert requests.post(f"{api}/reset", timeout=9).json() == {"status": "ok"}

    with pytest.raises(ClientError, match=f"IdentityPool '{dataset.pool_id}' not"):
        dataset.describe()


def test_dashboard_lists_pools_and_datasets_under_cognitosync(
    form: tuple[Aws, str],
) -> None:
    aws, api = form
    dataset = make_dataset(aws)
    dataset.write(volume="11")

    data = requests.get(f"{api}/data.json", timeout=9).json()["cognitosync"]

    assert list(data) == ["IdentityPool"]
    datasets = {
        pool["identity_pool_id"]: [each["DatasetName"] for each in pool["datasets"]]
        for pool in data["IdentityPool"]
    }
    assert datasets[dataset.pool_id] == ["settings"]


@pytest.mark.parametrize("form", ["server", "moto server"], indirect=True)
def test_dashboard_page_loads(form: tuple[Aws, str]) -> None:
    page = requests.get(f"{form[1]}/", timeout=9)

    assert page.status_code == 200
    assert "<title>Moto" in page.text


def test_moto_with_built_in_support_is_left_unchanged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register()
    before = [*backend_url_patterns], [*BUILTIN_HANDLERS]
    monkeypatch.delitem(sys.modules, "moto.cognitosync")
    monkeypatch.setattr(registration, "find_spec", lambda _name: object())

    text = "^The installed moto supports Cognito Sync itself, so moto_cognitosync is "
    with pytest.warns(UserWarning, match=text) as caught:
        register()

    assert [warning.filename for warning in caught] == [__file__]
    assert ([*backend_url_patterns], [*BUILTIN_HANDLERS]) == before
    assert "moto.cognitosync" not in sys.modules


def test_unsupported_moto_version_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto, "__version__", "4.2.14")
    monkeypatch.delitem(sys.modules, "moto.cognitosync")

    text = (
        r"^moto-cognitosync requires moto 5\.0 or newer, but moto 4\.2\.14 is "
        r"installed\. Upgrade it with: pip install --upgrade moto$"
    )
    with pytest.raises(RuntimeError, match=text):
        register()


class EarlierSession(Session):
    """A session that was created before the registration."""


def registered_state() -> list[Any]:
    """Return everything that register() changes in moto and botocore."""
    return [
        [*backend_url_patterns],
        [*BUILTIN_HANDLERS],
        [*responses_mock.registered()],
        cognitoidentity_backends.backend,
        [
            (account.backend, *map(type, account.values()))
            for account in cognitoidentity_backends.values()
        ],
        botocore_stubber.process_request,
        vars(ActionAuthenticatorMixin)["_authenticate_and_authorize_action"],
        BaseResponse.get_current_account,
        vars(CloudFormationModel).get("__subclasses__"),
        sys.modules.get("moto.cognitosync"),
    ]


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (registration, "_check_moto"),
        (registration, "_bypass_moto_dispatch"),
        (registration, "_serve_active_mock"),
        (registration, "_connect"),
        (EarlierSession, "register"),
    ],
)
def test_a_failed_registration_changes_nothing_and_fails_again(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    def fail(*_: object) -> None:
        raise ImportError("a package is broken")

    register()
    monkeypatch.setattr(cognitoidentity_backends, "backend", CognitoIdentityBackend)
    assert type(cognitoidentity_backends["1"][REGION]) is CognitoIdentityBackend
    monkeypatch.delitem(sys.modules, "moto.cognitosync")
    monkeypatch.setattr(
        registration, "_clients_and_sessions", lambda: [EarlierSession()]
    )
    monkeypatch.setattr(owner, name, fail, raising=False)
    before = registered_state()

    for _ in range(2):
        with pytest.raises(ImportError, match=r"^a package is broken$"):
            register()
        assert registered_state() == before


def test_registration_succeeds_after_a_failure(pytester: pytest.Pytester) -> None:
    result = pytester.runpython_c("""
from moto_cognitosync import mock_cognitosync, register
from moto_cognitosync._moto import registration

connect = registration._connect
del registration._connect
try:
    register()
except NameError:
    print("failed")
registration._connect = connect
import boto3
with mock_cognitosync():
    print(boto3.client("cognito-sync", "us-east-1").list_identity_pool_usage()["Count"])
""")
    assert result.outlines == ["failed", "0"]
