"""``python -m mutation`` prints the results of the mutants that mutmut has run."""

from __future__ import annotations

from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files


def main() -> None:
    """Print a table of files, then the diff of each mutant that was not killed.

    A timeout does not count as killed, because the machine may have been busy.
    """
    files = [_results(path) for path in sorted(walk_mutatable_files())]
    print("| File | Mutants | Run | Killed | Score |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for file in files:
        if file.exit_code_by_key:
            _print_row(f"`{Path(file.path).name}`", [file])
    _print_row("all", files)
    for file in files:
        for mutant, code in file.exit_code_by_key.items():
            if (status := status_by_exit_code[code]) not in {"killed", "not checked"}:
                print(f"\n{mutant}: {status}\n{_diff(mutant, file)}")


def _results(path: Path) -> SourceFileMutationData:
    results = SourceFileMutationData(path=path)
    results.load()
    return results


def _print_row(title: str, files: list[SourceFileMutationData]) -> None:
    codes = [code for file in files for code in file.exit_code_by_key.values()]
    run = [status_by_exit_code[code] for code in codes if code is not None]
    killed = run.count("killed")
    share = f"{killed / len(run):.1%}" if run else ""
    print(f"| {title} | {len(codes)} | {len(run)} | {killed} | {share} |")


def _diff(mutant: str, file: SourceFileMutationData) -> str:
    """Return the lines that a mutant removes and adds."""
    lines = get_diff_for_mutant(mutant, path=file.path).splitlines()[2:]
    return "\n".join(line for line in lines if line.startswith(("-", "+")))


if __name__ == "__main__":
    main()
