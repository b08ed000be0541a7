"""The pytest fixtures, as used by a project that has this package installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CREATE_FIRST_POOL = """
import pytest

def create_first_pool(client):
    assert client.list_identity_pools(MaxResults=60)["IdentityPools"] == []
    client.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
"""


# Plugins that the tests do not use; loading them is slow.
UNUSED_PLUGINS = (
    "asyncio",
    "hypothesispytest",
    "randomly",
    "time_machine",
    "timeout",
    "xdist",
)
WITHOUT_PLUGINS = tuple(f"-pno:{name}" for name in UNUSED_PLUGINS)
OPTIONS = ("-W", "error", *WITHOUT_PLUGINS)

# Garbage and threads of the outer run must not fail the inner run.
IN_PROCESS_OPTIONS = ("-pno:threadexception", "-pno:unraisableexception")


class KeepModules:
    """Keeps the modules that an in-process run imports.

    pytester removes them after the run, but moto must not be imported twice.
    """

    def __init__(self) -> None:
        self.modules: dict[str, ModuleType] = {}

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self.modules = {
            name: module
            for name, module in sys.modules.items()
            if not _is_below(module, config.rootpath)
        }

    def restore(self) -> None:
        for name, module in self.modules.items():
            sys.modules.setdefault(name, module)


KEEP_MODULES = KeepModules()


@pytest.fixture(autouse=True)
def _keep_modules() -> Iterator[None]:
    """Restore the modules after pytester, which is set up after this fixture."""
    yield
    KEEP_MODULES.restore()


def _is_below(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(path)


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    """Run tests in this process, which is faster than starting another one."""
    pytester.makepyfile(CREATE_FIRST_POOL + source)
    result = pytester.runpytest_inprocess(
        *OPTIONS, *IN_PROCESS_OPTIONS, *arguments, plugins=[KEEP_MODULES]
    )
    KEEP_MODULES.restore()
    return result


def run_in_subprocess(
    pytester: pytest.Pytester, source: str, *arguments: str
) -> pytest.RunResult:
    """Run tests that need other plugins or change process-wide state."""
    pytester.makepyfile(CREATE_FIRST_POOL + source)
    return pytester.runpytest_subprocess(*OPTIONS, *arguments)


def test_client_gets_a_new_mock_for_each_test(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
import boto3

@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync, turn):
    create_first_pool(boto3.client("cognito-identity", "us-east-1"))
    pool = "us-east-1:00000000-0000-4000-8000-000000000000"
    with pytest.raises(cognitosync.exceptions.ResourceNotFoundException):
        cognitosync.describe_dataset(
            IdentityPoolId=pool, IdentityId=pool, DatasetName="settings"
        )
""",
    )
    result.assert_outcomes(passed=2)


def test_mock_stops_after_the_test(pytester: pytest.Pytester) -> None:
    result = run_in_subprocess(
        pytester,
        """
import os

def test_inside(cognitosync):
    assert os.environ["AWS_ACCESS_KEY_ID"] != "mine"

def test_outside():
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"

@pytest.fixture(scope="session", autouse=True)
def own_credentials():
    os.environ["AWS_ACCESS_KEY_ID"] = "mine"
    yield
    del os.environ["AWS_ACCESS_KEY_ID"]
""",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-2"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "us-east-1"),
    ],
)
def test_region_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    region: str,
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    client: Any = request.getfixturevalue("cognitosync")

    assert client.meta.region_name == region


@pytest.mark.parametrize(
    "fixture",
    [
        "cognitosync",
        "cognitosync_server",
        "cognitosync_dataset",
        "cognitosync_faults",
        "cognitosync_calls",
        "cognito_identity",
        "cognitosync_identity",
    ],
)
@pytest.mark.parametrize(
    ("marker", "region"),
    [("region='eu-west-1'", "eu-west-1"), ("", "us-east-1")],
)
def test_clients_without_a_region_use_the_region_of_the_fixture(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    fixture: str,
    marker: str,
    region: str,
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    result = run(
        pytester,
        f"""
import os
import boto3

@pytest.mark.cognitosync({marker})
def test_play({fixture}):
    for make in (boto3, boto3.Session()):
        assert make.client("cognito-sync").meta.region_name == "{region}"
        explicit = make.client("cognito-sync", region_name="ap-southeast-2")
        assert explicit.meta.region_name == "ap-southeast-2"
    assert os.environ["AWS_REGION"] == "{region}"

def test_own_region(monkeypatch, {fixture}):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert boto3.client("cognito-sync").meta.region_name == "us-west-2"

def test_after():
    assert os.environ.keys().isdisjoint({{"AWS_REGION", "AWS_DEFAULT_REGION"}})

@pytest.mark.cognitosync(region="eu-west-2")
def test_region_of_the_next_test({fixture}):
    assert boto3.client("cognito-sync").meta.region_name == "eu-west-2"
""",
    )
    result.assert_outcomes(passed=4)


def test_application_reads_test_data_in_the_configured_region(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\ncognitosync_region = eu-west-1")
    result = run(
        pytester,
        """
import boto3

def count_records(dataset):
    return boto3.Session().client("cognito-sync").list_records(**dataset)["Count"]

def test_in_process(cognitosync_dataset):
    assert count_records(cognitosync_dataset("settings", {"theme": "dark"})) == 1

def test_on_server(cognitosync_server, cognitosync_dataset, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cognitosync_server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    assert count_records(cognitosync_dataset("settings", {"theme": "dark"})) == 1
""",
    )
    result.assert_outcomes(passed=2)


def test_server_runs_for_the_session_and_is_reset_for_each_test(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
urls = set()

@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync_server, turn):
    create_first_pool(cognitosync_server.client("cognito-identity"))
    urls.add(cognitosync_server.url)
    assert len(urls) == 1
""",
    )
    result.assert_outcomes(passed=2)


def test_server_neither_inherits_nor_leaves_state(
    pytester: pytest.Pytester,
) -> None:
    result = run_in_subprocess(
        pytester,
        """
import boto3
from moto_cognitosync import mock_cognitosync

def use_existing_state():
    mock = mock_cognitosync()
    mock.start(reset=False)
    create_first_pool(boto3.client("cognito-identity", "us-east-1"))
    mock.stop(remove_data=False)

def test_before():
    use_existing_state()

def test_server(cognitosync_server):
    create_first_pool(cognitosync_server.client("cognito-identity"))

def test_after():
    use_existing_state()
    with mock_cognitosync():
        pass
""",
    )
    result.assert_outcomes(passed=3)


def test_pytest_lists_the_fixtures_with_their_descriptions(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, "", "--fixtures")

    result.stdout.fnmatch_lines(
        [
            "cognitosync -- *",
            "    Provide a boto3 client for Cognito Sync, in a mock that starts empty.",
            "cognitosync_server -- *",
            "    Provide a server on a free port. It starts once and is reset for *",
        ]
    )
    result.stdout.no_fnmatch_line("_cognitosync_session_server*")


# --- Datasets, faults and calls ---------------------------------------------------


def test_fixtures_create_datasets_inject_faults_and_record_calls(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
def test_play(
    cognitosync, cognitosync_dataset, cognitosync_faults, cognitosync_calls
):
    settings = cognitosync_dataset("settings", {"theme": "dark"})
    throttled = cognitosync_faults("DeleteDataset", "TooManyRequestsException", times=1)
    cognitosync.delete_dataset(**settings)
    assert throttled.count == 1
    assert not settings.exists
    assert cognitosync_calls.operations == ["DeleteDataset", "DeleteDataset"]
""",
    )
    result.assert_outcomes(passed=1)


def test_fixtures_work_with_the_server(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_play(
    cognitosync_server, cognitosync_dataset, cognitosync_faults, cognitosync_calls
):
    client = cognitosync_server.client("cognito-sync")
    settings = cognitosync_dataset("settings", {"theme": "dark"})
    cognitosync_faults("DeleteDataset", "TooManyRequestsException", times=1)
    client.delete_dataset(**settings)
    assert len(cognitosync_calls) == 2
""",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "fixtures",
    [
        "player, cognitosync, cognitosync_server",
        "player, cognitosync_server, cognitosync",
        "cognitosync, player, cognitosync_server",
        "cognitosync_server, player, cognitosync",
        "player, cognitosync_server",
    ],
)
def test_datasets_exist_regardless_of_fixture_order(
    pytester: pytest.Pytester, fixtures: str
) -> None:
    result = run(
        pytester,
        f"""
@pytest.fixture
def player(cognitosync_dataset):
    return cognitosync_dataset("settings", {{"theme": "dark"}})

def test_play({fixtures}):
    assert player.exists
    cognitosync_server.client("cognito-sync").describe_dataset(**player)
""",
    )
    result.assert_outcomes(passed=1)


def test_datasets_in_one_test_belong_to_the_same_identity(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
def test_play(cognitosync, cognitosync_dataset):
    cognitosync_dataset("a", {"key": "1"})
    cognitosync_dataset("b", {"key": "2"})
    never_written = cognitosync_dataset()

    ids = {name: never_written[name] for name in ("IdentityPoolId", "IdentityId")}
    listed = cognitosync.list_datasets(**ids)["Datasets"]
    assert [each["DatasetName"] for each in listed] == ["a", "b"]
    assert not never_written.exists
    assert cognitosync.list_records(**never_written)["Count"] == 0
""",
    )
    result.assert_outcomes(passed=1)


def test_all_clients_raise_the_same_error_classes(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
import boto3

@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync, cognitosync_dataset, turn):
    other_client = boto3.client("cognito-sync", "us-east-1")
    with pytest.raises(cognitosync.exceptions.ResourceNotFoundException):
        other_client.delete_dataset(**cognitosync_dataset())
""",
    )
    result.assert_outcomes(passed=2)


def test_fault_ends_with_its_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync, cognitosync_dataset, cognitosync_faults, turn):
    dataset = cognitosync_dataset()
    cognitosync.list_records(**dataset)
    cognitosync_faults("ListRecords", "InvalidParameterException")
    with pytest.raises(cognitosync.exceptions.InvalidParameterException):
        cognitosync.list_records(**dataset)
""",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("fixture", ["cognitosync", "cognitosync_server"])
def test_an_unused_fault_fails_its_test(
    pytester: pytest.Pytester, fixture: str
) -> None:
    result = run(
        pytester,
        f"""
from moto_cognitosync.faults import fault

def test_unused({fixture}, cognitosync_faults):
    cognitosync_faults("ListRecords", delay=1)

@fault("ListRecords", delay=1)
def test_unused_decorator({fixture}):
    pass

def test_allowed({fixture}, cognitosync_faults):
    cognitosync_faults("ListRecords", delay=1, optional=True)
    cognitosync_faults("ListRecords", delay=1, probability=0.5)
""",
    )
    result.assert_outcomes(passed=2, errors=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * expected this fault to affect at least one request, but it affected "
            "none: fault(operation='ListRecords', delay=1). Check *"
        ]
    )


@pytest.mark.parametrize(
    ("outcome", "statement"),
    [
        ("failed", "raise ValueError"),
        ("failed", 'pytest.fail("text")'),
        ("skipped", 'pytest.skip("text")'),
    ],
)
def test_a_failed_test_does_not_report_unused_faults(
    pytester: pytest.Pytester, outcome: str, statement: str
) -> None:
    result = run(
        pytester,
        f"""
import unittest
from moto_cognitosync.faults import fault

@pytest.fixture
def own_fault(cognitosync):
    with fault("DeleteDataset", delay=1):
        yield

def test_play(cognitosync_faults, own_fault):
    cognitosync_faults("ListRecords", delay=1)
    {statement}

@pytest.mark.usefixtures("own_fault")
class PlayTest(unittest.TestCase):
    def test_play(self):
        {statement}
""",
    )
    result.assert_outcomes(**{outcome: 2})


def test_a_misspelled_parameter_of_a_fault_is_reported_with_a_suggestion(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
def test_play(cognitosync_faults):
    cognitosync_faults("ListRecords", delay=1, time=1)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * unknown parameter 'time' *mean 'times'[?]"])


FAILING_TRIGGER = """
from moto_cognitosync import sync_trigger

ARN = "arn:aws:lambda:us-east-1:123456789012:function:check"

def fail(event, context):
    pytest.fail("text of the trigger")

def write(client, ids):
    client.set_cognito_events(
        IdentityPoolId=ids["IdentityPoolId"], Events={"SyncTrigger": ARN}
    )
    token = client.list_records(**ids)["SyncSessionToken"]
    patch = {"Op": "replace", "Key": "theme", "Value": "dark", "SyncCount": 0}
    with sync_trigger(ARN, fail):
        client.update_records(**ids, SyncSessionToken=token, RecordPatches=[patch])

def test_on_server(cognitosync_server, cognitosync_dataset):
    client = cognitosync_server.client("cognito-sync")
    with pytest.raises(client.exceptions.InvalidLambdaFunctionOutputException):
        write(client, cognitosync_dataset())
"""


def test_a_trigger_can_fail_its_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        f"""
{FAILING_TRIGGER}
def test_in_process(cognitosync, cognitosync_dataset):
    write(cognitosync, cognitosync_dataset())

def test_next(cognitosync_server):
    pass
""",
    )
    result.assert_outcomes(passed=2, failed=1, errors=1)
    text = "E * Failed: text of the trigger"
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_on_server*", text, text])


INVALID_STATE = """
@pytest.mark.cognitosync(state="none.json")
def test_on_server(cognitosync_server):
    pass
"""


@pytest.mark.parametrize("error_of_server", [FAILING_TRIGGER, INVALID_STATE])
def test_mocks_start_empty_after_an_error_of_the_server_fixture(
    pytester: pytest.Pytester, error_of_server: str
) -> None:
    result = run(
        pytester,
        f"""
{error_of_server}
@pytest.mark.parametrize("number", [1, 2, 3])
def test_play(number, cognitosync, cognito_identity):
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
    create_first_pool(cognito_identity)
""",
    )
    assert "failed" not in result.parseoutcomes()
    assert result.parseoutcomes()["errors"] == 1


def test_failed_assertion_shows_the_dataset_without_plugin_frames(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
def test_play(cognitosync_dataset):
    settings = cognitosync_dataset("settings", {"theme": "dark"})
    settings.assert_contents({"theme": "light"})
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>   *settings.assert_contents({"theme": "light"})',
            "E * expected dataset 'settings' to contain {'theme': 'light'}, but it *",
            "E * settings (exists; DatasetSyncCount 1, 1 record(s), 9 bytes)",
            "E * Key      Value   SyncCount  LastModifiedBy",
            "E * 'theme'  'dark'  1          123456789012",
        ]
    )
    result.stdout.no_fnmatch_line("*raise AssertionError*")


# --- Marker and ini options -------------------------------------------------------

STATE = """
IdentityPools:
  - IdentityPoolId: us-east-1:0
    Identities:
      - IdentityId: us-east-1:1
        Datasets: [{DatasetName: settings, Values: {theme: dark}}]
"""
LIST_VALUES = """
import yaml

DATASET = dict(
    IdentityPoolId="us-east-1:0", IdentityId="us-east-1:1", DatasetName="settings"
)

def list_values(client):
    return [each["Value"] for each in client.list_records(**DATASET)["Records"]]
"""


@pytest.mark.parametrize("state", ['"state.yaml"', "yaml.safe_load(STATE)"])
def test_marker_sets_the_state(pytester: pytest.Pytester, state: str) -> None:
    pytester.makefile(".yaml", state=STATE)
    result = run(
        pytester,
        f"""
{LIST_VALUES}
from pathlib import Path

STATE = Path("state.yaml").read_text()
pytestmark = pytest.mark.cognitosync(state={state})

def test_state(cognitosync):
    assert list_values(cognitosync) == ["dark"]

def test_state_on_server(cognitosync_server):
    assert list_values(cognitosync_server.client("cognito-sync")) == ["dark"]
""",
        "--strict-markers",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            "'none.json'",
            "*cognitosync_state: cannot read *none.json: No such file or directory",
        ),
        ("[1]", "*cognitosync_state: [[]1] is not of type 'object'"),
    ],
)
def test_invalid_state_is_reported_without_a_traceback(
    pytester: pytest.Pytester, state: str, message: str
) -> None:
    result = run(
        pytester,
        f"""
@pytest.mark.cognitosync(state={state})
def test_play(cognitosync):
    pass
""",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*load_state*")
    result.stdout.no_fnmatch_line("*Errno*")


def test_marker_sets_the_region_and_strict_credentials(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
@pytest.mark.cognitosync(region="eu-west-1")
def test_region(cognitosync, cognitosync_dataset):
    assert cognitosync.meta.region_name == "eu-west-1"
    assert cognitosync_dataset("settings", dict(a="1")).region == "eu-west-1"
    assert cognitosync.list_identity_pool_usage()["Count"] == 1

def register(client, dataset):
    client.register_device(
        IdentityPoolId=dataset.identity_pool_id, IdentityId=dataset.identity_id,
        Platform="GCM", Token="token",
    )

@pytest.mark.cognitosync(region="eu-west-1")
def test_region_of_server(cognitosync_server, cognitosync_dataset):
    client = cognitosync_server.client("cognito-sync")
    assert client.delete_dataset(**cognitosync_dataset("settings", dict(a="1")))

@pytest.mark.cognitosync(strict_credentials=True)
def test_credentials(cognitosync, cognitosync_dataset):
    with pytest.raises(cognitosync.exceptions.NotAuthorizedException):
        register(cognitosync, cognitosync_dataset())

@pytest.mark.cognitosync(strict_credentials=True)
def test_credentials_on_server(cognitosync_server, cognitosync_dataset):
    client = cognitosync_server.client("cognito-sync")
    with pytest.raises(client.exceptions.NotAuthorizedException):
        register(client, cognitosync_dataset("settings", dict(a="1")))

def test_defaults(cognitosync, cognitosync_server, cognitosync_dataset):
    assert cognitosync.meta.region_name == "us-east-1"
    for client in (cognitosync, cognitosync_server.client("cognito-sync")):
        assert client.list_identity_pool_usage()["Count"] == 0
    with pytest.raises(cognitosync.exceptions.InvalidConfigurationException):
        register(cognitosync, cognitosync_dataset("settings", dict(a="1")))
""",
    )
    result.assert_outcomes(passed=5)


def test_closest_marker_takes_precedence(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.cognitosync(region="eu-west-1")
class TestRegions:
    def test_class_marker(self, cognitosync):
        assert cognitosync.meta.region_name == "eu-west-1"

    @pytest.mark.cognitosync(region="eu-west-2")
    def test_own_marker(self, cognitosync):
        assert cognitosync.meta.region_name == "eu-west-2"
""",
    )
    result.assert_outcomes(passed=2)


def test_ini_options_apply_to_all_tests(pytester: pytest.Pytester) -> None:
    (pytester.mkdir("states") / "state.yaml").write_text(STATE)
    pytester.makeini(
        """
[pytest]
cognitosync_region = eu-west-1
cognitosync_state = states/state.yaml
cognitosync_strict_credentials = true
"""
    )
    result = run(
        pytester,
        f"""
import boto3
{LIST_VALUES}
def test_play(cognitosync):
    assert cognitosync.meta.region_name == "eu-west-1"
    assert list_values(boto3.client("cognito-sync", "us-east-1")) == ["dark"]
    ids = dict(IdentityPoolId="us-east-1:0", IdentityId="us-east-1:1")
    with pytest.raises(cognitosync.exceptions.NotAuthorizedException):
        cognitosync.register_device(**ids, Platform="GCM", Token="token")

@pytest.mark.cognitosync(region="us-east-1", state=None, strict_credentials=False)
def test_marked(cognitosync):
    assert cognitosync.list_identity_pool_usage()["Count"] == 0
""",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        ('"us-east-1"', "'us-east-1'"),
        ('regions="us-east-1"', "regions; did you mean 'region'[?]"),
        (
            "strict_credential=True, state=None",
            "strict_credential, state; did you mean 'strict_credentials'[?]",
        ),
    ],
)
def test_invalid_marker_arguments_are_rejected(
    pytester: pytest.Pytester, arguments: str, reported: str
) -> None:
    result = run(
        pytester,
        f"""
@pytest.mark.cognitosync({arguments})
def test_play(cognitosync):
    pass
""",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.cognitosync accepts only region=, state=, "
            f"strict_credentials=; found {reported}"
        ]
    )


@pytest.mark.parametrize("fixture", ["cognitosync", "cognitosync_server"])
def test_marker_rejects_credentials_that_are_not_a_boolean(
    pytester: pytest.Pytester, fixture: str
) -> None:
    result = run(
        pytester,
        f"""
@pytest.mark.cognitosync(strict_credentials="false")
def test_play({fixture}):
    pass
""",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E * must be True or False, found 'false'"])


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("cognitosync_strict_credential", "; did you mean 'cognitosync_strict_cr*"),
        ("cognitosync_xyz", "cognitosync_strict_credentials"),
    ],
)
@pytest.mark.parametrize("arguments", [(), ("-W", "default")])
def test_unknown_ini_options_are_rejected(
    pytester: pytest.Pytester, name: str, end: str, arguments: tuple[str, ...]
) -> None:
    pytester.makeini(f"[pytest]\n{name} = true")
    pytester.makepyfile("def test_play(): pass")

    result = pytester.runpytest_inprocess(
        *WITHOUT_PLUGINS, *IN_PROCESS_OPTIONS, *arguments
    )

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: unknown ini option '{name}'; use *{end}"])


def test_other_warnings_about_ini_options_are_kept(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nother_option = true")
    pytester.makepyfile("def test_play(): pass")

    result = pytester.runpytest_inprocess(*WITHOUT_PLUGINS, *IN_PROCESS_OPTIONS)

    result.assert_outcomes(passed=1, warnings=1)


# --- Compatibility with other plugins ---------------------------------------------


MODULE = "moto_cognitosync.pytest_plugin"


@pytest.mark.parametrize("autoload", [True, False])
@pytest.mark.parametrize(
    ("arguments", "conftest"),
    [
        (("-p", "cognitosync"), ""),
        (("-p", MODULE), ""),
        ((), f"pytest_plugins = ['{MODULE}']"),
        (("-p", MODULE), f"pytest_plugins = '{MODULE}'"),
    ],
)
def test_the_plugin_can_be_named_explicitly(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    autoload: bool,
    arguments: tuple[str, ...],
    conftest: str,
) -> None:
    if not autoload:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(conftest)

    result = run_in_subprocess(pytester, "def test_play(cognitosync): pass", *arguments)

    result.assert_outcomes(passed=1)


def test_the_plugin_can_be_disabled(pytester: pytest.Pytester) -> None:
    result = run_in_subprocess(
        pytester, "def test_play(cognitosync): pass", "-p", "no:cognitosync"
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E * fixture 'cognitosync' not found"])


def test_fixtures_work_with_xdist_randomly_and_asyncio(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        CREATE_FIRST_POOL
        + """
import boto3, unittest
from moto_cognitosync import mock_cognitosync

@pytest.mark.parametrize("turn", range(4))
def test_fixture(cognitosync, cognitosync_dataset, turn):
    check_dataset(cognitosync_dataset)
    assert cognitosync.list_identity_pool_usage()["Count"] == 1

@pytest.mark.parametrize("turn", range(4))
def test_server(cognitosync_server, turn):
    create_first_pool(cognitosync_server.client("cognito-identity"))

def check_dataset(make):
    assert make("settings", {"theme": "dark"}).exists

async def test_async(cognitosync, cognitosync_dataset):
    check_dataset(cognitosync_dataset)

@mock_cognitosync
class PlayTest(unittest.TestCase):
    def test_play(self):
        create_first_pool(boto3.client("cognito-identity", "us-east-1"))

class FixtureTest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def set_up(self, cognitosync_dataset):
        self.settings = cognitosync_dataset("settings", {"theme": "dark"})

    def test_play(self):
        self.settings.assert_contents({"theme": "dark"})
"""
    )
    result = pytester.runpytest_subprocess(
        *("-W", "error", "-n", "2", "-pno:hypothesispytest", "-p", "randomly"),
        *("-o", "asyncio_mode=auto"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    )
    result.assert_outcomes(passed=11)


@pytest.mark.parametrize("parameters", ["self", "self, method"])
def test_setup_methods_can_omit_the_method_parameter(
    pytester: pytest.Pytester, parameters: str
) -> None:
    result = run_in_subprocess(
        pytester,
        f"""
import boto3
from moto_cognitosync import mock_cognitosync

@mock_cognitosync
class TestPlay:
    def setup_method({parameters}):
        self.identities = boto3.client("cognito-identity", "us-east-1")
        create_first_pool(self.identities)

    def teardown_method({parameters}):
        assert self.identities.list_identity_pools(MaxResults=60)["IdentityPools"]

    def test_play(self):
        assert self.identities.list_identity_pools(MaxResults=60)["IdentityPools"]

    async def test_async(self):
        assert self.identities.list_identity_pools(MaxResults=60)["IdentityPools"]
""",
        *("-p", "asyncio", "-o", "asyncio_mode=auto"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "fixture",
    [
        "cognito_identity",
        "cognitosync_calls",
        "cognitosync_dataset",
        "cognitosync_faults",
        "cognitosync_identity",
        "cognitosync_server",
    ],
)
def test_importing_a_fixture_explains_how_to_use_it(fixture: str) -> None:
    with pytest.raises(ImportError, match=f"'{fixture}' is a pytest fixture: add it"):
        exec(f"from moto_cognitosync import {fixture}")
