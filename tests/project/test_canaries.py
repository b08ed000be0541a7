"""Canary tests for the private parts of other packages that this package uses.

If one fails after an upgrade, its message names the module to update.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import boto3
import pytest
import responses
from botocore import xform_name
from botocore.awsrequest import HeadersDict
from botocore.client import BaseClient
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.session import Session
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10, Server
from moto import backend_index, backends, mock_aws, settings
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.utils import get_backend
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends
from moto.cognitoidentity.models import (
    CognitoIdentityBackend,
    cognitoidentity_backends,
)
from moto.core import config, models
from moto.core.common_models import CloudFormationModel
from moto.core.custom_responses_mock import (
    not_implemented_callback,
    reset_responses_mock,
)
from moto.core.model_instances import model_data
from moto.core.responses import (
    ActionAuthenticatorMixin,  # type: ignore[attr-defined]
    BaseResponse,
)
from moto.iam.access_control import AssumedRoleAccessKey, IAMPolicy, IAMRequest
from moto.iam.models import get_account_id_from
from moto.kinesis.models import KinesisBackend, kinesis_backends
from moto.moto_api import recorder
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.managed_state_model import ManagedState
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server import werkzeug_app
from moto.s3.models import S3Backend, s3_backends
from moto.sns.models import SNSBackend, sns_backends
from moto.sts.responses import TokenResponse
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client

import moto_cognitosync
from moto_cognitosync import _mock, cognitosync_backends, mock_cognitosync, register
from moto_cognitosync._moto import quick_session, quick_start, registration
from moto_cognitosync._moto.wsgi import PRESERVED_HEADER_NAMES
from moto_cognitosync.cognitoidentity import models as identity_models
from moto_cognitosync.cognitoidentity.responses import (
    cognito_identity,
    moto_is_complete,
)
from moto_cognitosync.cognitosync.models import REGIONS, CognitoSyncBackend
from moto_cognitosync.cognitosync.responses import API_VERSION, cognito_sync
from moto_cognitosync.cognitosync.store.pools import IdentityPool
from moto_cognitosync.core.credentials import SHARED_ACCESS_KEY
from moto_cognitosync.core.roles import RequestError
from moto_cognitosync.core.sharing import state_lock
from moto_cognitosync.state.plain import SOURCE_MEMBERS
from tests.project import moto_usage
from tests.support.aws import REGION, InProcess
from tests.support.datasets import make_identity, make_pool

ACCOUNT = "123456789012"
SOURCE = Path(moto_cognitosync.__file__).parent


def hint(where: str, what: str) -> str:
    return f"{what} has changed: update moto_cognitosync/{where}"


# --- Names ------------------------------------------------------------------------

SOURCES = {
    path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text())
    for path in SOURCE.rglob("*.py")
}
NAMES = {
    (name, f"{where}:{line}")
    for where, tree in SOURCES.items()
    for name, line in moto_usage.names(tree)
}
CALLS = [
    pytest.param(call, f"{where}:{call.line}", id=f"{where}:{call.line}:{call.name}")
    for where, tree in SOURCES.items()
    for call in moto_usage.calls(tree)
]


@pytest.mark.parametrize(("name", "where"), sorted(NAMES))
def test_imported_names_exist(name: str, where: str) -> None:
    assert moto_usage.exists(name), hint(where, name)


@pytest.mark.parametrize(("call", "where"), CALLS)
def test_calls_match_the_signature(call: moto_usage.Call, where: str) -> None:
    assert call.fits_signature(), hint(where, f"the signature of {call.name}()")


def test_each_private_name_of_another_package_has_a_canary() -> None:
    canaries = moto_usage.private_names(ast.parse(Path(__file__).read_text()))
    missing = {
        where: names
        for where, tree in SOURCES.items()
        if (names := moto_usage.private_names(tree) - canaries)
    }
    assert not missing, "these names need canary tests"


def test_missing_names_are_detected() -> None:
    source = """
    import boto3, sys
    from moto import nothing, settings as ours
    boto3.client("s3", color="red"), boto3.client(*names), boto3.client(**names)
    ours.NOTHING, sys.nothing, ours._private
    """
    tree = ast.parse(dedent(source))

    gone = {name for name, _ in moto_usage.names(tree) if not moto_usage.exists(name)}
    assert gone == {"moto.nothing", "moto.settings.NOTHING", "moto.settings._private"}
    assert moto_usage.private_names(tree) == {"_private"}
    assert [*moto_usage.calls(tree)] == [
        moto_usage.Call("boto3.client", 1, ("color",), 4)
    ]


def test_calls_that_do_not_match_the_signature_are_detected() -> None:
    assert moto_usage.Call("moto.mock_aws", 0, ("config",), 1).fits_signature()
    assert not moto_usage.Call("moto.mock_aws", 0, ("color",), 1).fits_signature()


# --- moto: service lookup ---------------------------------------------------------


def test_backend_url_patterns_are_pairs_of_a_name_and_a_pattern() -> None:
    for name, pattern in backend_index.backend_url_patterns:
        assert isinstance(name, str), hint(
            "_moto/registration.py", "backend_url_patterns"
        )
        assert isinstance(pattern, re.Pattern), hint(
            "_moto/registration.py", "backend_url_patterns"
        )


def test_moto_imports_services_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    service = SimpleNamespace(canary_backends="the backends")
    monkeypatch.setitem(sys.modules, "moto.canary", service)

    assert backends.get_backend("canary") == "the backends", hint(  # type: ignore[call-overload]
        "_moto/registration.py: MODULE", "the import of services in moto"
    )


def test_a_backend_finds_its_urls_by_the_name_of_its_module() -> None:
    backend = cognitosync_backends[ACCOUNT][REGION]
    message = hint("cognitosync/urls.py", "the lookup of a backend's URLs")

    assert list(backend.urls.values()) == [cognito_sync.handle], message
    assert list(backend.flask_paths.values()) == [cognito_sync.handle], message
    (pattern,) = backend.urls
    for host in ("cognito-sync", "cognito-sync-fips"):
        assert re.match(pattern, f"https://{host}.{REGION}.amazonaws.com/a/b"), message


def test_moto_holds_the_state_lock_while_it_resets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bool] = []

    def reset(_: object) -> None:
        with ThreadPoolExecutor() as threads:
            seen.append(threads.submit(state_lock.acquire, blocking=False).result())

    with mock_cognitosync():
        assert cognitosync_backends[ACCOUNT][REGION]
        with monkeypatch.context() as patched:
            patched.setattr(CognitoSyncBackend, "reset", reset)
            moto_api_backend.reset()

    assert seen, hint("core/sharing.py: state_lock", "the reset of backends in moto")
    assert not any(seen), hint("core/sharing.py: state_lock", "backend_lock")


def test_moto_does_not_implement_all_of_cognito_identity() -> None:
    assert not moto_is_complete(), (
        "moto supports the logins of Cognito Identity itself, so this package leaves "
        "the service to moto: compare both, and remove moto_cognitosync/cognitoidentity"
    )


def test_a_backend_of_another_class_finds_the_urls_of_that_class() -> None:
    message = hint("_moto/registration.py: _replace_cognito_identity", "BackendDict")
    with mock_cognitosync():
        account = cognitoidentity_backends[ACCOUNT]
        backend = account[REGION]

    assert account.backend is identity_models.CognitoIdentityBackend, message
    assert type(backend) is identity_models.CognitoIdentityBackend, message
    assert {*backend.urls.values()} == {cognito_identity.handle}, message
    assert [*backend.flask_paths.values()] == [cognito_identity.handle], message


def test_backends_are_created_per_account_and_region() -> None:
    message = hint("cognitosync/models.py", "BackendDict")
    regions = cognitosync_backends[ACCOUNT]
    backend = regions[REGION]

    assert isinstance(backend, CognitoSyncBackend), message
    assert (backend.account_id, backend.region_name) == (ACCOUNT, REGION), message
    assert regions[REGION] is backend, message


def test_the_regions_match_those_in_botocore() -> None:
    session = Session()
    regions = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("cognito-sync", partition)
    ]
    assert regions == REGIONS, hint("cognitosync/models.py: REGIONS", "botocore")


def test_a_backend_dict_contains_the_regions_of_its_service() -> None:
    message = hint("cognitosync/urls.py: _backend", "BackendDict[account].regions")
    regions = cognitosync_backends[ACCOUNT]

    assert {"us-east-1", "eu-west-1", "ap-northeast-1"} <= {*regions.regions}, message
    assert "us-east-1" in regions, message
    assert "mars-east-1" not in regions, message


def test_moto_groups_models_by_the_second_part_of_their_module() -> None:
    assert model_data["cognitosync"]["IdentityPool"] is IdentityPool, hint(
        "cognitosync/models.py: IdentityPool", "moto's list of models"
    )


# --- pytest -----------------------------------------------------------------------


def test_pytest_marks_or_wraps_fixture_functions() -> None:
    fixture = pytest.fixture(lambda: None)

    assert type(fixture).__module__ == "_pytest.fixtures" or hasattr(
        fixture, "_pytestfixturefunction"
    ), hint("_decorators.py: _is_fixture", "the result of pytest.fixture")


# --- moto: the mock ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "parameter"), [("start", "reset"), ("stop", "remove_data")]
)
def test_moto_can_start_and_stop_without_discarding_state(
    method: str, parameter: str
) -> None:
    parameters = inspect.signature(getattr(mock_aws(), method)).parameters

    assert list(parameters) == [parameter], hint("_mock.py", f"MockAWS.{method}()")
    assert parameters[parameter].default is True


def test_mock_aws_sets_the_expected_environment_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in _mock.CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    before = {**os.environ}
    with mock_aws():
        changed = {name for name in os.environ if os.environ[name] != before.get(name)}

    assert changed == {*_mock.CREDENTIALS}, hint(
        "_mock.py: CREDENTIALS", "the environment that mock_aws sets"
    )


def test_moto_reads_its_configuration_on_each_use() -> None:
    override = {"core": {"mock_credentials": False}}
    with mock_cognitosync(), mock_cognitosync(config=override):
        assert not config.mock_credentials(), hint(
            "_moto/registration.py: override_config", "default_user_config"
        )


def test_the_stubber_handles_before_send_only_while_enabled() -> None:
    message = hint("_moto/registration.py: _connect", "botocore_stubber")
    stubber = models.botocore_stubber

    assert ("before-send", stubber) in BUILTIN_HANDLERS, message
    assert stubber("before-send", SimpleNamespace(url="")) is None, message  # type: ignore[arg-type]
    with mock_aws():
        assert stubber.enabled, message
    assert not stubber.enabled, message


def test_the_stubber_calls_process_request_on_its_instance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stubber: Any = models.botocore_stubber
    seen: list[object] = []
    monkeypatch.setattr(stubber, "enabled", True)
    monkeypatch.setattr(stubber, "process_request", seen.append)

    stubber("before-send", request := object())

    message = hint("_moto/registration.py: _bypass_moto_dispatch", "process_request()")
    assert seen == [request], message


def test_the_recorder_has_a_flag_for_being_enabled() -> None:
    assert recorder._user_enabled is False, hint(
        "_moto/registration.py: _needs_moto_dispatch", "the recorder"
    )


def test_moto_registers_the_expected_callbacks_for_requests() -> None:
    stubber = models.botocore_stubber
    callback = getattr(stubber, "process_prepared_request", stubber.process_request)
    with mock_aws():
        registered: Any = models.responses_mock.registered()

        assert {response.callback for response in registered} == {
            callback,
            not_implemented_callback,
        }, hint("_moto/registration.py: _serve_active_mock", "moto's responses_mock")
        assert {response.method for response in registered} == {
            *models.RESPONSES_METHODS
        }


def test_moto_starts_a_mock_with_the_expected_steps() -> None:
    message = hint(
        "_moto/quick_start.py: _enable_patching", "the start of a mock in moto"
    )

    assert {*models.MockAWS._enable_patching.__code__.co_names} <= {
        *("add", "backend_index", "backend_url_patterns", "botocore_stubber"),
        *("CallbackResponse", "compile", "enabled", "not_implemented_callback"),
        *("process_prepared_request", "process_request", "re", "reset"),
        *("responses_mock", "RESPONSES_METHODS", "start"),
    }, message
    assert {*models.MockAWS.reset.__code__.co_names} == {
        *("BackendDict", "reset", "reset_responses_mock", "responses_mock")
    }, message
    assert {*reset_responses_mock.__code__.co_names} == {
        *("_set_registry", "add_passthru", "CustomRegistry", "is_responses_0_17_x"),
        *("reset", "responses_custom_registry"),
    }, message


def test_responses_mock_has_the_expected_internals() -> None:
    message = hint(
        "_moto/quick_start.py: _RESPONSES_INTERNALS", "responses.RequestsMock"
    )

    for name in quick_start._RESPONSES_INTERNALS:
        assert hasattr(models.responses_mock, name), message
    assert models.responses_mock.target == quick_start._TARGET, message
    assert {*responses.RequestsMock.start.__code__.co_names} == {
        *("_patcher", "patch", "start", "std_mock", "target", "unbound_on_send")
    }, message
    assert models.responses_mock._registry is models.responses_mock.get_registry()


def test_a_session_creates_its_credential_providers_with_the_expected_method() -> None:
    resolver: Any = Session()._create_credential_resolver()  # type: ignore[attr-defined]

    assert resolver.providers[0].METHOD == "env", hint(
        "_moto/quick_session.py: _QuickResolver", "the order of credential providers"
    )


def test_a_session_and_its_clients_use_the_expected_names_for_events() -> None:
    session: Any = Session()
    message = hint("_moto/quick_session.py: make_get_session", "Session._events")
    assert session._events is session.get_component("event_emitter"), message

    names: list[str] = []

    class Aliaser(EventAliaser):
        def _alias_event_name(self, event_name: str) -> str:
            names.append(event_name)
            return event_name

    copy(Aliaser(HierarchicalEmitter())).emit("an-event")
    assert names == ["an-event"], hint(
        "_moto/quick_session.py: _QuickAliaser", "EventAliaser"
    )


def test_the_data_of_boto3_and_botocore_is_in_the_expected_folders() -> None:
    loader = boto3.Session()._session.get_component("data_loader")
    folders = {path for path in loader.search_paths if Path(path).is_dir()}

    assert folders == quick_session.INSTALLED, hint(
        "_moto/quick_session.py: INSTALLED", "the search path of a session"
    )


def test_moto_counts_its_active_mocks() -> None:
    message = hint("_moto/settings.py: count_active_mocks", "_nested_count")

    assert models.MockAWS._nested_count == 0, message
    with mock_aws() as mock, mock_aws():
        assert type(mock)._nested_count == 2, message
    assert models.MockAWS._nested_count == 0, message


def test_moto_counts_mocks_in_server_mode_separately() -> None:
    message = hint("_moto/registration.py: _refuse_aws_in_server_mode", "server mode")

    assert settings.TEST_SERVER_MODE is False, message
    assert issubclass(models.ServerModeMockAWS, models.MockAWS), message
    assert models.ServerModeMockAWS._nested_count == 0, message
    with mock_aws():
        assert models.MockAWS._nested_count == 1, message


def test_a_failed_server_reset_can_be_cleared() -> None:
    assert models.ServerModeMockAWS._RESET_IN_PROGRESS is False, hint(
        "_moto/settings.py: clear_failed_reset", "ServerModeMockAWS"
    )


# --- moto: the server -------------------------------------------------------------


def test_motos_wsgi_application_can_be_created() -> None:
    register()
    application = werkzeug_app.DomainDispatcherApplication(
        werkzeug_app.create_backend_app
    )

    assert Client(application).get("/moto-api/data.json").status_code == 200, hint(
        "_moto/wsgi.py: make_moto_application", "moto's WSGI application"
    )


def test_moto_uses_the_expected_key_for_preserved_header_names() -> None:
    # Since 5.2.5.
    name = "PRESERVED_HEADER_NAMES_ENVIRON_KEY"

    assert getattr(werkzeug_app, name, None) in {None, PRESERVED_HEADER_NAMES}, hint(
        "_moto/wsgi.py: PRESERVED_HEADER_NAMES", f"moto's {name}"
    )


def test_resetting_moto_discards_the_backends() -> None:
    backend = cognitosync_backends[ACCOUNT][REGION]
    moto_api_backend.reset()

    assert cognitosync_backends[ACCOUNT][REGION] is not backend, hint(
        "_moto/settings.py: reset_state", "moto_api_backend.reset()"
    )


# --- moto: other services ---------------------------------------------------------

POOL = tuple(SOURCE_MEMBERS.values())
RECORD = ("stream_arn", "stream_name", "partition_key", "explicit_hash_key", "data")

# Calls that moto_usage.calls() cannot find: methods of objects that subscripts or
# functions return, and calls that unpack arguments. Argument counts include self.
METHODS = {
    "authorization.py": [
        moto_usage.Call("iam.access_control.AssumedRoleAccessKey.collect_policies", 1),
        moto_usage.Call("iam.access_control.IAMPolicy.is_action_permitted", 3),
        moto_usage.Call("iam.access_control.IAMRequest.check_action_permitted", 2),
        moto_usage.Call("iam.access_control.IAMRequest.check_signature", 1),
        moto_usage.Call("iam.access_control.IAMUserAccessKey.collect_policies", 1),
    ],
    "bulk_publish.py": [
        moto_usage.Call(
            "moto_api._internal.managed_state_model.ManagedState.advance", 1
        ),
    ],
    "cloudformation.py": [
        moto_usage.Call("cloudformation.models.CloudFormationBackend.create_stack", 4),
        moto_usage.Call("cloudformation.models.CloudFormationBackend.delete_stack", 2),
    ],
    "push.py": [
        moto_usage.Call("sns.models.SNSBackend.get_application", 2),
        moto_usage.Call("sns.models.SNSBackend.publish", 3),
    ],
    "roles.py": [
        moto_usage.Call("iam.access_control.AssumedRoleAccessKey.collect_policies", 1),
        moto_usage.Call("iam.models.IAMBackend.get_roles", 1),
    ],
    "snapshot.py": [
        moto_usage.Call("cognitoidentity.models.CognitoIdentityPool", 2, POOL),
        moto_usage.Call("cognitoidentity.models.CognitoIdentityPool.to_json", 1),
    ],
    "streams.py": [
        moto_usage.Call("kinesis.models.KinesisBackend.put_record", 1, RECORD),
        moto_usage.Call("s3.models.S3Backend.create_bucket", 3),
        moto_usage.Call("s3.models.S3Backend.put_object", 4),
    ],
    "triggers.py": [
        moto_usage.Call("awslambda.models.LambdaBackend.get_function", 2),
        moto_usage.Call("awslambda.models.LambdaBackend.invoke", 6),
        moto_usage.Call("awslambda_simple.models.LambdaSimpleBackend.invoke", 6),
    ],
}


@pytest.mark.parametrize(
    ("where", "call"),
    [
        pytest.param(where, call, id=f"{where}:{call.name}")
        for where, calls in METHODS.items()
        for call in calls
    ],
)
def test_calls_to_other_services_match_the_signature(
    where: str, call: moto_usage.Call
) -> None:
    assert replace(call, name=f"moto.{call.name}").fits_signature(), hint(
        f"cognitosync/{where}", f"the signature of {call.name}()"
    )


def test_each_service_that_is_used_has_canaries() -> None:
    canaries = {
        call.name.partition(".")[0] for calls in METHODS.values() for call in calls
    }
    missing = {
        where: services
        for where, tree in SOURCES.items()
        if (services := moto_usage.services(tree) - canaries)
    }
    assert not missing, "the methods of these services need canary tests"


def test_lookups_of_other_services_are_detected() -> None:
    source = """
    from moto.sqs.models import Queue, sqs_backends
    from moto.batch.utils import get_backend as find
    from .models import cognitosync_backends
    """
    assert moto_usage.services(ast.parse(dedent(source))) == {"sqs", "batch"}


@mock_cognitosync
def test_sns_applications_and_endpoints_have_the_expected_attributes() -> None:
    client = InProcess().client("sns")
    application = client.create_platform_application(
        Name="app", Platform="GCM", Attributes={"PlatformCredential": "secret"}
    )["PlatformApplicationArn"]
    arn = client.create_platform_endpoint(
        PlatformApplicationArn=application, Token="token"
    )["EndpointArn"]
    backend = sns_backends[ACCOUNT][REGION]
    message = hint("cognitosync/push.py: create_endpoint", "moto's SNS")

    assert isinstance(backend, SNSBackend), message
    assert {"platform_endpoints", "region_name"} <= {*vars(backend)}, message
    endpoint = backend.platform_endpoints[arn]
    assert {"application", "arn", "token"} <= {*vars(endpoint)}, message
    assert endpoint.application is backend.get_application(application), message
    assert (endpoint.arn, endpoint.token) == (arn, "token"), message


@mock_cognitosync
def test_s3_stores_the_buckets_of_all_regions_by_name() -> None:
    InProcess().client("s3", "us-east-1").create_bucket(Bucket="canary")
    backend = s3_backends[ACCOUNT]["global"]
    message = hint("cognitosync/streams.py: Stream._store", "moto's S3")

    assert isinstance(backend, S3Backend), message
    assert "buckets" in vars(backend), message
    assert [*backend.buckets] == ["canary"], message


def test_kinesis_is_looked_up_by_account_and_region() -> None:
    assert isinstance(kinesis_backends[ACCOUNT][REGION], KinesisBackend), hint(
        "cognitosync/streams.py: Stream._put", "moto's Kinesis"
    )


@pytest.mark.parametrize(
    ("use_docker", "kind"), [(True, LambdaBackend), (False, LambdaSimpleBackend)]
)
def test_the_lambda_backend_depends_on_the_use_docker_setting(
    use_docker: bool, kind: type
) -> None:
    with mock_cognitosync(config={"lambda": {"use_docker": use_docker}}):
        assert type(get_backend(ACCOUNT, REGION)) is kind, hint(
            "cognitosync/triggers.py: Trigger._invoke_lambda", "moto's Lambda"
        )


def test_lambda_functions_report_concurrency_limits_and_errors() -> None:
    message = hint("cognitosync/triggers.py: Trigger._invoke_lambda", "LambdaFunction")
    names = LambdaFunction.__init__.__code__.co_names

    assert "reserved_concurrency" in names, message
    assert "x-amz-function-error" in LambdaFunction.invoke.__code__.co_consts, message


@mock_cognitosync
def test_identity_pools_have_the_attributes_that_a_state_contains() -> None:
    make_pool(InProcess())
    backend: Any = cognitoidentity_backends[ACCOUNT][REGION]
    (pool,) = backend.identity_pools.values()
    message = hint("cognitosync/snapshot.py, pools.py", "CognitoIdentityPool")

    assert {"creation_time", "identity_pool_id"} <= {*vars(pool)}, message
    assert pool.creation_time.tzinfo is None, message
    assert "IdentityPoolName" in json.loads(pool.to_json()), message


@mock_cognitosync
def test_cognito_identity_stores_pools_and_identities_as_expected() -> None:
    aws = InProcess()
    identity_id = make_identity(aws, pool_id := make_pool(aws))
    backend: Any = cognitoidentity_backends[ACCOUNT][REGION]
    message = hint(
        "cognitosync/models.py: _pool, _identity; and merging.py", "cognito-identity"
    )

    assert {"identity_pools", "pools_identities"} <= {*vars(backend)}, message
    assert backend.identity_pools[pool_id].identity_pool_id == pool_id, message
    assert backend.pools_identities[pool_id]["Identities"] == [
        {"IdentityId": identity_id}
    ], message


def test_motos_own_cognito_identity_returns_the_expected_access_key() -> None:
    backend = CognitoIdentityBackend(REGION, ACCOUNT)
    response = json.loads(backend.get_credentials_for_identity("any"))

    assert response["Credentials"]["AccessKeyId"] == SHARED_ACCESS_KEY, hint(
        "core/credentials.py: SHARED_ACCESS_KEY", "cognito-identity"
    )


RESOURCE_TYPES = {
    "AWS::Cognito::IdentityPool",
    "AWS::Cognito::IdentityPoolRoleAttachment",
    "AWS::Cognito::IdentityPoolPrincipalTag",
}


def test_cloudformation_finds_resource_types_among_subclasses() -> None:
    message = hint(
        "_moto/registration.py: _add_cloudformation_resources",
        "the list of resource types in moto's CloudFormation",
    )
    register()
    for name in registration.CLOUDFORMATION_CACHES:
        getattr(parsing, name).cache_clear()

    defined = {
        name: model.__module__ for name, model in parsing.get_model_map().items()
    }
    module = "moto_cognitosync.cognitoidentity.cloudformation"
    assert {name for name in defined if defined[name] == module} == RESOURCE_TYPES, (
        message
    )


def test_cloudformation_does_not_have_the_resource_types_itself() -> None:
    own = {
        model.cloudformation_type()
        for model in CloudFormationModel.__subclasses__()
        if model.__module__.startswith("moto.")
    }
    assert own, hint("cognitoidentity/cloudformation.py", "CloudFormationModel")
    assert not own & RESOURCE_TYPES, hint(
        "cognitoidentity/cloudformation.py", "moto's CloudFormation"
    )


@mock_cognitosync
def test_cloudformation_keeps_stacks_until_they_are_deleted() -> None:
    message = hint("cognitoidentity/cloudformation.py", "CloudFormationBackend.stacks")
    backend: Any = cloudformation_backends[ACCOUNT][REGION]
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})

    stack = backend.create_stack("game", template, {})
    assert [*backend.stacks] == [stack.stack_id], message

    backend.delete_stack("game")
    assert not backend.stacks, message


@pytest.mark.parametrize("key", ["", "unknown"])
def test_an_unknown_access_key_belongs_to_the_default_account(key: str) -> None:
    assert get_account_id_from(key) == ACCOUNT, hint(
        "cognitosync/caller.py: Caller.of", "get_account_id_from()"
    )


def test_a_managed_state_stores_when_it_last_advanced() -> None:
    run: Any = ManagedState("canary", [("IN_PROGRESS", "SUCCEEDED")])

    assert isinstance(run._time_progressed, datetime), hint(
        "cognitosync/bulk_publish.py: restore", "ManagedState"
    )


def test_iam_raises_errors_with_the_expected_methods() -> None:
    message = hint("cognitosync/authorization.py: _make_iam_request", "moto's IAM")

    refusals = {name for name in vars(IAMRequest) if name.startswith("_raise_")}
    assert refusals == {
        "_raise_access_denied",
        "_raise_invalid_access_key",
        "_raise_signature_does_not_match",
    }, message
    assert {"_access_key", "_action"} <= {
        *IAMRequest.__init__.__code__.co_names,
    }, message


def test_every_service_authorizes_its_requests_in_one_method() -> None:
    message = hint("_moto/identities.py", "moto's authorization")
    mixin: Any = ActionAuthenticatorMixin
    name = "_authenticate_and_authorize_action"

    assert issubclass(BaseResponse, mixin), message
    assert name not in vars(BaseResponse), message
    for caller in ("normal", "s3"):
        method = getattr(mixin, f"_authenticate_and_authorize_{caller}_action")
        assert name in method.__code__.co_names, message
    parameters = inspect.signature(mixin._authenticate_and_authorize_action).parameters
    assert [*parameters] == ["self", "iam_request_cls", "resource"], message


def test_every_service_reads_its_account_in_one_method() -> None:
    message = hint("_moto/identities.py", "BaseResponse")
    names = {*BaseResponse.setup_class.__code__.co_names}

    assert {"current_account", "get_current_account"} <= names, message
    assert {"headers", "uri"} <= names, message
    assert BaseResponse("sts").service_name == "sts", message


def test_sts_gets_its_results_from_its_backend() -> None:
    message = hint("_moto/identities.py: _StsBackend", "moto's STS")

    for name in ("get_caller_identity", "assume_role_with_web_identity"):
        names = {*getattr(TokenResponse, name).__code__.co_names}
        assert {"backend", name} <= names, message
    assert isinstance(TokenResponse.backend, property), message
    request: Any = TokenResponse()
    assert callable(request._get_action), message
    assert callable(request._get_param), message


@mock_cognitosync
def test_access_keys_of_assumed_roles_have_the_expected_attributes() -> None:
    message = hint("core/roles.py: IdentityAccessKey", "AssumedRoleAccessKey")
    arn = f"arn:aws:iam::{ACCOUNT}:role/path/canary"
    credentials = (
        InProcess()
        .client("sts")
        .assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    )
    arguments: dict[str, Any] = {
        "account_id": ACCOUNT,
        "partition": "aws",
        "access_key_id": credentials["AccessKeyId"],
        "headers": {"X-Amz-Security-Token": credentials["SessionToken"]},
    }
    accepted = inspect.signature(AssumedRoleAccessKey).parameters
    key = AssumedRoleAccessKey(**{name: arguments[name] for name in accepted})

    assert vars(key).items() - {("partition", "aws")} == {
        ("account_id", ACCOUNT),
        ("_access_key_id", credentials["AccessKeyId"]),
        ("_secret_access_key", credentials["SecretAccessKey"]),
        ("_session_token", credentials["SessionToken"]),
        ("_owner_role_name", "canary"),
        ("_session_name", "session"),
    }, message
    assert key.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/canary/session", message


def test_iam_requests_reject_unknown_access_keys_at_the_end() -> None:
    message = hint("core/roles.py: accept_identities", "moto's IAM")
    lines = inspect.getsource(IAMRequest.__init__).rstrip().splitlines()

    assert lines[-1].strip() == "self._raise_invalid_access_key(e.reason)", message
    assert "_headers" in IAMRequest.__init__.__code__.co_names, message


def test_a_policy_contains_its_parsed_document() -> None:
    assert IAMPolicy('{"Statement": []}')._policy_json == {"Statement": []}, hint(
        "core/roles.py: IdentityAccessKey", "IAMPolicy"
    )


def test_errors_of_moto_have_a_code_and_a_form_in_json() -> None:
    error = RequestError("Code", "message", 418)
    message = hint("core/roles.py: RequestError", "InvalidClientTokenIdError")

    assert isinstance(error, HTTPException), message
    assert (error.code, "<Code>Code</Code>" in str(error.description)) == (418, True)
    assert json.loads(str(error.to_json().description)) == {
        "__type": "Code",
        "message": "message",
    }, message
    assert error.to_json().code == 418, message


def test_motos_random_generator_can_be_seeded() -> None:
    def draw() -> object:
        mock_random.seed(11)
        return mock_random.uuid4()

    message = hint("core/wire/answers.py and others", "mock_random")
    state = mock_random.getstate()
    try:
        first, second = draw(), draw()
    finally:
        mock_random.setstate(state)

    assert first == second, message
    assert isinstance(first, UUID), message


# --- cheroot ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            HTTPRequest,
            {
                *("header_reader", "read_request_headers", "read_request_line"),
                *("respond", "simple_response"),
            },
        ),
        (HTTPConnection, {"RequestHandlerClass", "close", "communicate"}),
        (Gateway_10, {"get_environ"}),
        (
            Server,
            {
                *("ConnectionClass", "bind", "expiration_interval", "prepare", "serve"),
                *("keep_alive_conn_limit", "max_request_header_size", "stop"),
            },
        ),
    ],
)
def test_cheroot_has_the_attributes_that_the_server_overrides(
    kind: type, names: set[str]
) -> None:
    assert names <= {*dir(kind)}, hint("server/http.py", kind.__name__)


# --- botocore ---------------------------------------------------------------------


def test_handlers_can_be_added_to_clients_and_sessions() -> None:
    message = hint("_moto/registration.py: _connect", "botocore's events")
    calls = []

    def handler(**kwargs: Any) -> None:
        calls.append(kwargs["event_name"])

    session = Session()
    session.register("before-send", handler)
    client = session.create_client(
        "cognito-sync",
        REGION,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    assert isinstance(client, BaseClient), message
    client.meta.events.register("before-send.cognito-sync", handler)
    request = SimpleNamespace(url="")
    client.meta.events.emit("before-send.cognito-sync.DeleteDataset", request=request)

    assert calls == ["before-send.cognito-sync.DeleteDataset"] * 2, message


def test_botocore_headers_are_case_insensitive() -> None:
    headers = HeadersDict({"X-Amz-Date": "now"})

    message = hint("cognitosync/urls.py: _BotocoreHeaders", "HeadersDict")
    assert headers.get("x-amz-date") == "now", message
    assert "X-AMZ-DATE" in headers


def test_botocore_has_one_version_of_the_service() -> None:
    versions = create_loader().list_api_versions("cognito-sync", "service-2")

    assert versions == [API_VERSION], hint(
        "cognitosync/responses.py", "the service model"
    )


@pytest.fixture(scope="module")
def service_model() -> ServiceModel:
    description = create_loader().load_service_model("cognito-sync", "service-2")
    return ServiceModel(description, "cognito-sync")


# One line for each operation and shape. If the service changes, implement the change,
# then regenerate the file with "\n".join(outline()) + "\n".
KNOWN_MODEL = Path(__file__).with_name("service_model.txt")


def outline() -> list[str]:
    """Describe the service model as lines of text, without its documentation."""
    model = create_loader().load_service_model("cognito-sync", "service-2")
    return [
        f"{name} {json.dumps(_undocumented(description), sort_keys=True)}"
        for part in ("operations", "shapes")
        for name, description in sorted(model[part].items())
    ]


def _undocumented(value: Any) -> Any:
    if isinstance(value, dict):
        names = value.keys() - {"documentation"}
        return {name: _undocumented(value[name]) for name in names}
    return [_undocumented(each) for each in value] if isinstance(value, list) else value


def test_the_service_model_is_unchanged() -> None:
    assert outline() == KNOWN_MODEL.read_text().splitlines(), hint(
        "cognitosync/responses.py, models.py and shapes.py", "the service model"
    )


@pytest.mark.parametrize(
    ("shape", "metadata"),
    [
        ("DatasetName", {"min": 1, "max": 128, "pattern": "[a-zA-Z0-9_.:-]+"}),
        ("IdentityPoolId", {"min": 1, "max": 55, "pattern": r"[\w-]+:[0-9a-f-]+"}),
        ("RecordValue", {"max": 1048575}),
        ("Events", {"max": 1}),
        ("Operation", {"enum": ["replace", "remove"]}),
    ],
)
def test_shape_metadata_contains_the_constraints(
    service_model: ServiceModel, shape: str, metadata: dict[str, Any]
) -> None:
    assert service_model.shape_for(shape).metadata == metadata, hint(
        "core/wire/shapes.py: _string_parser, _map_parser", shape
    )


def test_members_have_a_location_in_the_request(service_model: ServiceModel) -> None:
    shape: Any = service_model.operation_model("ListRecords").input_shape
    where = {
        name: (member.serialization["location"], member.serialization["name"])
        for name, member in shape.members.items()
    }
    message = hint("core/wire/operations.py: _input_member", "serialization")

    assert where["DatasetName"] == ("uri", "DatasetName"), message
    assert where["MaxResults"] == ("querystring", "maxResults"), message
    assert shape.required_members == ["IdentityPoolId", "IdentityId", "DatasetName"]
    shape = service_model.operation_model("UpdateRecords").input_shape
    assert shape.members["ClientContext"].serialization == {
        "location": "header",
        "name": "x-amz-Client-Context",
    }, message
    assert shape.members["RecordPatches"].serialization == {}, message


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("ResourceNotFoundException", 404),
        ("ResourceConflictException", 409),
        ("InvalidParameterException", 400),
        ("NotAuthorizedException", 403),
        ("TooManyRequestsException", 429),
        ("InternalErrorException", 500),
    ],
)
def test_error_shapes_have_an_http_status(
    service_model: ServiceModel, error: str, status: int
) -> None:
    assert error in service_model.shape_names
    assert service_model.shape_for(error).metadata["error"]["httpStatusCode"] == (
        status
    ), hint("core/wire/operations.py: Service.http_status", error)


@pytest.mark.parametrize(
    ("name", "python_name"),
    [("DeleteDataset", "delete_dataset"), ("IdentityPoolId", "identity_pool_id")],
)
def test_operation_and_member_names_are_converted_to_snake_case(
    name: str, python_name: str
) -> None:
    assert xform_name(name) == python_name, hint(
        "core/wire/operations.py: Operation", "xform_name()"
    )
