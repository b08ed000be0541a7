"""The state before each input, and the checks after it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, HeadersDict
from botocore.credentials import Credentials
from moto import settings
from moto.core.config import default_user_config
from moto.moto_api._internal import mock_random
from moto.sns.models import sns_backends

from moto_cognitosync import mock_cognitosync
from moto_cognitosync._moto.settings import reset_state
from moto_cognitosync.cognitosync import exceptions
from moto_cognitosync.cognitosync.models import get_backend
from moto_cognitosync.cognitosync.responses import cognito_sync
from moto_cognitosync.core import exceptions as core_exceptions
from moto_cognitosync.state import dump_state, load_state

ACCOUNT = "123456789012"
REGION = "us-east-1"
POOL = f"{REGION}:0"
IDENTITY = f"{REGION}:1"
DATASETS = ["settings", "deleted", "new", f"settings.{IDENTITY}"]
DEVICES = ["phone", "tablet"]
APPLICATION = f"arn:aws:sns:{REGION}:{ACCOUNT}:app/GCM/game"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/sync"
PROVIDER, DEVELOPER = "graph.facebook.com", "login.game"
TRIGGER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:check"
DATE = "2026-03-01T12:00:00.250Z"
LATER = "2026-03-01T12:05:00.250Z"

STATE: dict[str, Any] = {
    "IdentityPools": [
        {
            "IdentityPoolId": POOL,
            "CreationDate": DATE,
            "AllowClassicFlow": False,
            "SupportedLoginProviders": {PROVIDER: "1"},
            "DeveloperProviderName": DEVELOPER,
            "Roles": {"authenticated": ROLE},
            "RoleMappings": {
                PROVIDER: {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
            },
            "PrincipalTagAttributeMaps": {PROVIDER: {"UseDefaults": True}},
            "PushSync": {"ApplicationArns": [APPLICATION], "RoleArn": ROLE},
            "CognitoStreams": {
                "StreamName": "changes",
                "RoleArn": ROLE,
                "StreamingStatus": "ENABLED",
            },
            "Events": {"SyncTrigger": TRIGGER},
            "Identities": [
                {
                    "IdentityId": IDENTITY,
                    "Datasets": [
                        {
                            "DatasetName": "settings",
                            "DatasetSyncCount": 3,
                            "CreationDate": DATE,
                            "Values": {"theme": "dark"},
                            "Records": [{"Key": "removed", "SyncCount": 2}],
                        },
                        {
                            "DatasetName": f"settings.{IDENTITY}",
                            "CreationDate": DATE,
                            "Values": {"theme": "light"},
                        },
                        {
                            "DatasetName": "deleted",
                            "DatasetExists": False,
                            "DatasetSyncCount": 5,
                        },
                    ],
                    "Devices": [
                        {
                            "DeviceId": "phone",
                            "Platform": "GCM",
                            "Token": "token",
                            "Subscriptions": ["settings"],
                        }
                    ],
                },
                {
                    "IdentityId": f"{REGION}:2",
                    "Logins": [{DEVELOPER: "a"}, {PROVIDER: "a"}, {DEVELOPER: ["b"]}],
                },
                {"IdentityId": f"{REGION}:4", "MergedInto": f"{REGION}:2"},
            ],
        },
        {
            "IdentityPoolId": f"{REGION}:a",
            "CreationDate": DATE,
            "BulkPublish": {
                "BulkPublishStatus": "SUCCEEDED",
                "BulkPublishStartTime": DATE,
            },
        },
    ],
    "OpenSyncSessions": [{"Region": REGION, "Expirations": {"open": LATER}}],
}

# The permissions of the IAM user whose access key signs some of the requests.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "cognito-sync:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "cognito-sync:*",
            "Resource": f"arn:aws:cognito-sync:*:*:*/dataset/{DATASETS[1]}",
        },
    ],
}

ERRORS = {
    name
    for module in (exceptions, core_exceptions)
    for name in vars(module)
    if name.endswith("Exception")
}


class _FailOnLog(logging.Handler):
    """Fails on every log record, because each one reports a suppressed failure."""

    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(record.getMessage())


class World:
    """A mock that starts each input with the same state, at a frozen time.

    :ivar tokens: unused sync session tokens, one for each of :data:`DATASETS`.
    :ivar user: credentials of an IAM user.
    """

    user: Credentials

    def __init__(self) -> None:
        logging.getLogger("moto_cognitosync").addHandler(_FailOnLog())
        mock_cognitosync().start()
        # Plain functions, because Mock objects would record each call.
        mock.patch("time.time", lambda: 1772366400.25).start()  # noqa: PT008
        # For faults with a delay.
        mock.patch("time.sleep", lambda _: None).start()  # noqa: PT008
        self._iam = boto3.client("iam", REGION)
        self._kinesis = boto3.client("kinesis", REGION)
        self._seed()
        sessions = get_backend(ACCOUNT, REGION).sync_sessions
        self.tokens = [sessions.issue(POOL, IDENTITY, name) for name in DATASETS]
        self._state = dump_state()

    def reset(self, *, strict: bool = False, check_iam: bool = False) -> None:
        """Undo the effects of the previous input.

        :param strict: enable strict credentials.
        :param check_iam: check the IAM policies for each request.
        """
        mock_random.seed(0)
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        if dump_state() != self._state:
            self._seed()
        default_user_config["cognitosync"] = {"strict_credentials": strict}  # type: ignore[typeddict-unknown-key]
        if check_iam:
            settings.INITIAL_NO_AUTH_ACTION_COUNT = 0

    def _seed(self) -> None:
        mock_random.seed(0)
        reset_state()
        sns_backends[ACCOUNT][REGION].create_platform_application("game", "GCM", {})
        self._kinesis.create_stream(StreamName="changes", ShardCount=1)
        self.user = self._create_user()
        load_state(STATE)

    def _create_user(self) -> Credentials:
        name = {"UserName": "somebody"}
        self._iam.create_user(**name)
        self._iam.put_user_policy(
            **name, PolicyName="sync", PolicyDocument=json.dumps(POLICY)
        )
        key = self._iam.create_access_key(**name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


@dataclass
class Request:
    """A request in the form that moto passes to the service.

    :param path: path with query string.
    """

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str | bytes] = field(default_factory=dict)
    region: str = REGION

    @property
    def url(self) -> str:
        """The URL of the request."""
        # Clients cannot send surrogates without encoding them.
        path = self.path.encode(errors="ignore").decode()
        return f"https://cognito-sync.{self.region}.amazonaws.com{path}"

    def sign(self, credentials: Credentials) -> None:
        """Sign the request with the given credentials."""
        unsigned = AWSRequest(self.method, self.url, data=self.body)
        SigV4Auth(credentials, "cognito-sync", self.region).add_auth(unsigned)
        self.headers = {**self.headers, **unsigned.headers}


def send(request: Request) -> tuple[int, bytes]:
    """Send a request to the handler that moto calls and check the response's form.

    :return: status and body.
    """
    url = request.url
    sent_headers: Any = HeadersDict(request.headers)
    prepared = AWSPreparedRequest(
        request.method, url, sent_headers, request.body, stream_output=False
    )
    status, headers, body = cognito_sync.handle(prepared, url, sent_headers)
    assert status < 500, (status, body)
    if status != 200:
        error, colon, _ = headers["x-amzn-ErrorType"].partition(":")
        assert colon
        assert error in ERRORS, error
    if body:
        json.loads(body)
    else:
        assert status == 200 or request.method == "HEAD"
    for name, value in headers.items():
        assert f"{name}{value}".isprintable(), (name, value)
    return status, body


def check_reload() -> None:
    """Check that the state survives a round trip through dump and load."""
    state = dump_state()
    load_state(state)
    assert dump_state() == state
