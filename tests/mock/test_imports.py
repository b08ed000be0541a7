"""The package costs nothing until it is used."""

from __future__ import annotations

import pytest
from moto.backends import get_backend

import moto_cognitosync
from moto_cognitosync import _mock, _registration
from moto_cognitosync.cognitosync import merging, models, triggers

IMPORTED = """
import sys
print(*sorted({"moto", "boto3", "botocore", "werkzeug"} & {*sys.modules}))
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import moto_cognitosync",
        "from moto_cognitosync import mock_cognitosync, MockCognitoSync",
        "from moto_cognitosync import register",
        "from moto_cognitosync import mock_cognitosync; mock_cognitosync(print)",
        "from moto_cognitosync import server, __main__",
        "from moto_cognitosync import pytest_plugin",
    ],
)
def test_importing_it_does_not_import_moto_or_boto3(
    pytester: pytest.Pytester, statement: str
) -> None:
    result = pytester.runpython_c(statement + IMPORTED)

    assert result.ret == 0
    assert result.outlines == [""]


def test_pytest_loads_the_plugin_without_moto_or_boto3(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("")
    result = pytester.runpython_c(
        "import pytest; pytest.main(['--collect-only', '-q']); import sys;"
        "print('moto_cognitosync.pytest_plugin' in sys.modules)" + IMPORTED
    )
    assert result.ret == 0
    assert result.outlines[-2:] == ["True", ""]


def test_the_public_names_are_these() -> None:
    assert moto_cognitosync.__all__ == [
        "MockCognitoSync",
        "cognitosync_backends",
        "merge_identities",
        "mock_cognitosync",
        "register",
        "sync_trigger",
    ]
    assert moto_cognitosync.MockCognitoSync is _mock.MockCognitoSync
    assert moto_cognitosync.cognitosync_backends is models.cognitosync_backends
    assert moto_cognitosync.merge_identities is merging.merge_identities
    assert moto_cognitosync.mock_cognitosync is _mock.mock_cognitosync
    assert moto_cognitosync.register is _registration.register
    assert moto_cognitosync.sync_trigger is triggers.sync_trigger


def test_the_names_are_listed_before_they_are_used(pytester: pytest.Pytester) -> None:
    result = pytester.runpython_c(
        """
import moto_cognitosync as package
names = dir(package)
assert names == sorted(names)
print({*package.__all__, "__version__"} <= {*names})
"""
        + IMPORTED
    )
    assert result.outlines == ["True", ""]


def test_the_backends_are_those_that_serve() -> None:
    moto_cognitosync.register()

    assert get_backend("cognitosync") is moto_cognitosync.cognitosync_backends  # type: ignore[call-overload]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError) as caught:
        moto_cognitosync.mock_cognito_sync  # type: ignore[attr-defined]  # noqa: B018
    assert str(caught.value) == (
        "module 'moto_cognitosync' has no attribute 'mock_cognito_sync'"
    )


def test_it_may_be_the_first_to_import_moto(pytester: pytest.Pytester) -> None:
    result = pytester.runpython_c(
        "import moto_cognitosync; moto_cognitosync.register();"
        "from moto.backends import get_backend; print(get_backend('cognitosync'))"
    )

    assert result.ret == 0
    assert result.outlines == ["{}"]
