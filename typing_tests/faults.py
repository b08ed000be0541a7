"""Types of faults, as context managers and decorators, and of assertions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from typing_extensions import assert_type

from moto_cognitosync.assertions import Call, CallLog, DatasetView
from moto_cognitosync.faults import Fault, fault
from moto_cognitosync.state import dump_state, load_state


@fault("DeleteDataset", "TooManyRequestsException", times=2)
def decorated(volume: int) -> bytes:
    return bytes(volume)


@fault("ListRecords", delay=0.5)
async def decorated_coroutine(volume: int) -> bytes:
    return bytes(volume)


def decorators_keep_types() -> None:
    assert_type(decorated(11), bytes)
    as_coroutine: Callable[[int], Coroutine[Any, Any, bytes]] = decorated_coroutine
    as_coroutine(11).close()
    decorated("11")  # type: ignore[arg-type]


def with_statements() -> int:
    with fault("*", drop_connection=True) as dropped, CallLog() as calls:
        assert_type(dropped, Fault)
        assert_type(dropped.count, int)
        assert_type(calls[0], Call)
        assert_type(calls[1:], list[Call])
        return len(calls)
    # No return is needed here: the context managers do not suppress exceptions.


def parameters() -> None:
    fault("*", "InternalErrorException", 2)  # type: ignore[call-arg]
    fault("*", delay="1")  # type: ignore[arg-type]


def arguments(dataset: DatasetView) -> dict[str, str]:
    load_state(dump_state())
    return {**dataset}
