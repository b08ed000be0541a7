"""The SyncSessionToken: what ListRecords hands out and UpdateRecords takes.

The form is that of live tokens: ``base64(gzip(base64(JSON) ":1:" base64(MAC)))``,
where the JSON holds ``sessionId``, ``expiration`` (epoch milliseconds),
``identityId`` and ``datasetName``. The pool is not in the JSON; the MAC covers it.
"""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import zlib
from collections.abc import Mapping
from typing import Any

from moto.moto_api._internal import mock_random

from moto_cognitosync.core.clock import now
from moto_cognitosync.core.exceptions import InvalidParameterException

LIFETIME = 300_000  # milliseconds, as measured between a live token and its use
KEY_VERSION = b"1"
# One for all, and not drawn: a draw would shift whatever moto's seed makes follow. What
# keeps the tokens of two backends apart is the pool's id, which is made up at random.
KEY = b"moto-cognitosync"
LONGEST_TOKEN = 4096  # characters; an issued one has about 330


class SyncSessions:
    """Issues sync session tokens and remembers which of them are used up.

    Not safe for threads by itself: the backend's lock guards it.

    :param used: see the property :attr:`used`.
    """

    def __init__(self, used: Mapping[str, int] | None = None) -> None:
        # In the order in which they are forgotten.
        used_up = sorted((used or {}).items(), key=lambda item: item[1])
        self._consumed: dict[str, int] = dict(used_up)  # session id: expiration

    def issue(self, identity_pool_id: str, identity_id: str, dataset_name: str) -> str:
        """Make a token for one dataset, good for five minutes and one write."""
        content = {
            "sessionId": str(mock_random.uuid4()),
            "expiration": now() + LIFETIME,
            "identityId": identity_id,
            "datasetName": dataset_name,
        }
        payload = base64.b64encode(json.dumps(content, separators=(",", ":")).encode())
        mac = base64.b64encode(_mac(identity_pool_id, payload))
        signed = b":".join([payload, KEY_VERSION, mac])
        return base64.b64encode(gzip.compress(signed, mtime=0)).decode()

    @property
    def used(self) -> dict[str, int]:
        """Ids of sessions that are used up; when they expire, in epoch milliseconds."""
        return dict(self._consumed)

    def check(
        self, token: str, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> dict[str, Any]:
        """Return what a token holds.

        :raises InvalidParameterException: the token was not issued here or belongs
            to other inputs, has expired, or was consumed by a write.
        """
        content = self._read(token, identity_pool_id)
        if (
            content is None
            or content["identityId"] != identity_id
            or content["datasetName"] != dataset_name
            or content["expiration"] <= now()
            or content["sessionId"] in self._consumed
        ):
            raise InvalidParameterException(
                "SyncSessionToken not valid for these inputs"
            )
        return content

    def consume(self, content: dict[str, Any]) -> None:
        """Use up a checked token: it serves one successful write."""
        self._forget_expired()
        self._consumed[content["sessionId"]] = content["expiration"]

    def _forget_expired(self) -> None:
        # Oldest first, and only up to the first that is still alive: what a younger
        # one holds back is forgotten with it, five minutes later at the most.
        while self._consumed:
            session_id = next(iter(self._consumed))
            if self._consumed[session_id] > now():
                break
            del self._consumed[session_id]

    def _read(self, token: str, identity_pool_id: str) -> dict[str, Any] | None:
        """Open a token, or return None where it was not issued here."""
        if len(token) > LONGEST_TOKEN:
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
    # Bounded: a few hundred bytes of gzip can hold megabytes.
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data, LONGEST_TOKEN)
