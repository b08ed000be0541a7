"""States for the tests."""

from __future__ import annotations

from typing import Any

POOL = "us-east-1:00000000-0000-4000-8000-000000000001"
ADA, BEN, CAT, DAN, EVE = (
    f"us-east-1:{letter * 8}-0000-4000-8000-000000000000" for letter in "abcde"
)
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/player"
FACEBOOK, DEVELOPER = "graph.facebook.com", "login.game.example"
USER_POOL = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Abc123456"
OPEN_ID = "openid.example/players"
OPEN_ID_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{OPEN_ID}"
SAML_ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/office"
APPLICATION = f"arn:aws:sns:us-east-1:{ACCOUNT}:app/GCM/game"
TOKEN_MAPPING = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
RULE = {"Claim": "team", "MatchType": "Equals", "Value": "red", "RoleARN": ROLE}


def date(day: int) -> str:
    return f"2026-03-{day:02}T12:00:00.250Z"


def record(key: str, value: str | None, count: int, by: str = ACCOUNT) -> Any:
    data = {
        "Key": key,
        "Value": value,
        "SyncCount": count,
        "LastModifiedDate": date(3),
        "LastModifiedBy": by,
        "DeviceLastModifiedDate": date(2),
    }
    return {name: each for name, each in data.items() if each is not None}


def dataset(name: str, *records: Any, **members: Any) -> Any:
    return {
        "DatasetName": name,
        "DatasetSyncCount": 9,
        "CreationDate": date(1),
        "LastModifiedDate": date(4),
        "LastModifiedBy": ADA,
        "Records": list(records),
        **members,
    }


def pool_with(*identities: Any, **members: Any) -> Any:
    pool = {"IdentityPoolId": POOL, "Identities": list(identities)}
    return {"IdentityPools": [pool | members]}


def small(count: int, datasets: int = 1) -> Any:
    """Return a state with this number of identities."""
    return pool_with(
        *(
            {
                "IdentityId": f"us-east-1:{number:x}",
                "Datasets": [
                    {"DatasetName": f"d{each}", "Values": {"k": f"{number}.{each}"}}
                    for each in range(datasets)
                ],
            }
            for number in range(count)
        )
    )


# Everything that a state can contain.
RICH = pool_with(
    {
        "IdentityId": ADA,
        "CreationDate": date(1),
        "LastModifiedDate": date(2),
        "Logins": {DEVELOPER: ["ada", "ada2"], FACEBOOK: "1234", USER_POOL: "5"},
        "Datasets": [
            dataset("empty"),
            dataset("gone", DatasetExists=False, Records=[], LastModifiedBy=None),
            dataset(
                "settings",
                record("theme", "dark", 3),
                record("volume", None, 9, "phone"),
                record("é", "", 4, ADA),
                SyncCountAtDeletion=2,
            ),
            dataset(f"settings.{BEN}", record("theme", "light", 1)),
            dataset(f"settings.{CAT}", record("k", "v", 1), ReportsMerge=False),
            dataset(f"other.{CAT}", record("k", "v", 1)),
        ],
        "Devices": [
            {
                "DeviceId": "phone",
                "Platform": "GCM",
                "Token": "secret-token",
                "EndpointArn": "arn:aws:sns:us-east-1:123456789012:endpoint/e",
                "Subscriptions": ["settings"],
            }
        ],
    },
    {"IdentityId": BEN, "MergedInto": ADA, "CreationDate": date(2)},
    {"IdentityId": CAT, "IdentityStatus": "DISABLED"},
    {"IdentityId": DAN, "Datasets": [dataset("settings", record("a", "1", 5))]},
    {
        "IdentityId": EVE,
        "IdentityStatus": "DELETED",
        "Datasets": [dataset("late", record("a", "1", 5))],
    },
    IdentityPoolName="players",
    AllowUnauthenticatedIdentities=False,
    AllowClassicFlow=True,
    SupportedLoginProviders={FACEBOOK: "1234567"},
    DeveloperProviderName=DEVELOPER,
    OpenIdConnectProviderARNs=[OPEN_ID_ARN],
    CognitoIdentityProviders=[
        {
            "ProviderName": USER_POOL,
            "ClientId": "3n4b5urk1ft4fl3mg5e62d9ado",
            "ServerSideTokenCheck": False,
        }
    ],
    SamlProviderARNs=[SAML_ARN],
    IdentityPoolTags={"team": "backend"},
    CreationDate=date(1),
    Roles={"authenticated": ROLE, "unauthenticated": ROLE},
    RoleMappings={
        f"{USER_POOL}:3n4b5urk1ft4fl3mg5e62d9ado": TOKEN_MAPPING,
        OPEN_ID: {
            "Type": "Rules",
            "AmbiguousRoleResolution": "AuthenticatedRole",
            "RulesConfiguration": {"Rules": [RULE]},
        },
    },
    PrincipalTagAttributeMaps={
        OPEN_ID: {"UseDefaults": False, "PrincipalTags": {"team": "claim"}},
        USER_POOL: {"UseDefaults": True},
        SAML_ARN: {"PrincipalTags": {"team": "claim"}},
    },
    PushSync={"ApplicationArns": [APPLICATION], "RoleArn": ROLE},
    CognitoStreams={
        "StreamName": "changes",
        "RoleArn": ROLE,
        "StreamingStatus": "ENABLED",
    },
    Events={"SyncTrigger": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:check"},
    BulkPublish={
        "BulkPublishStatus": "FAILED",
        "BulkPublishStartTime": date(5),
        "BulkPublishCompleteTime": date(6),
        "FailureMessage": "no stream",
    },
    SyncSessionsCount=41,
)
for each in RICH["IdentityPools"][0]["Identities"][0]["Datasets"]:
    if each["LastModifiedBy"] is None:
        del each["LastModifiedBy"]
