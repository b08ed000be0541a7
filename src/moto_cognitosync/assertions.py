"""Assertions on the calls that were made and on the data that is stored.

A failed assertion shows the calls, or the dataset as a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._moto.settings import require_local_state
from .cognitosync.exceptions import InvalidParameterException
from .cognitosync.models import get_backend
from .cognitosync.store.datasets import Dataset, Record
from .core import hooks
from .core.caller import default_account_id
from .core.wire.operations import Operation

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Call", "CallLog", "DatasetView"]

MAX_CELL_LENGTH = 40  # characters of a key or a value that a table shows


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an operation, after the service responded to it.

    :ivar operation: name in the API, for example ``UpdateRecords``.
    :ivar input: the members that were sent, by their names in the API; dates are epoch
        milliseconds. Empty if the input was invalid.
    :ivar error: name of the error that was returned, or None.
    """

    operation: str
    input: dict[str, Any]
    error: str | None

    def __str__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.input.items())
        end = f" -> {self.error}" if self.error else ""
        return f"{self.operation}({members}){end}"


class CallLog(list[Call]):
    """The calls that were made while it was open, in order.

    It works in a ``with`` statement, and for servers in the same process as well::

        with CallLog() as calls:
            save_settings(player)
        assert calls.operations == ["ListRecords", "UpdateRecords"]
    """

    def __enter__(self) -> Self:
        require_local_state()
        hooks.after.append(self._record_call)
        return self

    def __exit__(self, *_: object) -> None:
        hooks.after.remove(self._record_call)

    def _record_call(
        self,
        operation: Operation,
        parameters: hooks.Parameters,
        error: BaseException | None,
    ) -> None:
        # Error classes have the name of the error on the wire.
        name = None if error is None else type(error).__name__
        self.append(Call(operation.name, operation.api_names(parameters), name))

    def __repr__(self) -> str:
        lines = [f"{number}. {call}" for number, call in enumerate(self, 1)]
        return "\n".join(lines) or "no calls"

    @property
    def operations(self) -> list[str]:
        """The names of the operations, in the order of the calls."""
        return [call.operation for call in self]

    def called(self, operation: str, **members: Any) -> list[Call]:
        """Return the calls of an operation whose input has these members."""
        return [
            call
            for call in self
            if call.operation == operation
            and all(call.input.get(name) == members[name] for name in members)
        ]

    def assert_called(
        self, operation: str, times: int | None = None, **members: Any
    ) -> None:
        """Fail unless an operation was called.

        :param times: how often; by default, at least once.
        :param members: what its input must hold, as ``DatasetName="settings"``.
        :raises AssertionError: it was not; with a list of what was.
        """
        __tracebackhide__ = True
        count = len(self.called(operation, **members))
        if count == times or (times is None and count):
            return
        shown = ", ".join(f"{name}={value!r}" for name, value in members.items())
        wanted = "at least once" if times is None else f"{times} times"
        raise AssertionError(
            f"{operation}({shown}) was to be called {wanted}, and was called {count} "
            f"times. The calls were:\n{self!r}"
        )


class DatasetView:
    """One dataset: its three names as keyword arguments, and a look at what it holds.

    ``**dataset`` gives IdentityPoolId, IdentityId and DatasetName::

        client.delete_dataset(**dataset)

    To look at it opens no sync session and calls nothing.

    :param account_id: by default, moto's own.
    """

    def __init__(
        self,
        identity_pool_id: str,
        identity_id: str,
        name: str,
        region: str | None = None,
        account_id: str | None = None,
    ) -> None:
        self.identity_pool_id = identity_pool_id
        self.identity_id = identity_id
        self.name = name
        self.region = region or identity_pool_id.partition(":")[0]
        self.account_id = account_id or default_account_id()

    def keys(self) -> tuple[str, ...]:
        """Return the names of the keyword arguments."""
        return tuple(self._arguments)

    def __getitem__(self, name: str) -> str:
        return self._arguments[name]

    @property
    def _arguments(self) -> dict[str, str]:
        return {
            "IdentityPoolId": self.identity_pool_id,
            "IdentityId": self.identity_id,
            "DatasetName": self.name,
        }

    @property
    def exists(self) -> bool:
        """Whether it was written and is not deleted."""
        return self._stored.exists

    @property
    def sync_count(self) -> int:
        """Its DatasetSyncCount."""
        return self._stored.sync_count

    @property
    def contents(self) -> dict[str, str]:
        """The values by key, without removed records."""
        records = self._stored.records.values()
        return {each.key: each.value for each in records if each.value is not None}

    def assert_contents(self, expected: Mapping[str, str]) -> None:
        """Fail unless the dataset holds these values, and no others.

        :raises AssertionError: with the dataset as a table.
        """
        __tracebackhide__ = True
        if self.contents != expected:
            raise AssertionError(
                f"dataset {self.name!r} was to hold {dict(expected)!r}, but holds:\n"
                f"{self!r}"
            )

    def __repr__(self) -> str:
        stored = self._stored
        state = "exists" if stored.exists else "does not exist"
        head = (
            f"{stored.name} ({state}; DatasetSyncCount {stored.sync_count}, "
            f"{stored.num_records} record(s), {stored.data_storage} bytes)"
        )
        records = sorted(stored.records.values(), key=lambda record: record.key)
        rows = [("Key", "Value", "SyncCount", "LastModifiedBy"), *map(_row, records)]
        return "\n".join([head, *_table(rows)]) if records else head

    @property
    def _stored(self) -> Dataset:
        require_local_state()
        try:
            backend = get_backend(self.account_id, self.region)
        except InvalidParameterException as error:
            raise ValueError(error.message) from None
        return backend.dataset(self.identity_pool_id, self.identity_id, self.name)


def _row(record: Record) -> tuple[str, str, str, str]:
    value = "(removed)" if record.value is None else _cell(record.value)
    return _cell(record.key), value, str(record.sync_count), record.last_modified_by


def _cell(text: str) -> str:
    shown = repr(text)
    if len(shown) > MAX_CELL_LENGTH:
        return f"{shown[:MAX_CELL_LENGTH]}... ({len(text)} characters)"
    return shown


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
