"""The types of benchmarks and how each is measured.

Each benchmark module defines a list named ``BENCHMARKS``. Most benchmarks compare two
functions, the subject and the baseline:

    @contextmanager
    def one_call() -> Iterator[Pair]:
        with mock_cognitosync():
            ...
            yield subject, baseline

    BENCHMARKS = [Comparison("title", "compared with", "<= 1.5", one_call)]

``Processes`` compares two complete runs of Python. ``Measurement`` is for anything
else: its function returns the result as text. Add new modules to ``MODULES`` in
``__main__.py``.
"""

from __future__ import annotations

import gc
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

Action = Callable[[], object]
Pair = tuple[Action, Action]


@dataclass(frozen=True)
class Comparison:
    """The time of one function as a multiple of the time of another.

    :param prepare: context manager that yields the subject and the baseline. Both
        must restore the state that they change, because they are called repeatedly.
    :param loops: calls per sample.
    :param rounds: samples of each function, taken alternately.
    :param counted: calls in the shorter of the two runs whose instructions are
        counted. 0 if a count would be meaningless, for example because other
        processes do the work.
    """

    title: str
    against: str
    target: str
    prepare: Callable[[], AbstractContextManager[Pair]]
    loops: int = 20
    rounds: int = 25
    counted: int = 10

    def run(self) -> str:
        """Return the ratios of the medians and of the minima."""
        with self.prepare() as pair:
            samples = _take_samples(pair, self.loops, self.rounds, time.perf_counter)
        return ratios(*samples)


@dataclass(frozen=True)
class Processes:
    """The CPU time of one process as a multiple of the CPU time of another.

    The processes run long enough for other processes to interrupt them, so wall-clock
    time would be unreliable.

    :param subject: arguments for Python.
    :param baseline: arguments for Python.
    :param rounds: runs of each process, taken alternately.
    """

    title: str
    against: str
    target: str
    subject: tuple[str, ...]
    baseline: tuple[str, ...]
    rounds: int = 25

    def run(self) -> str:
        """Return the ratios of the medians and of the minima."""
        pair = [
            partial(_run_python, arguments)
            for arguments in (self.subject, self.baseline)
        ]
        samples = _take_samples(pair, 1, self.rounds, _processor_time_of_children)
        return ratios(*samples)

    def instructions(self) -> float:
        """Return the ratio of the subject's instructions to the baseline's."""
        return _count_process(self.subject) / _count_process(self.baseline)


@dataclass(frozen=True)
class Measurement:
    """A benchmark result other than a ratio of two timings.

    :param measure: returns the result as text.
    """

    title: str
    against: str
    target: str
    measure: Callable[[], str]

    def run(self) -> str:
        """Return the result."""
        return self.measure()


Benchmark = Comparison | Processes | Measurement


def format_ratio(ratio: float) -> str:
    """Format a ratio as 1.23, or as 1/35 if it is below 1/2."""
    return f"1/{1 / ratio:.1f}" if ratio < 1 / 2 else f"{ratio:.2f}"


def ratios(subject: Sequence[float], baseline: Sequence[float]) -> str:
    """Format the ratio of the medians and, in parentheses, of the minima."""
    return (
        f"{format_ratio(median(subject) / median(baseline))} "
        f"({format_ratio(min(subject) / min(baseline))})"
    )


def _take_samples(
    pair: Sequence[Action],
    loops: int,
    rounds: int,
    clock: Callable[[], float],
) -> list[list[float]]:
    """Alternate between timing the two actions, because the machine's load varies."""
    for action in pair:
        _repeat(action, 2)
    gc.collect()
    samples: list[list[float]] = [[] for _ in pair]
    for _ in range(rounds):
        for action, times in zip(pair, samples, strict=True):
            start = clock()
            _repeat(action, loops)
            times.append(clock() - start)
    return samples


def _repeat(action: Action, times: int) -> None:
    for _ in range(times):
        action()


def _processor_time_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _run_python(arguments: Sequence[str], under: Sequence[str] = ()) -> None:
    """Run a process to completion and keep its bytecode, as on a user's machine."""
    # Not checked: pytest exits with status 5 if there are no tests.
    subprocess.run(
        [*under, sys.executable, *arguments],
        env=os.environ | _FIXED_HASH_SEED | {"PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        check=False,
    )


# --- Instructions -----------------------------------------------------------------


def can_count() -> bool:
    """Return whether valgrind is installed."""
    return shutil.which("valgrind") is not None


# With random seeds, dictionaries and therefore counts would differ between runs.
_FIXED_HASH_SEED = {"PYTHONHASHSEED": "0"}


def count_instructions(
    module: str, benchmarks: Sequence[Benchmark]
) -> dict[str, float]:
    """Count the instructions of all comparisons in a module.

    :return: ratios of subject to baseline, by title.
    """
    return _count_comparisons(module) | {
        each.title: each.instructions()
        for each in benchmarks
        if isinstance(each, Processes)
    }


def _valgrind(out: Path) -> list[str]:
    """Return a command prefix that counts instructions.

    Each process writes a report named after its process ID.
    """
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
    return [*tool, "--log-file=/dev/null", f"--cachegrind-out-file={out}/%p"]


def _count_process(arguments: Sequence[str]) -> int:
    _run_python(arguments)  # compiles the bytecode
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory)
        _run_python(arguments, under=_valgrind(out))
        [report] = out.iterdir()
        return _count(report.read_text())


def _count_comparisons(module: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory)
        runs = subprocess.run(
            [
                *_valgrind(out),
                sys.executable,
                "-m",
                "benchmarks",
                "--count",
                module,
            ],
            env=os.environ | _FIXED_HASH_SEED,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        ratios = {}
        for line in runs.splitlines():
            title, *processes = line.split("\t")
            counts = [_count((out / process).read_text()) for process in processes]
            # The second run of each pair made twice as many calls. The difference
            # between the runs excludes the preparation, which both include.
            subject, baseline = counts[1] - counts[0], counts[3] - counts[2]
            ratios[title] = subject / baseline
        return ratios


def _count(report: str) -> int:
    found = re.search(r"^summary: (\d+)", report, re.MULTILINE)
    if found is None:
        raise ValueError(f"not a cachegrind report: {report[:200]!r}")
    return int(found[1])


def run_for_counting(benchmarks: list[Benchmark]) -> Iterator[str]:
    """Run each comparison in child processes, which valgrind traces.

    :return: lines with the title and four process IDs: for the subject, a run and one
        with twice as many calls, then the same for the baseline.
    """
    for each in benchmarks:
        if isinstance(each, Comparison) and each.counted:
            with each.prepare() as pair:
                for action in pair:
                    _repeat(action, 2)
                gc.collect()
                gc.freeze()
                processes = [
                    _run_in_child(action, times)
                    for action in pair
                    for times in (each.counted, 2 * each.counted)
                ]
            yield "\t".join([each.title, *map(str, processes)])


def _run_in_child(action: Action, times: int) -> int:
    """Fork, because starting a new process under valgrind takes a minute."""
    process = os.fork()
    if process == 0:
        failed = True
        try:
            _repeat(action, times)
            failed = False
        finally:
            os._exit(failed)
    _, status = os.waitpid(process, 0)
    if status != 0:
        raise RuntimeError("the benchmark failed in a child process: see above")
    return process
