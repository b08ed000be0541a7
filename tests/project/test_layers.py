"""The layers of the package: a module imports only from lower layers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

import moto_cognitosync

PACKAGE = "moto_cognitosync"
SOURCE = Path(moto_cognitosync.__file__).parent

# Lowest first. Units in the same layer must not import one another.
LAYERS = [
    {"core", "_decorators"},
    {"cognitosync.exceptions"},
    {"cognitosync.store"},
    {"cognitosync.integrations", "cognitosync.authorization"},
    {"cognitosync.models"},
    {"cognitosync.responses"},
    {"cognitosync.urls"},
    {"cognitosync"},
    {"cognitoidentity.tokens"},
    {"cognitoidentity.exceptions"},
    {"cognitoidentity.user_pools"},
    {"cognitoidentity.pools"},
    {"cognitoidentity.logins"},
    {"cognitoidentity.roles", "cognitoidentity.authorization"},
    {"cognitoidentity.models"},
    {"cognitoidentity.responses"},
    {"cognitoidentity.urls", "cognitoidentity.cloudformation"},
    {"cognitoidentity"},
    {"_moto", "_operations"},
    {"_mock", "_identities", "state", "faults", "assertions"},
    {"transfer"},
    {"server"},
    {"pytest_plugin"},
    {"__main__"},
]
HEIGHTS = {unit: height for height, layer in enumerate(LAYERS) for unit in layer}

# Using any of these names counts as hooking into moto's dispatch. So does writing to
# moto's configuration.
MACHINERY = {
    "backend_index",
    "botocore_stubber",
    "responses_mock",
    "BUILTIN_HANDLERS",
    "moto_server",
}
CONFIG = "default_user_config"
READS_CONFIG = SOURCE / "core" / "config.py"


@cache
def imports() -> dict[str, set[str]]:
    """Return what each module imports, in functions and for type checkers as well."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    # The package itself loads its public names lazily, from every layer.
    modules = graph.modules - {PACKAGE}
    return {
        module: graph.find_modules_directly_imported_by(module) - {PACKAGE}
        for module in modules
    }


def unit_of(module: str) -> str:
    name = module.removeprefix(f"{PACKAGE}.")
    while name not in HEIGHTS:
        name = name.rpartition(".")[0]
    return name


def test_modules_import_only_from_lower_layers() -> None:
    upward = [
        f"{importer} imports {imported}"
        for importer, modules in imports().items()
        for imported in modules
        if unit_of(importer) != unit_of(imported)
        and HEIGHTS[unit_of(importer)] <= HEIGHTS[unit_of(imported)]
    ]
    assert sorted(upward) == []


def test_there_are_no_import_cycles() -> None:
    TopologicalSorter(imports()).prepare()  # raises CycleError


def test_every_layer_exists() -> None:
    assert {unit_of(module) for module in imports()} == HEIGHTS.keys()


def names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(name) | ast.Attribute(attr=name):
                yield name
            case ast.alias(name):
                yield from name.split(".")
            case ast.ImportFrom(module=str(name)):
                yield from name.split(".")


@pytest.mark.parametrize("name", sorted({*MACHINERY, CONFIG}))
def test_only_one_folder_touches_motos_internals(name: str) -> None:
    users = {
        path
        for path in SOURCE.rglob("*.py")
        if name in names(ast.parse(path.read_text()))
    }
    if name == CONFIG:
        users.discard(READS_CONFIG)

    assert users
    assert {path.parent for path in users} == {SOURCE / "_moto"}
