"""``python -m benchmarks`` prints the table."""

from __future__ import annotations

import argparse
import platform
from importlib import import_module

from .harness import (
    Benchmark,
    can_count,
    count_instructions,
    run_to_be_counted,
    shown,
)

MODULES = ["calls", "sizes", "memory", "mocks", "servers"]

COLUMNS = ["question", "against", "ratio", "instructions", "reach"]


def main() -> None:
    """Measure, and print each row as soon as it is known."""
    options = _parse_arguments()
    if options.runs_of:
        for line in run_to_be_counted(_benchmarks(options.runs_of)):
            print(line, flush=True)
        return
    if options.instructions and not can_count():
        raise SystemExit(
            "Instructions are counted by valgrind, which is not installed."
        )
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    _print_row(COLUMNS)
    _print_row(["---"] * len(COLUMNS))
    for module in options.modules or MODULES:
        benchmarks = _benchmarks(module)
        counts = count_instructions(module, benchmarks) if options.instructions else {}
        for each in benchmarks:
            count = counts.get(each.question)
            counted = "" if count is None else shown(count)
            _print_row([each.question, each.against, each.times(), counted, each.reach])


def _benchmarks(module: str) -> list[Benchmark]:
    found: list[Benchmark] = import_module(f"{__package__}.{module}").BENCHMARKS
    return found


def _print_row(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure how fast it is. Ratios are those of medians; in "
        "parentheses, those of minima.",
    )
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; or all"
    )
    parser.add_argument(
        "--instructions",
        action="store_true",
        help="count instructions, too: takes minutes, and needs valgrind",
    )
    parser.add_argument("--runs-of", choices=MODULES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.modules) - set(MODULES)
    if unknown:
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
