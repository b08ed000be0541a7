"""Find the names that the source code uses from other packages."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pkgutil import resolve_name

# Not available at run time, or only in some environments.
ONLY_FOR_TYPES = {
    "_typeshed",
    "types_boto3_cognito_identity",
    "types_boto3_cognito_sync",
    "typing_extensions",
}

# Documented methods of named tuples, despite the underscore.
NAMED_TUPLE_METHODS = {"_asdict", "_fields", "_make", "_replace"}


@dataclass(frozen=True, order=True)
class Call:
    """A call: the number of positional arguments and the names of the keywords."""

    name: str
    arguments: int
    keywords: tuple[str, ...] = ()
    line: int = 0

    def fits_signature(self) -> bool:
        try:
            signature = inspect.signature(resolve_name(self.name))
            signature.bind(*range(self.arguments), **dict.fromkeys(self.keywords))
        except (ImportError, AttributeError, TypeError):
            return False
        except ValueError:  # C functions may have no signature
            return True
        return True


def exists(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def names(tree: ast.Module) -> set[tuple[str, int]]:
    """Find imported names and the attributes used on them, with their lines."""
    origins = _origins(tree)
    attributes = {
        (f"{origins[node.value.id]}.{node.attr}", node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in origins
    }
    return attributes | {(name, line) for _, name, line in _imports(tree)}


def calls(tree: ast.Module) -> Iterator[Call]:
    """Find calls of imported names, except calls that unpack arguments."""
    origins = _origins(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _unpacks(node):
            continue
        local, dot, attribute = ast.unparse(node.func).partition(".")
        if local in origins and "." not in attribute:
            keywords = tuple(str(keyword.arg) for keyword in node.keywords)
            name = origins[local] + dot + attribute
            yield Call(name, len(node.args), keywords, node.lineno)


def services(tree: ast.Module) -> set[str]:
    """Find the moto services whose backends the code looks up."""
    found = re.compile(r"moto\.(\w+)\.\w+\.(?:\w+_backends|get_backend)")
    return {
        service[1]
        for _, name, _ in _imports(tree)
        if (service := found.fullmatch(name))
    }


def private_names(tree: ast.Module) -> set[str]:
    """Find private names that are used here but not defined by a class here."""
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    texts = {
        str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)
    }
    defined = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for name in _defined_by(node)
    }
    return {
        name
        for name in texts | used - defined - NAMED_TUPLE_METHODS
        if re.fullmatch("_[a-zA-Z][a-zA-Z_]*", name)
    }


def _origins(tree: ast.Module) -> dict[str, str]:
    return {local: name for local, name, _ in _imports(tree)}


def _imports(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Find imports: the local name, the qualified name, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            prefix = ""
        elif isinstance(node, ast.ImportFrom) and not node.level:
            prefix = f"{node.module}."
        else:
            continue
        for alias in node.names:
            name = prefix + alias.name
            if _is_third_party(name):
                yield alias.asname or alias.name, name, node.lineno


def _is_third_party(name: str) -> bool:
    package = name.partition(".")[0]
    return package not in sys.stdlib_module_names | ONLY_FOR_TYPES


def _unpacks(call: ast.Call) -> bool:
    return any(isinstance(argument, ast.Starred) for argument in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )


def _defined_by(kind: ast.ClassDef) -> Iterator[str]:
    """Find the names that a class and its instances define."""
    for node in ast.walk(kind):
        match node:
            case ast.FunctionDef(name):
                yield name
            case ast.Name(name, ast.Store()):
                yield name
            case ast.Attribute(ast.Name("self"), name, ast.Store()):
                yield name
