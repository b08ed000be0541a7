"""Requests never leave a mock, whatever endpoint or host name they are sent to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from moto_cognitosync import mock_cognitosync, register
from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import REGION

# Nothing listens on this port.
UNREACHABLE = "http://127.0.0.1:9"
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})
CREDENTIALS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}


def in_variable(name: str) -> Callable[[pytest.MonkeyPatch, Path], None]:
    def configure(monkeypatch: pytest.MonkeyPatch, _: Path) -> None:
        monkeypatch.setenv(name, UNREACHABLE)

    return configure


def in_file(text: str) -> Callable[[pytest.MonkeyPatch, Path], None]:
    def configure(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        file = folder / "config"
        file.write_text(text.replace("URL", UNREACHABLE))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(file))

    return configure


CONFIGURATIONS = {
    "variable": in_variable("AWS_ENDPOINT_URL"),
    "variable of the service": in_variable("AWS_ENDPOINT_URL_COGNITO_SYNC"),
    "file": in_file("[default]\nendpoint_url = URL\n"),
    "file, for the service": in_file(
        "[default]\nservices = mine\n"
        "[services mine]\ncognito_sync =\n  endpoint_url = URL\n"
    ),
}


@pytest.fixture(params=[*CONFIGURATIONS])
def _configured(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    CONFIGURATIONS[request.param](monkeypatch, tmp_path)


configured = pytest.mark.usefixtures("_configured")


@pytest.fixture(autouse=True)
def _registered() -> None:
    register()


def make_client(session: Any = boto3, **kwargs: Any) -> Any:
    create = getattr(session, "client", None) or session.create_client
    return create("cognito-sync", REGION, config=ONE_ATTEMPT, **kwargs)


def count_pools(client: Any) -> int:
    return int(client.list_identity_pool_usage()["Count"])


def assert_unreachable(client: Any) -> None:
    with pytest.raises(EndpointConnectionError):
        count_pools(client)


@configured
def test_client_in_a_mock_ignores_configured_endpoints() -> None:
    with mock_cognitosync():
        assert count_pools(make_client()) == 0
        assert count_pools(make_client(boto3.Session())) == 0
        assert count_pools(make_client(botocore.session.get_session())) == 0


@configured
def test_fixture_ignores_configured_endpoints(cognitosync: Any) -> None:
    assert count_pools(cognitosync) == 0


@configured
def test_session_created_before_a_mock_ignores_configured_endpoints() -> None:
    session = boto3.Session(**CREDENTIALS)
    with mock_cognitosync():
        client = make_client(session)
        assert count_pools(client) == 0
    assert client.meta.endpoint_url.startswith("https://cognito-sync.")


@configured
def test_client_created_before_a_mock_is_intercepted() -> None:
    client = make_client(boto3.Session(**CREDENTIALS))
    assert_unreachable(client)
    with mock_cognitosync():
        assert count_pools(client) == 0
    assert_unreachable(client)


@configured
def test_configured_endpoints_are_used_outside_mocks() -> None:
    with mock_cognitosync():
        session = boto3.Session(**CREDENTIALS)
    assert_unreachable(make_client(session))
    assert_unreachable(make_client(boto3.Session(**CREDENTIALS)))


@configured
def test_configured_endpoints_are_used_in_mock_aws() -> None:
    with mock_aws():
        assert_unreachable(make_client())


def test_configured_endpoints_are_ignored_for_every_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", UNREACHABLE)
    early = boto3.Session(**CREDENTIALS).client("s3", REGION)
    with mock_cognitosync():
        boto3.client("s3", REGION).create_bucket(Bucket="saves")
        buckets = early.list_buckets()["Buckets"]
        early.put_object(Bucket="saves", Key="game", Body=b"11")
        assert [each["Name"] for each in buckets] == ["saves"]


@pytest.mark.parametrize("when", ["before the mock", "inside the mock"])
def test_explicit_endpoint_is_used_in_a_mock(
    monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", UNREACHABLE)
    session = boto3.Session(**CREDENTIALS)
    early = make_client(session, endpoint_url=UNREACHABLE)
    with mock_cognitosync():
        late = make_client(session, endpoint_url=UNREACHABLE)
        assert_unreachable(early if when == "before the mock" else late)


def test_subprocesses_use_configured_endpoints(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", UNREACHABLE)
    with mock_cognitosync():
        make_client()
        result = pytester.runpython_c(
            "import boto3; print(boto3.client('cognito-sync', 'us-east-1')"
            ".meta.endpoint_url)"
        )
    assert result.outlines == [UNREACHABLE]


@pytest.mark.parametrize("moto_first", [False, True])
def test_clients_and_sessions_created_before_the_import_ignore_configured_endpoints(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, moto_first: bool
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", UNREACHABLE)
    result = pytester.runpython_c(f"""
{"import moto.core.models" if moto_first else ""}
import boto3, os
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
session = boto3.Session("key", "secret", region_name="us-east-1")
config = Config(retries={{"total_max_attempts": 1}})
client = session.client("cognito-sync")
explicit = session.client(
    "cognito-sync", endpoint_url="http://127.0.0.1:1", config=config
)
ignoring = Config(ignore_configured_endpoint_urls=True)
aws = session.client("cognito-sync", config=ignoring)

from moto_cognitosync import mock_cognitosync
with mock_cognitosync():
    for each in client, aws, session.client("cognito-sync"):
        print(each.list_identity_pool_usage()["Count"])
    try:
        explicit.list_identity_pool_usage()
    except EndpointConnectionError:
        print("explicit")
""")
    assert result.outlines == ["0", "0", "0", "explicit"]


def test_older_client_keeps_its_endpoint_if_the_profile_is_missing(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpython_c("""
import boto3, moto, os
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
client = boto3.Session("key", "secret", region_name="us-east-1").client(
    "cognito-sync",
    endpoint_url="http://127.0.0.1:9",
    config=Config(retries={"total_max_attempts": 1}),
)
os.environ["AWS_PROFILE"] = "none"
from moto_cognitosync import mock_cognitosync
with mock_cognitosync():
    try:
        client.list_identity_pool_usage()
    except EndpointConnectionError:
        print("explicit")
""")
    assert result.outlines == ["explicit"]


# --- Host names -------------------------------------------------------------------


HOSTS = [
    f"https://cognito-sync.{REGION}.amazonaws.com:443",
    f"https://cognito-sync.{REGION}.amazonaws.com:8443",
    f"http://cognito-sync.{REGION}.amazonaws.com:80",
    f"https://COGNITO-SYNC.{REGION.upper()}.AMAZONAWS.COM",
    f"https://Cognito-Sync-Fips.{REGION}.Api.Aws:443",
]


@pytest.mark.parametrize("url", HOSTS)
@pytest.mark.parametrize("config", [None, {"core": {"service_whitelist": None}}])
def test_host_with_a_port_or_in_capitals_is_mocked(url: str, config: Any) -> None:
    with mock_cognitosync(config=config):
        client = boto3.client("cognito-sync", REGION, endpoint_url=url)
        assert count_pools(client) == 0


@pytest.mark.parametrize("url", HOSTS)
def test_plain_request_to_a_host_with_a_port_or_in_capitals_is_mocked(url: str) -> None:
    with mock_cognitosync():
        response = requests.get(f"{url}/identitypools", timeout=9)
        assert response.json()["Count"] == 0


def test_moto_dispatch_accepts_a_host_with_a_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from moto_cognitosync._moto import registration

    monkeypatch.setattr(registration, "_needs_moto_dispatch", lambda *_: True)
    with mock_cognitosync():
        client = boto3.client("cognito-sync", REGION, endpoint_url=HOSTS[0])
        assert count_pools(client) == 0


@pytest.mark.parametrize("service", ["cognito-identity", "sqs", "sns"])
def test_other_services_accept_a_host_with_a_port(service: str) -> None:
    url = f"https://{service.upper()}.{REGION}.amazonaws.com:443"
    with mock_cognitosync():
        client: Any = boto3.client(service, REGION, endpoint_url=url)  # type: ignore[call-overload]
        if service == "cognito-identity":
            assert client.list_identity_pools(MaxResults=9)["IdentityPools"] == []
        elif service == "sqs":
            assert "QueueUrls" not in client.list_queues()
        else:
            assert client.list_topics()["Topics"] == []


# --- The client of a server -------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PROXY", UNREACHABLE),
        ("http_proxy", UNREACHABLE),
        ("AWS_PROFILE", "none"),
        ("AWS_DEFAULT_PROFILE", "none"),
        ("AWS_ENDPOINT_URL", UNREACHABLE),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
    ],
)
def test_client_of_a_server_is_independent_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv(name, value)
    with CognitoSyncServer() as server:
        client = server.client("cognito-sync", config=ONE_ATTEMPT)
        assert count_pools(client) == 0
        assert count_pools(server.client("cognito-sync")) == 0


def test_client_of_a_server_accepts_a_configuration() -> None:
    config = Config(connect_timeout=7, proxies={"http": UNREACHABLE})
    with CognitoSyncServer() as server:
        client = server.client("cognito-sync", config=config)
    assert client.meta.config.connect_timeout == 7
    assert client.meta.config.proxies == {"http": UNREACHABLE}
