"""The server's log on stderr."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from functools import lru_cache
from logging import LogRecord
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

LEVELS = ("debug", "info", "warning", "error")
MAX_LINES = 10_000  # waiting to be written; when full, new lines are lost
PAUSE = 0.05  # seconds until further lines are written
STOP_TIMEOUT = 1  # seconds to write the remaining lines

_package = logging.getLogger("moto_cognitosync")
_logger = logging.getLogger(__name__)


class Log(logging.Handler):
    """Writes records to stderr in a separate thread.

    If stderr is closed, full, or a pipe that is never read, lines are lost, but they
    never delay a response.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: SimpleQueue[str | LogRecord | None] = SimpleQueue()
        self._thread = Thread(target=self._write_lines, daemon=True)

    def start(self) -> None:
        """Start writing, including any lines that were logged before."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Write the remaining lines.

        :param timeout: seconds to wait until they are written.
        """
        self._lines.put(None)
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def emit(self, record: LogRecord) -> None:
        """Log a record, without waiting for it to be written."""
        if self._lines.qsize() < MAX_LINES:
            # Calls are formatted in the thread: they never change, unlike arguments.
            is_text = isinstance(record.msg, str)
            self._lines.put(self.format(record) if is_text else record)

    def _write_lines(self) -> None:
        for line in iter(self._lines.get, None):
            text = self.format(line) if isinstance(line, LogRecord) else line
            write_to_stderr(f"{text}\n")
            if self._lines.empty():
                # Waking up for each line would slow down the threads of requests.
                time.sleep(PAUSE)


def write_to_stderr(text: str) -> None:
    """Write to stderr, if possible."""
    # sys.stderr is None if it was closed when Python started.
    with suppress(AttributeError, OSError, ValueError):
        try:
            descriptor = sys.stderr.fileno()
        except OSError:  # not a real file, for example in pytest
            sys.stderr.write(text)
        else:
            # Bypass Python's buffer: a thread that blocks while it holds the buffer's
            # lock would prevent the process from exiting.
            os.write(descriptor, text.encode(errors="backslashreplace"))


class TextFormatter(logging.Formatter):
    """Formats a record as a line, followed by its traceback, if there is one."""

    def format(self, record: LogRecord) -> str:
        """Return the line. It contains the level of warnings and errors."""
        date = _format_second(int(record.created))
        level = f" {record.levelname}" if record.levelno >= logging.WARNING else ""
        line = f"{date}.{int(record.msecs):03}{level} {record.getMessage()}"
        if record.exc_info:
            line += f"\n{self.formatException(record.exc_info)}"
        return line


@lru_cache(maxsize=1)
def _format_second(second: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))


class JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object, in one line."""

    def format(self, record: LogRecord) -> str:
        """Return the line. It contains the members of a call, or the traceback."""
        date = datetime.fromtimestamp(record.created, timezone.utc)
        content: dict[str, Any] = {
            "time": date.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if not isinstance(record.msg, str):
            content["call"] = record.msg.describe()
        if record.exc_info:
            content["traceback"] = self.formatException(record.exc_info)
        return json.dumps(content)


FORMATS = {"text": TextFormatter, "json": JsonFormatter}


@contextmanager
def logging_to_stderr(level: str, format: str) -> Generator[None, None, None]:  # noqa: A002
    """Write the log of the whole process to stderr inside a ``with`` block.

    :param level: minimum level of this package's records, one of :data:`LEVELS`. Other
        packages log warnings and errors.
    :param format: one of :data:`FORMATS`.
    """
    log = Log()
    log.setFormatter(FORMATS[format]())
    root = logging.getLogger()
    root.addHandler(log)
    _package.setLevel(level.upper())
    log.start()
    try:
        yield
    finally:
        root.removeHandler(log)
        _package.setLevel(logging.NOTSET)
        log.stop(STOP_TIMEOUT)


class _Fallback:
    """Writes warnings to stderr while servers run, unless logging is configured.

    Python would do so as well, but it would wait for a pipe that is not read.
    """

    def __init__(self) -> None:
        self._servers: set[object] = set()
        self._lock = Lock()
        self._log: Log | None = None

    def start(self, server: object) -> None:
        """Start before a server does."""
        with self._lock:
            self._servers.add(server)
            if self._log is None:
                self._log = Log()
                self._log.setFormatter(TextFormatter())
                self._log.setLevel(logging.WARNING)
                self._log.addFilter(self._is_needed)
                _package.addHandler(self._log)
                self._log.start()

    def stop(self, server: object) -> None:
        """Stop after a server has stopped. Does nothing if it was not running."""
        with self._lock:
            self._servers.discard(server)
            if self._log is not None and not self._servers:
                _package.removeHandler(self._log)
                self._log.stop(STOP_TIMEOUT)
                self._log = None

    def _is_needed(self, _: LogRecord) -> bool:
        return {*_package.handlers, *logging.getLogger().handlers} == {self._log}


fallback = _Fallback()


class ErrorStream:
    """A text file for ``wsgi.errors``, whose lines are logged as errors."""

    def write(self, text: str) -> None:
        """Log a text, unless it is only the end of a line."""
        if text := text.rstrip():
            _logger.error("%s", text)

    def flush(self) -> None:
        """Do nothing: the log does not buffer lines."""
