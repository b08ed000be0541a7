"""``python -m mutation`` prints what became of the mutants that mutmut has run."""

from __future__ import annotations

from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files


def main() -> None:
    """Print a table of the files, and then each mutant that was not killed.

    One that has run out of time was not: the machine may have been busy.
    """
    results = [_results(path) for path in sorted(walk_mutatable_files())]
    files = [file for file in results if file.exit_code_by_key]
    print("| File | Killed | Of | Share |\n| --- | ---: | ---: | ---: |")
    for file in files:
        _print_row(f"`{Path(file.path).name}`", [file])
    _print_row("all", files)
    for file in files:
        for mutant in _survivors(file):
            print(f"\n{mutant}: {status_by_exit_code[file.exit_code_by_key[mutant]]}")
            print(_change(mutant, file))


def _results(path: Path) -> SourceFileMutationData:
    """Return the mutants of a file that were run."""
    results = SourceFileMutationData(path=path)
    results.load()
    results.exit_code_by_key = {
        mutant: code
        for mutant, code in results.exit_code_by_key.items()
        if code is not None
    }
    return results


def _print_row(title: str, files: list[SourceFileMutationData]) -> None:
    count = sum(len(file.exit_code_by_key) for file in files)
    killed = count - sum(len(_survivors(file)) for file in files)
    print(f"| {title} | {killed} | {count} | {killed / count:.1%} |")


def _survivors(file: SourceFileMutationData) -> list[str]:
    return [
        mutant
        for mutant, code in file.exit_code_by_key.items()
        if status_by_exit_code[code] != "killed"
    ]


def _change(mutant: str, file: SourceFileMutationData) -> str:
    """Return the lines of a mutant that are not those of the source."""
    lines = get_diff_for_mutant(mutant, path=file.path).splitlines()[2:]
    return "\n".join(line for line in lines if line.startswith(("-", "+")))


if __name__ == "__main__":
    main()
