"""Each test gets its own boto3 session; only data read from files is shared."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

import boto3
import botocore.session
import pytest
from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.credentials import CredentialProvider, Credentials
from botocore.exceptions import (
    DataNotFoundError,
    ProfileNotFound,
    UnknownServiceError,
)
from moto import mock_aws

from moto_cognitosync import mock_cognitosync, register
from moto_cognitosync._moto.quick_session import speed_up_session
from tests.support.aws import REGION, access_key_of

twice = pytest.mark.parametrize("run", [1, 2])


def default_session() -> Any:
    return boto3.DEFAULT_SESSION


def fail(request: Any, **_: Any) -> AWSResponse:
    raise AssertionError(f"handler for {request.url}")


@twice
def test_handlers_of_a_client_do_not_leak_into_the_next_test(
    run: int, cognitosync: Any
) -> None:
    assert run
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.meta.events.register_first("before-send", fail)
    with pytest.raises(AssertionError, match="handler for"):
        cognitosync.list_identity_pool_usage()


def clear(paths: list[str]) -> None:
    paths.clear()


# Functions that change a boto3 session in ways that its next client would notice.
CHANGES: dict[str, Callable[[Any], object]] = {
    "handler": lambda session: session.events.register_first("before-send", fail),
    "client configuration": lambda session: session._session.set_default_client_config(
        Config(region_name="none", user_agent="changed")
    ),
    "component": lambda session: session._session.register_component(
        "data_loader", None
    ),
    "credentials": lambda session: session._session.set_credentials("changed", "no"),
    "credentials modified in place": lambda session: setattr(
        session.get_credentials(), "access_key", "changed"
    ),
    "credential providers": lambda session: session._session.get_component(
        "credential_provider"
    ).providers.clear(),
    "configuration": lambda session: session._session.set_config_variable(
        "region", "none"
    ),
    "search path": lambda session: clear(
        session._session.get_component("data_loader").search_paths
    ),
    "default session": lambda _: boto3.setup_default_session(region_name="none"),
}


@pytest.mark.parametrize("own_session", [False, True])
@pytest.mark.parametrize("form", ["fixture", "decorator", "with", "inside mock_aws"])
@pytest.mark.parametrize("change", [*CHANGES])
@twice
def test_changes_to_a_session_do_not_leak_into_the_next_test(
    run: int, change: str, form: str, own_session: bool, request: pytest.FixtureRequest
) -> None:
    def check() -> None:
        assert run
        boto3.client("cognito-sync", REGION)  # creates the default session
        session = boto3.Session() if own_session else default_session()
        client: Any = session.client("cognito-sync", REGION)
        assert client.meta.config.user_agent.startswith("Boto3/")
        assert client._get_credentials().access_key != "changed"
        assert client.list_identity_pool_usage()["Count"] == 0
        assert session.region_name != "none"
        CHANGES[change](session)

    if form == "fixture":
        request.getfixturevalue("cognitosync")
        check()
    elif form == "decorator":
        mock_cognitosync(check)()
    else:
        outer = mock_aws() if form == "inside mock_aws" else nullcontext()
        with outer, mock_cognitosync():
            check()


@twice
def test_changes_to_a_client_do_not_leak_into_the_next_test(
    run: int, cognitosync: Any
) -> None:
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.list_identity_pool_usage = lambda: run
    cognitosync.meta.config.retries = {"max_attempts": run}
    assert cognitosync.list_identity_pool_usage() == run


@twice
def test_closing_a_client_does_not_affect_the_next_test(
    run: int, cognitosync: Any
) -> None:
    assert run
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    cognitosync.close()


def test_clients_of_one_test_share_their_exceptions(cognitosync: Any) -> None:
    other: Any = boto3.client("cognito-sync", "eu-west-1")
    expected = cognitosync.exceptions.ResourceNotFoundException
    with pytest.raises(expected):
        other.list_datasets(IdentityPoolId="eu-west-1:0", IdentityId="eu-west-1:0")


def test_a_default_session_created_inside_a_mock_is_used() -> None:
    with mock_cognitosync():
        boto3.setup_default_session(aws_access_key_id="k", aws_secret_access_key="s")
        client: Any = boto3.client("cognito-sync", REGION)

        assert access_key_of(client) == "k"
        assert client.list_identity_pool_usage()["Count"] == 0


def test_a_new_client_uses_the_current_credentials() -> None:
    register()
    # Not monkeypatch, which would restore the fake credentials after the mock stops.
    for key in ("one", "another"):
        with mock_cognitosync(), patch.dict(os.environ):
            os.environ["AWS_ACCESS_KEY_ID"] = key
            client: Any = boto3.client("cognito-sync", REGION)
            assert access_key_of(client) == key


def test_a_new_session_uses_the_current_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", os.fspath(file))
    for attempts in 7, 11:
        file.write_text(f"[default]\nmax_attempts = {attempts}\n")
        with mock_cognitosync():
            client: Any = boto3.client("cognito-sync", REGION)
        assert client.meta.config.retries["total_max_attempts"] == attempts


def test_threads_can_create_sessions_concurrently() -> None:
    counts = []

    def count() -> None:
        client: Any = boto3.Session().client("cognito-sync", REGION)
        counts.append(client.list_identity_pool_usage()["Count"])

    threads = [Thread(target=count) for _ in range(8)]
    with mock_cognitosync():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert counts == [0] * 8


def test_threads_do_not_share_changes_to_their_sessions() -> None:
    counts, ready = [], Barrier(8)

    def count(number: int) -> None:
        session = boto3.Session()
        if number % 2:
            session.events.register_first("before-send", fail)
        ready.wait(timeout=60)
        client = session.client("cognito-sync", REGION)
        if number % 2:
            with pytest.raises(AssertionError, match="handler for"):
                client.list_identity_pool_usage()
        else:
            counts.append(client.list_identity_pool_usage()["Count"])

    threads = [Thread(target=count, args=(number,)) for number in range(8)]
    with mock_cognitosync():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert counts == [0] * 4


@pytest.mark.parametrize("mock", [mock_aws, mock_cognitosync])
def test_a_default_session_of_the_user_is_restored_without_changes(mock: Any) -> None:
    session = boto3.Session("k", "s", region_name="eu-west-1")
    with patch.object(boto3, "DEFAULT_SESSION", session):
        with mock():
            boto3.setup_default_session(region_name="us-west-2")
            default_session().events.register_first("before-send", fail)
        assert default_session() is session
        client: Any = boto3.client("cognito-sync")
        with mock_cognitosync():
            assert client.meta.region_name == "eu-west-1"
            assert client.list_identity_pool_usage()["Count"] == 0


# --- Credentials ------------------------------------------------------------------


@pytest.fixture
def credentials_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "credentials"
    file.write_text(
        "[default]\naws_access_key_id = default\naws_secret_access_key = s\n"
        "[mine]\naws_access_key_id = mine\naws_secret_access_key = s\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.fspath(file))
    return file


def key_of(session: Any) -> str:
    return str(session.get_credentials().access_key)


def test_credentials_in_the_environment_take_precedence(credentials_file: Path) -> None:
    assert credentials_file.exists()
    with mock_cognitosync():
        os.environ["AWS_PROFILE"] = "mine"
        try:
            assert key_of(boto3.Session()) == os.environ["AWS_ACCESS_KEY_ID"]
        finally:
            del os.environ["AWS_PROFILE"]


def test_an_explicit_profile_takes_precedence(credentials_file: Path) -> None:
    assert credentials_file.exists()
    with mock_cognitosync():
        assert key_of(boto3.Session(profile_name="mine")) == "mine"


def test_a_profile_that_does_not_exist_is_an_error(
    credentials_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert credentials_file.exists()
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with mock_cognitosync(), pytest.raises(ProfileNotFound):
        botocore.session.Session().get_credentials()


def test_the_credentials_file_is_read_for_each_session(
    credentials_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with mock_cognitosync(config={"core": {"mock_credentials": False}}):
        assert key_of(boto3.Session()) == "default"
        text = credentials_file.read_text().replace("= default", "= other")
        credentials_file.write_text(text)
        assert key_of(boto3.Session()) == "other"


def test_a_credential_provider_that_was_added_is_used() -> None:
    class Provider(CredentialProvider):
        METHOD = "mine"

        def load(self) -> Credentials:
            return Credentials("mine", "s")

    with mock_cognitosync():
        session = botocore.session.Session()
        resolver = session.get_component("credential_provider")
        resolver.insert_before("env", Provider())
        assert key_of(session) == "mine"
        assert key_of(botocore.session.Session()) != "mine"


def components_replaced_in(session: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the components that a mock replaces in a session."""
    names: list[str] = []
    monkeypatch.setattr(
        session, "lazy_register_component", lambda name, _: names.append(name)
    )
    with mock_cognitosync():
        speed_up_session(session)
    return names


def test_a_session_works_without_the_private_name_it_uses_for_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = botocore.session.Session()
    # No released version of botocore lacks this method, so pretend that one does.
    monkeypatch.delattr(botocore.session.Session, "_create_credential_resolver")

    assert components_replaced_in(session, monkeypatch) == ["data_loader"]


def test_subclasses_keep_their_components(monkeypatch: pytest.MonkeyPatch) -> None:
    class AsyncSession(botocore.session.Session):
        """Like that of aiobotocore."""

    assert components_replaced_in(AsyncSession(), monkeypatch) == []


# --- Data files -------------------------------------------------------------------


def add_service(folder: Path, name: str) -> None:
    """Write the model of a service that exists only in this folder."""
    path = folder / name / "2026-01-01"
    path.mkdir(parents=True)
    metadata = {
        "apiVersion": "2026-01-01",
        "endpointPrefix": name,
        "protocol": "rest-json",
        "serviceId": name,
        "signatureVersion": "v4",
        "uid": name,
    }
    model = {"version": "2.0", "metadata": metadata, "operations": {}, "shapes": {}}
    (path / "service-2.json").write_text(json.dumps(model))


def test_data_path_from_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_service(tmp_path, "mine")
    with mock_cognitosync():
        assert "mine" not in boto3.Session().get_available_services()
        monkeypatch.setenv("AWS_DATA_PATH", os.fspath(tmp_path))
        assert "mine" in boto3.Session().get_available_services()
        assert boto3.Session().client("mine", REGION)  # type: ignore[call-overload]


def test_search_path_of_a_session_is_used_only_by_that_session(tmp_path: Path) -> None:
    add_service(tmp_path, "mine")
    with mock_cognitosync():
        session = botocore.session.Session()
        assert "mine" not in session.get_available_services()
        session.get_component("data_loader").search_paths.append(os.fspath(tmp_path))
        assert "mine" in session.get_available_services()
        assert "mine" not in botocore.session.Session().get_available_services()


def test_changed_data_files_are_read_by_the_next_session(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_service(tmp_path, "mine")
    monkeypatch.setenv("AWS_DATA_PATH", os.fspath(tmp_path))
    with mock_cognitosync():
        assert "yours" not in boto3.Session().get_available_services()
        add_service(tmp_path, "yours")
        assert boto3.Session().client("yours", REGION)  # type: ignore[call-overload]


@pytest.mark.parametrize("mock", [mock_aws, mock_cognitosync])
@pytest.mark.parametrize("name", ["nothing", "endpoints"])
def test_unknown_services_are_errors(name: str, mock: Any) -> None:
    with mock(), pytest.raises(UnknownServiceError) as caught:
        botocore.session.Session().get_service_model(name)
    assert "cognito-sync" in str(caught.value)


def test_a_missing_type_of_data_is_an_error() -> None:
    with mock_cognitosync():
        loader = botocore.session.Session().get_component("data_loader")
        with pytest.raises(DataNotFoundError):
            loader.load_data("cognito-sync/2014-06-30/nothing-1")


def test_data_is_read_once_and_shared_only_inside_mocks() -> None:
    def model(session: Any) -> object:
        loader = session.get_component("data_loader")
        return loader.load_service_model("cognito-sync", "service-2")

    with mock_cognitosync():
        one = model(botocore.session.Session())
    with mock_cognitosync():
        another = model(botocore.session.Session())
    register()
    with mock_aws():
        plain = model(botocore.session.Session())

    assert one is another
    assert plain == one
    assert plain is not one


def test_profile_of_a_session_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    file.write_text("[profile mine]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.fspath(file))
    with mock_cognitosync():
        assert boto3.Session(profile_name="mine").region_name == "eu-west-1"


# --- Event handlers ---------------------------------------------------------------


def handlers_of(session: Any) -> list[tuple[str, list[Any]]]:
    """Return the handlers of all events that botocore handles, in order."""
    events = session.get_component("event_emitter")
    names = sorted({spec[0] for spec in handlers.BUILTIN_HANDLERS})
    prefixes = events._emitter._handlers  # no public way to list the handlers
    return [(name, list(prefixes.prefix_search(name))) for name in names]


def test_session_in_a_mock_has_the_handlers_of_any_other_session() -> None:
    register()
    outside = handlers_of(botocore.session.Session())
    with mock_cognitosync():
        assert handlers_of(botocore.session.get_session()) == outside


def test_handlers_of_a_session_do_not_affect_other_sessions() -> None:
    with mock_cognitosync():
        first = boto3.Session()
        first.events.register_first("before-send", fail)

        client = boto3.Session().client("cognito-sync", REGION)
        assert client.list_identity_pool_usage()["Count"] == 0
        with pytest.raises(AssertionError, match="handler for"):
            first.client("cognito-sync", REGION).list_identity_pool_usage()


@pytest.mark.parametrize(
    "position", [(), (handlers.REGISTER_FIRST,), (handlers.REGISTER_LAST,)]
)
def test_builtin_handlers_that_were_added_are_used(
    position: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with mock_cognitosync():
        boto3.client("cognito-sync", REGION).list_identity_pool_usage()
        added = ("before-parameter-build", fail_build, *position)
        monkeypatch.setattr(
            handlers, "BUILTIN_HANDLERS", [*handlers.BUILTIN_HANDLERS, added]
        )

        client = boto3.Session().client("cognito-sync", REGION)
        with pytest.raises(AssertionError, match="ListIdentityPoolUsage"):
            client.list_identity_pool_usage()


def fail_build(model: Any, **_: Any) -> None:
    raise AssertionError(model.name)


def test_former_names_of_events_are_known() -> None:
    with mock_cognitosync():
        session = boto3.Session()
        session.events.register("before-parameter-build.logs", fail_build)
        with pytest.raises(AssertionError, match="DescribeLogGroups"):
            session.client("logs", REGION).describe_log_groups()


def test_session_takes_variables_in_a_mock() -> None:
    with mock_cognitosync():
        variables = {"region": (None, "SOME_REGION", None, None)}
        session = botocore.session.get_session(variables)
        with patch.dict(os.environ, SOME_REGION="eu-west-1"):
            assert session.get_config_variable("region") == "eu-west-1"
