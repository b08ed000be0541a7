"""Environment variables send Cognito Sync here and other services elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import REGION

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass
class OtherServer:
    """A server of another project, which lists no S3 buckets."""

    url: str = ""
    requests: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        self.requests.append(Request(environ).url)
        return Response("<ListAllMyBucketsResult/>")(environ, start_response)


@pytest.fixture
def other_server() -> Iterator[OtherServer]:
    other = OtherServer()
    server = make_server("127.0.0.1", 0, other)
    other.url = f"http://127.0.0.1:{server.port}/"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield other
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_service_uses_its_own_server(
    cognitosync_server: CognitoSyncServer,
    other_server: OtherServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", other_server.url)
    for service in ("COGNITO_SYNC", "COGNITO_IDENTITY"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", cognitosync_server.url)
    session = boto3.Session("testing", "testing", region_name=REGION)

    pool = session.client("cognito-identity").create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
    session.client("cognito-sync").describe_identity_pool_usage(
        IdentityPoolId=pool["IdentityPoolId"]
    )
    assert other_server.requests == []

    session.client("s3").list_buckets()
    assert other_server.requests == [other_server.url]
