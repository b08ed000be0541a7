"""The tests on every pair of Python and moto that is supported: ``nox -s tests``."""

import shutil
from pathlib import Path

import nox

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
# The first and the last of each series.
MOTOS = ["5.0.0", "5.0.28", "5.1.0", "5.1.22", "5.2.0", "newest"]


@nox.session(python=PYTHONS)
@nox.parametrize("moto", MOTOS)
def tests(session: nox.Session, moto: str) -> None:
    """Run the tests, and hold their coverage against the gate."""
    version = "moto" if moto == "newest" else f"moto=={moto}"
    session.install("--editable", ".[server]", "--group", "test", version)
    # Sessions that run at the same time do not mix their measurements.
    session.env["COVERAGE_FILE"] = f"{session.virtualenv.location}/.coverage"
    session.run("make", "tests/js/node_modules", external=True)
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", *_not_measured())


@nox.session(python=PYTHONS[1:])
def asyncio(session: nox.Session) -> None:
    """Run the tests under asyncio, on the newest moto that aiomoto takes."""
    session.install("--editable", ".[server]", "--group", "test", "--group", "async")
    tests = ["tests/test_async.py", "tests/test_documentation.py"]
    session.run("pytest", "-k", "async", *tests, *session.posargs)


def _not_measured() -> list[str]:
    """Leave out, as the Makefile does, what is skipped where node is missing."""
    has_sdk = shutil.which("node") and Path("tests/js/node_modules/@aws-sdk").is_dir()
    return [] if has_sdk else ["--omit=tests/test_javascript.py"]
