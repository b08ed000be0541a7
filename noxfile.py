"""The tests on each version that is supported; ``nox -s corners`` is the short form."""

import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
# The first and the last of each series.
MOTOS = ["5.0.0", "5.0.28", "5.1.0", "5.1.22", "5.2.0", "newest"]
# `make test` measures the coverage; these have the time for every version.
PYTEST = ["pytest", "--numprocesses", "2", "--quiet"]


@nox.session(python=PYTHONS)
@nox.parametrize("moto", MOTOS)
def tests(session: nox.Session, moto: str) -> None:
    """Run the tests on a version of moto, with the newest of all else."""
    version = "moto" if moto == "newest" else f"moto=={moto}"
    session.install("--editable", ".[server]", "--group", "test", version)
    _run_tests(session)


@nox.session(python=PYTHONS[0])
@nox.parametrize("moto", [MOTOS[0], MOTOS[-1]])
def oldest(session: nox.Session, moto: str) -> None:
    """Run the tests on the oldest of all else, and of what the tests need."""
    pins = [pin for pin in _lower_bounds() if moto != "newest" or "moto" not in pin]
    session.install("--editable", ".[server]", "--group", "test", *pins)
    _run_tests(session)


@nox.session(python=PYTHONS)
def wheel(session: nox.Session) -> None:
    """Build the wheel, and test it where nothing of the clone is installed."""
    directory = session.create_tmp()
    session.install("build", "pytest")
    session.run("python", "-m", "build", "--wheel", "--outdir", directory)
    session.install(*map(str, Path(directory).glob("*.whl")))
    session.run("pytest", "wheel_tests", *session.posargs)


@nox.session(python=PYTHONS[1:])
def asyncio(session: nox.Session) -> None:
    """Run the tests under asyncio, on the newest moto that aiomoto takes."""
    session.install("--editable", ".[server]", "--group", "test", "--group", "async")
    tests = ["tests/test_async.py", "tests/test_documentation.py"]
    session.run("pytest", "-k", "async", *tests, *session.posargs)


@nox.session(python=False)
def corners(session: nox.Session) -> None:
    """Run the oldest of all on the oldest Python, the newest of all on the newest."""
    oldest_python, newest_python = PYTHONS[0], PYTHONS[-1]
    for python, tests in {
        oldest_python: f"oldest(moto='{MOTOS[0]}')",
        newest_python: f"tests-{newest_python}(moto='{MOTOS[-1]}')",
    }.items():
        if _is_here(python):
            session.notify(tests)
            session.notify(f"wheel-{python}")
        else:
            session.warn(f"Python {python} is not here: its corner is left out.")


def _is_here(python: str) -> bool:
    """Tell whether a Python runs; a shim may stand for one that is not installed."""
    command = [f"python{python}", "-c", ""]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def _run_tests(session: nox.Session) -> None:
    session.run("make", "tests/js/node_modules", external=True)
    session.run(*PYTEST, *session.posargs)


def _lower_bounds() -> list[str]:
    """Pin what is needed, here and by the tests, to what pyproject.toml starts with."""
    pyproject = nox.project.load_toml("pyproject.toml")
    project = pyproject["project"]
    bounds = [
        *project["dependencies"],
        *project["optional-dependencies"]["server"],
        *pyproject["dependency-groups"]["test"],
    ]
    return [bound.replace(">=", "==") for bound in bounds]
