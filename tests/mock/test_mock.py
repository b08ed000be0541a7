"""mock_cognitosync works in every form and cleans up after itself."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import re
import unittest
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import config
from moto.core.config import default_user_config

from moto_cognitosync import MockCognitoSync, mock_cognitosync, register
from moto_cognitosync.faults import fault
from tests.support.aws import REGION, InProcess
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool

KEY = "AWS_ACCESS_KEY_ID"
VARIABLES = {KEY, "AWS_SECRET_ACCESS_KEY"}
POOL = f"{REGION}:00000000-0000-4000-8000-000000000000"
CREDENTIALS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}


class SentToAWSError(Exception):
    """A request was about to be sent to AWS."""


@pytest.fixture(autouse=True)
def _block_requests_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(_session: object, request: Any) -> None:
        raise SentToAWSError(request.url)

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)


@pytest.fixture(autouse=True)
def _mocks_clean_up(_environment: None) -> Iterator[None]:
    """Check that the mocks of every test in this file clean up."""
    register()  # some tests use Cognito Sync in mock_aws
    with (
        patch.dict(os.environ),
        patch.dict(default_user_config),
        patch.object(boto3, "DEFAULT_SESSION", None),
    ):
        for name in VARIABLES:
            os.environ.pop(name, None)
        before = state_touched_by_mocks()
        yield
        assert state_touched_by_mocks() == before
        assert not is_mocking()


def state_touched_by_mocks() -> list[Any]:
    return [
        VARIABLES & {*os.environ},
        boto3.DEFAULT_SESSION,
        dict(default_user_config),
    ]


@functools.cache
def early_client() -> Any:
    """Return a client that was created outside any mock."""
    return boto3.Session().client("cognito-sync", REGION, **CREDENTIALS)


def error_code(client: Any) -> str:
    """Request something that does not exist and return the error code."""
    with pytest.raises(ClientError) as caught:
        client.list_datasets(IdentityPoolId=POOL, IdentityId=POOL)
    return str(caught.value.response["Error"]["Code"])


def is_mocking() -> bool:
    try:
        return error_code(early_client()) == "ResourceNotFoundException"
    except SentToAWSError:
        return False


def make_dataset() -> DatasetUnderTest:
    aws = InProcess()
    pool_id = make_pool(aws)
    dataset = DatasetUnderTest(
        aws.client("cognito-sync"), pool_id, make_identity(aws, pool_id), "settings"
    )
    dataset.write(volume="11")
    return dataset


def exists(dataset: DatasetUnderTest) -> bool:
    try:
        return bool(dataset.describe())
    except dataset.client.exceptions.ResourceNotFoundException:
        return False


def was_discarded(dataset: DatasetUnderTest) -> bool:
    """Return whether a mock that keeps earlier state no longer has the dataset."""
    mock = mock_cognitosync()
    mock.start(reset=False)
    try:
        return not exists(dataset)
    finally:
        mock.stop()


# --- Functions and context managers -----------------------------------------------

bare_or_called = pytest.mark.parametrize(
    "decorate",
    [mock_cognitosync, mock_cognitosync()],
    ids=["without parentheses", "with parentheses"],
)


@bare_or_called
def test_decorates_a_function(decorate: Callable[..., Any]) -> None:
    @decorate
    def play(volume: int, *, theme: str) -> tuple[DatasetUnderTest, bool, int, str]:
        dataset = make_dataset()
        return dataset, exists(dataset), volume, theme

    dataset, existed, *arguments = play(11, theme="dark")

    assert existed
    assert arguments == [11, "dark"]
    assert was_discarded(dataset)


@bare_or_called
def test_decorates_a_method(decorate: Callable[..., Any]) -> None:
    class Game:
        @decorate
        def play(self) -> tuple[Game, bool]:
            return self, is_mocking()

    game = Game()

    assert game.play() == (game, True)


@bare_or_called
async def test_decorates_a_coroutine_function(decorate: Callable[..., Any]) -> None:
    @decorate
    async def play(volume: int) -> tuple[bool, int]:
        await asyncio.sleep(0)
        return exists(make_dataset()), volume

    coroutine = play(11)

    assert not is_mocking()
    assert await coroutine == (True, 11)


@pytest.mark.parametrize("is_async", [False, True])
def test_decorated_function_keeps_its_metadata(is_async: bool) -> None:
    def play(volume: int, *, theme: str = "dark") -> str:
        """Play."""

    async def play_async(volume: int, *, theme: str = "dark") -> str:
        """Play."""

    original: Callable[..., Any] = play_async if is_async else play
    decorated = mock_cognitosync(original)

    assert decorated is not original
    assert decorated.__name__ == original.__name__
    assert decorated.__doc__ == "Play."
    assert inspect.signature(decorated) == inspect.signature(original)
    assert inspect.iscoroutinefunction(decorated) == is_async


def test_context_manager() -> None:
    with mock_cognitosync() as mock:
        assert isinstance(mock, MockCognitoSync)
        dataset = make_dataset()
        assert exists(dataset)
    assert was_discarded(dataset)


async def test_async_context_manager() -> None:
    async with mock_cognitosync() as mock:
        assert isinstance(mock, MockCognitoSync)
        await asyncio.sleep(0)
        dataset = make_dataset()
        assert exists(dataset)
    assert was_discarded(dataset)


def test_start_and_stop() -> None:
    mock = mock_cognitosync()
    mock.start()
    dataset = make_dataset()
    assert exists(dataset)
    mock.stop()
    assert was_discarded(dataset)


def test_mock_can_be_reused() -> None:
    mock = mock_cognitosync()
    with mock:
        dataset = make_dataset()
    with mock:
        assert not exists(dataset)


def test_state_can_be_kept_for_the_next_mock() -> None:
    mock = mock_cognitosync()
    mock.start()
    dataset = make_dataset()
    mock.stop(remove_data=False)

    mock.start(reset=False)
    assert exists(dataset)
    mock.stop()


def test_decorated_function_starts_empty_even_if_state_was_kept() -> None:
    mock = mock_cognitosync()
    mock.start()
    dataset = make_dataset()
    mock.stop(remove_data=False)

    assert not mock_cognitosync(exists)(dataset)


def test_context_manager_starts_empty_even_if_state_was_kept() -> None:
    mock = mock_cognitosync()
    mock.start()
    dataset = make_dataset()
    mock.stop(remove_data=False)

    with mock_cognitosync():
        assert not exists(dataset)


@pytest.mark.parametrize("kind", ["generator", "async generator"])
def test_generator_cannot_be_decorated(kind: str) -> None:
    def generator() -> Iterator[None]:
        yield  # pragma: no cover

    async def async_generator() -> AsyncIterator[None]:
        yield  # pragma: no cover

    func = generator if kind == "generator" else async_generator

    with pytest.raises(TypeError) as caught:
        mock_cognitosync(func)
    assert str(caught.value) == (
        f"mock_cognitosync cannot decorate the generator {func.__qualname__!r}: its "
        "body would run after mock_cognitosync has ended. Use 'with "
        "mock_cognitosync(...):' in its body."
    )


@pytest.mark.parametrize("value", [{"core": {}}, "play", 11])
def test_non_callable_cannot_be_decorated(value: Any) -> None:
    with pytest.raises(TypeError) as caught:
        mock_cognitosync(value)
    assert str(caught.value) == (
        "mock_cognitosync expected a function to decorate, found an object of type "
        f"{type(value).__name__!r}. Pass parameters as keyword arguments."
    )


def generate() -> Iterator[int]:
    yield 11  # pragma: no cover


async def generate_async() -> AsyncIterator[int]:
    yield 11  # pragma: no cover


async def coroutine() -> int:
    return 11  # pragma: no cover


class Generator:
    def __call__(self) -> Iterator[int]:
        yield 11  # pragma: no cover


def returning(value: Callable[[], Any]) -> Callable[[], Any]:
    """Return a function that hides what kind of function it calls."""
    return lambda: value()  # noqa: PLW0108


decorators = pytest.mark.parametrize(
    ("decorate", "name"),
    [
        (mock_cognitosync, "mock_cognitosync"),
        (fault("*", delay=1), "fault"),
    ],
    ids=["mock_cognitosync", "fault"],
)


@decorators
@pytest.mark.parametrize(
    ("func", "found"),
    [
        (contextmanager(generate), "_GeneratorContextManager"),
        (asynccontextmanager(generate_async), "_AsyncGeneratorContextManager"),
        (returning(generate), "generator"),
        (returning(generate_async), "async_generator"),
        (returning(coroutine), "coroutine"),
        (functools.wraps(generate)(returning(generate)), "generator"),
        (functools.wraps(coroutine)(returning(coroutine)), "coroutine"),
    ],
)
def test_function_whose_body_would_run_after_the_mock_stops_is_rejected(
    decorate: Callable[..., Any], name: str, func: Callable[[], Any], found: str
) -> None:
    decorated = decorate(func)

    with pytest.raises(TypeError) as caught:
        decorated()
    assert str(caught.value) == (
        f"{name} cannot decorate {func.__qualname__!r}, which returned an object of "
        f"type {found!r}: its body would run after {name} has ended. Use 'with "
        f"{name}(...):' in its body."
    )


@decorators
async def test_coroutine_function_that_returns_a_coroutine_is_rejected(
    decorate: Callable[..., Any], name: str
) -> None:
    @decorate
    async def play() -> Any:
        return coroutine()

    with pytest.raises(TypeError, match=f"^{name} cannot decorate .* 'coroutine'"):
        await play()


@decorators
@pytest.mark.parametrize(
    "func",
    [functools.partial(generate), functools.partial(generate_async), Generator()],
)
def test_objects_that_wrap_a_generator_cannot_be_decorated(
    decorate: Callable[..., Any], name: str, func: Any
) -> None:
    with pytest.raises(TypeError, match=f"^{name} cannot decorate the generator"):
        decorate(func)


@decorators
@pytest.mark.parametrize("func", [generate, coroutine, exists])
def test_fixture_cannot_be_decorated(
    decorate: Callable[..., Any], name: str, func: Any
) -> None:
    with pytest.raises(TypeError) as caught:
        decorate(pytest.fixture(func))
    assert str(caught.value).endswith(
        f"the test would run after {name} has ended. Use 'with {name}(...):' in its "
        "body, and yield inside it."
    )


def test_fixture_from_an_older_pytest_cannot_be_decorated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exists, "_pytestfixturefunction", object(), raising=False)
    with pytest.raises(TypeError, match="cannot decorate the fixture 'exists'"):
        mock_cognitosync(exists)


def test_decorated_function_cannot_become_a_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import boto3, pytest
        from moto_cognitosync import mock_cognitosync
        from moto_cognitosync.faults import fault

        @pytest.fixture
        @mock_cognitosync
        def sync():
            return boto3.client("cognito-sync", "us-east-1")

        class TestMethods:
            @pytest.fixture
            @fault("ListDatasets", "TooManyRequestsException", optional=True)
            def name(self):
                return "players"

            def test_method(self, name):
                raise AssertionError

        def test_function(sync):
            raise AssertionError
    """)

    result = pytester.runpytest_subprocess("-pno:asyncio", "-pno:hypothesispytest")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines_random(
        [
            "E * TypeError: mock_cognitosync cannot decorate the fixture 'sync': *",
            "E * TypeError: fault cannot decorate the fixture 'TestMethods.name': *",
        ]
    )


async def test_object_with_an_async_call_method_runs_in_the_mock() -> None:
    class Play:
        async def __call__(self) -> bool:
            await asyncio.sleep(0)
            return is_mocking()

    async def play() -> bool:
        await asyncio.sleep(0)
        return is_mocking()

    assert await mock_cognitosync(Play())()
    assert await mock_cognitosync(functools.partial(play))()


def test_function_that_consumes_a_generator_can_be_decorated() -> None:
    def collect(func: Callable[[], Iterator[bool]]) -> Callable[[], list[bool]]:
        return functools.wraps(func)(lambda: [*func()])

    @mock_cognitosync
    @collect
    def play() -> Iterator[bool]:
        yield is_mocking()

    assert play() == [True]


def test_method_of_a_decorated_class_can_return_a_coroutine() -> None:
    @mock_cognitosync
    class Plain:
        async def play(self) -> bool:
            return is_mocking()

        def start(self) -> Any:
            return self.play()

    assert asyncio.run(Plain().start())


# --- unittest ---------------------------------------------------------------------


def run_test_case(case: type[unittest.TestCase]) -> int:
    """Run a TestCase, check that it passes and return its number of tests."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert [*result.errors, *result.failures] == []
    return result.testsRun


class DatasetInSetUp:
    """Creates a dataset in setUp and checks that it exists until the last cleanup."""

    seen: list[DatasetUnderTest]
    addCleanup: Callable[..., None]  # noqa: N815

    def setUp(self) -> None:
        assert not any(map(exists, self.seen))
        self.dataset = make_dataset()
        self.seen.append(self.dataset)
        self.addCleanup(self.check)

    def tearDown(self) -> None:
        self.check()

    def test_one(self) -> None:
        self.check()

    def test_another(self) -> None:
        self.check()

    def check(self) -> None:
        assert exists(self.dataset)


def test_each_test_of_a_test_case_runs_in_its_own_mock() -> None:
    @mock_cognitosync
    class Case(DatasetInSetUp, unittest.TestCase):
        seen: list[DatasetUnderTest] = []  # noqa: RUF012

    assert run_test_case(Case) == 2
    assert len(Case.seen) == 2
    assert all(map(was_discarded, Case.seen))


def test_subclass_of_a_decorated_test_case_is_mocked() -> None:
    @mock_cognitosync
    class Base(DatasetInSetUp, unittest.TestCase):
        seen: list[DatasetUnderTest] = []  # noqa: RUF012

    class Case(Base):
        def test_its_own(self) -> None:
            self.check()

    assert run_test_case(Case) == 3


def test_decorating_a_test_case_does_not_affect_its_base_class() -> None:
    class Base(unittest.TestCase):
        def test_one(self) -> None:
            assert not is_mocking()

    @mock_cognitosync
    class Case(Base):
        def test_one(self) -> None:
            assert is_mocking()

    assert run_test_case(Base) == run_test_case(Case) == 1


@bare_or_called
def test_decorates_an_async_test_case(decorate: Callable[..., Any]) -> None:
    @decorate
    class Case(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            self.dataset = make_dataset()

        async def asyncTearDown(self) -> None:
            assert exists(self.dataset)

        async def test_one(self) -> None:
            await asyncio.sleep(0)
            assert exists(self.dataset)

    assert run_test_case(Case) == 1


def test_failing_test_case_stops_its_mock() -> None:
    @mock_cognitosync
    class Case(unittest.TestCase):
        def test_one(self) -> None:
            self.fail("as expected")

    result = unittest.TestResult()
    Case("test_one").run(result)

    assert len(result.failures) == 1
    assert not is_mocking()


# --- Plain test classes -----------------------------------------------------------


@bare_or_called
def test_each_test_of_a_plain_class_starts_empty(decorate: Callable[..., Any]) -> None:
    @decorate
    class Plain:
        def test_one(self) -> DatasetUnderTest:
            return make_dataset()

        async def test_async(self, seen: DatasetUnderTest) -> bool:
            await asyncio.sleep(0)
            return is_mocking() and not exists(seen)

    dataset = Plain().test_one()

    assert was_discarded(dataset)
    assert asyncio.run(Plain().test_async(dataset))


def test_data_from_setup_method_is_visible_only_to_its_test() -> None:
    @mock_cognitosync
    class Plain:
        def setup_method(self) -> None:
            self.dataset = make_dataset()

        def test_one(self) -> bool:
            return exists(self.dataset)

        def teardown_method(self) -> None:
            assert exists(self.dataset)

    first, second = Plain(), Plain()
    for plain in first, second:
        plain.setup_method()
        assert plain.test_one()
        plain.teardown_method()

    second.setup_method()
    assert not first.test_one()


@pytest.mark.parametrize("first", ["setup_method", "teardown_method"])
def test_setup_methods_can_take_or_omit_the_test_method(
    pytester: pytest.Pytester, first: str
) -> None:
    second = {"setup_method", "teardown_method"}.difference([first]).pop()
    pytester.makepyfile(f"""
        from moto_cognitosync import mock_cognitosync

        @mock_cognitosync
        class TestPlain:
            def {first}(self):
                print("{first}")

            def {second}(self, method):
                print("{second}", method.__name__)

            def test_one(self):
                pass
    """)

    result = pytester.runpytest_subprocess(
        "-s", "-pno:asyncio", "-pno:hypothesispytest"
    )

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines_random([f"*{first}", f"*{second} test_one"])


def test_nested_test_class_is_mocked() -> None:
    @mock_cognitosync
    class Plain:
        class TestInside:
            def test_one(self) -> bool:
                return is_mocking()

        class Helper:
            def test_one(self) -> bool:
                return is_mocking()

    assert Plain.TestInside().test_one()
    assert not Plain.Helper().test_one()


def test_inherited_tests_are_mocked_only_in_the_decorated_class() -> None:
    class Base:
        def test_one(self) -> bool:
            return is_mocking()

    @mock_cognitosync
    class Plain(Base):
        pass

    assert Plain().test_one()
    assert not Base().test_one()


def test_only_public_instance_methods_are_decorated() -> None:
    @mock_cognitosync
    class Plain:
        volume = 11

        @staticmethod
        def static() -> bool:
            return is_mocking()

        @classmethod
        def of_class(cls) -> bool:
            return is_mocking()

        @property
        def prop(self) -> bool:
            return is_mocking()

        def generator(self) -> Iterator[bool]:
            yield is_mocking()

        def _private(self) -> bool:
            return is_mocking()

    plain = Plain()

    assert plain.volume == 11
    assert not plain.static()
    assert not plain.of_class()
    assert not plain.prop
    assert not next(plain.generator())
    assert not plain._private()


def test_decorated_class_works_with_pytest_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import boto3, pytest
        from moto_cognitosync import mock_cognitosync

        def identity():
            return boto3.client("cognito-identity", "us-east-1")

        def pools():
            return identity().list_identity_pools(MaxResults=60)["IdentityPools"]

        @pytest.fixture
        def name():
            return "players"

        @mock_cognitosync
        class TestPools:
            @pytest.fixture
            def generated(self):
                yield "players"

            @pytest.fixture
            def returned(self):
                return "players"

            @pytest.mark.parametrize("number", [1, 2])
            def test_make(self, number, name, generated, returned):
                assert name == generated == returned
                identity().create_identity_pool(
                    IdentityPoolName=name, AllowUnauthenticatedIdentities=True
                )
                assert len(pools()) == 1

            class TestInside:
                def test_starts_empty(self):
                    assert pools() == []
    """)

    plugins = ["-pno:asyncio", "-pno:hypothesispytest"]
    result = pytester.runpytest_subprocess("-W", "error", *plugins)
    result.assert_outcomes(passed=3)


# --- Nested mocks -----------------------------------------------------------------

all_nestings = pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (mock_cognitosync, mock_cognitosync),
        (mock_cognitosync, mock_aws),
        (mock_aws, mock_cognitosync),
    ],
)


@all_nestings
def test_inner_mock_shares_the_state_of_the_outer_one(
    outer: Callable[..., Any], inner: Callable[..., Any]
) -> None:
    with outer():
        dataset = make_dataset()
        with inner():
            assert exists(dataset)
            dataset.named("inner").write(theme="dark")
        assert exists(dataset)
        assert exists(dataset.named("inner"))
        # New clients can still find credentials.
        late_client = boto3.client("cognito-sync", REGION)
        assert error_code(late_client) == "ResourceNotFoundException"
    assert was_discarded(dataset)


@all_nestings
def test_exception_stops_all_enclosing_mocks(
    outer: Callable[..., Any], inner: Callable[..., Any]
) -> None:
    with pytest.raises(ZeroDivisionError), outer(), inner():
        raise ZeroDivisionError
    assert not is_mocking()


def test_mocks_can_stop_in_the_order_they_started() -> None:
    first, second, third = mock_cognitosync(), mock_cognitosync(), mock_cognitosync()
    for mock in first, second, third:
        mock.start()
    dataset = make_dataset()
    for mock in first, second:
        mock.stop()
        assert exists(dataset)
    third.stop()
    assert was_discarded(dataset)


@pytest.mark.parametrize("before", [None, "mine"])
@patch.object(boto3, "DEFAULT_SESSION", None)  # mock_aws does not restore it; see below
def test_mock_can_outlive_the_mock_aws_it_started_in(before: str | None) -> None:
    if before is not None:
        os.environ[KEY] = before
    outer, inner = mock_aws(), mock_cognitosync()
    outer.start()
    inner.start()
    dataset = make_dataset()
    outer.stop()
    existed = exists(dataset)
    inner.stop()

    assert existed
    assert os.environ.pop(KEY, None) == before
    assert was_discarded(dataset)


# A mock_aws that is not the last to stop never restores the default session.
@patch.object(boto3, "DEFAULT_SESSION", None)
def test_decorated_function_can_call_itself() -> None:
    @mock_cognitosync
    def play(seen: DatasetUnderTest | None, rounds: int) -> bool:
        seen = seen or make_dataset()
        if rounds:
            assert play(seen, rounds - 1)
        return exists(seen)

    assert play(None, 3)


async def test_decorated_coroutines_can_run_concurrently() -> None:
    @mock_cognitosync
    async def play(turns: int) -> bool:
        for _ in range(turns):
            await asyncio.sleep(0)
        return is_mocking()

    # The second to start is the last to stop.
    assert await asyncio.gather(play(1), play(9), play(3)) == [True] * 3


def test_same_mock_can_be_nested() -> None:
    mock = mock_cognitosync()
    with mock:
        dataset = make_dataset()
        with mock:
            assert exists(dataset)
        assert exists(dataset)
    assert was_discarded(dataset)


# --- Unbalanced start() and stop() ------------------------------------------------

NOT_STARTED = (
    "stop() was called on a mock_cognitosync() that is not active. "
    "Call start() first, and call stop() once for each start()."
)


def assert_stop_fails(mock: MockCognitoSync) -> None:
    with pytest.raises(RuntimeError) as caught:
        mock.stop()
    assert str(caught.value) == NOT_STARTED


@pytest.mark.parametrize("next_mock", [mock_cognitosync, mock_aws])
def test_stop_before_start_raises_and_breaks_nothing(
    next_mock: Callable[..., Any],
) -> None:
    assert_stop_fails(mock_cognitosync())

    with next_mock():
        assert exists(make_dataset())


def test_second_stop_raises_and_breaks_nothing() -> None:
    mock = mock_cognitosync()
    mock.start()
    mock.stop()
    assert_stop_fails(mock)

    with mock_cognitosync():
        assert exists(make_dataset())


def test_one_mock_does_not_stop_another() -> None:
    with mock_cognitosync():
        dataset = make_dataset()
        assert_stop_fails(mock_cognitosync())
        assert exists(dataset)


# --- Environment variables and the default session --------------------------------


def delete_key() -> None:
    del os.environ[KEY]


def change_key() -> None:
    os.environ[KEY] = "changed by the test"


def leave_key() -> None:
    assert os.environ[KEY] not in {"", "mine"}


@pytest.mark.parametrize("before", [None, "", "mine"])
@pytest.mark.parametrize("action", [delete_key, change_key, leave_key])
@pytest.mark.parametrize("outer", [nullcontext, mock_cognitosync, mock_aws])
def test_environment_variables_are_always_restored(
    before: str | None, action: Callable[[], None], outer: Callable[..., Any]
) -> None:
    if before is not None:
        os.environ[KEY] = before

    with outer(), mock_cognitosync():
        action()

    # mock_aws itself deletes an empty variable.
    assert os.environ.pop(KEY, None) == (
        before or None if outer is mock_aws else before
    )


def test_default_session_is_restored() -> None:
    session = boto3.Session(region_name=REGION)
    with patch.object(boto3, "DEFAULT_SESSION", session):
        with mock_cognitosync():
            assert boto3.client("cognito-sync", REGION) is not None
            assert boto3.DEFAULT_SESSION is not session

        assert boto3.DEFAULT_SESSION is session


@pytest.mark.parametrize("is_async", [False, True])
def test_exception_in_a_decorated_function_stops_the_mock(
    is_async: bool,
) -> None:
    made = []

    @mock_cognitosync
    def play() -> None:
        made.append(make_dataset())
        raise ZeroDivisionError

    @mock_cognitosync
    async def play_async() -> None:
        play()

    with suppress(ZeroDivisionError):
        asyncio.run(play_async()) if is_async else play()

    assert not is_mocking()
    assert was_discarded(made[0])


# --- Configuration ----------------------------------------------------------------

OWN_CREDENTIALS = {"core": {"mock_credentials": False}}
PASS_THROUGH = {"core": {"passthrough": {"services": ["cognitosync"]}}}


def test_mock_credentials_can_be_turned_off() -> None:
    @mock_cognitosync(config=OWN_CREDENTIALS)
    def play() -> tuple[str, bool]:
        return os.environ[KEY], is_mocking()

    with patch.dict(os.environ, {KEY: "mine"}):
        assert play() == ("mine", True)


@pytest.mark.parametrize(
    "passthrough",
    [{"services": ["cognitosync"]}, {"urls": [r"https://cognito-sync\..*"]}],
)
def test_moto_passthrough_is_supported(passthrough: dict[str, Any]) -> None:
    with mock_cognitosync(config={"core": {"passthrough": passthrough}}):
        assert not is_mocking()


def test_moto_service_whitelist_is_supported() -> None:
    # The oldest supported moto has no service whitelist.
    is_supported = hasattr(config, "service_whitelisted")
    not_whitelisted = pytest.raises(Exception, match="not whitelisted")
    only_s3 = {"core": {"service_whitelist": ["s3"]}}
    outcome = not_whitelisted if is_supported else nullcontext()
    with mock_cognitosync(config=only_s3), outcome:
        is_mocking()


@pytest.mark.parametrize("outer", [mock_cognitosync, mock_aws])
def test_inner_mocks_configuration_ends_when_it_stops(
    outer: Callable[..., Any],
) -> None:
    with outer():
        with mock_cognitosync(config=PASS_THROUGH):
            assert not is_mocking()
        assert is_mocking()


@pytest.mark.parametrize(
    ("first_config", "second_config", "expected"),
    [
        (PASS_THROUGH, None, True),
        (PASS_THROUGH, {"iam": {"load_aws_managed_policies": True}}, True),
        (None, PASS_THROUGH, False),
        ({"iam": {"load_aws_managed_policies": True}}, PASS_THROUGH, False),
    ],
)
def test_configuration_lasts_exactly_as_long_as_its_mock(
    first_config: Any, second_config: Any, expected: bool
) -> None:
    first = mock_cognitosync(config=first_config)
    second = mock_cognitosync(config=second_config)
    first.start()
    second.start()
    first.stop()
    mocking_in_between = is_mocking()
    second.stop()

    assert mocking_in_between is expected
    with mock_cognitosync():
        assert is_mocking()


@pytest.mark.parametrize("reverse", [False, True])
def test_stopping_a_mock_removes_its_own_configuration_not_an_equal_one(
    reverse: bool,
) -> None:
    strict, lenient = (
        {"cognitosync": {"strict_credentials": on}} for on in (True, False)
    )
    mocks = [mock_cognitosync(config=each) for each in (strict, lenient, {**strict})]
    for mock in mocks:
        mock.start()
    found = []
    for mock in reversed(mocks) if reverse else mocks:
        found.append(default_user_config["cognitosync"])
        mock.stop()

    expected = [strict, lenient, strict] if reverse else [strict] * 3
    assert found == [each["cognitosync"] for each in expected]


def test_inner_mock_can_turn_off_mock_credentials() -> None:
    with mock_aws(), mock_cognitosync(config=OWN_CREDENTIALS):
        assert is_mocking()


STRICT = "{'cognitosync': {'strict_credentials': ...}}"
OURS = "{'cognitosync': {...}}"
USE_MOTO = "{'cognitoidentity': {'use_moto': ...}}"
MISSPELLED: list[tuple[dict[str, Any], str]] = [
    ({"strict_credentials": True}, f"did you mean {STRICT}?"),
    ({"strict_credential": True}, f"did you mean {STRICT}?"),
    ({"cognitosync": {"strict_credential": True}}, f"did you mean {STRICT}?"),
    ({"cognitosync": {"Strict_Credentials": True}}, f"did you mean {STRICT}?"),
    ({"cognitosync": {"strict": True}}, "use strict_credentials"),
    ({"cognito-sync": {"strict_credentials": True}}, f"did you mean {OURS}?"),
    ({"CognitoSync": {}}, f"did you mean {OURS}?"),
    ({"cognito": {"strict_credentials": True}}, f"did you mean {OURS}?"),
    ({"sync": {"strict_credentials": True}}, f"did you mean {STRICT}?"),
    ({"core": {"strict_credentials": True}}, f"did you mean {STRICT}?"),
    ({"cognitoidentity": {"strict_credentials": True}}, f"did you mean {STRICT}?"),
    ({"cognitoidentity": {"usemoto": True}}, f"did you mean {USE_MOTO}?"),
    ({"cognitosync": {"use_moto": True}}, f"did you mean {USE_MOTO}?"),
    ({"use_moto": True}, f"did you mean {USE_MOTO}?"),
    (
        {"cognito-identity": {"use_moto": True}},
        "did you mean {'cognitoidentity': {...}}?",
    ),
    (
        {"cognitoidentity": {"moto": True}},
        "unknown key 'moto' in config['cognitoidentity']; use use_moto",
    ),
    (
        {"cognitoidentity": {"use_moto": 1}},
        "config['cognitoidentity']['use_moto'] must be True or False, found 1",
    ),
    (
        {"cognitosync": True},
        "expected a dictionary in config['cognitosync'], found True",
    ),
    ({"strict": True}, "expected a dictionary in config['strict'], found True"),
    (
        {"cognitosync": {"strict_credentials": "no"}},
        "config['cognitosync']['strict_credentials'] must be True or False, found 'no'",
    ),
]
MISSPELLED_BY_MOTO_USERS: list[tuple[dict[str, Any], str]] = [
    (
        {"mock_credentials": False},
        "did you mean {'core': {'mock_credentials': ...}}?",
    ),
    (
        {"core": {"mock_credential": False}},
        "did you mean {'core': {'mock_credentials': ...}}?",
    ),
    (
        {"lambda": {"use_doker": False}},
        "did you mean {'lambda': {'use_docker': ...}}?",
    ),
    ({"lambda_": {"use_docker": False}}, "did you mean {'lambda': {...}}?"),
]


@pytest.mark.parametrize(
    ("misspelled", "message"), [*MISSPELLED, *MISSPELLED_BY_MOTO_USERS]
)
def test_misspelled_configuration_is_rejected(
    misspelled: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        mock_cognitosync(config=misspelled)


@pytest.mark.parametrize(
    ("misspelled", "message"),
    [each for each in MISSPELLED if each[0].keys() != {"core"}],
)
def test_first_call_rejects_a_misspelled_mock_aws_configuration(
    misspelled: Any, message: str
) -> None:
    register()
    with (
        mock_aws(config=misspelled),
        pytest.raises(ValueError, match=f"{re.escape(message)}$"),
    ):
        InProcess().client("cognito-sync").list_identity_pool_usage()


@pytest.mark.parametrize(
    "unknown",
    [
        {"core": {"added_by_a_later_moto": True}},
        {"core": {"service_whitelist": None, "reset_boto3_session": True}},
        {"iot": {"use_valid_cert": True}},
        {"stepfunctions": {"execute_state_machine": True}},
        {"cognitoidp": {"use_docker": True}},
        {"cognitoidentity": {}},
        {"lambda": {1: 2}},
        {"cognitosync": {}},
    ],
)
@pytest.mark.parametrize("mock", [mock_cognitosync, mock_aws])
def test_configuration_for_other_moto_versions_is_accepted(
    mock: Callable[..., Any], unknown: Any
) -> None:
    register()
    with mock(config=unknown):
        assert is_mocking()


# --- Mocked requests --------------------------------------------------------------


@mock_cognitosync
def test_other_services_are_mocked_too() -> None:
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="saves")
    s3.put_object(Bucket="saves", Key="game", Body=b"11")
    dynamodb = boto3.client("dynamodb", REGION)
    dynamodb.create_table(
        TableName="scores",
        KeySchema=[{"AttributeName": "player", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "player", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    assert s3.get_object(Bucket="saves", Key="game")["Body"].read() == b"11"
    assert dynamodb.list_tables()["TableNames"] == ["scores"]


@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("dual_stack", [False, True])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_every_endpoint_of_a_region_is_mocked(
    fips: bool, dual_stack: bool, region: str
) -> None:
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)
    with mock_cognitosync():
        aws = InProcess()
        pool_id = make_pool(aws, region)
        client = aws.client("cognito-sync", region, config=config)

        listed = client.list_datasets(IdentityPoolId=pool_id, IdentityId=POOL)

    assert listed["Datasets"] == []


@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "mars-east-1"])
def test_regions_without_the_service_are_mocked(fips: bool, region: str) -> None:
    with mock_cognitosync():
        client = InProcess().client(
            "cognito-sync", region, config=Config(use_fips_endpoint=fips)
        )
        assert error_code(client) == "InvalidParameterException"


def test_client_calls_aws_after_the_mock_stops() -> None:
    with mock_cognitosync():
        client = boto3.client("cognito-sync", REGION)
        assert error_code(client) == "ResourceNotFoundException"
    with pytest.raises(SentToAWSError, match=r"https://cognito-sync\.us-east-1\."):
        error_code(client)


@pytest.mark.parametrize("moto_first", [False, True])
def test_clients_and_sessions_made_before_the_mock_never_call_aws(
    pytester: pytest.Pytester, moto_first: bool
) -> None:
    result = pytester.runpython_c(f"""
import socket, sys

def fail_to_connect(*args, **kwargs):
    sys.exit("Tried to open a connection.")

socket.getaddrinfo = socket.socket.connect = fail_to_connect
{"import moto.core.models" if moto_first else ""}
import boto3, botocore.session
options = dict(
    region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
)
client = boto3.client("cognito-sync", **options)
session = boto3.Session(**options)
used_session = boto3.Session(**options)
used_session.client("cognito-sync")
bare_session = botocore.session.get_session()
boto3.setup_default_session(**options)
default_session = boto3.DEFAULT_SESSION

from moto_cognitosync import mock_cognitosync
assert ("moto" in sys.modules) == {moto_first}
with mock_cognitosync():
    for client in (
        client,
        session.client("cognito-sync"),
        used_session.client("cognito-sync"),
        bare_session.create_client("cognito-sync", **options),
        default_session.client("cognito-sync"),
    ):
        try:
            client.list_datasets(IdentityPoolId="{POOL}", IdentityId="{POOL}")
        except client.exceptions.ResourceNotFoundException:
            print("caught")
""")
    assert result.ret == 0
    assert result.outlines == ["caught"] * 5


@pytest.mark.parametrize("moto_first", [False, True])
def test_clients_made_before_the_mock_send_each_request_once(
    pytester: pytest.Pytester, moto_first: bool
) -> None:
    result = pytester.runpython_c(f"""
{"import moto.core.models" if moto_first else ""}
import boto3
options = dict(
    region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
)
session = boto3.Session(**options)
early = session.client("cognito-identity")

from moto_cognitosync import mock_cognitosync
with mock_cognitosync():
    for client in early, session.client("cognito-identity"):
        pool_id = client.create_identity_pool(
            IdentityPoolName="players", AllowUnauthenticatedIdentities=True
        )["IdentityPoolId"]
        client.get_id(IdentityPoolId=pool_id)
        listed = client.list_identities(IdentityPoolId=pool_id, MaxResults=9)
        print(len(listed["Identities"]))
""")
    assert result.outlines == ["1", "1"]
