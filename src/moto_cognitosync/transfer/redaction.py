"""Replaces private data by stable pseudonyms of the same type and length.

The same text always has the same pseudonym, as long as the salt is the same. Without
the salt, pseudonyms cannot be computed or reversed. Punctuation, and the kind of each
character, stay as they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from hashlib import sha256, shake_256
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Any

from .clients import TransferError
from .names import merged_root

Data = dict[str, Any]

SALT_LENGTH = 64  # hexadecimal digits
ROUNDS = 8

# Each character becomes another one of the same kind. Hexadecimal letters are a
# separate kind, so that a pseudonym looks like an id only if the text does. The last
# ranges consist of the characters with 2, 3 and 4 bytes in UTF-8.
KINDS = (
    range(ord("0"), ord("9") + 1),
    range(ord("a"), ord("f") + 1),
    range(ord("g"), ord("z") + 1),
    range(ord("A"), ord("F") + 1),
    range(ord("G"), ord("Z") + 1),
    range(0x80, 0x800),
    range(0x800, 0xD800),
    range(0xE000, 0x10000),
    range(0x10000, 0x110000),
)
HEX_DIGITS = [ord(each) for each in "0123456789abcdef"]

# Providers of logins that many pools use.
PUBLIC_PROVIDERS = {
    "accounts.google.com",
    "api.twitter.com",
    "appleid.apple.com",
    "graph.facebook.com",
    "www.amazon.com",
    "www.digits.com",
}

ID = re.compile(r"([\w-]+:)([0-9a-f-]+)", re.ASCII)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ARN = re.compile(r"(arn:[^:]*:[^:]*:[^:]*:)(\d*)(:(?:app/[A-Z_]+/|[a-z-]+[/:]))(.+)")
USER_POOL = re.compile(r"(cognito-idp\.[\w.-]+/[\w-]+_)(\w+)", re.ASCII)

# The parts of a value. Values that are JSON remain JSON of the same structure.
TOKEN = re.compile(
    r"(?P<kept>\\u[0-9a-fA-F]{4}|\\.|\b(?:true|false|null)\b"
    r"|(?<![\w.])0|(?<=\d)[eE](?=[+-]?\d)|(?<=\d)Z\b)"
    r"|(?P<date>(?<!\d)\d{4}-\d\d-\d\d(?!\d)(?:T\d\d:\d\d:\d\d)?)"
    r"|(?P<first>(?<![\w.])[1-9])"
    r"|(?P<other>.)",
    re.DOTALL,
)


class Redactor:
    """Computes pseudonyms.

    :param salt: secret text, with which everything is hashed.
    """

    def __init__(self, salt: str) -> None:
        self._salt = salt.encode()

    @property
    def fingerprint(self) -> str:
        """Identifies the salt without revealing it."""
        return sha256(b"fingerprint" + self._salt).hexdigest()[:16]

    # --- States ---

    def pool(self, pool: Data) -> Data:
        """Return a pool of a state, without its identities."""
        text, provider, arn = self.text, self.provider, self.arn
        change: Mapping[str, Any] = {
            "IdentityPoolId": self.identifier,
            "IdentityPoolName": text,
            "SupportedLoginProviders": lambda ids: {
                provider(name): text(app_id) for name, app_id in ids.items()
            },
            "DeveloperProviderName": text,
            "OpenIdConnectProviderARNs": lambda arns: [*map(arn, arns)],
            "CognitoIdentityProviders": lambda user_pools: [
                self._change(each, {"ProviderName": provider, "ClientId": text})
                for each in user_pools
            ],
            "SamlProviderARNs": lambda arns: [*map(arn, arns)],
            "IdentityPoolTags": lambda tags: {
                text(key): text(value) for key, value in tags.items()
            },
            "Roles": lambda roles: {kind: arn(each) for kind, each in roles.items()},
            "RoleMappings": lambda mappings: {
                provider(name): self._mapping(each) for name, each in mappings.items()
            },
            "PrincipalTagAttributeMaps": lambda maps: {
                provider(name): each for name, each in maps.items()
            },
            "PushSync": lambda push_sync: self._change(
                push_sync,
                {"ApplicationArns": lambda arns: [*map(arn, arns)], "RoleArn": arn},
            ),
            "CognitoStreams": lambda streams: self._change(
                streams, {"StreamName": text, "RoleArn": arn}
            ),
            "Events": lambda events: {name: arn(each) for name, each in events.items()},
            "BulkPublish": lambda bulk_publish: self._change(
                bulk_publish, {"FailureMessage": text}
            ),
        }
        return self._change(pool, change)

    def identity(self, identity: Data) -> Data:
        """Return an identity of a state."""
        return self._change(
            identity,
            {
                "IdentityId": self.identifier,
                "Logins": lambda logins: {
                    self.provider(name): self._users(users)
                    for name, users in logins.items()
                },
                "Datasets": lambda datasets: [*map(self._dataset, datasets)],
            },
        )

    def _dataset(self, dataset: Data) -> Data:
        return self._change(
            dataset,
            {
                "DatasetName": self.dataset_name,
                "LastModifiedBy": self.identifier,
                "Records": lambda records: [*map(self._record, records)],
            },
        )

    def _record(self, record: Data) -> Data:
        return self._change(
            record,
            {
                "Key": self.text,
                "Value": self.value,
                "LastModifiedBy": self.identifier,
            },
        )

    def _users(self, users: str | list[str]) -> str | list[str]:
        if isinstance(users, str):
            return self.identifier(users)
        return [self.text(each) for each in users]

    def _mapping(self, mapping: Data) -> Data:
        def rules(configuration: Data) -> Data:
            change = {"Value": self.text, "RoleARN": self.arn}
            return {
                "Rules": [self._change(each, change) for each in configuration["Rules"]]
            }

        return self._change(mapping, {"RulesConfiguration": rules})

    @staticmethod
    def _change(data: Data, change: Mapping[str, Any]) -> Data:
        return {
            name: change[name](value) if name in change else value
            for name, value in data.items()
        }

    # --- Texts ---

    def text(self, text: str) -> str:
        """Return the pseudonym of a key or a name. No two texts have the same one."""
        return self._permute_characters(text, _kind)

    def identifier(self, text: str) -> str:
        """Return the pseudonym of an id, which keeps its region."""
        if found := ID.fullmatch(text):
            return found[1] + self._permute_characters(found[2], _hex_digits)
        if UUID.fullmatch(text):
            return self._permute_characters(text, _hex_digits)
        return self.text(text)

    def dataset_name(self, name: str) -> str:
        """Return the pseudonym of a dataset's name.

        In ``<root>.<identity id>``, the parts have the same pseudonyms as elsewhere.
        """
        root = merged_root(name)
        if root is None:
            return self.text(name)
        identity_id = name[len(root) + 1 :]
        return f"{self.dataset_name(root)}.{self.identifier(identity_id)}"

    def arn(self, arn: str) -> str:
        """Return an ARN with pseudonyms of the account and the resource's name."""
        found = ARN.fullmatch(arn)
        if found is None:
            return self.text(arn)
        start, account_id, kind, name = found.groups()
        return start + self.text(account_id) + kind + self.text(name)

    def provider(self, name: str) -> str:
        """Return the pseudonym of an identity provider; those of public ones stay."""
        if name in PUBLIC_PROVIDERS:
            return name
        if name.startswith("arn:"):
            return self.arn(name)
        provider, colon, client = name.partition(":")
        if found := USER_POOL.fullmatch(provider):
            return found[1] + self.text(found[2]) + colon + self.text(client)
        return self.text(name)

    def value(self, value: str) -> str:
        """Return the pseudonym of a value.

        Unlike in a key, each character depends on the whole value, so that similar
        values have different pseudonyms.
        """
        number = int.from_bytes(self._hash(b"value", value.encode()), "big")
        # random() is the only method that returns the same numbers in all versions.
        draw = Random(number).random

        def choose(choices: range) -> str:
            return chr(choices[int(draw() * len(choices))])

        def replace(found: re.Match[str]) -> str:
            token = found[0]
            if found.lastgroup == "date":
                date = datetime.fromtimestamp(draw() * 2**31, timezone.utc)
                return date.strftime("%Y-%m-%dT%H:%M:%S")[: len(token)]
            if found.lastgroup == "first":  # JSON does not allow a leading zero
                return choose(KINDS[0][1:])
            kind = None if found.lastgroup == "kept" else _kind(token)
            return token if kind is None else choose(kind)

        return TOKEN.sub(replace, value)

    # --- Permutation ---

    def _permute_characters(
        self, text: str, kind_of: Callable[[str], Sequence[int] | None]
    ) -> str:
        """Map texts with the same kinds of characters to one another, one to one.

        :param kind_of: returns the possible codes for a character; None to keep it.
        """
        kinds = [kind_of(each) for each in text]
        number, size = 0, 1
        for character, kind in zip(text, kinds, strict=True):
            if kind is not None:
                number = number * len(kind) + kind.index(ord(character))
                size *= len(kind)
        number = self._permute(number, size)
        result = []
        for character, kind in zip(reversed(text), reversed(kinds), strict=True):
            if kind is None:
                result.append(character)
            else:
                number, digit = divmod(number, len(kind))
                result.append(chr(kind[digit]))
        return "".join(reversed(result))

    def _permute(self, number: int, size: int) -> int:
        """Permute the numbers below ``size``, with a Feistel network.

        The network permutes the numbers below a power of two. It is applied until the
        result is below ``size`` again.
        """
        half = ((size - 1).bit_length() + 1) // 2
        mask = (1 << half) - 1
        length = half // 8 + 1
        while True:
            left, right = number >> half, number & mask
            for turn in range(ROUNDS):
                hashed = self._hash(
                    b"%d:%d" % (turn, half), right.to_bytes(length, "big"), length
                )
                left, right = right, left ^ (int.from_bytes(hashed, "big") & mask)
            number = left << half | right
            if number < size:
                return number

    def _hash(self, purpose: bytes, data: bytes, length: int = 32) -> bytes:
        return shake_256(b"\0".join([self._salt, purpose, data])).digest(length)


@cache
def _kind(character: str) -> range | None:
    """Return the characters that can replace another one; None if none can."""
    code = ord(character)
    return next((each for each in KINDS if code in each), None)


def _hex_digits(character: str) -> Sequence[int] | None:
    return None if character == "-" else HEX_DIGITS


def default_salt_file() -> Path:
    """Return the path of the salt in the user's configuration folder."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder, "moto-cognitosync", "salt")


def load_salt(path: Path) -> str:
    """Return the salt in a file, which is created if it does not exist.

    :raises TransferError: if the file does not contain a salt.
    :raises OSError: if the file cannot be read or created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        salt = path.read_text(encoding="utf-8", errors="replace").strip()
        if not re.fullmatch(rf"[0-9a-f]{{{SALT_LENGTH}}}", salt):
            raise TransferError(
                f"{path} does not contain a salt, which consists of {SALT_LENGTH} "
                "hexadecimal digits"
            ) from None
        return salt
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        salt = token_hex(SALT_LENGTH // 2)
        file.write(f"{salt}\n")
    return salt
