"""Decorating a function or class with mock_cognitosync keeps its type."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Coroutine
from typing import Any

from typing_extensions import assert_type

from moto_cognitosync import MockCognitoSync, mock_cognitosync


@mock_cognitosync
def bare(volume: int, *, theme: str = "dark") -> bytes:
    return f"{volume} {theme}".encode()


@mock_cognitosync()
def called(volume: int, *, theme: str = "dark") -> bytes:
    return f"{volume} {theme}".encode()


@mock_cognitosync(config={"core": {"mock_credentials": False}})
def configured(volume: int) -> bytes:
    return bytes(volume)


@mock_cognitosync
async def bare_async(volume: int) -> bytes:
    return bytes(volume)


@mock_cognitosync()
async def called_async(volume: int) -> bytes:
    return bytes(volume)


@mock_cognitosync
class Plain:
    volume: int = 11

    def test_it(self) -> bytes:
        return bytes(self.volume)


@mock_cognitosync()
class Case(unittest.TestCase):
    @mock_cognitosync
    def test_it(self, volume: int = 11) -> None: ...


def functions_keep_their_parameters_and_result() -> None:
    assert_type(bare(11, theme="light"), bytes)
    assert_type(called(11, theme="light"), bytes)
    assert_type(configured(11), bytes)
    as_callable: Callable[[int], bytes] = configured
    as_callable(11)

    bare("11")  # type: ignore[arg-type]
    bare(11, color="red")  # type: ignore[call-arg]
    called()  # type: ignore[call-arg]
    configured(11).nothing  # type: ignore[attr-defined]  # noqa: B018


async def coroutine_functions_stay_coroutine_functions() -> None:
    as_coroutine: Callable[[int], Coroutine[Any, Any, bytes]] = bare_async
    await as_coroutine(11)
    assert_type(await bare_async(11), bytes)
    assert_type(await called_async(11), bytes)

    await bare_async("11")  # type: ignore[arg-type]


def classes_stay_classes() -> None:
    assert_type(Plain(), Plain)
    assert_type(Plain.volume, int)
    assert_type(Plain().test_it(), bytes)
    as_type: type[unittest.TestCase] = Case
    as_type()
    Case().test_it(volume=3)

    Plain().test_nothing()  # type: ignore[attr-defined]
    Case().test_it(volume="3")  # type: ignore[arg-type]


def calls_without_a_function_return_a_mock() -> None:
    assert_type(mock_cognitosync(), MockCognitoSync)
    assert_type(mock_cognitosync(None), MockCognitoSync)
    assert_type(mock_cognitosync(config={"iam": {}}), MockCognitoSync)


def incorrect_use_is_an_error() -> None:
    mock_cognitosync({"core": {}})  # type: ignore[call-overload]
    mock_cognitosync(config="core")  # type: ignore[call-overload]
    mock_cognitosync(func=print)  # type: ignore[call-overload]
    mock_cognitosync(print, config={})  # type: ignore[call-overload]
    mock_cognitosync()(11)  # type: ignore[type-var]
