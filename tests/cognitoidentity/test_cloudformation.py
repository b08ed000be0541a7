"""Stacks create, update and delete identity pools, their roles and principal tags."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_cognitosync.state import dump_state, load_state
from tests.support.aws import REGION, Aws
from tests.support.datasets import make_identity, make_pool

FACEBOOK = "graph.facebook.com"
ROLE = "arn:aws:iam::123456789012:role/player"
OTHER_ROLE = "arn:aws:iam::123456789012:role/admin"
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:trigger"
APPLICATION = f"arn:aws:sns:{REGION}:123456789012:app/GCM/game"
STREAM = {"StreamName": "changes", "RoleArn": ROLE, "StreamingStatus": "ENABLED"}
PUSH = {"ApplicationArns": [APPLICATION], "RoleArn": ROLE}

UNKNOWN_POOL = f"{REGION}:00000000-0000-4000-8000-000000000000"
POOL_ID = {"Ref": "Pool"}


def pool(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Cognito::IdentityPool",
        "Properties": {"AllowUnauthenticatedIdentities": True, **properties},
    }


def roles(identity_pool_id: Any = POOL_ID, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Cognito::IdentityPoolRoleAttachment",
        "Properties": {"IdentityPoolId": identity_pool_id, **properties},
    }


def principal_tags(provider: str = FACEBOOK, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Cognito::IdentityPoolPrincipalTag",
        "Properties": {
            "IdentityPoolId": POOL_ID,
            "IdentityProviderName": provider,
            **properties,
        },
    }


class Stack:
    """A stack, and the clients to look at its resources."""

    def __init__(self, aws: Aws, region: str = REGION, name: str = "game") -> None:
        self.name = name
        self.client = aws.client("cloudformation", region)
        self.identity = aws.client("cognito-identity", region)
        self.sync = aws.client("cognito-sync", region)

    def create(
        self, parameters: dict[str, Any] | None = None, **resources: Any
    ) -> Stack:
        self.client.create_stack(
            StackName=self.name, TemplateBody=self.template(parameters, resources)
        )
        return self

    def update(self, **resources: Any) -> None:
        self.client.update_stack(
            StackName=self.name, TemplateBody=self.template(None, resources)
        )

    def delete(self) -> None:
        self.client.delete_stack(StackName=self.name)

    @staticmethod
    def template(parameters: dict[str, Any] | None, resources: dict[str, Any]) -> str:
        attributes = {
            "Id": ("AWS::Cognito::IdentityPool", "IdentityPoolRoleAttachment"),
            "Name": ("AWS::Cognito::IdentityPool",),
        }
        outputs = {name: {"Value": {"Ref": name}} for name in resources}
        for name, resource in resources.items():
            for attribute, types in attributes.items():
                if resource["Type"].endswith(types):
                    value = {"Fn::GetAtt": [name, attribute]}
                    outputs[name + attribute] = {"Value": value}
        return json.dumps(
            {
                "Parameters": parameters or {},
                "Resources": resources,
                "Outputs": outputs,
            }
        )

    @property
    def outputs(self) -> dict[str, str]:
        (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {
            output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]
        }

    @property
    def pool_id(self) -> str:
        return self.outputs["Pool"]

    @property
    def pool(self) -> dict[str, Any]:
        return without_metadata(
            self.identity.describe_identity_pool(IdentityPoolId=self.pool_id)
        )

    @property
    def pool_names(self) -> list[str]:
        pools = self.identity.list_identity_pools(MaxResults=60)["IdentityPools"]
        return [each["IdentityPoolName"] for each in pools]

    @property
    def events(self) -> dict[str, str]:
        events: dict[str, str] = self.sync.get_cognito_events(
            IdentityPoolId=self.pool_id
        )["Events"]
        return events

    @property
    def configuration(self) -> dict[str, Any]:
        configuration = without_metadata(
            self.sync.get_identity_pool_configuration(IdentityPoolId=self.pool_id)
        )
        assert configuration.pop("IdentityPoolId") == self.pool_id
        return configuration

    def roles(self, pool_id: str = "") -> tuple[dict[str, str], dict[str, Any]]:
        found = self.identity.get_identity_pool_roles(
            IdentityPoolId=pool_id or self.pool_id
        )
        return found.get("Roles", {}), found.get("RoleMappings", {})

    def principal_tags(self, provider: str = FACEBOOK) -> dict[str, Any]:
        found = without_metadata(
            self.identity.get_principal_tag_attribute_map(
                IdentityPoolId=self.pool_id, IdentityProviderName=provider
            )
        )
        assert found.pop("IdentityPoolId") == self.pool_id
        assert found.pop("IdentityProviderName") == provider
        return found


def without_metadata(response: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in response.items() if name != "ResponseMetadata"
    }


@pytest.fixture
def stack(aws: Aws) -> Stack:
    return Stack(aws)


def fails(message: str) -> Any:
    return pytest.raises(
        ClientError, match=rf"\(ValidationError\) .* operation: {re.escape(message)}$"
    )


# --- Identity pools ---------------------------------------------------------------


def test_a_stack_creates_a_pool_with_all_properties(stack: Stack) -> None:
    properties = {
        "AllowClassicFlow": False,
        "AllowUnauthenticatedIdentities": False,
        "CognitoIdentityProviders": [
            {
                "ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{REGION}_pool",
                "ClientId": "client",
                "ServerSideTokenCheck": True,
            }
        ],
        "DeveloperProviderName": "login.game",
        "IdentityPoolName": "players",
        "OpenIdConnectProviderARNs": [
            "arn:aws:iam::123456789012:oidc-provider/example.com"
        ],
        "SamlProviderARNs": ["arn:aws:iam::123456789012:saml-provider/example"],
        "SupportedLoginProviders": {FACEBOOK: "7346241598935555"},
    }
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "empty", "Value": ""}]

    stack.create(Pool=pool(**properties, IdentityPoolTags=tags))

    assert stack.pool == {
        **properties,
        "IdentityPoolId": stack.outputs["Pool"],
        "IdentityPoolTags": {"team": "blue", "empty": ""},
    }
    assert stack.outputs["PoolId"] == stack.outputs["Pool"]
    assert stack.outputs["PoolName"] == "players"


def test_the_resources_of_a_stack_have_the_ids_of_the_service(stack: Stack) -> None:
    stack.create(Pool=pool(), Roles=roles(), Tags=principal_tags(UseDefaults=True))

    found = stack.client.describe_stack_resources(StackName="game")["StackResources"]

    assert {
        each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
        for each in found
    } == {
        "Pool": ("AWS::Cognito::IdentityPool", stack.pool_id),
        "Roles": ("AWS::Cognito::IdentityPoolRoleAttachment", stack.pool_id),
        "Tags": (
            "AWS::Cognito::IdentityPoolPrincipalTag",
            f"{stack.pool_id}|{FACEBOOK}",
        ),
    }
    assert stack.outputs["RolesId"] == stack.pool_id


def test_a_pool_without_a_name_is_named_after_its_logical_id(stack: Stack) -> None:
    stack.create(Pool=pool(), **{"P" * 200: pool()})

    name = stack.outputs["PoolName"]
    assert re.fullmatch(r"Pool_[0-9A-Z]{12}", name)
    assert re.fullmatch(r"P{115}_[0-9A-Z]{12}", stack.outputs[f"{'P' * 200}Name"])
    assert stack.pool["IdentityPoolName"] == name

    stack.update(Pool=pool(AllowUnauthenticatedIdentities=False))

    assert stack.outputs["PoolName"] == stack.pool["IdentityPoolName"] == name


def test_a_pool_gets_its_sync_settings(stack: Stack) -> None:
    stack.create(
        Pool=pool(
            CognitoEvents={"SyncTrigger": FUNCTION},
            CognitoStreams=STREAM,
            PushSync=PUSH,
        )
    )

    assert stack.events == {"SyncTrigger": FUNCTION}
    assert stack.configuration == {"CognitoStreams": STREAM, "PushSync": PUSH}


def test_an_update_changes_a_pool_and_keeps_its_id_and_identities(
    aws: Aws, stack: Stack
) -> None:
    stack.create(Pool=pool(CognitoEvents={"SyncTrigger": FUNCTION}, PushSync=PUSH))
    pool_id = stack.pool_id
    identity_id = make_identity(aws, pool_id)

    stack.update(
        Pool=pool(
            IdentityPoolName="players",
            IdentityPoolTags=[{"Key": "team", "Value": "red"}],
            CognitoEvents={"SyncTrigger": f"{FUNCTION}:2"},
            CognitoStreams=STREAM,
            PushSync={"RoleArn": OTHER_ROLE},
        )
    )

    assert stack.pool_id == pool_id
    assert stack.outputs["PoolName"] == stack.pool["IdentityPoolName"] == "players"
    assert stack.pool["IdentityPoolTags"] == {"team": "red"}
    assert stack.events == {"SyncTrigger": f"{FUNCTION}:2"}
    assert stack.configuration == {
        "CognitoStreams": STREAM,
        "PushSync": {"RoleArn": OTHER_ROLE},
    }
    listed = stack.identity.list_identities(IdentityPoolId=pool_id, MaxResults=9)
    assert [each["IdentityId"] for each in listed["Identities"]] == [identity_id]


def test_an_update_clears_what_it_omits(stack: Stack) -> None:
    stack.create(
        Pool=pool(
            AllowClassicFlow=True,
            DeveloperProviderName="login.game",
            IdentityPoolName="players",
            IdentityPoolTags=[{"Key": "team", "Value": "blue"}],
            SupportedLoginProviders={FACEBOOK: "7346241598935555"},
            CognitoEvents={"SyncTrigger": FUNCTION},
            CognitoStreams=STREAM,
            PushSync=PUSH,
        )
    )

    stack.update(Pool=pool(AllowUnauthenticatedIdentities=False))

    kept = {
        "IdentityPoolId": stack.pool_id,
        "IdentityPoolName": "players",
        "DeveloperProviderName": "login.game",
        "AllowUnauthenticatedIdentities": False,
    }
    assert {name: value for name, value in stack.pool.items() if value != {}} == kept
    assert stack.events == {}
    assert stack.configuration == {}


def test_deleting_a_stack_deletes_its_pool(stack: Stack) -> None:
    stack.create(Pool=pool(), Roles=roles(), Tags=principal_tags(UseDefaults=True))

    stack.delete()

    assert stack.pool_names == []


def test_a_pool_that_no_longer_exists_counts_as_deleted(stack: Stack) -> None:
    stack.create(Pool=pool(), Roles=roles(), Tags=principal_tags(UseDefaults=True))
    stack.identity.delete_identity_pool(IdentityPoolId=stack.pool_id)

    stack.delete()

    deleted = stack.client.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])
    assert [each["StackName"] for each in deleted["StackSummaries"]] == ["game"]


def test_a_change_set_creates_a_pool(stack: Stack) -> None:
    names = {"StackName": "game", "ChangeSetName": "first"}
    template = stack.template(None, {"Pool": pool(IdentityPoolName="players")})
    stack.client.create_change_set(
        **names, TemplateBody=template, ChangeSetType="CREATE"
    )
    assert stack.pool_names == []

    stack.client.execute_change_set(**names)

    assert stack.pool_names == ["players"]


def test_parameters_and_scalars_are_converted(stack: Stack) -> None:
    guests = {"Type": "String", "Default": "True"}
    user_pool = {
        "ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{REGION}_pool",
        "ClientId": 123,
        "ServerSideTokenCheck": "false",
    }
    stack.create(
        {"Guests": guests},
        Pool=pool(
            AllowUnauthenticatedIdentities={"Ref": "Guests"},
            AllowClassicFlow="false",
            CognitoIdentityProviders=[user_pool, {"Ref": "AWS::NoValue"}],
            IdentityPoolName=2026,
            IdentityPoolTags=[{"Key": "beta", "Value": True}],
            SupportedLoginProviders={FACEBOOK: 7346241598935555},
        ),
    )

    found = stack.pool
    assert found["AllowUnauthenticatedIdentities"] is True
    assert found["AllowClassicFlow"] is False
    assert found["CognitoIdentityProviders"] == [
        {**user_pool, "ClientId": "123", "ServerSideTokenCheck": False}
    ]
    assert found["IdentityPoolName"] == "2026"
    assert found["IdentityPoolTags"] == {"beta": "true"}
    assert found["SupportedLoginProviders"] == {FACEBOOK: "7346241598935555"}


def test_maps_can_be_json_text(stack: Stack) -> None:
    stack.create(
        Pool=pool(
            CognitoEvents=json.dumps({"SyncTrigger": FUNCTION}),
            SupportedLoginProviders=json.dumps({FACEBOOK: 7346241598935555}),
        )
    )

    assert stack.events == {"SyncTrigger": FUNCTION}
    assert stack.pool["SupportedLoginProviders"] == {FACEBOOK: "7346241598935555"}


def test_keys_of_maps_are_not_taken_for_properties(stack: Stack) -> None:
    claims = {"UseDefaults": "true", "Roles": "{}"}

    stack.create(
        Pool=pool(),
        Tags=principal_tags(PrincipalTags=claims),
        Others=principal_tags("other", PrincipalTags=json.dumps(claims)),
    )

    assert stack.principal_tags()["PrincipalTags"] == claims
    assert stack.principal_tags("other")["PrincipalTags"] == claims


CONSTRAINT = "failed to satisfy constraint: Member must"
IDENTITY_ERROR = "(Service: AmazonCognitoIdentity; Status Code: 400; Error Code: {})"
INVALID = {
    "missing": (
        {"AllowUnauthenticatedIdentities": {"Ref": "AWS::NoValue"}},
        "1 validation error detected: Value null at 'allowUnauthenticatedIdentities' "
        f"{CONSTRAINT} not be null {IDENTITY_ERROR.format('ValidationException')}",
    ),
    "pattern": (
        {"DeveloperProviderName": "a/b"},
        "1 validation error detected: Value 'a/b' at 'developerProviderName' "
        rf"{CONSTRAINT} satisfy regular expression pattern: [\w._-]+ "
        f"{IDENTITY_ERROR.format('ValidationException')}",
    ),
    "property": (
        {"IdentityPool": "", "Events": {}},
        "Encountered unsupported property Events",
    ),
    "tag": (
        {"IdentityPoolTags": [{"team": "blue"}]},
        "IdentityPoolTags must be a list of objects with Key and Value",
    ),
    "tags": (
        {"IdentityPoolTags": True},
        "IdentityPoolTags must be a list of objects with Key and Value",
    ),
    "event": (
        {"CognitoEvents": {"Login": FUNCTION}},
        "Event 'Login' does not exist: the only event is SyncTrigger. "
        "(Service: AmazonCognitoSync; Status Code: 400; "
        "Error Code: InvalidParameterException)",
    ),
}


@pytest.mark.parametrize(("properties", "message"), INVALID.values(), ids=INVALID)
def test_an_invalid_pool_fails_and_is_not_created(
    stack: Stack, properties: dict[str, Any], message: str
) -> None:
    with fails(message):
        stack.create(Pool=pool(**properties))

    assert stack.pool_names == []


@pytest.mark.parametrize("properties", [{}, {"Properties": {}}])
def test_a_pool_without_properties_fails(
    stack: Stack, properties: dict[str, Any]
) -> None:
    _, message = INVALID["missing"]
    with fails(message):
        stack.create(Pool={"Type": "AWS::Cognito::IdentityPool", **properties})


@pytest.mark.parametrize("name", ["SupportedLoginProviders", "CognitoEvents"])
def test_text_that_is_not_a_json_object_with_values_fails(
    stack: Stack, name: str
) -> None:
    texts = {
        "[]": "an object at",
        "null": "an object at",
        "Trigger": "an object at",
        '{"a": null}': "failed to satisfy",
    }
    for text, message in texts.items():
        with pytest.raises(ClientError, match=rf"\(ValidationError\) .* {message}"):
            stack.create(Pool=pool(**{name: text}))
        stack.delete()

    assert stack.pool_names == []


def test_the_developer_provider_cannot_change(stack: Stack) -> None:
    stack.create(Pool=pool(DeveloperProviderName="login.game"))

    with pytest.raises(ClientError, match=r"Error Code: InvalidParameterException"):
        stack.update(Pool=pool(DeveloperProviderName="login.other"))

    assert stack.pool["DeveloperProviderName"] == "login.game"


def test_unknown_attributes_fail(stack: Stack) -> None:
    arn = {"Fn::GetAtt": ["Pool", "Arn"]}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": arn}}
    template = {"Resources": {"Pool": pool()}, "Outputs": {"Arn": {"Value": arn}}}
    text = "support attribute type Arn in Fn::GetAtt"

    with pytest.raises(ClientError, match=text):
        stack.client.create_stack(
            StackName="outputs", TemplateBody=json.dumps(template)
        )
    with pytest.raises(ClientError, match=text):
        stack.create(Pool=pool(), Topic=topic)


def test_a_pool_can_be_created_where_cognito_sync_is_not_offered(aws: Aws) -> None:
    stack = Stack(aws, region="eu-west-3")
    stack.create(Pool=pool(IdentityPoolName="players"))

    assert stack.pool["IdentityPoolName"] == "players"
    with pytest.raises(ClientError, match="not available in the region 'eu-west-3'"):
        stack.update(Pool=pool(CognitoStreams=STREAM))


def test_a_pool_belongs_to_the_account_of_its_stack(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("MOTO_ACCOUNT_ID", "111122223333")
        stack.create(
            Pool=pool(IdentityPoolName="players", CognitoStreams=STREAM),
            Roles=roles(Roles={"authenticated": ROLE}),
        )
        assert stack.pool_names == ["players"]
        assert stack.configuration == {"CognitoStreams": STREAM}

    assert stack.pool_names == []


# --- Role attachments -------------------------------------------------------------

TOKEN = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
RULES = {
    "Type": "Rules",
    "AmbiguousRoleResolution": "AuthenticatedRole",
    "RulesConfiguration": {
        "Rules": [
            {
                "Claim": "level",
                "MatchType": "Equals",
                "Value": 99,
                "RoleARN": OTHER_ROLE,
            }
        ]
    },
}
RULES_AS_TEXT = json.loads(json.dumps(RULES).replace("99", '"99"'))


def test_a_stack_attaches_roles(stack: Stack) -> None:
    user_pool = {"Fn::Join": ["/", ["cognito-idp.example.com", "pool:client"]]}

    stack.create(
        Pool=pool(),
        Roles=roles(
            Roles={"authenticated": ROLE, "unauthenticated": OTHER_ROLE},
            RoleMappings={
                FACEBOOK: RULES,
                "UserPool": {**TOKEN, "IdentityProvider": user_pool},
            },
        ),
    )

    assert stack.roles() == (
        {"authenticated": ROLE, "unauthenticated": OTHER_ROLE},
        {FACEBOOK: RULES_AS_TEXT, "cognito-idp.example.com/pool:client": TOKEN},
    )


def test_an_update_replaces_all_roles(stack: Stack) -> None:
    mappings = {FACEBOOK: TOKEN}
    stack.create(
        Pool=pool(), Roles=roles(Roles={"authenticated": ROLE}, RoleMappings=mappings)
    )

    stack.update(Pool=pool(), Roles=roles(Roles={"unauthenticated": ROLE}))
    assert stack.roles() == ({"unauthenticated": ROLE}, {})

    stack.update(Pool=pool(), Roles=roles(RoleMappings=mappings))
    assert stack.roles() == ({}, mappings)


def test_a_deleted_attachment_clears_the_roles(stack: Stack) -> None:
    stack.create(
        Pool=pool(),
        Roles=roles(Roles={"authenticated": ROLE}, RoleMappings={FACEBOOK: TOKEN}),
    )

    stack.update(Pool=pool())

    assert stack.roles() == ({}, {})


def test_another_stack_can_attach_roles_after_an_attachment_was_deleted(
    aws: Aws, stack: Stack
) -> None:
    pool_id = make_pool(aws)
    stack.create(Pool=pool(), Roles=roles(pool_id, Roles={"authenticated": ROLE}))
    stack.update(Pool=pool())

    Stack(aws, name="other").create(
        Roles=roles(pool_id, Roles={"authenticated": OTHER_ROLE})
    )

    assert stack.roles(pool_id) == ({"authenticated": OTHER_ROLE}, {})


def test_an_attachment_can_be_deleted_after_the_state_was_loaded(stack: Stack) -> None:
    stack.create(Pool=pool(), Roles=roles(Roles={"authenticated": ROLE}))
    load_state(dump_state())

    stack.update(Pool=pool())

    assert stack.roles() == ({}, {})


def test_an_attachment_moves_to_another_pool(aws: Aws, stack: Stack) -> None:
    first, second = make_pool(aws), make_pool(aws)
    stack.create(Roles=roles(first, Roles={"authenticated": ROLE}))

    stack.update(Roles=roles(second, Roles={"authenticated": ROLE}))

    assert stack.outputs["Roles"] == second
    assert stack.roles(first) == ({}, {})
    assert stack.roles(second) == ({"authenticated": ROLE}, {})


def test_a_pool_can_have_only_one_attachment_after_an_update(
    aws: Aws, stack: Stack
) -> None:
    first, second = make_pool(aws), make_pool(aws)
    stack.create(Roles=roles(first, Roles={"authenticated": ROLE}))
    stack.update(Roles=roles(second, Roles={"authenticated": ROLE}))

    with pytest.raises(ClientError, match=f"{second} already exists in stack"):
        Stack(aws, name="other").create(Roles=roles(second))


def test_an_attachment_leaves_a_pool_that_was_deleted(aws: Aws, stack: Stack) -> None:
    first, second = make_pool(aws), make_pool(aws)
    stack.create(Roles=roles(first, Roles={"authenticated": ROLE}))
    stack.identity.delete_identity_pool(IdentityPoolId=first)

    stack.update(Roles=roles(second, Roles={"authenticated": ROLE}))

    assert stack.roles(second) == ({"authenticated": ROLE}, {})


def test_an_attachment_without_a_pool_cannot_replace_another(stack: Stack) -> None:
    stack.create(Pool=pool(), Roles=roles(Roles={"authenticated": ROLE}))

    for pool_id in ({"Ref": "AWS::NoValue"}, [POOL_ID]):
        with pytest.raises(ClientError, match="at 'identityPoolId'"):
            stack.update(Pool=pool(), Roles=roles(pool_id))

    assert stack.roles() == ({"authenticated": ROLE}, {})


def test_a_pool_can_have_only_one_attachment(aws: Aws, stack: Stack) -> None:
    pool_id = make_pool(aws)
    stack.create(Roles=roles(pool_id, Roles={"authenticated": ROLE}))
    (found,) = stack.client.describe_stacks(StackName="game")["Stacks"]

    other = Stack(aws, name="other")
    with fails(f"{pool_id} already exists in stack {found['StackId']}"):
        other.create(Roles=roles(pool_id))
    assert stack.roles(pool_id) == ({"authenticated": ROLE}, {})

    other.delete()
    stack.delete()
    other.create(Roles=roles(pool_id, Roles={"authenticated": OTHER_ROLE}))
    assert stack.roles(pool_id) == ({"authenticated": OTHER_ROLE}, {})


def test_roles_that_a_stack_retains_can_be_attached_again(
    aws: Aws, stack: Stack
) -> None:
    pool_id = make_pool(aws)
    attachment = roles(pool_id, Roles={"authenticated": ROLE})
    stack.create(Roles={**attachment, "DeletionPolicy": "Retain"})

    stack.delete()
    assert stack.roles(pool_id) == ({"authenticated": ROLE}, {})

    Stack(aws, name="other").create(Roles=attachment)


@pytest.mark.parametrize(
    ("attachment", "message"),
    [
        (
            roles(UNKNOWN_POOL),
            f"IdentityPool '{UNKNOWN_POOL}' not found. "
            f"{IDENTITY_ERROR.format('ResourceNotFoundException')}",
        ),
        (
            roles({"Ref": "AWS::NoValue"}),
            "1 validation error detected: Value null at 'identityPoolId' "
            f"{CONSTRAINT} not be null {IDENTITY_ERROR.format('ValidationException')}",
        ),
        (
            roles(RoleMappings=[]),
            "Expected an object at 'roleMappings', found a list "
            f"{IDENTITY_ERROR.format('SerializationException')}",
        ),
        (
            roles(RoleMappings={FACEBOOK: "Token"}),
            f"Expected an object at 'roleMappings.{FACEBOOK}.member', found a "
            f"string: Token {IDENTITY_ERROR.format('SerializationException')}",
        ),
    ],
    ids=["unknown pool", "no pool", "list", "text"],
)
def test_an_invalid_attachment_fails(
    stack: Stack, attachment: dict[str, Any], message: str
) -> None:
    with fails(message):
        stack.create(Pool=pool(), Roles=attachment)


# --- Principal tags ---------------------------------------------------------------


def test_a_stack_maps_claims_to_principal_tags(stack: Stack) -> None:
    stack.create(Pool=pool(), Tags=principal_tags(PrincipalTags={"user": "sub"}))
    assert stack.principal_tags()["PrincipalTags"] == {"user": "sub"}

    stack.update(Pool=pool(), Tags=principal_tags(UseDefaults=True))
    assert stack.principal_tags()["UseDefaults"] is True
    assert stack.principal_tags()["PrincipalTags"] != {"user": "sub"}

    stack.update(Pool=pool())
    assert not any(stack.principal_tags().values())


def test_principal_tags_move_to_another_provider(stack: Stack) -> None:
    tags = {"PrincipalTags": {"user": "sub"}}
    stack.create(Pool=pool(), Tags=principal_tags(**tags))

    stack.update(Pool=pool(), Tags=principal_tags("accounts.google.com", **tags))

    assert stack.outputs["Tags"] == f"{stack.pool_id}|accounts.google.com"
    assert stack.principal_tags("accounts.google.com")["PrincipalTags"] == {
        "user": "sub"
    }
    assert not any(stack.principal_tags().values())


def test_name_of_a_provider_can_contain_a_vertical_bar(stack: Stack) -> None:
    stack.create(Pool=pool(), Tags=principal_tags("a|b", UseDefaults=True))
    assert stack.principal_tags("a|b")["UseDefaults"]

    stack.update(Pool=pool())

    assert not any(stack.principal_tags("a|b").values())


def test_principal_tags_need_a_provider(stack: Stack) -> None:
    with pytest.raises(ClientError, match="null at 'identityProviderName' failed"):
        stack.create(
            Pool=pool(),
            Tags=principal_tags({"Ref": "AWS::NoValue"}),  # type: ignore[arg-type]
        )
