"""``python -m benchmarks`` prints the results as a table."""

from __future__ import annotations

import argparse
import platform
from importlib import import_module

from .harness import (
    Benchmark,
    can_count,
    count_instructions,
    format_ratio,
    run_for_counting,
)

MODULES = ["calls", "sizes", "usage", "state", "memory", "mocks", "servers"]

COLUMNS = ["Benchmark", "Compared with", "Ratio", "Instructions", "Target"]


def main() -> None:
    """Run the benchmarks and print each row as soon as it is complete."""
    options = _parse_arguments()
    if options.count:
        for line in run_for_counting(_benchmarks(options.count)):
            print(line, flush=True)
        return
    if options.instructions and not can_count():
        raise SystemExit("--instructions requires valgrind, which is not installed")
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    _print_row(COLUMNS)
    _print_row(["---"] * len(COLUMNS))
    for module in options.modules or MODULES:
        benchmarks = _benchmarks(module)
        counts = count_instructions(module, benchmarks) if options.instructions else {}
        for each in benchmarks:
            count = counts.get(each.title)
            counted = "" if count is None else format_ratio(count)
            _print_row([each.title, each.against, each.run(), counted, each.target])


def _benchmarks(module: str) -> list[Benchmark]:
    found: list[Benchmark] = import_module(f"{__package__}.{module}").BENCHMARKS
    return found


def _print_row(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Run the benchmarks and print a table. Ratios compare medians "
        "and, in parentheses, minima.",
    )
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        help=f"one or more of {', '.join(MODULES)} (default: all)",
    )
    parser.add_argument(
        "--instructions",
        action="store_true",
        help="also count instructions; takes minutes and requires valgrind",
    )
    parser.add_argument("--count", choices=MODULES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.modules) - set(MODULES)
    if unknown:
        parser.error(f"unknown module: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
