"""Sync session tokens, which ListRecords returns and UpdateRecords requires.

The format is the same as on AWS: ``base64(gzip(base64(JSON) ":1:" base64(MAC)))``. The
JSON contains ``sessionId``, ``expiration`` (epoch milliseconds), ``identityId`` and
``datasetName``. The MAC also covers the pool id, which is not in the JSON.
"""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from moto.moto_api._internal import mock_random

from moto_cognitosync.core.clock import LATEST, now
from moto_cognitosync.core.exceptions import InvalidParameterException

LIFETIME = 300_000  # milliseconds, as measured on AWS
KEY_VERSION = b"1"
# A constant, because a random key would change the ids that moto generates with a given
# seed. Tokens of one backend are invalid in another, because pool ids are random.
KEY = b"moto-cognitosync"
MIN_LIMIT = 1024  # expired sessions to keep before they are discarded
MAX_TOKEN_LENGTH = 4096  # characters; an issued token has about 330


class _Session(NamedTuple):
    """An open session.

    :param expiration: in epoch milliseconds.
    :param identity_pool_id: empty if unknown.
    """

    expiration: int
    identity_pool_id: str

    @property
    def end(self) -> int:
        """When the session is no longer open, in epoch milliseconds."""
        # A date cannot be later, so it would not be open after a dump and a load.
        return min(self.expiration, LATEST)


class SyncSessions:
    """Issues and checks sync session tokens.

    Only tokens that were issued here and have not been used are valid. A used token
    therefore stays invalid even if the clock moves back, or in a later mock with the
    same pool.

    Not thread-safe: callers must hold the state lock.

    :param unused: open sessions, as returned by :attr:`unused`.
    """

    def __init__(self, unused: Mapping[str, int] | None = None) -> None:
        self._unused = {
            name: _Session(expiration, identity_pool_id="")
            for name, expiration in (unused or {}).items()
        }
        self._limit = 0  # number of sessions at which expired ones are discarded

    def issue(self, identity_pool_id: str, identity_id: str, dataset_name: str) -> str:
        """Return a token for a dataset, valid for five minutes and one write."""
        session_id, expiration = str(mock_random.uuid4()), now() + LIFETIME
        if len(self._unused) >= self._limit:
            self._unused = self._open()
            self._limit = 2 * len(self._unused) + MIN_LIMIT
        self._unused[session_id] = _Session(expiration, identity_pool_id)
        content = {
            "sessionId": session_id,
            "expiration": expiration,
            "identityId": identity_id,
            "datasetName": dataset_name,
        }
        payload = base64.b64encode(json.dumps(content, separators=(",", ":")).encode())
        mac = base64.b64encode(_mac(identity_pool_id, payload))
        signed = b":".join([payload, KEY_VERSION, mac])
        return base64.b64encode(gzip.compress(signed, mtime=0)).decode()

    @property
    def unused(self) -> dict[str, int]:
        """When each open session expires, in epoch milliseconds, by session id."""
        return {name: session.end for name, session in self._open().items()}

    def _open(self) -> dict[str, _Session]:
        time = now()
        sessions = self._unused.items()
        return {name: session for name, session in sessions if session.end > time}

    def expire(self, identity_pool_id: str | None = None) -> int:
        """Expire open sessions, and return their number.

        :param identity_pool_id: expire only sessions of this pool. Restored sessions
            expire as well, because their pools are unknown.
        """
        opened = self._open()
        self._unused = {
            name: session
            for name, session in opened.items()
            if identity_pool_id
            and session.identity_pool_id not in {identity_pool_id, ""}
        }
        return len(opened) - len(self._unused)

    def check(
        self, token: str, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> dict[str, Any]:
        """Validate a token and return its JSON content.

        :raises InvalidParameterException: if the token was not issued by this service,
            was issued for another pool, identity or dataset, has expired, or was
            consumed by a write.
        """
        content = self._read(token, identity_pool_id)
        if (
            content is None
            or content["identityId"] != identity_id
            or content["datasetName"] != dataset_name
            or content["expiration"] <= now()
            or content["sessionId"] not in self._unused
        ):
            raise InvalidParameterException(
                "SyncSessionToken not valid for these inputs"
            )
        return content

    def consume(self, content: dict[str, Any]) -> None:
        """Consume a token after a successful write.

        :param content: the result of :meth:`check`.
        """
        del self._unused[content["sessionId"]]

    def _read(self, token: str, identity_pool_id: str) -> dict[str, Any] | None:
        """Return the content of a token, or None if its format or MAC is invalid."""
        if len(token) > MAX_TOKEN_LENGTH:
            return None
        try:
            signed = _decompress(base64.b64decode(token, validate=True))
            payload, version, mac = signed.split(b":")
            genuine = version == KEY_VERSION and hmac.compare_digest(
                base64.b64decode(mac), _mac(identity_pool_id, payload)
            )
        except (ValueError, zlib.error):
            return None
        return json.loads(base64.b64decode(payload)) if genuine else None


def _mac(identity_pool_id: str, payload: bytes) -> bytes:
    message = b"\n".join([identity_pool_id.encode(), payload])
    return hmac.digest(KEY, message, "sha256")


def _decompress(data: bytes) -> bytes:
    # Limited, because a few hundred bytes of gzip can expand to megabytes.
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(
        data, MAX_TOKEN_LENGTH
    )
