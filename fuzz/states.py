"""Loads valid and almost valid state files, then uses the stored data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any
from urllib.parse import quote

import yaml

from moto_cognitosync.state import SCHEMA, StateError, dump_state, load_state

from .draw import Draw
from .world import (
    ACCOUNT,
    APPLICATION,
    DATASETS,
    DATE,
    DEVELOPER,
    IDENTITY,
    POOL,
    PROVIDER,
    REGION,
    ROLE,
    STATE,
    TRIGGER,
    Request,
    World,
    check_reload,
    send,
)

WORLD = World()
FOLDER = Path(mkdtemp())
FILES = [FOLDER / f"state.{suffix}" for suffix in ("json", "yaml", "toml")]

TOML = """\
[[IdentityPools]]
IdentityPoolId = "us-east-1:0"
[[IdentityPools.Identities]]
IdentityId = "us-east-1:1"
[[IdentityPools.Identities.Datasets]]
DatasetName = "settings"
CreationDate = 2026-03-01T12:00:00Z
Values = {theme = "dark", volume = ""}
"""


def _names(schema: Any) -> Iterator[str]:
    """Yield the names of all members in a schema."""
    for name, value in schema.items():
        if isinstance(value, dict):
            yield name
            yield from _names(value)


ROOT = json.loads(SCHEMA.read_text(encoding="utf-8"))
WORDS = [*_names(ROOT), DATE]

# Meaningful strings by member or definition name.
KNOWN = {
    "ApplicationArns": [APPLICATION, ":app/GCM/", "a:b:c:mars:1:app/GCM/x"],
    "AccountId": [ACCOUNT, "999999999999"],
    "Date": [DATE, "0001-01-01", "9999-12-31T23:59:59-01:00"],
    "DatasetName": DATASETS,
    "EndpointArn": ["", "x", "arn:aws:sns:mars-1:1:endpoint/GCM/game/1"],
    "Id": [POOL, IDENTITY, "mars-1:0"],
    "Region": [REGION, "eu-west-1"],
    "DeveloperProviderName": [DEVELOPER, PROVIDER],
    "RoleArn": [ROLE],
    "StreamName": ["changes", ""],
    "Subscriptions": DATASETS,
    "SyncTrigger": [TRIGGER, "", "x", "arn:aws:lambda:mars-1:1:function:x"],
}


def seeds() -> list[bytes]:
    """Return a state in each file format, and some random inputs."""
    random = Random(0)
    texts = [json.dumps(STATE), yaml.safe_dump(STATE), TOML]
    files = [bytes([kind]) + text.encode() for kind, text in enumerate(texts)]
    return files + [b"\3" + random.randbytes(2**size) for size in range(4, 11)]


def check(data: bytes) -> None:
    """Load a state and use the stored data.

    The first byte determines how to use the remaining bytes: as a file in one of the
    formats, or to generate a state that follows the schema.
    """
    WORLD.reset()
    before = dump_state()
    try:
        load_state(_source(sum(data[:1]), data[1:]))
    except StateError:
        assert dump_state() == before
        return
    check_reload()
    for pool in dump_state()["IdentityPools"]:
        _use(pool)


def _source(kind: int, data: bytes) -> Any:
    if kind >= len(FILES):
        return _value(Draw(data), ROOT)
    FILES[kind].write_bytes(data)
    return FILES[kind]


def _value(draw: Draw, schema: dict[str, Any], name: str = "") -> Any:
    """Return a value that usually follows a schema, ignoring its patterns and limits.

    :param name: name of the member or definition.
    """
    if draw.once_in(64):
        return draw.text() if draw.once_in(2) else draw.json()
    if "$ref" in schema:
        definition = schema["$ref"].rpartition("/")[2]
        return _value(draw, ROOT["$defs"][definition], definition)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = draw.one_of(kind)
    if kind == "object":
        return _object(draw, schema)
    if kind == "array":
        return [_value(draw, schema["items"], name) for _ in range(draw.count())]
    texts = KNOWN.get(name, ["k"]) if kind == "string" else [True, False]
    return (
        draw.count(5) if kind == "integer" else draw.one_of(schema.get("enum", texts))
    )


def _object(draw: Draw, schema: dict[str, Any]) -> dict[str, Any]:
    needed = schema.get("required", ())
    made = {
        name: _value(draw, member, name)
        for name, member in schema.get("properties", {}).items()
        if name in needed or draw.once_in(2)
    }
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        made |= {draw.text(): _value(draw, others) for _ in range(draw.count())}
    return made


def _use(pool: dict[str, Any]) -> None:
    """Read and change everything in a pool; only client errors are acceptable."""
    root = f"/identitypools/{quote(pool['IdentityPoolId'])}"
    _send(pool, "GET", f"{root}/configuration")
    for identity in pool["Identities"]:
        path = f"{root}/identities/{quote(identity['IdentityId'])}"
        _send(pool, "GET", path)
        for dataset in identity.get("Datasets", ()):
            _write(pool, f"{path}/datasets/{quote(dataset['DatasetName'])}")
    _send(pool, "POST", f"{root}/bulkpublish")
    check_reload()


def _write(pool: dict[str, Any], path: str) -> None:
    listed = json.loads(_send(pool, "GET", f"{path}/records"))
    patch = {"Op": "replace", "Key": "k", "Value": "v", "SyncCount": 2**63 - 1}
    body = {
        "SyncSessionToken": listed.get("SyncSessionToken"),
        "RecordPatches": [patch],
    }
    _send(pool, "POST", path, json.dumps(body).encode())
    _send(pool, "DELETE", path)


def _send(pool: dict[str, Any], method: str, path: str, body: bytes = b"") -> bytes:
    account = {"x-moto-account-id": pool["AccountId"]}
    _, response = send(Request(method, path, body, account, pool["Region"]))
    return response
