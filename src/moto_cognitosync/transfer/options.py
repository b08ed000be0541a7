"""Command-line options of the commands; imports nothing that is slow."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

DEFAULT_WORKERS = 8
MAX_WORKERS = 64


def add_commands(commands: Any) -> None:
    """Add the commands to the parser of the command line."""
    _add_pull(commands)
    _add_push(commands)
    _add_export(commands)


def _add_pull(commands: Any) -> None:
    parser = commands.add_parser(
        "pull",
        help="copy an identity pool to a state file, and exit",
        description="Copy an identity pool, with the datasets of its identities, to a "
        "state file.",
    )
    add = parser.add_argument
    add("--pool", required=True, metavar="ID", help="id of the identity pool")
    _add_connection(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--identities",
        metavar="FILE",
        help="read the identities in this file, with one id per line",
    )
    which.add_argument(
        "--limit",
        type=_parse_count,
        metavar="N",
        help="read the first N identities that are enabled",
    )
    add(
        "--redact",
        action="store_true",
        help="replace keys, values, names and ids by pseudonyms",
    )
    add(
        "--salt",
        type=Path,
        metavar="FILE",
        help="file with the secret salt of the pseudonyms, which is created if it does "
        "not exist [moto-cognitosync/salt in your configuration folder]",
    )
    add("--overwrite", action="store_true", help="replace STATE if it exists")
    add("file", type=Path, metavar="STATE", help="state file to write (JSON or YAML)")


def _add_push(commands: Any) -> None:
    parser = commands.add_parser(
        "push",
        help="write the datasets of a state file to existing identities, and exit",
        description="Write the datasets of a state file to identities that exist.",
    )
    add = parser.add_argument
    _add_connection(parser)
    add(
        "--map",
        metavar="FILE",
        help="new ids of pools and identities, by their ids in STATE (JSON, YAML or "
        "TOML)",
    )
    add("--yes", action="store_true", help="write to AWS without asking")
    add("file", type=Path, metavar="STATE", help="state file to read")


def _add_export(commands: Any) -> None:
    parser = commands.add_parser(
        "export",
        help="write the records of a state file as JSON Lines or CSV, and exit",
        description="Write the records of a state file as JSON Lines or CSV, one "
        "record per line. Removed records are omitted.",
    )
    add = parser.add_argument
    add("--overwrite", action="store_true", help="replace FILE if it exists")
    add("file", type=Path, metavar="STATE", help="state file to read")
    add("output", type=Path, metavar="FILE", help="file to write (.jsonl or .csv)")


def _add_connection(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--region", metavar="NAME", help="AWS region [the region in the pool's id]")
    add("--endpoint-url", metavar="URL", help="server to call instead of AWS")
    add("--profile", metavar="NAME", help="profile in the AWS configuration files")
    add(
        "--workers",
        type=_parse_workers,
        default=DEFAULT_WORKERS,
        metavar="N",
        help="number of calls at the same time [%(default)s]",
    )


def _parse_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, found {text!r}")
    return int(text)


def _parse_workers(text: str) -> int:
    count = _parse_count(text)
    if count > MAX_WORKERS:
        raise argparse.ArgumentTypeError(
            f"expected at most {MAX_WORKERS}, found {count}"
        )
    return count
