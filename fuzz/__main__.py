"""``python -m fuzz`` runs the fuzz targets, each in a separate process."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

TARGETS = ["operations", "connections", "states"]
OUTPUT = Path("build/fuzz")


def main() -> None:
    """Run the targets and stop at the first failure."""
    options = _parse_arguments()
    for target in options.targets or TARGETS:
        command = [sys.executable, "-m", "fuzz.engine", target, str(OUTPUT)]
        if options.repeat:  # libFuzzer runs a single file once
            command.append(str(options.repeat))
        else:
            command += [f"-runs={options.runs}", f"-max_total_time={options.seconds}"]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(
                f"{target} failed: see above; use --repeat FILE to run its input again"
            )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz",
        description="Search for input that the mock does not handle. Failing inputs "
        f"are written to {OUTPUT}, next to the corpus of inputs that reach new code.",
    )
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help=f"one or more of {', '.join(TARGETS)} (default: all)",
    )
    parser.add_argument(
        "--seconds", type=int, default=60, help="time per target (default: 60)"
    )
    parser.add_argument(
        "--runs",
        type=int,
        default=-1,
        help="maximum number of runs per target (default: no limit)",
    )
    parser.add_argument(
        "--repeat", type=Path, metavar="FILE", help="run only this input, once"
    )
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"unknown target: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
