"""Decorated classes run every part of a test inside the mock."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from moto_cognitosync import mock_cognitosync
from tests.mock.test_pytest_plugin import run_in_subprocess
from tests.support.aws import REGION

# Requests to AWS fail: no host name can be resolved, and no connection can be opened.
POOLS = """
import asyncio, os, socket, unittest
import boto3
from moto_cognitosync import mock_cognitosync

def fail_to_connect(*args, **kwargs):
    raise AssertionError("tried to open a connection")

socket.getaddrinfo = socket.socket.connect = fail_to_connect
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "mine"

def identity():
    return boto3.client("cognito-identity", "us-east-1")

def pools():
    listed = identity().list_identity_pools(MaxResults=60)["IdentityPools"]
    return [each["IdentityPoolName"] for each in listed]

def make(name):
    identity().create_identity_pool(
        IdentityPoolName=name, AllowUnauthenticatedIdentities=True
    )
    return pools()

def kept():
    # Pools left behind by earlier mocks.
    mock = mock_cognitosync()
    mock.start(reset=False)
    try:
        return pools()
    finally:
        mock.stop()
"""


CASES = {
    "unittest": """
@mock_cognitosync
class TestPools(unittest.TestCase):
    def setUp(self):
        self.addCleanup(self.clean_up)
        assert make("set up") == ["set up"]

    def tearDown(self):
        assert sorted(pools()) == ["set up", "test"]

    def clean_up(self):
        assert sorted(pools()) == ["set up", "test"]

    def test_one(self):
        make("test")

    def test_two(self):
        make("test")
""",
    "asyncio": """
@mock_cognitosync
class TestPools(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.addAsyncCleanup(self.clean_up)
        assert make("set up") == ["set up"]

    async def clean_up(self):
        assert sorted(pools()) == ["set up", "tear down", "test"]

    async def asyncTearDown(self):
        assert sorted(pools()) == ["set up", "test"]
        make("tear down")

    async def test_one(self):
        await asyncio.sleep(0)
        make("test")

    async def test_two(self):
        make("test")
""",
    "mixin": """
@mock_cognitosync
class Pools:
    def setUp(self):
        assert make("set up") == ["set up"]

    def tearDown(self):
        assert sorted(pools()) == ["set up", "test"]

    def test_one(self):
        make("test")

class TestPools(Pools, unittest.TestCase):
    def test_two(self):
        make("test")
""",
    "mixin with super()": """
@mock_cognitosync
class Pools:
    def setUp(self):
        super().setUp()
        assert make("set up") == ["set up"]

class TestPools(Pools, unittest.TestCase):
    def setUp(self):
        super().setUp()
        make("set up again")

    def test_one(self):
        assert len(pools()) == 2

    def test_two(self):
        assert len(pools()) == 2
""",
    "subclass": """
@mock_cognitosync
class Base(unittest.TestCase):
    pass

class TestPools(Base):
    def setUp(self):
        assert make("set up") == ["set up"]

    def tearDown(self):
        assert sorted(pools()) == ["set up", "test"]

    def test_one(self):
        make("test")

    def test_two(self):
        make("test")
""",
}

CLASS_LEVEL = """
@mock_cognitosync
class TestPools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.check, ["class"])
        assert make("class") == ["class"]

    @classmethod
    def tearDownClass(cls):
        cls.check(["class"])

    @classmethod
    def check(cls, expected):
        assert pools() == expected

    def test_one(self):
        self.check(["class"])

    def test_two(self):
        self.check(["class"])

"""

INHERITED = (
    CLASS_LEVEL.replace("TestPools", "Base")
    + """
class TestPools(Base):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    Base.__test__ = False
    __test__ = True
"""
)


CLASS_LEVEL_CASES = {"class level": CLASS_LEVEL, "class level, inherited": INHERITED}


def test_every_part_of_a_test_case_runs_in_the_mock_in_pytest(
    pytester: pytest.Pytester,
) -> None:
    write_modules(pytester, CASES | CLASS_LEVEL_CASES)
    result = run_in_subprocess(pytester, "")
    result.assert_outcomes(passed=21)
    result = run_in_subprocess(pytester, "", "--pdb")
    result.assert_outcomes(passed=21)


def test_tear_down_runs_in_the_mock_with_pdb_and_without_the_pytest_plugin(
    pytester: pytest.Pytester,
) -> None:
    source = """
@mock_cognitosync
class TestPools(unittest.TestCase):
    def tearDown(self):
        pools()

    def test_one(self):
        pools()
"""
    result = run_in_subprocess(pytester, POOLS + source, "--pdb", "-pno:cognitosync")
    result.assert_outcomes(passed=1)


def write_modules(pytester: pytest.Pytester, sources: dict[str, str]) -> None:
    """Write a test module for each source. Its last test runs outside a mock."""
    end = "\ndef test_end():\n    assert kept() == []\n"
    modules = {
        f"test_{name.translate(str.maketrans(' ,()', '____'))}": POOLS + source + end
        for name, source in sources.items()
    }
    pytester.makepyfile(**modules)


CALLS = [
    ("suite().run(result)", 2),
    ("suite().debug()", 0),
    ("[case.run(result) for case in suite()]", 2),
    ("[case(result) for case in suite()]", 2),
    ("[case.debug() for case in suite()]", 0),
]


@pytest.mark.parametrize("case", [*CASES, *CLASS_LEVEL_CASES])
def test_every_part_of_a_test_case_runs_in_the_mock_in_unittest(
    pytester: pytest.Pytester, case: str
) -> None:
    # unittest runs class-level set-up only in suites.
    calls = CALLS[:2] if case in CLASS_LEVEL_CASES else CALLS
    run_unittest(pytester, (CASES | CLASS_LEVEL_CASES)[case], calls)


def test_a_test_case_can_run_more_than_once(pytester: pytest.Pytester) -> None:
    run_unittest(
        pytester,
        CASES["unittest"],
        [("[case.run(result) for case in [*suite()] * 2]", 4)],
    )


def run_unittest(
    pytester: pytest.Pytester, source: str, calls: list[tuple[str, int]]
) -> None:
    """Check that each call runs the expected number of tests and leaves no state."""
    runs = "".join(
        f"""
result = unittest.TestResult()
{call}
for _, error in result.errors + result.failures:
    print(error)
print(result.testsRun, kept())
"""
        for call, _ in calls
    )
    load = "loadTestsFromTestCase(TestPools)"
    result = pytester.runpython_c(
        f"{POOLS}{source}\nsuite = lambda: unittest.defaultTestLoader.{load}\n{runs}"
    )
    assert result.outlines == [f"{count} []" for _, count in calls]


# --- Class level ------------------------------------------------------------------


def test_tear_down_class_is_mocked_without_set_up_class(
    pytester: pytest.Pytester,
) -> None:
    source = """
@mock_cognitosync
class TestPools(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        assert pools() == []
        cls.addClassCleanup(make, "clean-up")

    @classmethod
    def helper(cls):
        return pools()

    def test_one(self):
        assert make("test") == self.helper()

    def test_two(self):
        assert make("test") == self.helper()
"""
    run_unittest(pytester, source, CALLS[:1])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failing_class_level_set_up_stops_the_mock(error: type[BaseException]) -> None:
    cleaned_up = []

    @mock_cognitosync
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            cls.addClassCleanup(cleaned_up.append, "cleaned up")
            raise error

        def test_one(self) -> None: ...

    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Case)
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            suite.run(unittest.TestResult())
    else:
        suite.run(unittest.TestResult())

    assert cleaned_up == ["cleaned up"]
    with pytest.raises(RuntimeError, match="is not active"):
        mock_cognitosync().stop()


def test_set_up_and_fixtures_of_a_plain_class_are_mocked(
    pytester: pytest.Pytester,
) -> None:
    source = """
import pytest

@mock_cognitosync
class TestClassLevel:
    @classmethod
    def setup_class(cls):
        assert make("class") == ["class"]

    def test_one(self):
        assert pools() == ["class"]

    def test_two(self):
        assert pools() == ["class"]

    @classmethod
    def teardown_class(cls):
        assert pools() == ["class"]

class TestSubclass(TestClassLevel):
    @classmethod
    def setup_class(cls):
        super().setup_class()

    def test_three(self):
        assert pools() == ["class"]

@mock_cognitosync
class TestClassFixture:
    @pytest.fixture(scope="class", autouse=True)
    def pool(self):
        assert make("class") == ["class"]
        yield
        assert pools() == ["class"]

    def test_one(self):
        assert pools() == ["class"]

    def test_two(self):
        assert pools() == ["class"]

@mock_cognitosync
class TestFixture:
    @pytest.fixture(autouse=True)
    def pool(self):
        assert make("fixture") == ["fixture"]
        yield
        assert sorted(pools()) == ["fixture", "test"]

    def test_one(self):
        make("test")

    def test_two(self):
        make("test")

@mock_cognitosync
class Base:
    pass

class TestUndecorated(Base):
    def setup_method(self, method):
        assert make("set up") == ["set up"]

    def teardown_method(self):
        assert sorted(pools()) == ["set up", "test"]

    def test_one(self):
        make("test")

    def test_two(self):
        make("test")

@mock_cognitosync
class TestTearDown:
    def test_one(self):
        assert make("test") == ["test"]

    def teardown_method(self):
        assert pools() == ["test"]

class TestOutside:
    @pytest.fixture(scope="class", autouse=True)
    def key(self):
        return os.environ["AWS_ACCESS_KEY_ID"]

    def test_end(self, key):
        assert key == "mine"
        assert kept() == []
"""
    # pytest plans to deprecate class fixtures that are instance methods.
    result = run_in_subprocess(
        pytester, POOLS + source, "-Wignore::pytest.PytestWarning"
    )
    result.assert_outcomes(passed=13)


def test_a_class_with_init_subclass_can_be_decorated() -> None:
    @mock_cognitosync
    class Base:
        names: list[str] = []  # noqa: RUF012

        def __init_subclass__(cls, name: str) -> None:
            cls.names.append(name)

    class Sub(Base, name="sub"):
        def test_one(self) -> list[Any]:
            client = boto3.client("cognito-identity", REGION)
            return client.list_identity_pools(MaxResults=9)["IdentityPools"]

        class TestInside:
            def test_one(self) -> list[Any]:
                return Sub().test_one()

    assert Base.names == ["sub"]
    assert Sub().test_one() == Sub.TestInside().test_one() == []


@pytest.mark.parametrize("name", ["run", "debug"])
def test_a_test_case_can_override_run_and_debug(name: str) -> None:
    class Base(unittest.TestCase):
        def test_one(self) -> None:
            boto3.client("cognito-identity", REGION).create_identity_pool(
                IdentityPoolName="test", AllowUnauthenticatedIdentities=True
            )

    def override(self: Any, *arguments: Any) -> Any:
        return getattr(super(Case, self), name)(*arguments)

    namespace: dict[str, Callable[..., Any]] = {name: override}
    Case: Any = mock_cognitosync(type("Case", (Base,), namespace))  # noqa: N806
    getattr(Case("test_one"), name)()

    mock = mock_cognitosync()
    mock.start(reset=False)
    client = boto3.client("cognito-identity", REGION)
    listed = client.list_identity_pools(MaxResults=9)["IdentityPools"]
    mock.stop()
    assert listed == []
