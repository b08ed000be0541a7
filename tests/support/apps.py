"""Apps that log in to an identity pool and sync data, as the AWS SDKs do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.config import Config

from .aws import REGION, Aws
from .datasets import DatasetUnderTest

FACEBOOK = "graph.facebook.com"
GOOGLE = "accounts.google.com"
DEVELOPER = "login.game.example"
# The provider of tokens that Cognito Identity itself has issued.
COGNITO = "cognito-identity.amazonaws.com"


def make_pool_with_logins(identities: Any) -> str:
    """Create a pool that accepts guests and users of all providers."""
    pool = identities.create_identity_pool(
        IdentityPoolName="players",
        AllowUnauthenticatedIdentities=True,
        SupportedLoginProviders={FACEBOOK: "1234", GOOGLE: "5678.example"},
        DeveloperProviderName=DEVELOPER,
    )
    return str(pool["IdentityPoolId"])


class App:
    """An app on one device. It remembers its identity.

    :ivar identities: a client that sends neither a signature nor a region for the
        operations that AWS does not want signed.
    :ivar identity_id: the current identity; empty before the first login.
    :ivar sync: a client with the identity's credentials.
    """

    def __init__(self, aws: Aws, pool_id: str) -> None:
        self._aws = aws
        self._region = pool_id.partition(":")[0]
        self.identities = aws.client("cognito-identity", self._region, config=Config())
        self.pool_id = pool_id
        self.identity_id = ""
        self.sync: Any = None

    def log_in(self, logins: Mapping[str, str] | None = None) -> None:
        """Get credentials for some logins, or for a guest."""
        given = {} if logins is None else {"Logins": logins}
        if not self.identity_id:
            found = self.identities.get_id(IdentityPoolId=self.pool_id, **given)
            self.identity_id = found["IdentityId"]
        self._use_credentials(given)

    def log_in_as_developer_user(self, response: Mapping[str, str]) -> None:
        """Get credentials for a response of GetOpenIdTokenForDeveloperIdentity."""
        self.identity_id = response["IdentityId"]
        self._use_credentials({"Logins": {COGNITO: response["Token"]}})

    def _use_credentials(self, given: Mapping[str, Any]) -> None:
        response = self.identities.get_credentials_for_identity(
            IdentityId=self.identity_id, **given
        )
        self.identity_id = response["IdentityId"]  # another one after a merge
        self.sync = client_of_identity(self._aws, response["Credentials"], self._region)

    def dataset(self, name: str = "settings") -> DatasetUnderTest:
        return DatasetUnderTest(self.sync, self.pool_id, self.identity_id, name)


def client_of_identity(
    aws: Aws,
    credentials: Mapping[str, str],
    region: str = REGION,
    service: str = "cognito-sync",
) -> Any:
    """Create a client that uses the output of GetCredentialsForIdentity."""
    return aws.client(
        service,
        region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretKey"],
        aws_session_token=credentials["SessionToken"],
    )
