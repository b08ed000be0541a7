"""The journal of a pull, which allows it to continue after an interruption."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .clients import TransferError

if TYPE_CHECKING:
    from typing_extensions import Self

OPTIONS = "Options"


class Journal:
    """A dictionary that is saved, next to the state file, with every change.

    Each line of the file is a JSON list of a key and its value. A process that is
    killed can leave an incomplete last line, which is discarded.

    Only the owner can read the file: it contains the users' data. It is deleted when
    the ``with`` statement ends without an error.

    :param state: path of the state file.
    :param options: the options of the pull, which must not change between runs.
    :raises TransferError: if the journal belongs to another pull, is in use by another
        process, or is damaged.
    :raises OSError: if the file cannot be read or written.
    """

    def __init__(self, state: Path, options: dict[str, Any]) -> None:
        self.path = journal_path(state)
        self._entries: dict[str, Any] = {}
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        try:
            self._lock()
            self._read()
            self._check(options)
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TransferError(f"{self.path} is in use by another process") from None

    def _read(self) -> None:
        content = self._file.read()
        complete = content.rpartition(b"\n")[0]
        try:
            self._entries = dict(json.loads(line) for line in complete.splitlines())
        except (ValueError, TypeError):
            raise TransferError(
                f"{self.path} is damaged: delete it to start again"
            ) from None
        if not self.has_data:
            complete, self._entries = b"", {}
        self._file.seek(len(complete) + bool(complete))
        self._file.truncate()

    def _check(self, options: dict[str, Any]) -> None:
        earlier = self.read(OPTIONS, lambda: options)
        changed = [name for name in options if options[name] != earlier.get(name)]
        if changed:
            raise TransferError(
                f"{self.path} belongs to a pull with other options "
                f"({', '.join(changed)}): repeat its options to continue it, or delete "
                "the file to start again"
            )

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __getitem__(self, key: str) -> Any:
        return self._entries[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._entries[key] = value
        self._file.write(json.dumps([key, value]).encode() + b"\n")
        self._file.flush()

    def read(self, key: str, read: Callable[[], Any]) -> Any:
        """Return the value of a key, which is read only once."""
        if key not in self:
            self[key] = read()
        return self[key]

    @property
    def has_data(self) -> bool:
        """Whether it contains more than the options."""
        return len(self._entries) > 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        # Keep it for the next run only if that run can use it.
        if failure is None or not self.has_data:
            self.path.unlink()
        self._file.close()


def journal_path(state: Path) -> Path:
    """Return the path of the journal for a state file."""
    return state.with_name(f"{state.name}.journal")
