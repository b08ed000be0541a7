"""The pytest fixtures, as a project uses them that has installed this package."""

from __future__ import annotations

from typing import Any

import pytest

USES_ONE_POOL = """
import pytest

def use(client):
    assert client.list_identity_pools(MaxResults=60)["IdentityPools"] == []
    client.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
"""


# hypothesis takes longer to import than most of these tests take to run.
PLUGINS_NOT_NEEDED = ("asyncio", "hypothesispytest", "randomly", "xdist")
PLAIN = [f"-pno:{name}" for name in PLUGINS_NOT_NEEDED]


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(USES_ONE_POOL + source)
    return pytester.runpytest_subprocess("-W", "error", *PLAIN, *arguments)


def test_the_client_is_in_a_mock_that_is_fresh_for_each_test(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
import boto3

@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync, turn):
    use(boto3.client("cognito-identity", "us-east-1"))
    pool = "us-east-1:00000000-0000-4000-8000-000000000000"
    with pytest.raises(cognitosync.exceptions.ResourceNotFoundException):
        cognitosync.describe_dataset(
            IdentityPoolId=pool, IdentityId=pool, DatasetName="settings"
        )
""",
    )
    result.assert_outcomes(passed=2)


def test_the_mock_ends_with_the_test(pytester: pytest.Pytester) -> None:
    result = run(
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
def test_the_region_comes_from_the_environment(
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


def test_the_server_is_one_for_the_session_and_empty_for_each_test(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
urls = set()

@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync_server, turn):
    use(cognitosync_server.client("cognito-identity"))
    urls.add(cognitosync_server.url)
    assert len(urls) == 1
""",
    )
    result.assert_outcomes(passed=2)


def test_the_server_neither_inherits_nor_leaves_anything(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
import boto3
from moto_cognitosync import mock_cognitosync

def use_what_is_there():
    mock = mock_cognitosync()
    mock.start(reset=False)
    use(boto3.client("cognito-identity", "us-east-1"))
    mock.stop(remove_data=False)

def test_before():
    use_what_is_there()

def test_server(cognitosync_server):
    use(cognitosync_server.client("cognito-identity"))

def test_after():
    use_what_is_there()
    with mock_cognitosync():
        pass
""",
    )
    result.assert_outcomes(passed=3)


def test_pytest_can_tell_what_the_fixtures_are_for(pytester: pytest.Pytester) -> None:
    result = run(pytester, "", "--fixtures")

    result.stdout.fnmatch_lines(
        [
            "cognitosync -- *",
            "    Give a boto3 client for Cognito Sync, in a mock that starts empty.",
            "cognitosync_server -- *",
            "    Give a server of its own to the session, on a free port, empty for *",
        ]
    )
    result.stdout.no_fnmatch_line("_cognitosync_server_of_session*")


# --- Datasets, faults and calls ---------------------------------------------------


def test_fixtures_make_datasets_and_faults_and_note_calls(
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


def test_they_work_with_the_server(pytester: pytest.Pytester) -> None:
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
def test_datasets_are_there_whatever_stands_first(
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


def test_datasets_of_one_test_belong_to_one_identity(
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


def test_errors_are_of_the_same_classes_for_all_clients(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
import boto3

@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync, cognitosync_dataset, turn):
    client_of_the_code_under_test = boto3.client("cognito-sync", "us-east-1")
    with pytest.raises(cognitosync.exceptions.ResourceNotFoundException):
        client_of_the_code_under_test.delete_dataset(**cognitosync_dataset())
""",
    )
    result.assert_outcomes(passed=2)


def test_a_fault_ends_with_its_test(pytester: pytest.Pytester) -> None:
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


def test_a_failure_shows_the_dataset_and_not_the_plugin(
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
            "E * dataset 'settings' was to hold {'theme': 'light'}, but holds:",
            "E * settings (exists; DatasetSyncCount 1, 1 record(s), 9 bytes)",
            "E * Key      Value   SyncCount  LastModifiedBy",
            "E * 'theme'  'dark'  1          123456789012",
        ]
    )
    result.stdout.no_fnmatch_line("*raise AssertionError*")


# --- The marker, and the ini options ----------------------------------------------

STATE = """
IdentityPools:
  - IdentityPoolId: us-east-1:0
    Identities:
      - IdentityId: us-east-1:1
        Datasets: [{DatasetName: settings, Values: {theme: dark}}]
"""
LISTS = """
import yaml

DATASET = dict(
    IdentityPoolId="us-east-1:0", IdentityId="us-east-1:1", DatasetName="settings"
)

def list_values(client):
    return [each["Value"] for each in client.list_records(**DATASET)["Records"]]
"""


@pytest.mark.parametrize("state", ['"state.yaml"', "yaml.safe_load(STATE)"])
def test_a_marker_names_the_state(pytester: pytest.Pytester, state: str) -> None:
    pytester.makefile(".yaml", state=STATE)
    result = run(
        pytester,
        f"""
{LISTS}
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
        ("'none.json'", "*pytest's configuration: *none.json'"),
        ("[1]", "*pytest's configuration: [[]1] is not of type 'object'"),
    ],
)
def test_a_state_that_cannot_be_is_an_error_without_a_traceback(
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


def test_a_marker_names_the_region_and_the_credentials(
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

def test_nothing(cognitosync, cognitosync_server, cognitosync_dataset):
    assert cognitosync.meta.region_name == "us-east-1"
    for client in (cognitosync, cognitosync_server.client("cognito-sync")):
        assert client.list_identity_pool_usage()["Count"] == 0
    with pytest.raises(cognitosync.exceptions.InvalidConfigurationException):
        register(cognitosync, cognitosync_dataset("settings", dict(a="1")))
""",
    )
    result.assert_outcomes(passed=5)


def test_the_closest_marker_counts(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.cognitosync(region="eu-west-1")
class TestRegions:
    def test_of_the_class(self, cognitosync):
        assert cognitosync.meta.region_name == "eu-west-1"

    @pytest.mark.cognitosync(region="eu-west-2")
    def test_of_its_own(self, cognitosync):
        assert cognitosync.meta.region_name == "eu-west-2"
""",
    )
    result.assert_outcomes(passed=2)


def test_ini_options_hold_for_all_tests(pytester: pytest.Pytester) -> None:
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
{LISTS}
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
    ("arguments", "shown"),
    [('"us-east-1"', "'us-east-1'"), ('regions="us-east-1"', "regions")],
)
def test_a_marker_that_is_wrong_is_an_error(
    pytester: pytest.Pytester, arguments: str, shown: str
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
            "@pytest.mark.cognitosync takes region=, state=, strict_credentials= and "
            f"nothing else; found {shown}"
        ]
    )


# --- With other plugins -----------------------------------------------------------


def test_it_works_with_xdist_in_random_order_and_with_asyncio(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        USES_ONE_POOL
        + """
import boto3, unittest
from moto_cognitosync import mock_cognitosync

@pytest.mark.parametrize("turn", range(4))
def test_fixture(cognitosync, cognitosync_dataset, turn):
    use_one(cognitosync_dataset)
    assert cognitosync.list_identity_pool_usage()["Count"] == 1

@pytest.mark.parametrize("turn", range(4))
def test_server(cognitosync_server, turn):
    use(cognitosync_server.client("cognito-identity"))

def use_one(make):
    assert make("settings", {"theme": "dark"}).exists

async def test_async(cognitosync, cognitosync_dataset):
    use_one(cognitosync_dataset)

@mock_cognitosync
class PlayTest(unittest.TestCase):
    def test_play(self):
        use(boto3.client("cognito-identity", "us-east-1"))

class FixtureTest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def set_up(self, cognitosync_dataset):
        self.settings = cognitosync_dataset("settings", {"theme": "dark"})

    def test_play(self):
        self.settings.assert_contents({"theme": "dark"})
"""
    )
    result = pytester.runpytest_subprocess(
        *("-W", "error", "-n", "2", "-p", "randomly", "-o", "asyncio_mode=auto"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    )
    result.assert_outcomes(passed=11)


@pytest.mark.parametrize("parameters", ["self", "self, method"])
def test_set_up_methods_may_take_the_test_or_not(
    pytester: pytest.Pytester, parameters: str
) -> None:
    result = run(
        pytester,
        f"""
import boto3
from moto_cognitosync import mock_cognitosync

@mock_cognitosync
class TestPlay:
    def setup_method({parameters}):
        self.identities = boto3.client("cognito-identity", "us-east-1")
        use(self.identities)

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


@pytest.mark.parametrize("name", ["dataset", "faults", "server", "calls"])
def test_a_fixture_that_is_imported_tells_how_to_use_it(name: str) -> None:
    fixture = f"cognitosync_{name}"
    with pytest.raises(ImportError, match=f"'{fixture}' is a pytest fixture: name it"):
        exec(f"from moto_cognitosync import {fixture}")
