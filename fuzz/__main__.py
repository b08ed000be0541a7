"""``python -m fuzz`` runs all targets, each for a while and in a process of its own."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

TARGETS = ["operations", "connections", "states"]
FINDS = Path("build/fuzz")


def main() -> None:
    """Run the targets, and end with the first that finds something."""
    options = _parse_arguments()
    for target in options.targets or TARGETS:
        command = [sys.executable, "-m", "fuzz.engine", target, str(FINDS)]
        if options.repeat:
            command.append(str(options.repeat))
        else:
            command += [f"-runs={options.runs}", f"-max_total_time={options.seconds}"]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"{target}: see above, and repeat it by its file")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz",
        description="Look for input that the mock does not cope with. What is found is "
        f"written into {FINDS}, and what leads to new code is kept there.",
    )
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; or all"
    )
    parser.add_argument(
        "--seconds", type=int, default=60, help="for each target (default: 60)"
    )
    parser.add_argument(
        "--runs", type=int, default=-1, help="at most, for each target (default: any)"
    )
    parser.add_argument(
        "--repeat", type=Path, metavar="FIND", help="only what was found before"
    )
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
