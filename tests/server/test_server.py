"""The standalone server: the command and the CognitoSyncServer class."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import boto3
import pytest
import requests
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from werkzeug.serving import make_ssl_devcert

from moto_cognitosync import __version__, mock_cognitosync
from moto_cognitosync.server import CognitoSyncServer, command, embedded, listening
from moto_cognitosync.state import dump_state, files, load_state
from tests.support.aws import REGION, InProcess, OnServer, access_key_of
from tests.support.control_api import ControlApi
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool

MODULE = (sys.executable, "-m", "moto_cognitosync")
SCRIPT = (str(Path(sys.executable).with_name("moto-cognitosync")),)
USAGE = "usage: moto-cognitosync [-h] [-H HOST] [-p PORT]"
CREDENTIALS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
POOL = f"{REGION}:00000000-0000-4000-8000-000000000000"
STOP_TIMEOUT = 15  # seconds; the server stops immediately unless the machine is busy
INVALID_PORT = "is not a valid port: use 1 to 65535, or 0 for any free port"
HINT = "Choose another port with --port, or another address with --host.\n"
MISSING_WATCHFILES = (
    "--reload requires watchfiles, which is not installed. Install it with: "
    "pip install 'moto-cognitosync[server]'\n"
)
MISSING_PACKAGE = (
    "The server requires a package that is not installed (flask). "
    "Install it with: pip install 'moto-cognitosync[server]'\n"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    *arguments: str, command: tuple[str, ...] = MODULE, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the command, and yield its first line of output and the process."""
    with subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        # Kill the whole process group: child processes also keep the output open.
        watchdog = Timer(60, os.killpg, [process.pid, signal.SIGKILL])
        watchdog.start()
        try:
            yield process.stdout.readline().rstrip(), process
        finally:
            watchdog.cancel()
            process.terminate()
            process.wait(timeout=STOP_TIMEOUT)


def client_for(url: str, service: str = "cognito-sync", **kwargs: Any) -> Any:
    return boto3.client(service, REGION, endpoint_url=url, **CREDENTIALS, **kwargs)


def request_unknown_pool(client: Any) -> str:
    """Request a pool that does not exist, and return the error message."""
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.list_datasets(IdentityPoolId=POOL, IdentityId=POOL)
    return str(caught.value.response["Error"]["Message"])


def startup_message(url: str) -> str:
    return (
        f"moto-cognitosync {__version__}: open {url}/moto-api/cognito-sync/ to inspect "
        f"Amazon Cognito Sync and all of moto on {url}"
    )


# --- Command ----------------------------------------------------------------------


@pytest.mark.parametrize("command", [MODULE, SCRIPT], ids=["module", "script"])
@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_url_and_stops_cleanly(
    command: tuple[str, ...], stop_signal: signal.Signals
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    with running("--port", str(port), command=command) as (line, process):
        assert line == startup_message(url)
        # Do not retry: the server must be ready once it has printed the line.
        client = client_for(url, config=Config(retries={"total_max_attempts": 1}))
        assert request_unknown_pool(client) == f"IdentityPool '{POOL}' not found."

        process.send_signal(stop_signal)
        stdout, stderr = process.communicate(timeout=STOP_TIMEOUT)

    assert process.returncode == 0
    assert stdout == ""
    assert "Traceback" not in stderr
    assert " ListDatasets us-east-1:…000 404 ResourceNotFoundException " in stderr


def test_host_and_port_have_the_same_short_flags_as_moto_server() -> None:
    port = free_port()
    with running("-H", "localhost", "-p", str(port)) as (line, _):
        assert line == startup_message(f"http://localhost:{port}")


def test_the_port_can_be_set_in_the_environment() -> None:
    port = free_port()
    with running(MOTO_PORT=str(port)) as (line, _):
        assert line == startup_message(f"http://127.0.0.1:{port}")
        assert request_unknown_pool(client_for(f"http://127.0.0.1:{port}"))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MODULE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )


def test_help_lists_every_option() -> None:
    result = run("--help", COLUMNS="80")

    assert result.returncode == 0
    assert result.stdout.startswith(USAGE)
    for option in ("--host", "--port", "--reload", "--ssl", "--ssl-cert", "--ssl-key"):
        assert option in result.stdout


def test_the_version_is_printed() -> None:
    result = run("--version")

    assert result.returncode == 0
    assert result.stdout == f"moto-cognitosync {__version__}\n"


def test_the_number_and_size_of_recorded_calls_can_be_limited() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    limits = "--max-calls=2", "--max-calls-size=100000", "--max-body-size=5"
    with running("--port", url.rpartition(":")[2], *limits):
        for _ in range(3):
            client_for(url).list_identity_pool_usage()
        calls = ControlApi(url).calls(details="true")

    assert [each["number"] for each in calls] == [2, 3]
    assert [each["response"]["body"] for each in calls] == ['{"Cou', '{"Cou']


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--colour"], "unrecognized arguments: --colour"),
        (["--port", "http"], f"argument -p/--port: 'http' {INVALID_PORT}"),
        (["--port", "70000"], f"argument -p/--port: '70000' {INVALID_PORT}"),
        (["--port", "-1"], f"argument -p/--port: '-1' {INVALID_PORT}"),
        (["--max-calls", "-1"], "argument --max-calls: expected a number, found '-1'"),
        (["--ssl-cert", "a.pem"], "--ssl-cert and --ssl-key must be used together"),
        (["--ssl-key", "a.pem"], "--ssl-cert and --ssl-key must be used together"),
    ],
)
def test_invalid_options_are_reported(arguments: list[str], error: str) -> None:
    result = run(*arguments)

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(USAGE)
    assert result.stderr.endswith(f"moto-cognitosync: error: {error}\n")


def test_an_invalid_port_in_the_environment_is_reported() -> None:
    result = run(MOTO_PORT="http")

    assert result.returncode == 2
    assert "'http'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_certificate_is_reported() -> None:
    result = run("--ssl-cert", "nowhere.pem", "--ssl-key", "nowhere.pem")

    assert result.returncode == 2
    assert "nowhere.pem" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("options", [(), ("--reload",)])
def test_a_port_in_use_is_reported(
    cognitosync_server: CognitoSyncServer, options: tuple[str, ...]
) -> None:
    address = cognitosync_server.url.removeprefix("http://")
    result = run("--port", address.partition(":")[2], *options)

    assert result.returncode == 1
    assert result.stderr == (
        f"Cannot listen on {address}: {os.strerror(errno.EADDRINUSE)}. {HINT}"
    )
    assert result.stdout == ""  # no startup message


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("192.0.2.1", "192.0.2.1"),  # reserved for documentation
        ("2001:db8::1", "[2001:db8::1]"),
        ("é..b", "é..b"),  # not a valid hostname
    ],
)
def test_failure_to_bind_to_a_host_is_reported(host: str, shown: str) -> None:
    result = run("--host", host, "--port", "5001")

    assert result.returncode == 1
    assert result.stderr.startswith(f"Cannot listen on {shown}:5001: ")
    assert result.stderr.endswith(f". {HINT}")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_moto_port_is_set_to_the_port_of_the_server(tmp_path: Path) -> None:
    (tmp_path / "show_port.py").write_text(
        "import atexit, os\n"
        "atexit.register(lambda: print(os.environ['MOTO_PORT']))\n"
        "def trigger(event, context): ...\n"
    )
    with running(
        "--port",
        "0",
        "--sync-trigger",
        "arn=show_port:trigger",
        PYTHONPATH=str(tmp_path),
        MOTO_PORT="5001",
    ) as (line, process):
        process.terminate()
        port = process.communicate(timeout=STOP_TIMEOUT)[0]

    assert line == startup_message(f"http://127.0.0.1:{port.rstrip()}")


@pytest.mark.parametrize(
    ("package", "options", "message"),
    [
        ("flask", (), MISSING_PACKAGE),
        ("watchfiles", ("--reload",), MISSING_WATCHFILES),
    ],
)
def test_a_missing_package_is_reported_with_an_install_command(
    tmp_path: Path, package: str, options: tuple[str, ...], message: str
) -> None:
    # Python finds this module before the installed package.
    text = f"raise ModuleNotFoundError(name={package!r})"
    (tmp_path / f"{package}.py").write_text(text)
    result = run(*options, PYTHONPATH=str(tmp_path))

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == message


def test_https_works_with_a_self_signed_certificate() -> None:
    url = f"https://127.0.0.1:{(port := free_port())}"
    with running("--port", str(port), "--ssl") as (line, _):
        assert line == startup_message(url)
        with pytest.warns(match="Unverified HTTPS request"):
            assert request_unknown_pool(client_for(url, verify=False))


def test_https_works_with_a_certificate_from_files(tmp_path: Path) -> None:
    cert, key = make_ssl_devcert(str(tmp_path / "server"), cn="localhost")
    url = f"https://localhost:{(port := free_port())}"
    with running(
        "-H", "localhost", "-p", str(port), "--ssl-cert", cert, "--ssl-key", key
    ) as (line, _):
        assert line == startup_message(url)
        assert request_unknown_pool(client_for(url, verify=cert))


def test_changing_a_source_file_restarts_the_server(tmp_path: Path) -> None:
    source = tmp_path / "game.py"
    source.write_text("def trigger(event, context): ...\n")
    arguments = ("-p", "0", "--reload", "--sync-trigger", "arn=game:trigger")
    with running(*arguments, PYTHONPATH=str(tmp_path)) as (line, process):
        url = line.rpartition(" ")[2]
        assert line == startup_message(url)
        once = Config(retries={"total_max_attempts": 1})
        assert request_unknown_pool(client_for(url, config=once))
        # The reloader has found the files to watch by now.
        os.utime(source, (2**31, 2**31))

        assert process.stderr is not None
        assert any("game.py" in logged for logged in process.stderr)
        assert request_unknown_pool(client_for(url))
        process.terminate()
        assert process.communicate(timeout=STOP_TIMEOUT)[0] == ""


def test_the_server_restarts_after_a_broken_source_file_is_fixed(
    tmp_path: Path,
) -> None:
    works = "def trigger(event, context): ...\n"
    source = tmp_path / "broken.py"
    source.write_text(
        "import multiprocessing, sys\n"
        "if multiprocessing.parent_process():\n"
        "    sys.exit('broken')\n" + works
    )
    arguments = ("-p", "0", "--reload", "--sync-trigger", "arn=broken:trigger")
    with running(*arguments, PYTHONPATH=str(tmp_path)) as (line, process):
        assert process.stderr is not None
        assert process.stderr.readline() == "broken\n"
        source.write_text(works)

        assert request_unknown_pool(client_for(line.rpartition(" ")[2]))
        process.terminate()
        assert process.wait(STOP_TIMEOUT) == 0


# --- Routing ----------------------------------------------------------------------


def test_other_services_are_available_on_the_same_port(
    cognitosync_server: CognitoSyncServer,
) -> None:
    s3 = cognitosync_server.client("s3")
    s3.create_bucket(Bucket="saves")
    queue = cognitosync_server.client("sqs").create_queue(QueueName="scores")
    pool = cognitosync_server.client("cognito-identity").create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )

    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["saves"]
    assert queue["QueueUrl"].endswith("/scores")
    listed = cognitosync_server.client("cognito-sync").list_datasets(
        IdentityPoolId=pool["IdentityPoolId"], IdentityId=POOL
    )
    assert listed["Count"] == 0


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_a_bucket_name_can_look_like_a_cognito_sync_path(
    cognitosync_server: CognitoSyncServer, signature: str
) -> None:
    s3 = cognitosync_server.client("s3", config=Config(signature_version=signature))
    s3.create_bucket(Bucket="identitypools")
    s3.put_object(Bucket="identitypools", Key="save", Body=b"11")
    where = {"Bucket": "identitypools", "Key": "save"}
    presigned = s3.generate_presigned_url("get_object", where)

    assert s3.get_object(**where)["Body"].read() == b"11"
    assert requests.get(presigned, timeout=60).content == b"11"


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/identitypools", None),
        (f"/identitypools/{POOL.replace(':', '%3A')}/events", None),
        ("/identitypools/A/identities/A/datasets", None),
        ("/nothing", f"cognito-sync.{REGION}.amazonaws.com"),
        ("/nothing", f"Cognito-Sync.{REGION}.amazonaws.com:443"),
    ],
)
def test_unsigned_requests_are_routed_by_path_or_host(
    cognitosync_server: CognitoSyncServer, path: str, host: str | None
) -> None:
    headers = {"Host": host} if host else {}
    url = cognitosync_server.url + path

    response = requests.put(url, headers=headers, timeout=60)

    assert response.status_code == 404
    assert response.headers["x-amzn-ErrorType"] == "UnknownOperationException:"
    assert response.json() == {
        "message": f"Amazon Cognito Sync has no operation for PUT {path}"
    }


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/identitypools-of-mine", {}),
        ("/identitypools/save", {}),
        ("/identitypools/saves/events", {}),
        (f"/identitypools/{POOL}/nothing", {}),
        ("/identitypools/a/b/c", {}),
        ("/identitypools/", {}),
        ("/saves?prefix=/cognito-sync/&Signature=", {}),
        ("/identitypools?AWSAccessKeyId=a&Expires=1&Signature=b", {}),
        ("/identitypools", {"Authorization": "AWS key:signature"}),
        ("/identitypools", {"Host": "s3.amazonaws.com"}),
        ("/identitypools", {"Host": "cognito-sync.s3.amazonaws.com"}),
        ("/identitypools", {"Host": f"cognito-sync.s3.{REGION}.amazonaws.com"}),
    ],
)
def test_other_unsigned_requests_are_routed_to_moto(
    cognitosync_server: CognitoSyncServer, path: str, headers: dict[str, str]
) -> None:
    response = requests.get(cognitosync_server.url + path, headers=headers, timeout=60)

    assert "x-amzn-ErrorType" not in response.headers
    assert "<Code>" in response.text or "s3.amazonaws.com/doc" in response.text


def test_a_signed_s3_request_can_mention_cognito_sync(
    cognitosync_server: CognitoSyncServer,
) -> None:
    s3 = cognitosync_server.client("s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="saves")
    s3.put_object(Bucket="saves", Key="/cognito-sync/save", Body=b"11")
    where = {"Bucket": "saves", "Prefix": "/cognito-sync/"}

    (listed,) = s3.list_objects_v2(**where)["Contents"]
    presigned = s3.generate_presigned_url("list_objects_v2", where)

    assert listed["Key"] == "/cognito-sync/save"
    assert "<Key>/cognito-sync/save</Key>" in requests.get(presigned, timeout=60).text


def test_a_public_bucket_name_can_match_a_cognito_sync_path(
    cognitosync_server: CognitoSyncServer,
) -> None:
    s3 = cognitosync_server.client("s3")
    s3.create_bucket(Bucket="identitypools")
    s3.put_object(Bucket="identitypools", Key="save", Body=b"11", ACL="public-read")

    response = requests.get(f"{cognitosync_server.url}/identitypools/save", timeout=60)

    assert response.content == b"11"


def test_a_presigned_request_is_routed_by_its_credential(
    cognitosync_server: CognitoSyncServer,
) -> None:
    client = cognitosync_server.client("cognito-sync")
    url = client.generate_presigned_url(
        "list_datasets", {"IdentityPoolId": POOL, "IdentityId": POOL}
    )

    response = requests.get(url, timeout=60)

    assert response.headers["x-amzn-ErrorType"] == "ResourceNotFoundException:"


# --- CognitoSyncServer ------------------------------------------------------------


def test_a_server_runs_only_inside_its_with_block() -> None:
    with CognitoSyncServer() as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert not server.url.endswith(":0")
        client = server.client("cognito-sync")
        assert request_unknown_pool(client) == f"IdentityPool '{POOL}' not found."

    with pytest.raises(EndpointConnectionError):
        server.client(
            "cognito-sync", config=Config(retries={"total_max_attempts": 1})
        ).list_datasets(IdentityPoolId=POOL, IdentityId=POOL)


def test_a_server_accepts_a_host_and_a_port() -> None:
    port = free_port()
    server = CognitoSyncServer("localhost", port)
    server.start()
    assert server.url == f"http://localhost:{port}"
    server.stop()

    # The port is free again.
    with CognitoSyncServer(port=port) as server:
        assert request_unknown_pool(server.client("cognito-sync"))


def test_an_ipv6_address_is_bracketed_in_the_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Not every test machine has an IPv6 address.
    monkeypatch.setattr(
        embedded, "listen", lambda _host, port: listening.listen("127.0.0.1", port)
    )
    with CognitoSyncServer("::1", port := free_port()) as server:
        assert server.url == f"http://[::1]:{port}"


def test_a_server_cannot_listen_on_a_port_in_use(
    cognitosync_server: CognitoSyncServer,
) -> None:
    address = cognitosync_server.url.removeprefix("http://")
    with pytest.raises(OSError, match=f"^Cannot listen on {address}: .") as caught:
        CognitoSyncServer(port=int(address.partition(":")[2]))

    assert str(caught.value).endswith(f" {os.strerror(errno.EADDRINUSE)}.")


@pytest.mark.parametrize(
    ("exclusive", "chosen"),
    [(None, socket.SO_REUSEADDR), (~4, ~4)],
    ids=["POSIX", "Windows"],
)
def test_two_servers_cannot_share_a_port_on_any_platform(
    monkeypatch: pytest.MonkeyPatch, exclusive: int | None, chosen: int
) -> None:
    class RecordingSocket(socket.socket):
        def setsockopt(self, level: int, option: int, value: Any) -> None:  # type: ignore[override]
            options[level, option] = value

    options: dict[tuple[int, int], Any] = {}
    monkeypatch.delattr(socket, "SO_EXCLUSIVEADDRUSE", raising=False)
    if exclusive is not None:  # only Windows has this option
        monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", exclusive, raising=False)
    monkeypatch.setattr(socket, "socket", RecordingSocket)

    listening.listen("127.0.0.1", 0).close()

    of_socket = [option for level, option in options if level == socket.SOL_SOCKET]
    assert of_socket == [chosen]


def test_a_server_cannot_listen_on_an_invalid_port() -> None:
    with pytest.raises(OSError, match=r"^Cannot listen on 127\.0\.0\.1:70000: "):
        CognitoSyncServer(port=70000)


def test_a_server_can_be_stopped_without_being_started() -> None:
    script = "from moto_cognitosync.server import *; CognitoSyncServer().stop()"
    command = [sys.executable, "-W", "error", "-c", script]

    result = subprocess.run(command, capture_output=True, check=False, timeout=60)

    assert (result.returncode, result.stderr) == (0, b"")


def test_servers_and_mocks_in_one_process_share_state() -> None:
    with mock_cognitosync():
        pool_id = make_pool(InProcess())
        with CognitoSyncServer() as one, CognitoSyncServer() as another:
            assert one.url != another.url
            for server in one, another:
                client = server.client("cognito-sync")
                client.list_datasets(IdentityPoolId=pool_id, IdentityId=POOL)


def test_a_reset_clears_all_services() -> None:
    with CognitoSyncServer() as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="saves")
        dataset = DatasetUnderTest(
            server.client("cognito-sync"),
            pool_id := make_pool(OnServer(server)),
            make_identity(OnServer(server), pool_id),
            "settings",
        )
        dataset.write(volume="11")

        server.reset()

        assert s3.list_buckets()["Buckets"] == []
        with pytest.raises(ClientError, match=f"IdentityPool '{pool_id}' not found"):
            dataset.describe()


def test_client_defaults_can_be_overridden(
    cognitosync_server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)

    plain = cognitosync_server.client("cognito-sync")
    assert plain.meta.region_name == "us-east-1"
    assert plain.meta.endpoint_url == cognitosync_server.url
    assert request_unknown_pool(plain)

    own = cognitosync_server.client(
        "cognito-sync", region_name="eu-west-1", aws_access_key_id="mine"
    )
    assert own.meta.region_name == "eu-west-1"
    assert access_key_of(own) == "mine"


def test_a_server_in_a_test_does_not_log_requests(
    cognitosync_server: CognitoSyncServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="werkzeug")
    request_unknown_pool(cognitosync_server.client("cognito-sync"))

    assert [record for record in caplog.records if record.name == "werkzeug"] == []


def test_a_server_without_its_packages_explains_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "moto.moto_server.werkzeug_app", raising=False)
    monkeypatch.setitem(sys.modules, "flask", None)

    with pytest.raises(RuntimeError) as caught:
        CognitoSyncServer()
    assert f"{caught.value}\n" == MISSING_PACKAGE


def test_the_command_supports_strict_credentials() -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    with running("-p", str(port), "--strict-credentials"):
        client = client_for(url)
        with pytest.raises(client.exceptions.NotAuthorizedException):
            client.register_device(
                IdentityPoolId=POOL, IdentityId=POOL, Platform="GCM", Token="token"
            )


def test_the_command_accepts_functions_as_triggers(tmp_path: Path) -> None:
    (tmp_path / "triggers.py").write_text(
        "import sys\n"
        "def tidy(event, context):\n"
        "    # Threads change often, so that no request waits for long.\n"
        "    assert sys.getswitchinterval() < 0.001\n"
        "    for record in event['datasetRecords'].values():\n"
        "        record['newValue'] = record['newValue'].strip()\n"
        "    return event\n"
    )
    url = f"http://127.0.0.1:{(port := free_port())}"
    arn = "arn:aws:lambda:us-east-1:123456789012:function:tidy"
    with running(
        "-p",
        str(port),
        "--sync-trigger",
        f"{arn}=triggers:tidy",
        PYTHONPATH=str(tmp_path),
    ):
        identities = client_for(url, "cognito-identity")
        pool = identities.create_identity_pool(
            IdentityPoolName="players", AllowUnauthenticatedIdentities=True
        )["IdentityPoolId"]
        identity = identities.get_id(IdentityPoolId=pool)["IdentityId"]
        client = client_for(url)
        client.set_cognito_events(IdentityPoolId=pool, Events={"SyncTrigger": arn})
        ids = {"IdentityPoolId": pool, "IdentityId": identity, "DatasetName": "x"}
        token = client.list_records(**ids)["SyncSessionToken"]
        patch = {"Op": "replace", "Key": "theme", "Value": " dark ", "SyncCount": 0}
        written = client.update_records(
            **ids, SyncSessionToken=token, RecordPatches=[patch]
        )

    assert written["Records"][0]["Value"] == "dark"


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        *(
            (text, f"expected ARN=MODULE:FUNCTION, found {text!r}\n")
            for text in ("arn", "arn=json.loads", "=json:loads", "arn=json:")
        ),
        (
            "arn=nowhere:tidy",
            "cannot import 'nowhere' for 'arn=nowhere:tidy': ModuleNotFoundError("
            "\"No module named 'nowhere'\"). Modules are found in ",
        ),
        (
            "arn=broken:tidy",
            "cannot import 'broken' for 'arn=broken:tidy': ValueError('broken')",
        ),
        ("arn=json:load_", "'json' has no function 'load_'; did you mean 'load'?"),
        ("arn=json:xyz.abc", "'json' has no function 'xyz.abc'\n"),
        ("arn=json:__name__", "expected a function, but json:__name__ is 'json'\n"),
    ],
)
def test_a_trigger_function_that_cannot_be_found_is_reported(
    tmp_path: Path, trigger: str, message: str
) -> None:
    (tmp_path / "broken.py").write_text("raise ValueError('broken')")

    result = run("--sync-trigger", trigger, PYTHONPATH=with_source(tmp_path))

    assert result.returncode == 2
    assert f"error: argument --sync-trigger: {message}" in result.stderr


def with_source(folder: Path) -> str:
    """Return the current PYTHONPATH, if any, with a folder added."""
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])


# --- Loading and saving state -----------------------------------------------------

STATE = {
    "IdentityPools": [
        {
            "IdentityPoolId": POOL,
            "Identities": [
                {
                    "IdentityId": POOL,
                    "Datasets": [
                        {"DatasetName": "settings", "Values": {"theme": "dark"}}
                    ],
                }
            ],
        }
    ]
}
SETTINGS = {"IdentityPoolId": POOL, "IdentityId": POOL, "DatasetName": "settings"}


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_state_is_loaded_at_startup_and_saved_at_shutdown(
    tmp_path: Path, stop_signal: signal.Signals
) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(STATE))
    arguments = ("--port", str(free_port()), "--state", str(path), "--save")

    with running(*arguments) as (line, process):
        client = client_for(line.rpartition(" ")[2])
        assert client.delete_dataset(**SETTINGS)["Dataset"]["NumRecords"] == 1
        process.send_signal(stop_signal)
        _, stderr = process.communicate(timeout=STOP_TIMEOUT)
    assert process.returncode == 0
    assert "Traceback" not in stderr

    with running(*arguments) as (line, _):
        listed = client_for(line.rpartition(" ")[2]).list_records(**SETTINGS)
        assert listed["DatasetExists"] is False
        assert listed["DatasetSyncCount"] == 2


def test_users_who_log_in_are_saved_at_shutdown(tmp_path: Path) -> None:
    path = tmp_path / "state.yaml"
    path.write_text("""
IdentityPools:
  - IdentityPoolId: us-east-1:0
    SupportedLoginProviders: {graph.facebook.com: "1234"}
    Identities:
      - IdentityId: us-east-1:1
        Logins: {graph.facebook.com: alice}
""")

    with running("--port", "0", "--state", str(path), "--save") as (line, process):
        client = client_for(line.rpartition(" ")[2], "cognito-identity")
        alice, ben = (
            client.get_id(
                IdentityPoolId="us-east-1:0", Logins={"graph.facebook.com": user}
            )["IdentityId"]
            for user in ("alice", "ben")
        )
        process.terminate()
        process.communicate(timeout=STOP_TIMEOUT)

    (pool,) = yaml.safe_load(path.read_text())["IdentityPools"]
    assert alice == "us-east-1:1"
    assert {each["IdentityId"]: each["Logins"] for each in pool["Identities"]} == {
        alice: {"graph.facebook.com": "alice"},
        ben: {"graph.facebook.com": "ben"},
    }


def test_state_is_not_saved_without_the_save_option(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(STATE))

    with running("--port", str(free_port()), "--state", str(path)) as (line, _):
        client_for(line.rpartition(" ")[2]).delete_dataset(**SETTINGS)

    assert json.loads(path.read_text()) == STATE


def test_the_state_file_is_created_if_it_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "state.yaml"

    arguments = ("--port", str(free_port()), "--state", str(path), "--save")
    with running(*arguments) as (line, _):
        assert line

    assert (
        path.read_text()
        == "FormatVersion: 1\nIdentityPools: []\nOpenSyncSessions: []\n"
    )


def test_a_failed_save_writes_the_state_to_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    path = tmp_path / "gone" / "state.json"
    path.parent.mkdir()
    path.write_text(json.dumps(STATE))

    arguments = ("--port", str(free_port()), "--state", str(path), "--save")
    with running(*arguments) as (line, process):
        client_for(line.rpartition(" ")[2]).delete_dataset(**SETTINGS)
        path.unlink()
        path.parent.rmdir()
        process.terminate()
        _, stderr = process.communicate(timeout=STOP_TIMEOUT)

    assert process.returncode == 1
    assert "Traceback" not in stderr
    last = stderr.splitlines()[-1]
    assert last.startswith(f"--save: cannot write {path}: ")
    saved = Path(last.partition("; saved the state to ")[2].removesuffix(" instead"))
    assert elsewhere in saved.parents
    assert saved.stat().st_mode & 0o077 == 0 or saved.parent.stat().st_mode & 0o077 == 0
    with running("--port", "0", "--state", str(saved)) as (line, _):
        listed = client_for(line.rpartition(" ")[2]).list_records(**SETTINGS)
    assert listed["DatasetExists"] is False
    assert listed["DatasetSyncCount"] == 2


def test_a_state_that_cannot_be_saved_anywhere_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise OSError("disk full")

    path = tmp_path / "gone" / "state.json"
    options = Namespace(save=True, state=str(path))
    monkeypatch.setattr(files, "mkdtemp", fail)
    with mock_cognitosync():
        load_state(STATE)
        with pytest.raises(SystemExit) as caught:
            command._save(options)
        problem, _, printed = str(caught.value).partition("\n")

        assert problem.startswith(f"--save: cannot write {options.state}: ")
        assert problem.endswith("; no folder is writable; the state is:")
        assert json.loads(printed) == dump_state()


@contextmanager
def busy(url: str) -> Iterator[socket.socket]:
    """Keep a server busy with a request, and yield an idle connection to it."""

    def list_datasets() -> None:
        path = f"/identitypools/{POOL}/identities/{POOL}/datasets"
        with suppress(requests.ConnectionError):  # closed when the server stops
            requests.get(url + path, verify=False, timeout=90)

    faults = f"{url}/moto-api/cognito-sync/faults"
    with requests.Session() as session:
        session.verify = session.trust_env = False
        session.post(faults, json={"operation": "ListDatasets", "delay": 60})
        waiting = Thread(target=list_datasets)
        waiting.start()
        # Wait until the fault has been applied to the request.
        while session.get(faults).json()["faults"][0]["count"] != 1:
            assert waiting.is_alive()
        host, port = url.rpartition("/")[2].split(":")
        with socket.create_connection((host, int(port)), timeout=60) as idle:
            yield idle
        waiting.join()


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize(
    ("options", "stop_signal"),
    [
        ((), signal.SIGTERM),
        (("--ssl",), signal.SIGINT),
        (("--reload",), signal.SIGTERM),
        (("--reload", "--ssl"), signal.SIGINT),
    ],
    ids=["http", "https", "reload", "reload https"],
)
def test_a_busy_server_saves_its_state_despite_a_second_signal(
    tmp_path: Path, options: tuple[str, ...], stop_signal: signal.Signals
) -> None:
    path = tmp_path / "state.json"
    arguments = ("--port", "0", "--state", str(path), "--save", *options)
    with (
        running(*arguments) as (line, process),
        busy(line.rpartition(" ")[2]) as idle,
    ):
        process.send_signal(stop_signal)
        with suppress(ConnectionResetError):  # the server no longer accepts connections
            idle.recv(64)  # empty, or a TLS alert: the server is shutting down
        process.send_signal(stop_signal)
        _, stderr = process.communicate(timeout=STOP_TIMEOUT)

    assert process.returncode == 0
    assert "Traceback" not in stderr
    assert json.loads(path.read_text())["IdentityPools"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "the file does not exist. Check the path, or add --save to start "),
        ("{", "state.json: Expecting property name"),
        ('{"IdentityPools": [{}]}', "IdentityPools[0]: 'IdentityPoolId' is a required"),
    ],
)
def test_the_command_exits_if_the_state_file_is_invalid(
    tmp_path: Path, text: str | None, message: str
) -> None:
    path = tmp_path / "state.json"
    if text is not None:
        path.write_text(text)

    with running("--state", str(path)) as (line, process):
        _, stderr = process.communicate(timeout=60)

    assert line == ""
    assert process.returncode == 1
    assert stderr.startswith(f"--state {path}: ")
    assert message in stderr
    assert "Traceback" not in stderr


def test_the_command_exits_if_the_state_file_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "folder.json"
    path.mkdir()

    result = run("--state", str(path))

    assert result.stderr == f"--state {path}: cannot read the file: Is a directory\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--save",), "--save requires --state FILE"),
        (
            ("--save", "--state", "state.toml"),
            "cannot write state.toml: unsupported extension",
        ),
        (
            ("--save", "--state", "none/state.json"),
            "the folder of none/state.json does",
        ),
        (
            ("--save", "--state", "/proc/state.json"),
            "cannot write a temporary file in /proc: ",
        ),
        (
            ("--save", "--state", "/tmp/../tmp/.json"),
            "cannot write /tmp/../tmp/.json: unsupported extension",
        ),
    ],
)
def test_invalid_save_options_are_rejected_at_startup(
    arguments: tuple[str, ...], message: str
) -> None:
    with running(*arguments) as (_, process):
        _, stderr = process.communicate(timeout=60)

    assert process.returncode == 2
    assert message in stderr
