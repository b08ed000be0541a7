"""With TEST_SERVER_MODE, the mocks send every call to a server.

moto reads the variable once per process, so each test runs its own script.
"""

from __future__ import annotations

import socket

import pytest

from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import REGION, OnServer
from tests.support.datasets import make_pool

PREAMBLE = """
import os
import boto3
import pytest
from moto import mock_aws
from moto_cognitosync import mock_cognitosync, register

URL = os.environ["TEST_SERVER_MODE_ENDPOINT"]
POOL = "us-east-1:00000000-0000-4000-8000-000000000000"
CREDENTIALS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}

def client(service="cognito-sync", **kwargs):
    return boto3.client(service, region_name="us-east-1", **kwargs)

def pools():
    return client("cognito-identity").list_identity_pools(MaxResults=60)[
        "IdentityPools"
    ]

def make_pool(**kwargs):
    return client("cognito-identity", **kwargs).create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]

def count_datasets(client, pool_id=POOL):
    return client.list_datasets(IdentityPoolId=pool_id, IdentityId=POOL)["Count"]
"""


def run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str, script: str
) -> list[str]:
    """Run a script in server mode, and return the lines it prints."""
    monkeypatch.setenv("TEST_SERVER_MODE", "true")
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", url)
    result = pytester.runpython_c(PREAMBLE + script)
    assert result.ret == 0
    return result.outlines


@pytest.mark.parametrize("mock", ["mock_cognitosync", "mock_aws"])
def test_a_mock_calls_the_server_and_resets_it(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    cognitosync_server: CognitoSyncServer,
    mock: str,
) -> None:
    server = OnServer(cognitosync_server)
    make_pool(server)

    printed = run(
        pytester,
        monkeypatch,
        cognitosync_server.url,
        f"""
register()
with {mock}():
    assert pools() == []
    sync = client()
    print(sync.meta.endpoint_url, count_datasets(sync, make_pool()))
""",
    )
    assert printed == [f"{cognitosync_server.url} 0"]
    left = server.client("cognito-identity").list_identity_pools(MaxResults=60)
    assert left["IdentityPools"] == []


def test_the_fixture_calls_the_server(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    cognitosync_server: CognitoSyncServer,
) -> None:
    monkeypatch.setenv("TEST_SERVER_MODE", "true")
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", cognitosync_server.url)
    pytester.makepyfile(f"""
        def test_url(cognitosync):
            assert cognitosync.meta.endpoint_url == "{cognitosync_server.url}"
    """)
    pytester.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(passed=1)


def test_a_client_created_before_the_mock_fails_without_calling_aws(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    cognitosync_server: CognitoSyncServer,
) -> None:
    printed = run(
        pytester,
        monkeypatch,
        cognitosync_server.url,
        """
from botocore.config import Config
from botocore.httpsession import URLLib3Session

class SentToAWSError(Exception):
    pass

def send(session, request):
    raise SentToAWSError

fips = Config(use_fips_endpoint=True)
dual_stack = Config(use_dualstack_endpoint=True)
clients = [client(config=config, **CREDENTIALS) for config in (None, fips, dual_stack)]
register()
clients.append(client(**CREDENTIALS))
identities = client("cognito-identity", **CREDENTIALS)
local = client(endpoint_url=URL, **CREDENTIALS)

with mock_cognitosync():
    assert count_datasets(local, make_pool()) == 0

URLLib3Session.send = send
with mock_cognitosync(config={"core": {"mock_credentials": False}}) as mock:
    # Created inside the mock, but not with the boto3.client() that moto replaces.
    clients.append(boto3.Session(**CREDENTIALS).client("cognito-sync", "us-east-1"))
    for real in clients:
        with pytest.raises(RuntimeError) as caught:
            count_datasets(real)
        print(caught.value)
    with pytest.raises(RuntimeError) as caught:
        identities.list_identity_pools(MaxResults=1)
    print(caught.value)

for real in clients:
    with pytest.raises(SentToAWSError):
        count_datasets(real)
with pytest.raises(SentToAWSError):
    identities.list_identity_pools(MaxResults=1)
""",
    )
    hosts = [
        f"cognito-sync.{REGION}.amazonaws.com",
        f"cognito-sync-fips.{REGION}.amazonaws.com",
        f"cognito-sync.{REGION}.api.aws",
        f"cognito-sync.{REGION}.amazonaws.com",
        f"cognito-sync.{REGION}.amazonaws.com",
        f"cognito-identity.{REGION}.amazonaws.com",
    ]
    assert printed == [
        "This client was created before the mock was started, so with TEST_SERVER_MODE "
        f"it would call {host}. Create it with boto3.client() inside the mock, or pass "
        "endpoint_url."
        for host in hosts
    ]


@pytest.mark.parametrize(
    "failing",
    [
        "mock_cognitosync()",
        "CognitoSyncServer(port=PORT) as server, mock_cognitosync()",
    ],
    ids=["on start", "on stop"],
)
def test_an_unreachable_server_raises_an_error_and_leaves_no_mock_behind(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    printed = run(
        pytester,
        monkeypatch,
        f"http://127.0.0.1:{port}",
        f"""
import requests
from moto_cognitosync.server import CognitoSyncServer

PORT = {port}
os.environ["AWS_ACCESS_KEY_ID"] = ""
before = dict(os.environ), boto3.client, boto3.DEFAULT_SESSION

server = None
with pytest.raises(requests.ConnectionError):
    with {failing}:
        server.stop()

assert (dict(os.environ), boto3.client, boto3.DEFAULT_SESSION) == before
print("restored")
with CognitoSyncServer(port=PORT):
    make_pool(endpoint_url=URL, **CREDENTIALS)
    with mock_cognitosync():
        print(len(pools()), "pools")
""",
    )
    assert printed == ["restored", "0 pools"]


def test_functions_that_need_local_state_raise_an_error(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    cognitosync_server: CognitoSyncServer,
) -> None:
    printed = run(
        pytester,
        monkeypatch,
        cognitosync_server.url,
        """
from moto_cognitosync.assertions import CallLog
from moto_cognitosync.faults import fault
from moto_cognitosync.state import dump_state

with mock_cognitosync():
    for use in (dump_state, CallLog().__enter__, fault("*", delay=1).start):
        with pytest.raises(RuntimeError) as caught:
            use()
        print(caught.value)
print(dump_state())
""",
    )
    text = (
        "With TEST_SERVER_MODE, the server stores the data, not this process. "
        "Use its /moto-api/cognito-sync/state and /moto-api/cognito-sync/faults."
    )
    assert printed == [text] * 3 + ["{'IdentityPools': [], 'OpenSyncSessions': []}"]
