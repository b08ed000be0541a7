"""Each test gets its own boto3 session; only data read from files is shared."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import boto3
import botocore.session
import pytest
from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from moto import mock_aws

from moto_cognitosync import mock_cognitosync, register
from tests.support.aws import REGION, access_key_of

twice = pytest.mark.parametrize("run", [1, 2])


def default_session() -> Any:
    return boto3.DEFAULT_SESSION


def botocore_session() -> Any:
    return default_session()._session


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


CHANGES: dict[str, Callable[[], object]] = {
    "handler": lambda: default_session().events.register_first("before-send", fail),
    "client configuration": lambda: botocore_session().set_default_client_config(
        Config(region_name="none", user_agent="changed")
    ),
    "component": lambda: botocore_session().register_component("data_loader", None),
    "credentials": lambda: botocore_session().set_credentials("changed", "changed"),
    "credentials modified in place": lambda: setattr(
        default_session().get_credentials(), "access_key", "changed"
    ),
    "configuration": lambda: botocore_session().set_config_variable("region", "none"),
    "search path": lambda: clear(
        botocore_session().get_component("data_loader").search_paths
    ),
    "default session": lambda: boto3.setup_default_session(region_name="none"),
}


@pytest.mark.parametrize("form", ["fixture", "decorator"])
@pytest.mark.parametrize("change", [*CHANGES])
@twice
def test_changes_to_the_default_session_do_not_leak_into_the_next_test(
    run: int, change: str, form: str, request: pytest.FixtureRequest
) -> None:
    def check() -> None:
        assert run
        client: Any = boto3.client("cognito-sync", REGION)
        assert client.meta.config.user_agent.startswith("Boto3/")
        assert client._get_credentials().access_key != "changed"
        assert client.list_identity_pool_usage()["Count"] == 0
        assert default_session().region_name != "none"
        CHANGES[change]()

    if form == "fixture":
        request.getfixturevalue("cognitosync")
        check()
    else:
        mock_cognitosync(check)()


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


def test_session_takes_variables_in_a_mock() -> None:
    with mock_cognitosync():
        variables = {"region": (None, "SOME_REGION", None, None)}
        session = botocore.session.get_session(variables)
        with patch.dict(os.environ, SOME_REGION="eu-west-1"):
            assert session.get_config_variable("region") == "eu-west-1"
