"""Writes the records of a state as JSON Lines or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from moto_cognitosync.state.files import replace_file

from .clients import TransferError
from .records import RECORD_MEMBERS, identities, values

Row = dict[str, Any]

COLUMNS = ("IdentityPoolId", "IdentityId", "DatasetName", *RECORD_MEMBERS)


def export(state: Mapping[str, Any], path: Path) -> int:
    """Write one line for each record, and return their number.

    :raises TransferError: if the extension is not supported.
    :raises OSError: if the file cannot be written.
    """
    write = _writer(path)
    rows = [*_rows(state)]
    with replace_file(path, mode=0o600) as file:
        write(rows, file)
    return len(rows)


def check_extension(path: Path) -> None:
    """Check that a file can be written.

    :raises TransferError: if the extension is not supported.
    """
    _writer(path)


def _writer(path: Path) -> Callable[[Iterable[Row], TextIO], None]:
    try:
        return _WRITERS[path.suffix.lower()]
    except KeyError:
        raise TransferError(
            f"cannot write {path}: unsupported extension; use one of "
            f"{', '.join(_WRITERS)}"
        ) from None


def _rows(state: Mapping[str, Any]) -> Iterator[Row]:
    for pool, identity in identities(state):
        for dataset in identity.get("Datasets", ()):
            for record in values(dataset).values():
                row = {
                    "IdentityPoolId": pool["IdentityPoolId"],
                    "IdentityId": identity["IdentityId"],
                    "DatasetName": dataset["DatasetName"],
                    **record,
                }
                yield {name: row[name] for name in COLUMNS if name in row}


def _write_json_lines(rows: Iterable[Row], file: TextIO) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write_csv(rows: Iterable[Row], file: TextIO) -> None:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([row.get(name, "") for name in COLUMNS])


_WRITERS = {".jsonl": _write_json_lines, ".csv": _write_csv}
