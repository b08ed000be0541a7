"""Assertions on calls and on stored data.

A failed assertion lists the calls, or shows the dataset as a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._moto.settings import require_local_state
from ._operations import find_operation
from .cognitosync.models import get_backend
from .cognitosync.store.datasets import Dataset, Record
from .core import hooks
from .core.caller import default_account_id
from .core.exceptions import InvalidParameterException
from .core.suggestions import did_you_mean
from .core.wire.operations import Operation

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Call", "CallLog", "DatasetView"]

MAX_CELL_LENGTH = 40  # characters of a key or value shown in a table


@dataclass(frozen=True, slots=True)
class Call:
    """A recorded call to an operation.

    :ivar operation: the operation's API name, for example ``UpdateRecords``.
    :ivar input: the members that were sent, by API name; dates are epoch milliseconds,
        and tokens are replaced by ``***``. Empty if the input was invalid.
    :ivar error: the error's name, for example ``ResourceNotFoundException``;
        ``ConnectionDropped`` if a fault dropped the connection; None on success.
    """

    operation: str
    input: dict[str, Any]
    error: str | None

    def __str__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.input.items())
        end = f" -> {self.error}" if self.error else ""
        return f"{self.operation}({members}){end}"


class CallLog(list[Call]):
    """The calls made inside a ``with`` block, in order.

    It also records calls to servers in the same process::

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
        # Error classes are named like the errors in the API.
        name = None if error is None else type(error).__name__
        self.append(Call(operation.name, operation.api_names(parameters), name))

    def __repr__(self) -> str:
        lines = [f"{number}. {call}" for number, call in enumerate(self, 1)]
        return "\n".join(lines) or "no calls"

    @property
    def operations(self) -> list[str]:
        """The names of the operations that were called, in order."""
        return [call.operation for call in self]

    def called(self, operation: str, **members: Any) -> list[Call]:
        """Return the calls to an operation whose input contains these members.

        :param members: values by API name, such as ``DatasetName="settings"``.
        :raises ValueError: if the operation does not exist or has no such member.
        """
        names = find_operation(operation).member_names
        for name in members.keys() - names:
            raise ValueError(
                f"{operation} has no member {name!r}; use one of {', '.join(names)}"
                f"{did_you_mean(name, names)}"
            )
        return [
            call
            for call in self
            if call.operation == operation
            and all(call.input.get(name) == members[name] for name in members)
        ]

    def assert_called(
        self, operation: str, times: int | None = None, **members: Any
    ) -> None:
        """Check that an operation was called.

        :param times: exact number of calls; by default, at least one.
        :param members: count only calls whose input contains these members, such as
            ``DatasetName="settings"``.
        :raises AssertionError: if the number of calls differs. The message lists all
            calls.
        :raises ValueError: if the operation does not exist or has no such member.
        """
        __tracebackhide__ = True
        count = len(self.called(operation, **members))
        if count == times or (times is None and count):
            return
        arguments = ", ".join(f"{name}={value!r}" for name, value in members.items())
        expected = "at least one call" if times is None else f"{times} call(s)"
        raise AssertionError(
            f"expected {expected} to {operation}({arguments}), got {count or 'none'}. "
            f"All calls:\n{self!r}"
        )


class DatasetView:
    """A read-only view of one dataset, which also unpacks into keyword arguments.

    ``**dataset`` passes IdentityPoolId, IdentityId and DatasetName::

        client.delete_dataset(**dataset)

    Reading the data makes no calls and opens no sync session. It raises ``ValueError``
    for an unknown region, and ``RuntimeError`` if TEST_SERVER_MODE is set, because a
    server then stores the data.

    :param region: by default, the prefix of ``identity_pool_id``.
    :param account_id: by default, moto's default account.
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
        """Whether the dataset was written and is not deleted."""
        return self._stored.exists

    @property
    def sync_count(self) -> int:
        """The DatasetSyncCount; 0 if the dataset was never written."""
        return self._stored.sync_count

    @property
    def contents(self) -> dict[str, str]:
        """Values by key, without removed records."""
        records = self._stored.records.values()
        return {each.key: each.value for each in records if each.value is not None}

    def assert_contents(self, expected: Mapping[str, str]) -> None:
        """Check that the dataset contains exactly these values.

        :param expected: values by key.
        :raises AssertionError: if the contents differ. The message shows the dataset as
            a table.
        """
        __tracebackhide__ = True
        if self.contents != expected:
            raise AssertionError(
                f"expected dataset {self.name!r} to contain {dict(expected)!r}, but it "
                f"contains:\n{self!r}"
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
    quoted = repr(text)
    if len(quoted) > MAX_CELL_LENGTH:
        return f"{quoted[:MAX_CELL_LENGTH]}... ({len(text)} characters)"
    return quoted


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
