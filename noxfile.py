"""Run the tests on all supported versions; ``nox -s corners`` is the fastest."""

import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
# The first and the last release of each series.
MOTOS = ["5.0.0", "5.0.28", "5.1.0", "5.1.22", "5.2.0", "newest"]
# Only `make test` and `make test-oldest` measure coverage. Only they run the tests in a
# browser: the page is the same for all versions, and tests/server covers its data.
PYTEST = ["pytest", "--numprocesses", "2", "--dist", "worksteal", "--quiet"]
PYTEST += ["--ignore", "tests/browser"]


@nox.session(python=PYTHONS)
@nox.parametrize("moto", MOTOS)
def tests(session: nox.Session, moto: str) -> None:
    """Run the tests on one version of moto and the newest of everything else."""
    version = "moto" if moto == "newest" else f"moto=={moto}"
    session.install("--editable", ".[server]", "--group", "test", version)
    _run_tests(session)


@nox.session(python=PYTHONS[0])
@nox.parametrize("moto", [MOTOS[0], MOTOS[-1]])
def oldest(session: nox.Session, moto: str) -> None:
    """Run the tests on the lower bounds of all dependencies, including test tools."""
    pins = [pin for pin in _lower_bounds() if moto != "newest" or "moto" not in pin]
    session.install("--editable", ".[server]", "--group", "test", *pins)
    _run_tests(session)


@nox.session(python=PYTHONS)
def wheel(session: nox.Session) -> None:
    """Build the wheel and test it in an environment without the source tree."""
    directory = session.create_tmp()
    session.install("build", "mypy", "pytest")
    session.run("python", "-m", "build", "--wheel", "--outdir", directory)
    session.install(*map(str, Path(directory).glob("*.whl")))
    session.run("pytest", "wheel_tests", *session.posargs)


@nox.session(python=PYTHONS[1:])
def asyncio(session: nox.Session) -> None:
    """Run the asyncio tests on the newest moto that aiomoto supports."""
    session.install("--editable", ".[server]", "--group", "test", "--group", "async")
    tests = ["tests/mock/test_async.py", "tests/project/test_documentation.py"]
    session.run("pytest", "-k", "async", *tests, *session.posargs)


@nox.session(python=False)
def corners(session: nox.Session) -> None:
    """Test the oldest versions on the oldest Python and the newest on the newest."""
    installed = [python for python in PYTHONS if _is_installed(python)]
    for python in (PYTHONS[0], PYTHONS[-1]):
        if python not in installed:
            session.warn(f"Python {python} is not installed")
    if PYTHONS[0] in installed:
        session.notify(f"oldest(moto='{MOTOS[0]}')")
        session.notify(f"wheel-{PYTHONS[0]}")
    if installed and installed[-1] != PYTHONS[0]:
        session.notify(f"tests-{installed[-1]}(moto='{MOTOS[-1]}')")
        session.notify(f"wheel-{installed[-1]}")


def _is_installed(python: str) -> bool:
    """Return whether a Python version runs; a pyenv shim can exist without it."""
    command = [f"python{python}", "-c", ""]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def _run_tests(session: nox.Session) -> None:
    session.run("make", "tests/server/js/node_modules", external=True)
    session.run(*PYTEST, *session.posargs)


def _lower_bounds() -> list[str]:
    """Return the runtime and test dependencies, pinned to their lower bounds."""
    pyproject = nox.project.load_toml("pyproject.toml")
    project = pyproject["project"]
    bounds = [
        *project["dependencies"],
        *project["optional-dependencies"]["server"],
        *pyproject["dependency-groups"]["test"],
    ]
    return [bound.replace(">=", "==") for bound in bounds]
