"""Imports are cheap: moto and boto3 are loaded on first use."""

from __future__ import annotations

import pytest
from moto.backends import get_backend

import moto_cognitosync
from moto_cognitosync._moto import registration
from moto_cognitosync.cognitosync import models
from moto_cognitosync.cognitosync.integrations import triggers

PRINT_HEAVY_IMPORTS = """
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
def test_import_does_not_load_moto_or_boto3(
    pytester: pytest.Pytester, statement: str
) -> None:
    result = pytester.runpython_c(statement + PRINT_HEAVY_IMPORTS)

    assert result.ret == 0
    assert result.outlines == [""]


def test_pytest_plugin_loads_without_moto_or_boto3(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("")
    result = pytester.runpython_c(
        "import pytest; pytest.main(['--collect-only', '-q']); import sys;"
        "print('moto_cognitosync.pytest_plugin' in sys.modules)" + PRINT_HEAVY_IMPORTS
    )
    assert result.ret == 0
    assert result.outlines[-2:] == ["True", ""]


def test_public_names_resolve_to_their_implementations() -> None:
    assert moto_cognitosync.__all__ == [
        "MockCognitoSync",
        "cognitosync_backends",
        "merge_identities",
        "mock_cognitosync",
        "register",
        "sync_trigger",
    ]
    assert moto_cognitosync.cognitosync_backends is models.cognitosync_backends
    assert moto_cognitosync.merge_identities is models.merge_identities
    mock = moto_cognitosync.mock_cognitosync()
    assert type(mock) is moto_cognitosync.MockCognitoSync
    assert moto_cognitosync.register is registration.register
    assert moto_cognitosync.sync_trigger is triggers.sync_trigger


def test_dir_lists_lazy_names_before_first_use(pytester: pytest.Pytester) -> None:
    result = pytester.runpython_c(
        """
import moto_cognitosync as package
names = dir(package)
assert names == sorted(names)
print({*package.__all__, "__version__"} <= {*names})
"""
        + PRINT_HEAVY_IMPORTS
    )
    assert result.outlines == ["True", ""]


def test_public_backends_are_the_registered_ones() -> None:
    moto_cognitosync.register()

    assert get_backend("cognitosync") is moto_cognitosync.cognitosync_backends  # type: ignore[call-overload]


def test_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError) as caught:
        moto_cognitosync.mock_cognito_sync  # type: ignore[attr-defined]  # noqa: B018
    assert str(caught.value) == (
        "module 'moto_cognitosync' has no attribute 'mock_cognito_sync'"
    )


def test_register_works_before_moto_is_imported(pytester: pytest.Pytester) -> None:
    result = pytester.runpython_c(
        "import moto_cognitosync; moto_cognitosync.register();"
        "from moto.backends import get_backend; print(get_backend('cognitosync'))"
    )

    assert result.ret == 0
    assert result.outlines == ["{}"]
