"""Identity pools with logins for tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .aws import REGION, Aws
from .datasets import DatasetUnderTest

ACCOUNT = "123456789012"
FACEBOOK = "graph.facebook.com"
GOOGLE = "accounts.google.com"
AMAZON = "www.amazon.com"
DEVELOPER = "login.game.example"
COGNITO = "cognito-identity.amazonaws.com"
OPEN_ID_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/openid.example/players"
OPEN_ID = "openid.example/players"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/office"

UNKNOWN_ID = f"{REGION}:00000000-0000-0000-0000-000000000000"
NO_MATCH = (
    "Logins don't match. Please include at least one valid login for this identity or "
    "identity pool."
)
INVALID_CONFIGURATION = (
    "Invalid identity pool configuration. Check assigned IAM roles for this pool."
)

Logins = Mapping[str, str]
Response = dict[str, Any]


class PoolUnderTest:
    """An identity pool, with methods that fill in its id.

    Identities are returned by their ids.
    """

    def __init__(self, aws: Aws, region: str = REGION, **settings: Any) -> None:
        self._aws = aws
        self.client = aws.client("cognito-identity", region)
        settings = {
            "IdentityPoolName": "players",
            "AllowUnauthenticatedIdentities": True,
            "SupportedLoginProviders": {FACEBOOK: "1", GOOGLE: "2", AMAZON: "3"},
            "DeveloperProviderName": DEVELOPER,
            **settings,
        }
        self.settings = {name: each for name, each in settings.items() if each}
        self.id: str = self.client.create_identity_pool(**settings)["IdentityPoolId"]

    @property
    def arn(self) -> str:
        region = self.id.partition(":")[0]
        return f"arn:aws:cognito-identity:{region}:{ACCOUNT}:identitypool/{self.id}"

    def call(self, operation: str, **parameters: Any) -> Response:
        """Call an operation on the pool."""
        method = getattr(self.client, operation)
        response: Response = method(IdentityPoolId=self.id, **parameters)
        del response["ResponseMetadata"]
        return response

    def update(self, **settings: Any) -> Response:
        """Change some settings, and keep all others."""
        self.settings |= settings
        return self.call("update_identity_pool", **self.settings)

    # --- Logging in ---

    def guest(self) -> str:
        return str(self.call("get_id")["IdentityId"])

    def get_id(self, **logins: str) -> str:
        """Log in with user ids or tokens, by short names of providers."""
        return str(self.call("get_id", Logins=by_provider(logins))["IdentityId"])

    def get_token(self, identity_id: str, **logins: str) -> Response:
        """Call GetOpenIdToken."""
        given = {"Logins": by_provider(logins)} if logins else {}
        return self.client.get_open_id_token(IdentityId=identity_id, **given)  # type: ignore[no-any-return]

    def get_credentials(
        self, identity_id: str, role: str | None = None, **logins: str
    ) -> Response:
        """Call GetCredentialsForIdentity."""
        given: dict[str, Any] = {"Logins": by_provider(logins)} if logins else {}
        if role is not None:
            given["CustomRoleArn"] = role
        return self.client.get_credentials_for_identity(  # type: ignore[no-any-return]
            IdentityId=identity_id, **given
        )

    def log_in(self, identity_id: str, **logins: str) -> str:
        """Log in with an identity, and return the one to use from now on."""
        return str(self.get_credentials(identity_id, **logins)["IdentityId"])

    def get_developer_token(
        self, user: str, identity_id: str | None = None, **logins: str
    ) -> Response:
        """Call GetOpenIdTokenForDeveloperIdentity."""
        given = {} if identity_id is None else {"IdentityId": identity_id}
        return self.call(
            "get_open_id_token_for_developer_identity",
            Logins={DEVELOPER: user, **by_provider(logins)},
            **given,
        )

    def log_in_developer_user(
        self, user: str, identity_id: str | None = None, **logins: str
    ) -> str:
        response = self.get_developer_token(user, identity_id, **logins)
        return str(response["IdentityId"])

    # --- Changing logins ---

    def unlink(self, identity_id: str, *providers: str, **logins: str) -> None:
        self.client.unlink_identity(
            IdentityId=identity_id,
            Logins=by_provider(logins),
            LoginsToRemove=list(providers),
        )

    def unlink_developer_user(
        self, user: str, identity_id: str, provider: str = DEVELOPER
    ) -> None:
        self.call(
            "unlink_developer_identity",
            IdentityId=identity_id,
            DeveloperProviderName=provider,
            DeveloperUserIdentifier=user,
        )

    def merge_developer_users(
        self, source: str, into: str, provider: str = DEVELOPER
    ) -> str:
        response = self.call(
            "merge_developer_identities",
            SourceUserIdentifier=source,
            DestinationUserIdentifier=into,
            DeveloperProviderName=provider,
        )
        return str(response["IdentityId"])

    # --- Reading ---

    def describe(self, identity_id: str) -> Response:
        return self.client.describe_identity(IdentityId=identity_id)  # type: ignore[no-any-return]

    def logins_of(self, identity_id: str) -> list[str]:
        """Return the providers of an identity's logins."""
        return self.describe(identity_id).get("Logins", [])  # type: ignore[no-any-return]

    def users_of(self, identity_id: str) -> list[str]:
        """Return the developer users of an identity."""
        response = self.call("lookup_developer_identity", IdentityId=identity_id)
        return response["DeveloperUserIdentifierList"]  # type: ignore[no-any-return]

    def list_identities(self, **parameters: Any) -> Response:
        return self.call("list_identities", **{"MaxResults": 60, **parameters})

    def ids(self, **parameters: Any) -> list[str]:
        """Return the ids of all identities."""
        listed = self.list_identities(**parameters)["Identities"]
        return [each["IdentityId"] for each in listed]

    def enabled_ids(self) -> list[str]:
        return self.ids(HideDisabled=True)

    def dataset(self, identity_id: str, name: str = "settings") -> DatasetUnderTest:
        """Return a dataset of an identity, for a developer."""
        client = self._aws.client("cognito-sync", self.id.partition(":")[0])
        return DatasetUnderTest(client, self.id, identity_id, name)


_SHORT_NAMES = {
    "facebook": FACEBOOK,
    "google": GOOGLE,
    "amazon": AMAZON,
    "developer": DEVELOPER,
    "cognito": COGNITO,
    "open_id": OPEN_ID,
    "saml": SAML,
}


def by_provider(logins: Logins) -> dict[str, str]:
    """Return logins by the names of their providers, given by short names."""
    return {_SHORT_NAMES.get(name, name): token for name, token in logins.items()}


HEADER = {"alg": "RS256"}


def jwt(header: Mapping[str, Any] = HEADER, /, **claims: Any) -> str:
    """Return a token with these claims, but without a valid signature."""
    return ".".join(map(_encode, (header, claims))) + ".signature"


def claims_of(token: str) -> Response:
    """Return the claims of a token."""
    payload = token.split(".")[1]
    claims: Response = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


def _encode(part: Mapping[str, Any]) -> str:
    encoded = base64.urlsafe_b64encode(json.dumps(part).encode())
    return encoded.decode().rstrip("=")


@contextmanager
def rejects(code: str, message: str) -> Iterator[None]:
    """Expect the service to return an error with exactly this text."""
    with pytest.raises(ClientError) as caught:
        yield
    assert caught.value.response["Error"] == {"Code": code, "Message": message}
