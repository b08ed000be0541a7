"""OpenID tokens of identities."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
import requests
import time_machine
from joserfc import jws, jwt
from joserfc.jwk import KeySet, RSAKey

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.cognitoidentity.tokens import (
    ExpiredTokenError,
    InvalidTokenError,
    TokenClaims,
    _signing_key,
    is_cognito_token,
    issue_token,
    public_keys,
    read_token,
)
from moto_cognitosync.server import CognitoSyncServer
from tests.support.datasets import NOW

POOL_ID = "eu-west-1:7d9b1f3c-2a4e-4c6d-8e0f-1a2b3c4d5e6f"
IDENTITY_ID = "eu-west-1:0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
AMR = ("authenticated", "login.players", f"login.players:{POOL_ID}:alice")
CLAIMS = TokenClaims(IDENTITY_ID, POOL_ID, "111122223333", "eu-west-1", AMR)
SECONDS = int(NOW.timestamp())


def decode(part: str) -> Any:
    return json.loads(urlsafe_b64decode(part + "=="))


def sign(payload: object, key: Any = None) -> str:
    header = {"alg": "RS512"}
    return jws.serialize_compact(
        header, json.dumps(payload), key or _signing_key(), ["RS512"]
    )


@time_machine.travel(NOW, tick=False)
def test_header_and_claims_are_those_of_aws() -> None:
    header, payload, _ = issue_token(CLAIMS, 600).split(".")

    assert list(decode(header).items()) == [
        ("kid", "eu-west-11"),
        ("typ", "JWS"),
        ("alg", "RS512"),
    ]
    assert list(decode(payload).items()) == [
        ("sub", IDENTITY_ID),
        ("aud", POOL_ID),
        ("amr", [*AMR]),
        ("iss", "https://cognito-identity.amazonaws.com"),
        (
            "https://cognito-identity.amazonaws.com/identity-pool-arn",
            f"arn:aws:cognito-identity:eu-west-1:111122223333:identitypool/{POOL_ID}",
        ),
        ("exp", SECONDS + 600),
        ("iat", SECONDS),
    ]


def test_principal_tags_are_in_the_token() -> None:
    claims = CLAIMS._replace(principal_tags={"team": "red"})
    token = issue_token(claims, 600)

    payload = decode(token.split(".")[1])
    assert list(payload)[3] == "https://aws.amazon.com/tags"
    assert payload["https://aws.amazon.com/tags"] == {
        "principal_tags": {"team": ["red"]}
    }
    assert read_token(token) == claims


def test_claims_can_be_read_from_a_token() -> None:
    assert read_token(issue_token(CLAIMS, 600)) == CLAIMS


def test_a_token_is_valid_until_its_last_second() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = issue_token(CLAIMS, 900)
        clock.shift(899)
        assert read_token(token) == CLAIMS
        clock.shift(1)
        with pytest.raises(ExpiredTokenError) as caught:
            read_token(token)

    assert str(caught.value) == (
        f"Invalid login token. Token expired: {SECONDS + 900} >= {SECONDS + 900}"
    )


MALFORMED = {"alg": "RS512", "crit": 5}


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "alice",
        lambda _: "ä.ö.ü",
        lambda token: token.rpartition(".")[0],
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token[:-4] + "AAAA",
        lambda token: token.replace(".", ".AAAA", 1),
        lambda token: f"{_encode({'alg': 'none'})}.{token.split('.')[1]}.",
        lambda token: f"{_encode({'alg': 'HS256'})}.{token.split('.')[1]}.AAAA",
        lambda token: f"{_encode([])}.{token.split('.')[1]}.AAAA",
        lambda token: f"{_encode(MALFORMED)}.{token.split('.')[1]}.AAAA",
    ],
)
def test_a_token_with_a_wrong_signature_is_rejected(change: Any) -> None:
    token = change(issue_token(CLAIMS, 600))

    with pytest.raises(InvalidTokenError) as caught:
        read_token(token)

    assert str(caught.value) == "Invalid login token. Couldn't verify signed token."
    assert caught.value.__suppress_context__


def _encode(header: object) -> str:
    return urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")


def test_a_token_that_another_key_signed_is_rejected() -> None:
    payload = decode(issue_token(CLAIMS, 600).split(".")[1])
    key = RSAKey.generate_key(2048)

    with pytest.raises(InvalidTokenError, match="Couldn't verify signed token"):
        read_token(sign(payload, key))


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, "Issuer doesn't match providerName"),
        ([], "Issuer doesn't match providerName"),
        ({"iss": "https://accounts.google.com"}, "Issuer doesn't match providerName"),
        ({"iss": "https://cognito-identity.amazonaws.com"}, "Not a Cognito token."),
    ],
)
def test_a_signed_text_that_is_not_a_token_is_rejected(
    payload: object, message: str
) -> None:
    with pytest.raises(InvalidTokenError) as caught:
        read_token(sign(payload))

    assert str(caught.value) == f"Invalid login token. {message}"


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("", False),
        ("alice", False),
        ("ä.ö.ü", False),
        ("..", False),
        (f".{_encode([])}.", False),
        (f".{_encode({'iss': 'https://accounts.google.com'})}.", False),
        (f".{_encode({'iss': 'https://cognito-identity.amazonaws.com'})}.", True),
    ],
)
def test_tokens_of_cognito_identity_are_recognized_by_their_issuer(
    token: str, expected: bool
) -> None:
    assert is_cognito_token(token) is expected


def test_expired_tokens_are_recognized_as_well() -> None:
    assert is_cognito_token(issue_token(CLAIMS, -1))


def test_public_keys_verify_tokens_of_every_region() -> None:
    keys: Any = public_keys()
    assert all(
        key.keys() == {"kty", "alg", "use", "kid", "n", "e"} for key in keys["keys"]
    )
    key_set = KeySet.import_key_set(keys)

    for region in ("us-east-1", "eu-west-1", "ap-northeast-1"):
        token = issue_token(CLAIMS._replace(region=region), 600)
        assert jwt.decode(token, key_set, ["RS512"]).claims["sub"] == IDENTITY_ID


@pytest.mark.parametrize(
    "host",
    ["cognito-identity.amazonaws.com", "cognito-identity.eu-west-1.amazonaws.com"],
)
def test_public_keys_are_served_where_aws_serves_them(host: str) -> None:
    with mock_cognitosync():
        response = requests.get(f"https://{host}/.well-known/jwks_uri", timeout=30)

    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == public_keys()


def test_public_keys_are_served_by_the_server(
    cognitosync_server: CognitoSyncServer,
) -> None:
    url = f"{cognitosync_server.url}/.well-known/jwks_uri"

    response = requests.get(url, headers={"Origin": "https://app.example"}, timeout=30)

    assert response.json() == public_keys()
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert requests.post(url, timeout=30).json()["__type"] == (
        "UnknownOperationException"
    )


def test_claims_are_compact_json() -> None:
    payload = urlsafe_b64decode(issue_token(CLAIMS, 600).split(".")[1] + "==")

    compact = json.dumps(json.loads(payload), separators=(",", ":"))
    assert payload.decode() == compact
