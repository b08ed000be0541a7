"""Writes the records of a state as JSON Lines or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from moto_cognitosync.state.files import replace_file

from .clients import TransferError
from .push import values

Row = dict[str, Any]

COLUMNS = (
    "IdentityPoolId",
    "IdentityId",
    "DatasetName",
    "Key",
    "Value",
    "SyncCount",
    "LastModifiedDate",
    "LastModifiedBy",
    "DeviceLastModifiedDate",
)


def export(state: Mapping[str, Any], path: Path) -> int:
    """Write one line for each record, and return their number.

    :raises TransferError: if the extension is not supported.
    :raises OSError: if the file cannot be written.
    """
    rows = [*_rows(state)]
    replace_file(path, _writer(path)(rows), mode=0o600)
    return len(rows)


def check_extension(path: Path) -> None:
    """Check that a file can be written.

    :raises TransferError: if the extension is not supported.
    """
    _writer(path)


def _writer(path: Path) -> Callable[[Iterable[Row]], Iterator[bytes]]:
    try:
        return _WRITERS[path.suffix.lower()]
    except KeyError:
        raise TransferError(
            f"cannot write {path}: unsupported extension; use one of "
            f"{', '.join(_WRITERS)}"
        ) from None


def _rows(state: Mapping[str, Any]) -> Iterator[Row]:
    for pool in state.get("IdentityPools", ()):
        for identity in pool.get("Identities", ()):
            for dataset in identity.get("Datasets", ()):
                for record in values(dataset).values():
                    row = {
                        "IdentityPoolId": pool["IdentityPoolId"],
                        "IdentityId": identity["IdentityId"],
                        "DatasetName": dataset["DatasetName"],
                        **record,
                    }
                    yield {name: row[name] for name in COLUMNS if name in row}


def _json_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        yield _encode(json.dumps(row, ensure_ascii=False) + "\n")


def _csv(rows: Iterable[Row]) -> Iterator[bytes]:
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([row.get(name, "") for name in COLUMNS])
        yield _encode(line.getvalue())
        line.seek(0)
        line.truncate()
    yield _encode(line.getvalue())  # the header, if there are no rows


def _encode(text: str) -> bytes:
    # JSON can read the escape sequences that this error handler writes.
    return text.encode(errors="backslashreplace")


_WRITERS = {".jsonl": _json_lines, ".csv": _csv}
