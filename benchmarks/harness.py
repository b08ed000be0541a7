"""What a benchmark is made of, and how it is measured.

A module of benchmarks has a list ``BENCHMARKS``. Most of what is in it compares two
ways to do something:

    @contextmanager
    def one_call() -> Iterator[Pair]:
        with mock_cognitosync():
            ...
            yield subject, baseline

    BENCHMARKS = [Comparison("question", "against", "<= 1.5", one_call)]

``Processes`` compares two calls of Python, from start to end. Anything else is a
``Measurement``, whose function returns the text of its answer. Add a new module to
``MODULES`` in ``__main__.py``.
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
    """What something costs, as a multiple of what something else costs.

    :param prepare: makes, in a context, what is compared and what with. Either must
        leave things as it has found them, so that it can be called any number of times.
    :param loops: calls in one sample.
    :param rounds: samples of each of the two, which are taken in turn.
    :param counted: calls in the shorter of two runs whose instructions are counted;
        0 where a count would tell nothing, as when other processes do the work.
    """

    question: str
    against: str
    reach: str
    prepare: Callable[[], AbstractContextManager[Pair]]
    loops: int = 20
    rounds: int = 25
    counted: int = 10

    def times(self) -> str:
        """Return the ratio of the medians, and that of the minima."""
        with self.prepare() as pair:
            samples = _take_samples(pair, self.loops, self.rounds, time.perf_counter)
        return ratios(*samples)


@dataclass(frozen=True)
class Processes:
    """What one process costs, as a multiple of what another one costs.

    Of times, those of the processor are taken: a process lasts long enough for others
    to come between.

    :param subject: the arguments of Python, as is ``baseline``.
    :param rounds: runs of each of the two, in turn.
    """

    question: str
    against: str
    reach: str
    subject: tuple[str, ...]
    baseline: tuple[str, ...]
    rounds: int = 25

    def times(self) -> str:
        """Return the ratio of the medians, and that of the minima."""
        pair = [
            partial(_run_python, arguments)
            for arguments in (self.subject, self.baseline)
        ]
        samples = _take_samples(pair, 1, self.rounds, _processor_time_of_children)
        return ratios(*samples)

    def instructions(self) -> float:
        """Count the instructions of the subject for one of the baseline."""
        return _count_process(self.subject) / _count_process(self.baseline)


@dataclass(frozen=True)
class Measurement:
    """Something that is no ratio of two times.

    :param measure: returns the answer.
    """

    question: str
    against: str
    reach: str
    measure: Callable[[], str]

    def times(self) -> str:
        """Return the answer."""
        return self.measure()


Benchmark = Comparison | Processes | Measurement


def shown(ratio: float) -> str:
    """Show a ratio: 1.23, or 1/35 of something that costs much less."""
    return f"1/{1 / ratio:.1f}" if ratio < 1 / 2 else f"{ratio:.2f}"


def ratios(subject: Sequence[float], baseline: Sequence[float]) -> str:
    """Show the ratio of the medians of samples, and that of their minima."""
    return (
        f"{shown(median(subject) / median(baseline))} "
        f"({shown(min(subject) / min(baseline))})"
    )


def _take_samples(
    pair: Sequence[Action],
    loops: int,
    rounds: int,
    clock: Callable[[], float],
) -> list[list[float]]:
    """Take times of one and the other in turn, as the load of a machine changes."""
    for action in pair:
        _repeat(action, 2)
    gc.collect()
    samples: list[list[float]] = [[] for _ in pair]
    for _ in range(rounds):
        for action, taken in zip(pair, samples, strict=True):
            begin = clock()
            _repeat(action, loops)
            taken.append(clock() - begin)
    return samples


def _repeat(action: Action, times: int) -> None:
    for _ in range(times):
        action()


def _processor_time_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _run_python(arguments: Sequence[str], under: Sequence[str] = ()) -> None:
    """Run a process to its end. What it compiles is kept, as for a user."""
    # Not checked: pytest ends with 5 if there are no tests.
    subprocess.run(
        [*under, sys.executable, *arguments],
        env=os.environ | _SAME_EACH_TIME | {"PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        check=False,
    )


# --- Instructions -----------------------------------------------------------------


def can_count() -> bool:
    """Tell whether instructions can be counted here."""
    return shutil.which("valgrind") is not None


# Else dictionaries, and so counts, differ from run to run.
_SAME_EACH_TIME = {"PYTHONHASHSEED": "0"}


def count_instructions(
    module: str, benchmarks: Sequence[Benchmark]
) -> dict[str, float]:
    """Count the instructions of what a module compares.

    :return: by question, those of the subject for one of the baseline.
    """
    return _count_comparisons(module) | {
        each.question: each.instructions()
        for each in benchmarks
        if isinstance(each, Processes)
    }


def _valgrind(out: Path) -> list[str]:
    """Begin a command whose processes count, each into a file named by its id."""
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
    return [*tool, "--log-file=/dev/null", f"--cachegrind-out-file={out}/%p"]


def _count_process(arguments: Sequence[str]) -> int:
    _run_python(arguments)  # which compiles what is not yet
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
                "--runs-of",
                module,
            ],
            env=os.environ | _SAME_EACH_TIME,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        ratios = {}
        for line in runs.splitlines():
            question, *processes = line.split("\t")
            counts = [_count((out / process).read_text()) for process in processes]
            # Of each pair the second has done twice as much: what both did before
            # goes away in their difference.
            subject, baseline = counts[1] - counts[0], counts[3] - counts[2]
            ratios[question] = subject / baseline
        return ratios


def _count(report: str) -> int:
    found = re.search(r"^summary: (\d+)", report, re.MULTILINE)
    if found is None:
        raise ValueError(f"this is no report of cachegrind: {report[:200]!r}")
    return int(found[1])


def run_to_be_counted(benchmarks: list[Benchmark]) -> Iterator[str]:
    """Do each comparison in processes of their own, while valgrind is watching.

    :return: lines with the question, and the ids of the processes: of a run and one of
        twice the length, first for the subject, then for the baseline.
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
            yield "\t".join([each.question, *map(str, processes)])


def _run_in_child(action: Action, times: int) -> int:
    """Fork, as to start a process anew takes valgrind a minute."""
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
        raise RuntimeError("what is to be counted has failed: see above")
    return process
