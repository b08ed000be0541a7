"""The server's log on stderr."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

MAX_LINES = 10_000  # waiting to be written; when full, new lines are lost


class Log:
    """Writes to stderr in a separate thread.

    If stderr is closed, full, or a pipe that is never read, lines are lost, but they
    never delay a response. The log can be used as ``wsgi.errors``.
    """

    def __init__(self) -> None:
        self._lines: SimpleQueue[str | None] = SimpleQueue()
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

    def write(self, text: str) -> None:
        """Log some text, without waiting for it to be written."""
        if self._lines.qsize() < MAX_LINES:
            self._lines.put(text)

    def flush(self) -> None:
        """Do nothing: the thread writes lines without buffering them."""

    def _write_lines(self) -> None:
        for text in iter(self._lines.get, None):
            write_to_stderr(text)


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
