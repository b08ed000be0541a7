"""The standalone server, as a command and as an object in a test."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from werkzeug.serving import make_ssl_devcert

from moto_cognitosync import __version__, mock_cognitosync
from moto_cognitosync import server as server_module
from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import REGION, InProcess, OnServer
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool

MODULE = (sys.executable, "-m", "moto_cognitosync")
SCRIPT = (str(Path(sys.executable).with_name("moto-cognitosync")),)
USAGE = "usage: moto-cognitosync [-h] [-H HOST] [-p PORT]"
CREDENTIALS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
POOL = f"{REGION}:00000000-0000-4000-8000-000000000000"
ENDS_WITHIN = 15  # seconds, at once on a machine that is busy with all the tests
NO_PORT = "is not a port: choose one from 1 to 65535, or 0 for any that is free"
REMEDY = "Choose another port with --port, or another address with --host.\n"
MISSING_PACKAGE = (
    "The server needs a package that is not installed (flask). "
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
    """Run the command; give the first line it prints, once it is there."""
    with subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        # With those that it has started: they have its output open as well.
        watchdog = Timer(60, os.killpg, [process.pid, signal.SIGKILL])
        watchdog.start()
        try:
            yield process.stdout.readline().rstrip(), process
        finally:
            watchdog.cancel()
            process.terminate()
            process.wait(timeout=ENDS_WITHIN)


def client_for(url: str, service: str = "cognito-sync", **kwargs: Any) -> Any:
    return boto3.client(service, REGION, endpoint_url=url, **CREDENTIALS, **kwargs)


def ask(client: Any) -> str:
    """Ask for what is not there, and return the message of the error."""
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.list_datasets(IdentityPoolId=POOL, IdentityId=POOL)
    return str(caught.value.response["Error"]["Message"])


def greeting(url: str) -> str:
    return (
        f"moto-cognitosync {__version__}: Amazon Cognito Sync and all of moto on {url}"
    )


# --- The command ------------------------------------------------------------------


@pytest.mark.parametrize("command", [MODULE, SCRIPT], ids=["module", "script"])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_serves_and_ends_cleanly(
    command: tuple[str, ...], end: signal.Signals
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    with running("--port", str(port), command=command) as (line, process):
        assert line == greeting(url)
        # At once: whoever has read the line may rely on it.
        client = client_for(url, config=Config(retries={"total_max_attempts": 1}))
        assert ask(client) == f"IdentityPool '{POOL}' not found."

        process.send_signal(end)
        stdout, stderr = process.communicate(timeout=ENDS_WITHIN)

    assert process.returncode == 0
    assert stdout == ""
    assert "Traceback" not in stderr
    assert f"/identitypools/{POOL}" in stderr.replace("%3A", ":")


def test_host_and_port_have_the_short_flags_of_the_server_of_moto() -> None:
    port = free_port()
    with running("-H", "localhost", "-p", str(port)) as (line, _):
        assert line == greeting(f"http://localhost:{port}")


def test_the_port_may_come_from_the_environment() -> None:
    port = free_port()
    with running(MOTO_PORT=str(port)) as (line, _):
        assert line == greeting(f"http://127.0.0.1:{port}")
        assert ask(client_for(f"http://127.0.0.1:{port}"))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MODULE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )


def test_help_names_every_option() -> None:
    result = run("--help", COLUMNS="80")

    assert result.returncode == 0
    assert result.stdout.startswith(USAGE)
    for option in ("--host", "--port", "--reload", "--ssl", "--ssl-cert", "--ssl-key"):
        assert option in result.stdout


def test_version() -> None:
    result = run("--version")

    assert result.returncode == 0
    assert result.stdout == f"moto-cognitosync {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--colour"], "unrecognized arguments: --colour"),
        (["--port", "http"], f"argument -p/--port: 'http' {NO_PORT}"),
        (["--port", "70000"], f"argument -p/--port: '70000' {NO_PORT}"),
        (["--port", "-1"], f"argument -p/--port: '-1' {NO_PORT}"),
        (["--ssl-cert", "a.pem"], "--ssl-cert and --ssl-key go together"),
        (["--ssl-key", "a.pem"], "--ssl-cert and --ssl-key go together"),
    ],
)
def test_bad_options_are_explained(arguments: list[str], error: str) -> None:
    result = run(*arguments)

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(USAGE)
    assert result.stderr.endswith(f"moto-cognitosync: error: {error}\n")


def test_a_bad_port_in_the_environment_is_explained() -> None:
    result = run(MOTO_PORT="http")

    assert result.returncode == 2
    assert "'http'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_certificate_that_is_not_there_is_named() -> None:
    result = run("--ssl-cert", "nowhere.pem", "--ssl-key", "nowhere.pem")

    assert result.returncode == 2
    assert "nowhere.pem" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("options", [(), ("--reload",)])
def test_a_port_in_use_is_explained(
    cognitosync_server: CognitoSyncServer, options: tuple[str, ...]
) -> None:
    address = cognitosync_server.url.removeprefix("http://")
    result = run("--port", address.partition(":")[2], *options)

    assert result.returncode == 1
    assert result.stderr == (
        f"Cannot listen on {address}: {os.strerror(errno.EADDRINUSE)}. {REMEDY}"
    )
    assert result.stdout == ""  # never a word of serving


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("192.0.2.1", "192.0.2.1"),  # addresses that are nobody's
        ("2001:db8::1", "[2001:db8::1]"),
        ("é..b", "é..b"),  # no name of a host
    ],
)
def test_a_host_that_is_not_this_machine_is_explained(host: str, shown: str) -> None:
    result = run("--host", host, "--port", "5001")

    assert result.returncode == 1
    assert result.stderr.startswith(f"Cannot listen on {shown}:5001: ")
    assert result.stderr.endswith(f". {REMEDY}")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_moto_is_told_the_port_that_the_server_has(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(
        "import atexit, os\n"
        "atexit.register(lambda: print(os.environ['MOTO_PORT']))\n"
        "def trigger(event, context): ...\n"
    )
    with running(
        "--port",
        "0",
        "--sync-trigger",
        "arn=told:trigger",
        PYTHONPATH=str(tmp_path),
        MOTO_PORT="5001",
    ) as (line, process):
        process.terminate()
        told = process.communicate(timeout=ENDS_WITHIN)[0]

    assert line == greeting(f"http://127.0.0.1:{told.rstrip()}")


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    tmp_path: Path,
) -> None:
    # Found before the real one.
    (tmp_path / "flask.py").write_text("raise ModuleNotFoundError(name='flask')")
    result = run(PYTHONPATH=str(tmp_path))

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == MISSING_PACKAGE


def test_https_with_a_certificate_made_up() -> None:
    url = f"https://127.0.0.1:{(port := free_port())}"
    with running("--port", str(port), "--ssl") as (line, _):
        assert line == greeting(url)
        with pytest.warns(match="Unverified HTTPS request"):
            assert ask(client_for(url, verify=False))


def test_https_with_a_certificate_from_files(tmp_path: Path) -> None:
    cert, key = make_ssl_devcert(str(tmp_path / "server"), cn="localhost")
    url = f"https://localhost:{(port := free_port())}"
    with running(
        "-H", "localhost", "-p", str(port), "--ssl-cert", cert, "--ssl-key", key
    ) as (line, _):
        assert line == greeting(url)
        assert ask(client_for(url, verify=cert))


def test_a_change_of_a_source_file_restarts_the_server(tmp_path: Path) -> None:
    source = tmp_path / "game.py"
    source.touch()
    with running("-p", "0", "--reload", PYTHONPATH=str(tmp_path)) as (line, process):
        url = line.rpartition(" ")[2]
        assert line == greeting(url)
        once = Config(retries={"total_max_attempts": 1})
        assert ask(client_for(url, config=once))
        # By now, it knows what there is to watch.
        os.utime(source, (2**31, 2**31))

        assert process.stderr is not None
        assert any("game.py" in logged for logged in process.stderr)
        assert ask(client_for(url))
        process.terminate()
        assert process.communicate(timeout=ENDS_WITHIN)[0] == ""


def test_a_server_that_is_restarted_ends_with_the_process_it_runs_in(
    tmp_path: Path,
) -> None:
    (tmp_path / "ending.py").write_text(
        "import os, sys\n"
        "def trigger(event, context): ...\n"
        "if 'WERKZEUG_RUN_MAIN' in os.environ:\n"
        "    sys.exit('broken')\n"
    )
    result = run(
        *("--port", "0", "--reload", "--sync-trigger", "arn=ending:trigger"),
        PYTHONPATH=str(tmp_path),
    )

    assert (result.returncode, result.stderr) == (1, "broken\n")


# --- Who answers ------------------------------------------------------------------


def test_other_services_answer_on_the_same_port(
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
def test_a_bucket_named_like_a_path_of_cognito_sync_is_still_a_bucket(
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
        (f"/identitypools/{POOL}/nothing", None),
        ("/nothing", f"cognito-sync.{REGION}.amazonaws.com"),
    ],
)
def test_unsigned_requests_are_known_by_path_or_host(
    cognitosync_server: CognitoSyncServer, path: str, host: str | None
) -> None:
    headers = {"Host": host} if host else {}
    url = cognitosync_server.url + path

    answer = requests.put(url, headers=headers, timeout=60)

    assert answer.status_code == 404
    assert answer.headers["x-amzn-ErrorType"] == "UnknownOperationException:"
    assert answer.json() == {
        "message": "No operation of Amazon Cognito Sync has the method PUT "
        f"and the path {path}"
    }


def test_other_unsigned_requests_are_left_to_moto(
    cognitosync_server: CognitoSyncServer,
) -> None:
    answer = requests.get(f"{cognitosync_server.url}/identitypools-of-mine", timeout=60)

    assert "<Code>NoSuchBucket</Code>" in answer.text


# --- The object -------------------------------------------------------------------


def test_a_server_answers_inside_of_its_with_statement_alone() -> None:
    with CognitoSyncServer() as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert not server.url.endswith(":0")
        client = server.client("cognito-sync")
        assert ask(client) == f"IdentityPool '{POOL}' not found."

    with pytest.raises(EndpointConnectionError):
        server.client(
            "cognito-sync", config=Config(retries={"total_max_attempts": 1})
        ).list_datasets(IdentityPoolId=POOL, IdentityId=POOL)


def test_a_server_can_be_given_its_address() -> None:
    port = free_port()
    server = CognitoSyncServer("localhost", port)
    server.start()
    assert server.url == f"http://localhost:{port}"
    server.stop()

    # The port is free again.
    with CognitoSyncServer(port=port) as server:
        assert ask(server.client("cognito-sync"))


def test_an_address_of_ipv6_stands_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not every machine that runs the tests has such an address.
    listen = server_module._listen
    monkeypatch.setattr(
        server_module, "_listen", lambda _host, port: listen("127.0.0.1", port)
    )
    with CognitoSyncServer("::1", port := free_port()) as server:
        assert server.url == f"http://[::1]:{port}"


def test_a_server_cannot_take_a_port_in_use(
    cognitosync_server: CognitoSyncServer,
) -> None:
    address = cognitosync_server.url.removeprefix("http://")
    with pytest.raises(OSError, match=f"^Cannot listen on {address}: .") as caught:
        CognitoSyncServer(port=int(address.partition(":")[2]))

    assert str(caught.value).endswith(f" {os.strerror(errno.EADDRINUSE)}.")


def test_a_server_cannot_take_a_port_that_is_none() -> None:
    with pytest.raises(OSError, match=r"^Cannot listen on 127\.0\.0\.1:70000: "):
        CognitoSyncServer(port=70000)


def test_a_server_that_was_never_started_can_be_stopped() -> None:
    script = "from moto_cognitosync.server import *; CognitoSyncServer().stop()"
    command = [sys.executable, "-W", "error", "-c", script]

    result = subprocess.run(command, capture_output=True, check=False, timeout=60)

    assert (result.returncode, result.stderr) == (0, b"")


def test_two_servers_share_one_state_with_each_other_and_with_mocks() -> None:
    with mock_cognitosync():
        pool_id = make_pool(InProcess())
        with CognitoSyncServer() as one, CognitoSyncServer() as another:
            assert one.url != another.url
            for server in one, another:
                client = server.client("cognito-sync")
                client.list_datasets(IdentityPoolId=pool_id, IdentityId=POOL)


def test_a_reset_forgets_what_was_stored_in_all_services() -> None:
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


def test_clients_of_a_server_need_no_set_up_but_take_it(
    cognitosync_server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)

    plain = cognitosync_server.client("cognito-sync")
    assert plain.meta.region_name == "us-east-1"
    assert plain.meta.endpoint_url == cognitosync_server.url
    assert ask(plain)

    own = cognitosync_server.client(
        "cognito-sync", region_name="eu-west-1", aws_access_key_id="mine"
    )
    assert own.meta.region_name == "eu-west-1"
    assert own._request_signer._credentials.access_key == "mine"


def test_a_server_in_a_test_does_not_log_requests(
    cognitosync_server: CognitoSyncServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="werkzeug")
    ask(cognitosync_server.client("cognito-sync"))

    assert [record for record in caplog.records if record.name == "werkzeug"] == []


def test_a_server_without_its_packages_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "moto.moto_server.werkzeug_app", raising=False)
    monkeypatch.setitem(sys.modules, "flask", None)

    with pytest.raises(RuntimeError) as caught:
        CognitoSyncServer()
    assert f"{caught.value}\n" == MISSING_PACKAGE


def test_the_command_can_be_strict_about_credentials() -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    with running("-p", str(port), "--strict-credentials"):
        client = client_for(url)
        with pytest.raises(client.exceptions.NotAuthorizedException):
            client.register_device(
                IdentityPoolId=POOL, IdentityId=POOL, Platform="GCM", Token="token"
            )


def test_the_command_takes_functions_for_triggers(tmp_path: Path) -> None:
    (tmp_path / "triggers.py").write_text(
        "def tidy(event, context):\n"
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


@pytest.mark.parametrize("trigger", ["arn", "arn=nowhere:tidy", "arn=json:nothing"])
def test_a_function_that_cannot_be_found_is_explained(trigger: str) -> None:
    result = run("--sync-trigger", trigger)

    assert result.returncode == 2
    assert f"{trigger!r} is not of the form ARN=MODULE:FUNCTION" in result.stderr


# --- A state at the start, and at the end -----------------------------------------

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


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_state_is_loaded_at_the_start_and_saved_at_the_end(
    tmp_path: Path, end: signal.Signals
) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(STATE))
    arguments = ("--port", str(free_port()), "--state", str(path), "--save")

    with running(*arguments) as (line, process):
        client = client_for(line.rpartition(" ")[2])
        assert client.delete_dataset(**SETTINGS)["Dataset"]["NumRecords"] == 1
        process.send_signal(end)
        _, stderr = process.communicate(timeout=ENDS_WITHIN)
    assert process.returncode == 0
    assert "Traceback" not in stderr

    with running(*arguments) as (line, _):
        listed = client_for(line.rpartition(" ")[2]).list_records(**SETTINGS)
        assert listed["DatasetExists"] is False
        assert listed["DatasetSyncCount"] == 2


def test_a_state_is_not_saved_unasked(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(STATE))

    with running("--port", str(free_port()), "--state", str(path)) as (line, _):
        client_for(line.rpartition(" ")[2]).delete_dataset(**SETTINGS)

    assert json.loads(path.read_text()) == STATE


def test_a_state_to_be_saved_need_not_be_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "state.yaml"

    arguments = ("--port", str(free_port()), "--state", str(path), "--save")
    with running(*arguments) as (line, _):
        assert line

    assert path.read_text() == "IdentityPools: []\nUsedSyncSessions: []\n"


def test_a_state_that_cannot_be_saved_is_told(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "state.json"
    path.parent.mkdir()

    arguments = ("--port", str(free_port()), "--state", str(path), "--save")
    with running(*arguments) as (_, process):
        path.parent.rmdir()
        process.terminate()
        _, stderr = process.communicate(timeout=ENDS_WITHIN)

    assert process.returncode == 1
    assert stderr.splitlines()[-1].startswith(f"--save: {path} cannot be written: ")
    assert "Traceback" not in stderr


@contextmanager
def busy(url: str) -> Iterator[socket.socket]:
    """Keep a server busy with a request; give a client that is silent meanwhile."""

    def list_datasets() -> None:
        with suppress(requests.ConnectionError):
            session.get(f"{url}/identitypools/{POOL}/identities/{POOL}/datasets")

    faults = f"{url}/moto-api/cognito-sync/faults"
    with requests.Session() as session:
        session.verify = session.trust_env = False
        session.post(faults, json={"operation": "ListDatasets", "delay": 60})
        waiting = Thread(target=list_datasets)
        waiting.start()
        # Ask for its count until that is 1.
        deque(iter(lambda: session.get(faults).json()["faults"][0]["count"], 1))
        host, port = url.rpartition("/")[2].split(":")
        with socket.create_connection((host, int(port)), timeout=60) as silent:
            yield silent
        waiting.join()


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize(
    ("options", "end"),
    [
        ((), signal.SIGTERM),
        (("--ssl",), signal.SIGINT),
        (("--reload",), signal.SIGTERM),
        (("--reload", "--ssl"), signal.SIGINT),
    ],
    ids=["http", "https", "reload", "reload https"],
)
def test_a_busy_server_ends_and_saves_before_a_second_signal_counts(
    tmp_path: Path, options: tuple[str, ...], end: signal.Signals
) -> None:
    path = tmp_path / "state.json"
    arguments = ("--port", "0", "--state", str(path), "--save", *options)
    with (
        running(*arguments) as (line, process),
        busy(line.rpartition(" ")[2]) as silent,
    ):
        process.send_signal(end)
        with suppress(ConnectionResetError):  # it was not taken any more
            silent.recv(64)  # nothing, or a farewell of TLS: it has begun to end
        process.send_signal(end)
        _, stderr = process.communicate(timeout=ENDS_WITHIN)

    assert process.returncode == 0
    assert "Traceback" not in stderr
    assert json.loads(path.read_text())["IdentityPools"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file or directory"),
        ("{", "cannot be read: Expecting property name"),
        ('{"IdentityPools": [{}]}', "IdentityPools[0]: 'IdentityPoolId' is a required"),
    ],
)
def test_a_bad_state_file_ends_the_command(
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--save",), "--save needs --state FILE, which it is to write"),
        (("--save", "--state", "state.toml"), "state.toml is of no kind that can be "),
        (
            ("--save", "--state", "none/state.json"),
            "the folder of none/state.json does",
        ),
    ],
)
def test_what_cannot_be_saved_is_refused_at_the_start(
    arguments: tuple[str, ...], message: str
) -> None:
    with running(*arguments) as (_, process):
        _, stderr = process.communicate(timeout=60)

    assert process.returncode == 2
    assert message in stderr
