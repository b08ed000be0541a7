"""What the sources take from other packages, read from the sources themselves."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pkgutil import resolve_name

# Not there at run time, or not everywhere.
ONLY_FOR_TYPES = {"_typeshed", "types_boto3_cognito_sync", "typing_extensions"}

# They begin so, lest they are taken for fields; they are documented all the same.
OF_NAMED_TUPLES = {"_asdict", "_fields", "_make", "_replace"}


@dataclass(frozen=True, order=True)
class Call:
    """How something is called: by how many arguments, and which by their names."""

    name: str
    arguments: int
    keywords: tuple[str, ...] = ()
    line: int = 0

    def is_taken(self) -> bool:
        try:
            signature = inspect.signature(resolve_name(self.name))
            signature.bind(*range(self.arguments), **dict.fromkeys(self.keywords))
        except (ImportError, AttributeError, TypeError):
            return False
        except ValueError:  # a method that is written in C
            return True
        return True


def is_there(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def names(tree: ast.Module) -> set[tuple[str, int]]:
    """Find what is imported, attributes of that which are used, and the lines."""
    homes = _homes(tree)
    attributes = {
        (f"{homes[node.value.id]}.{node.attr}", node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in homes
    }
    return attributes | {(name, line) for _, name, line in _imports(tree)}


def calls(tree: ast.Module) -> Iterator[Call]:
    """Find the calls of these names, but for those that unpack what they pass."""
    homes = _homes(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _unpacks(node):
            continue
        here, dot, attribute = ast.unparse(node.func).partition(".")
        if here in homes and "." not in attribute:
            keywords = tuple(str(keyword.arg) for keyword in node.keywords)
            name = homes[here] + dot + attribute
            yield Call(name, len(node.args), keywords, node.lineno)


def services(tree: ast.Module) -> set[str]:
    """Find the services of moto whose backends are looked up."""
    found = re.compile(r"moto\.(\w+)\.\w+\.(?:\w+_backends|get_backend)")
    return {
        service[1]
        for _, name, _ in _imports(tree)
        if (service := found.fullmatch(name))
    }


def private_names(tree: ast.Module) -> set[str]:
    """Find the private names of others: used here, and given by no class of here."""
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    texts = {
        str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)
    }
    given = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for name in _given_by(node)
    }
    return {
        name
        for name in texts | used - given - OF_NAMED_TUPLES
        if re.fullmatch("_[a-zA-Z][a-zA-Z_]*", name)
    }


def _homes(tree: ast.Module) -> dict[str, str]:
    return {here: name for here, name, _ in _imports(tree)}


def _imports(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Find what is imported: its name here, where it is from, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            prefix = ""
        elif isinstance(node, ast.ImportFrom) and not node.level:
            prefix = f"{node.module}."
        else:
            continue
        for alias in node.names:
            name = prefix + alias.name
            if _is_of_others(name):
                yield alias.asname or alias.name, name, node.lineno


def _is_of_others(name: str) -> bool:
    package = name.partition(".")[0]
    return package not in sys.stdlib_module_names | ONLY_FOR_TYPES


def _unpacks(call: ast.Call) -> bool:
    return any(isinstance(argument, ast.Starred) for argument in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )


def _given_by(kind: ast.ClassDef) -> Iterator[str]:
    """Find what a class has, and what it gives to its objects."""
    for node in ast.walk(kind):
        match node:
            case ast.FunctionDef(name):
                yield name
            case ast.Name(name, ast.Store()):
                yield name
            case ast.Attribute(ast.Name("self"), name, ast.Store()):
                yield name
