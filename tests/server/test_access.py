"""Access to the server's /moto-api/ by host and origin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from moto_cognitosync.server import CognitoSyncServer
from tests.server.test_server import running

REBOUND = "rebound.example.org"
OTHER_SITE = "https://example.org"
APP = "http://localhost:3000"

REQUESTS = [
    ("GET", "/moto-api/cognito-sync/state"),
    ("PUT", "/moto-api/cognito-sync/state"),
    ("POST", "/moto-api/cognito-sync/faults"),
    ("OPTIONS", "/moto-api/cognito-sync/faults"),
    ("POST", "/moto-api/reset"),
    ("OPTIONS", "/moto-api/reset"),
    ("GET", "/moto-api/data.json"),
    ("GET", "/moto-api/seed?a=42"),
    ("POST", "/moto-api/reset-auth"),
    ("GET", "/moto-api/"),
    ("GET", "/moto-api"),
    ("GET", "/moto-api/nothing"),
    ("POST", "/%6Doto-api/reset"),
]

Send = Callable[..., requests.Response]


@pytest.fixture
def send(cognitosync_server: CognitoSyncServer) -> Send:
    def send_to_server(
        method: str, path: str, headers: dict[str, str]
    ) -> requests.Response:
        url = cognitosync_server.url + path
        # requests would decode the path.
        prepared = requests.Request(method, url, headers, data="{}").prepare()
        prepared.url = url
        with requests.Session() as session:
            return session.send(prepared, timeout=30)

    return send_to_server


@pytest.fixture
def port(cognitosync_server: CognitoSyncServer) -> str:
    return cognitosync_server.url.rpartition(":")[2]


# --- Hosts ------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_a_rebound_host_is_rejected(
    send: Send, port: str, method: str, path: str
) -> None:
    # The browser considers this to be the page's own origin.
    headers = {"Host": f"{REBOUND}:{port}", "Origin": f"http://{REBOUND}:{port}"}

    response = send(method, path, headers)

    assert response.status_code == 403
    assert response.json() == {
        "error": "expected a request to a loopback address such as 127.0.0.1, or to an "
        f"allowed host, found the host '{REBOUND}'; to allow it, start the server with "
        f"--allowed-host {REBOUND}, set MOTO_COGNITOSYNC_ALLOWED_HOSTS, or pass "
        "allowed_hosts to CognitoSyncServer"
    }
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.1",
        "[2001:db8::1]:5000",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "example.org@localhost",
        "localhost:5000@example.org",
        "localhost,example.org",
        "[::1",
        "::1",
        "motoapi.amazonaws.com",
        "",
    ],
)
def test_other_hosts_are_rejected(send: Send, host: str) -> None:
    response = send("POST", "/moto-api/reset", {"Host": host})

    assert response.status_code in {400, 403}


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3:5000",
        "localhost",
        "LOCALHOST:5000",
        "moto.localhost:5000",
        "[::1]",
        "[::1]:5000",
    ],
)
@pytest.mark.parametrize(("method", "path"), REQUESTS[:2])
def test_loopback_hosts_are_allowed(
    send: Send, host: str, method: str, path: str
) -> None:
    own = {"Host": host, "Origin": f"http://{host.lower()}"}

    assert send(method, path, {"Host": host}).ok
    assert send(method, path, own).ok


# --- Origins ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        OTHER_SITE,
        "null",
        APP,
        "http://127.0.0.1",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
        "",
    ],
)
@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_other_origins_are_rejected(
    send: Send, port: str, origin: str, method: str, path: str
) -> None:
    origin = origin.format(port=port)

    response = send(method, path, {"Origin": origin})

    assert response.status_code == 403
    assert response.json() == {
        "error": "expected a request from the server's own pages, or from an allowed "
        f"origin, found the origin {origin!r}; to allow it, start the server with "
        f"--allowed-origin {origin or 'ORIGIN'}, set MOTO_COGNITOSYNC_ALLOWED_ORIGINS, "
        "or pass allowed_origins to CognitoSyncServer"
    }
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_requests_from_another_site_without_an_origin_are_rejected(
    send: Send, site: str
) -> None:
    # For example, <img src="http://127.0.0.1:5000/moto-api/seed?a=42">
    response = send("GET", "/moto-api/seed?a=42", {"Sec-Fetch-Site": site})

    assert response.status_code == 403
    assert f"found a request from another site ({site}); " in response.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {},  # curl and SDKs
        {"Sec-Fetch-Site": "none"},  # the address bar
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Mode": "cors"},  # fetch() in Node.js
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [REQUESTS[0], REQUESTS[1], REQUESTS[4], REQUESTS[9]]
)
def test_requests_from_same_origin_pages_and_programs_are_allowed(
    send: Send, port: str, headers: dict[str, str], method: str, path: str
) -> None:
    headers = {name: value.format(port=port) for name, value in headers.items()}

    assert send(method, path, headers).ok


def test_the_aws_api_stays_open_to_browsers(send: Send) -> None:
    headers = {"Host": f"{REBOUND}:5000", "Origin": OTHER_SITE}

    response = send("GET", "/identitypools", headers)

    assert response.ok
    assert response.headers["Access-Control-Allow-Origin"] == "*"


# --- Configuration ----------------------------------------------------------------


def configured_by_argument(_: pytest.MonkeyPatch) -> CognitoSyncServer:
    hosts = ["Moto", "2001:db8::1", "[2001:DB8::2]"]
    return CognitoSyncServer(allowed_hosts=hosts, allowed_origins=[APP, "null"])


def configured_by_environment(monkeypatch: pytest.MonkeyPatch) -> CognitoSyncServer:
    hosts = "moto, 2001:db8::1,[2001:db8::2]"
    monkeypatch.setenv("MOTO_COGNITOSYNC_ALLOWED_HOSTS", hosts)
    monkeypatch.setenv("MOTO_COGNITOSYNC_ALLOWED_ORIGINS", f"{APP} null")
    return CognitoSyncServer()


@pytest.fixture(params=[configured_by_argument, configured_by_environment])
def configured(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CognitoSyncServer]:
    with request.param(monkeypatch) as server:
        yield server


@pytest.mark.parametrize(
    "host", ["moto", "MOTO:5000", "[2001:db8::1]:5000", "[2001:db8::2]"]
)
def test_a_configured_host_is_allowed(configured: CognitoSyncServer, host: str) -> None:
    url = f"{configured.url}/moto-api/reset"

    assert requests.post(url, headers={"Host": host}, timeout=30).ok
    other = requests.post(url, headers={"Host": f"not-{host}"}, timeout=30)
    assert other.status_code in {400, 403}


@pytest.mark.parametrize("origin", [APP, "null"])
@pytest.mark.parametrize(
    "path", ["/moto-api/cognito-sync/state", "/moto-api/data.json"]
)
def test_a_configured_origin_is_allowed(
    configured: CognitoSyncServer, origin: str, path: str
) -> None:
    url = configured.url + path
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}

    preflight = requests.options(url, headers=headers, timeout=30)
    response = requests.get(url, headers=headers, timeout=30)

    for each in preflight, response:
        assert each.ok
        assert each.headers["Access-Control-Allow-Origin"] in {origin, "*"}


def test_a_preflight_from_a_configured_origin_lists_the_control_api_methods(
    configured: CognitoSyncServer,
) -> None:
    url = f"{configured.url}/moto-api/cognito-sync/faults"

    preflight = requests.options(url, headers={"Origin": APP}, timeout=30)

    assert preflight.headers["Access-Control-Allow-Methods"] == "DELETE,GET,POST,PUT"
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"
    assert preflight.headers["Vary"] == "Origin"


def test_the_command_accepts_hosts_and_origins() -> None:
    options = ("--allowed-host", "moto", "--allowed-origin", APP)
    with running("--port", "0", *options) as (line, _):
        url = line.rpartition(" ")[2] + "/moto-api/reset"
        headers = {"Host": "moto", "Origin": APP}
        assert requests.post(url, headers=headers, timeout=30).ok
        rejected = requests.post(url, headers={"Host": REBOUND}, timeout=30)
        assert f"--allowed-host {REBOUND}" in rejected.json()["error"]


def test_the_host_that_the_server_listens_on_is_allowed() -> None:
    with CognitoSyncServer("0.0.0.0") as server:
        assert requests.post(f"{server.url}/moto-api/reset", timeout=30).ok


@pytest.mark.parametrize("host", ["http://moto", "moto:5000", "moto/", "a b", "[::1"])
def test_a_malformed_host_is_reported(host: str) -> None:
    with pytest.raises(ValueError, match="the scheme, the port and the path") as caught:
        CognitoSyncServer(allowed_hosts=[host])
    assert f"found {host!r};" in str(caught.value)


@pytest.mark.parametrize("origin", ["localhost", "*", "http://a/b", "http://", "a b"])
def test_a_malformed_origin_is_reported(origin: str) -> None:
    with pytest.raises(ValueError, match="expected an origin such as ") as caught:
        CognitoSyncServer(allowed_origins=[origin])
    assert f"found {origin!r};" in str(caught.value)


@pytest.mark.parametrize("option", ["--allowed-host", "--allowed-origin"])
def test_the_command_reports_malformed_values(option: str) -> None:
    with running(option, "a:b:c/d") as (line, process):
        _, stderr = process.communicate(timeout=60)

    assert line == ""
    assert process.returncode == 2
    assert "found 'a:b:c/d'" in stderr


def test_a_rejected_request_changes_nothing(send: Send, sync_state: Any) -> None:
    before = sync_state()

    send("POST", "/moto-api/reset", {"Origin": OTHER_SITE})
    send("PUT", "/moto-api/cognito-sync/state", {"Origin": OTHER_SITE})

    assert sync_state() == before != {"IdentityPools": [], "UsedSyncSessions": []}


@pytest.fixture
def sync_state(cognitosync_server: CognitoSyncServer) -> Callable[[], Any]:
    cognitosync_server.client("cognito-identity").create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
    url = f"{cognitosync_server.url}/moto-api/cognito-sync/state"
    return lambda: json.loads(requests.get(url, timeout=30).content)
