"""The two forms that every test runs in: in-process, and on the server."""

from __future__ import annotations

import functools
import http.client
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import requests
from botocore.awsrequest import AWSPreparedRequest, HeadersDict

from moto_cognitosync.core.wire.http import from_botocore

if TYPE_CHECKING:
    from moto_cognitosync.server import CognitoSyncServer

REGION = "us-east-1"


@dataclass(frozen=True)
class Response:
    """A raw HTTP response. Header names are lowercase."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.headers["x-amzn-errortype"].partition(":")[0]


class Aws(ABC):
    """Access to one form of the mock, with boto3 clients or raw requests."""

    @abstractmethod
    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any: ...

    @abstractmethod
    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        service: str = "cognito-sync",
    ) -> Response:
        """Send a request without normalizing, encoding or adding anything."""


class InProcess(Aws):
    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any:
        if kwargs:
            return boto3.client(service, region, **kwargs)
        return _client_in_process(service, region)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        service: str = "cognito-sync",
    ) -> Response:
        from moto.core.models import botocore_stubber

        request = AWSPreparedRequest(
            method=method,
            url=f"https://{service}.{REGION}.amazonaws.com{path}",
            headers=HeadersDict(headers or {}),
            body=body,
            stream_output=False,
        )
        response = botocore_stubber("before-send", request)
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status_code, lowered, response.content)


class OnServer(Aws):
    def __init__(self, server: CognitoSyncServer) -> None:
        self.server = server

    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any:
        if kwargs:
            return self.server.client(service, region_name=region, **kwargs)
        return _client_on_server(self.server, service, region)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        service: str = "cognito-sync",
    ) -> Response:
        connection = http.client.HTTPConnection(
            self.server.url.removeprefix("http://"), timeout=30
        )
        try:
            connection.putrequest(
                method, path, skip_host=True, skip_accept_encoding=True
            )
            every = HeadersDict(headers or {})
            if body and "Content-Length" not in every:
                every["Content-Length"] = str(len(body))
            if "Host" not in every:
                # Without a signature, invalid paths are recognized only by the host.
                every["Host"] = (
                    self.server.url.removeprefix("http://")
                    if "Authorization" in every
                    else f"{service}.{REGION}.amazonaws.com"
                )
            for name, value in every.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            lowered = {name.lower(): value for name, value in response.getheaders()}
            return Response(response.status, lowered, response.read())
        finally:
            connection.close()


def call_moto(aws: Aws, path: str) -> None:
    """Send a POST request to moto's own API."""
    url = (
        aws.server.url if isinstance(aws, OnServer) else "http://motoapi.amazonaws.com"
    )
    requests.post(f"{url}/moto-api/{path}", timeout=30).raise_for_status()


def seed(aws: Aws, number: int = 42) -> None:
    call_moto(aws, f"seed?a={number}")


def reset(aws: Aws) -> None:
    call_moto(aws, "reset")


def access_key_of(client: Any) -> str:
    """Send a request with a cognito-sync client, and return the key that signed it."""
    headers: list[str] = []

    def record(request: AWSPreparedRequest, **_: Any) -> None:
        headers.append(from_botocore(request).headers["Authorization"])

    client.meta.events.register_first("before-send", record)
    client.list_identity_pool_usage()
    client.meta.events.unregister("before-send", record)
    (header,) = headers
    return header.partition("Credential=")[2].partition("/")[0]


# Creating a client takes longer than most tests, and clients are stateless.
@functools.cache
def _client_in_process(service: str, region: str) -> Any:
    return boto3.client(service, region)


@functools.cache
def _client_on_server(server: CognitoSyncServer, service: str, region: str) -> Any:
    # moto's cognito-identity reads the region of unsigned calls from the user agent.
    from botocore.config import Config

    config = Config(user_agent_extra=f"region/{region}")
    return server.client(service, region_name=region, config=config)
