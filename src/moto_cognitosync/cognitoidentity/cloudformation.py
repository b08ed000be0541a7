"""The CloudFormation resources of Cognito Identity.

moto's CloudFormation creates, updates and deletes resources through the subclasses of
``CloudFormationModel``. Those in this module run operations of Cognito Identity and
Cognito Sync. An error of an operation makes the stack fail.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from moto.cloudformation.exceptions import (
    UnformattedGetAttTemplateException,
    ValidationError,
)
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.utils import random_suffix
from moto.core.common_models import CloudFormationModel

from moto_cognitosync.cognitosync.models import find_backend as find_sync_backend
from moto_cognitosync.cognitosync.models import get_backend as get_sync_backend
from moto_cognitosync.cognitosync.responses import cognito_sync
from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.exceptions import ServiceError
from moto_cognitosync.core.identity_pools import find_pools
from moto_cognitosync.core.sharing import state_lock
from moto_cognitosync.core.wire.http import HttpRequest

from .models import get_backend
from .responses import cognito_identity

if TYPE_CHECKING:
    from typing_extensions import Self

    from moto_cognitosync.core.wire.operations import Operation

Properties = dict[str, Any]

BOOLEANS = {
    "AllowClassicFlow",
    "AllowUnauthenticatedIdentities",
    "ServerSideTokenCheck",
    "UseDefaults",
}
# A template may contain these properties as JSON text.
MAPS = {
    "CognitoEvents",
    "PrincipalTags",
    "RoleMappings",
    "Roles",
    "SupportedLoginProviders",
}
SYNC_PROPERTIES = ("CognitoEvents", "CognitoStreams", "PushSync")

# The limit is 128 characters. The suffix has an underscore and 12 random characters.
MAX_LOGICAL_ID_IN_NAME = 115


# --- Operations -------------------------------------------------------------------


class Services(NamedTuple):
    """The services in an account and region."""

    account_id: str
    region: str

    def identity(self, operation_name: str, **members: Any) -> Any:
        """Call an operation of Cognito Identity.

        :param members: the operation's input, by API names.
        :raises ValidationError: if the operation returns an error, which is the cause.
        """
        with _stack_failures("AmazonCognitoIdentity"):
            operation = cognito_identity.service.operations[operation_name]
            return self._call(get_backend(*self), operation, members)

    def sync(self, operation_name: str, pool_id: str, **members: Any) -> Any:
        """Call an operation of Cognito Sync on a pool; otherwise like identity()."""
        with _stack_failures("AmazonCognitoSync"):
            operation = cognito_sync.service.operations[operation_name]
            return self._call(get_sync_backend(*self), operation, members, pool_id)

    def _call(
        self, backend: Any, operation: Operation, members: Properties, *labels: str
    ) -> Any:
        body = json.dumps(members).encode()
        request = HttpRequest("POST", "/", query="", headers={}, body=body)
        parameters = operation.parse(request, [*labels])
        caller = Caller(*self, endpoint="", access_key="", is_identity=False)
        return getattr(backend, operation.method_name)(caller, **parameters)


@contextmanager
def _stack_failures(service_name: str) -> Generator[None, None, None]:
    """Turn an operation's error into the error that makes moto's stacks fail."""
    try:
        yield
    except ServiceError as error:
        raise ValidationError(
            message=f"{error.message} (Service: {service_name}; Status Code: 400; "
            f"Error Code: {error.code})"
        ) from error


# --- Properties -------------------------------------------------------------------


def _convert(value: Any, name: str = "") -> Any:
    """Convert a value to the type of its property, as CloudFormation does.

    A value that cannot be converted is returned as text, and the operation rejects it.

    :param name: the name of the property; empty within maps, whose keys have no types.
    """
    if isinstance(value, dict):
        is_map = name in MAPS
        return {
            key: _convert(each, "" if is_map else key) for key, each in value.items()
        }
    if isinstance(value, list):
        return [_convert(each) for each in value if each is not None]
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if name in BOOLEANS and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return _read_json(text, name) if name in MAPS else text


def _read_json(text: str, name: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return _convert(value, name) if isinstance(value, dict) else text


def _tags(tags: Any) -> dict[str, Any]:
    """Return a list of tags as a map."""
    try:
        return {tag["Key"]: tag["Value"] for tag in tags}
    except (KeyError, TypeError):
        raise ValidationError(
            message="IdentityPoolTags must be a list of objects with Key and Value"
        ) from None


def _role_mappings(mappings: Any) -> Any:
    """Return role mappings by identity provider.

    A key in a template cannot contain references, so ``IdentityProvider`` overrides it.
    """
    if not isinstance(mappings, dict):
        return mappings
    return {
        str(each.get("IdentityProvider", key)) if isinstance(each, dict) else key: each
        for key, each in mappings.items()
    }


# --- Resources --------------------------------------------------------------------


class _Resource:
    """The base of all resources.

    Subclasses also derive from CloudFormationModel: moto uses its direct subclasses.

    :cvar PROPERTIES: the names of the properties.
    :cvar ATTRIBUTES: the names of the values that ``Fn::GetAtt`` returns.
    :ivar physical_resource_id: the value that ``Ref`` returns.
    :ivar stack_id: the ARN of the stack; only for role attachments.
    :ivar name: the value of the attribute ``Name``; only for pools.
    """

    PROPERTIES: ClassVar[tuple[str, ...]]
    ATTRIBUTES: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, physical_resource_id: str, *, stack_id: str = "", name: str = ""
    ) -> None:
        self.physical_resource_id = physical_resource_id
        self.stack_id = stack_id
        self.name = name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return an empty string: no property becomes the physical id."""
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether ``Fn::GetAtt`` supports an attribute."""
        return attr in cls.ATTRIBUTES

    def get_cfn_attribute(self, attr: str) -> str:
        """Return the value of an attribute."""
        if attr not in self.ATTRIBUTES:
            raise UnformattedGetAttTemplateException
        return self.name if attr == "Name" else self.physical_resource_id

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,  # noqa: ARG003 - CloudFormation does not choose the ids
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **context: Any,
    ) -> Self:
        """Create a resource.

        :raises ValidationError: if an operation returns an error.
        """
        services = Services(account_id, region_name)
        properties = cls._read_properties(cloudformation_json)
        return cls._create(
            services, properties, context["StackId"], context["LogicalId"]
        )

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,  # noqa: ARG003
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        """Update a resource, or replace it if its physical id changes.

        :raises ValidationError: if an operation returns an error.
        """
        services = Services(account_id, region_name)
        properties = cls._read_properties(cloudformation_json)
        original_id = original_resource.physical_resource_id
        if cls._identify(properties) in (None, original_id):
            return original_resource._update(services, properties)
        replacement = cls._create(services, properties, original_resource.stack_id, "")
        cls.delete_from_cloudformation_json(original_id, {}, *services)
        return replacement

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,  # noqa: ARG003 - contains unresolved references
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete a resource, unless its pool was deleted before.

        :param resource_name: the physical id, which starts with the pool's id.
        """
        services = Services(account_id, region_name)
        with state_lock:
            if resource_name.partition("|")[0] in find_pools(*services):
                cls._delete(services, resource_name)

    @classmethod
    def _read_properties(cls, template: Properties) -> Properties:
        """Return the properties in a template, with the types of the API."""
        properties: Properties = _convert(template.get("Properties") or {})
        unsupported = sorted(properties.keys() - cls.PROPERTIES)
        if unsupported:
            raise ValidationError(
                message=f"Encountered unsupported property {unsupported[0]}"
            )
        return properties

    if TYPE_CHECKING:

        @classmethod
        def _identify(cls, properties: Properties, /) -> str | None:
            """Return the physical id, or None if the service chooses it."""

        @classmethod
        def _create(
            cls,
            services: Services,
            properties: Properties,
            stack_id: str,
            logical_id: str,
            /,
        ) -> Self:
            """Create a resource."""
            ...

        def _update(self, services: Services, properties: Properties, /) -> Self:
            """Set all properties again; omitted ones return to their defaults."""
            ...

        @classmethod
        def _delete(cls, services: Services, physical_resource_id: str, /) -> None:
            """Delete a resource."""


class IdentityPool(_Resource, CloudFormationModel):
    """An identity pool, including its settings in Cognito Sync."""

    PROPERTIES = (
        *SYNC_PROPERTIES,
        "AllowClassicFlow",
        "AllowUnauthenticatedIdentities",
        "CognitoIdentityProviders",
        "DeveloperProviderName",
        "IdentityPoolName",
        "IdentityPoolTags",
        "OpenIdConnectProviderARNs",
        "SamlProviderARNs",
        "SupportedLoginProviders",
    )
    ATTRIBUTES = ("Id", "Name")

    @staticmethod
    def cloudformation_type() -> str:
        """Return the type in a template."""
        return "AWS::Cognito::IdentityPool"

    @classmethod
    def _identify(cls, _: Properties, /) -> None:
        return None

    @classmethod
    def _create(
        cls, services: Services, properties: Properties, _: str, logical_id: str, /
    ) -> Self:
        name = f"{logical_id[:MAX_LOGICAL_ID_IN_NAME]}_{random_suffix()}"
        pool = services.identity(
            "CreateIdentityPool", **cls._pool_members(properties, name)
        )
        pool_id = pool["IdentityPoolId"]
        try:
            cls._configure_sync(services, pool_id, properties)
        except ValidationError:
            cls._delete(services, pool_id)
            raise
        return cls(pool_id, name=pool["IdentityPoolName"])

    def _update(self, services: Services, properties: Properties, /) -> Self:
        pool_id = self.physical_resource_id
        pool = services.identity(
            "UpdateIdentityPool",
            IdentityPoolId=pool_id,
            **self._pool_members(properties, self.name),
        )
        self._configure_sync(services, pool_id, properties)
        return type(self)(pool_id, name=pool["IdentityPoolName"])

    @classmethod
    def _delete(cls, services: Services, physical_resource_id: str, /) -> None:
        services.identity("DeleteIdentityPool", IdentityPoolId=physical_resource_id)

    @staticmethod
    def _pool_members(properties: Properties, default_name: str) -> Properties:
        """Return the input for CreateIdentityPool and UpdateIdentityPool."""
        members = {
            name: value
            for name, value in properties.items()
            if name not in SYNC_PROPERTIES
        }
        tags = _tags(properties.get("IdentityPoolTags", []))
        return {"IdentityPoolName": default_name, **members, "IdentityPoolTags": tags}

    @staticmethod
    def _configure_sync(
        services: Services, pool_id: str, properties: Properties
    ) -> None:
        if not properties.keys() & SYNC_PROPERTIES and not find_sync_backend(*services):
            return
        events = properties.get("CognitoEvents", {})
        services.sync("SetCognitoEvents", pool_id, Events=events)
        removed = services.sync("GetCognitoEvents", pool_id).keys() - events.keys()
        services.sync("SetCognitoEvents", pool_id, Events=dict.fromkeys(removed, ""))
        services.sync(
            "SetIdentityPoolConfiguration",
            pool_id,
            CognitoStreams=properties.get("CognitoStreams", {}),
            PushSync=properties.get("PushSync", {}),
        )


class IdentityPoolRoleAttachment(_Resource, CloudFormationModel):
    """The roles of an identity pool, and the rules that choose between them."""

    PROPERTIES = ("IdentityPoolId", "RoleMappings", "Roles")
    ATTRIBUTES = ("Id",)

    @staticmethod
    def cloudformation_type() -> str:
        """Return the type in a template."""
        return "AWS::Cognito::IdentityPoolRoleAttachment"

    @classmethod
    def _identify(cls, properties: Properties, /) -> str:
        return str(properties.get("IdentityPoolId"))

    @classmethod
    def _create(
        cls, services: Services, properties: Properties, stack_id: str, _: str, /
    ) -> Self:
        with state_lock:
            pool_id = services.identity(
                "DescribeIdentityPool", IdentityPoolId=properties.get("IdentityPoolId")
            )["IdentityPoolId"]
            pool = vars(find_pools(*services)[pool_id])
            _check_has_no_attachment(services, pool_id, pool)
            cls._set_roles(services, pool_id, properties)
            pool[_OWNER] = stack_id
        return cls(pool_id, stack_id=stack_id)

    def _update(self, services: Services, properties: Properties, /) -> Self:
        self._set_roles(services, self.physical_resource_id, properties)
        return self

    @classmethod
    def _delete(cls, services: Services, physical_resource_id: str, /) -> None:
        cls._set_roles(services, physical_resource_id, {})
        vars(find_pools(*services)[physical_resource_id]).pop(_OWNER, None)

    @staticmethod
    def _set_roles(services: Services, pool_id: str, properties: Properties) -> None:
        services.identity(
            "SetIdentityPoolRoles",
            IdentityPoolId=pool_id,
            Roles=properties.get("Roles", {}),
            RoleMappings=_role_mappings(properties.get("RoleMappings")),
        )


# The attribute of a pool with the ARN of the stack that attaches its roles.
_OWNER = "role_attachment_stack_id"


def _check_has_no_attachment(
    services: Services, pool_id: str, pool: Mapping[str, Any]
) -> None:
    owner = pool.get(_OWNER)
    # A deleted stack may have retained its resources, which another one can then add.
    if owner in cloudformation_backends[services.account_id][services.region].stacks:
        raise ValidationError(message=f"{pool_id} already exists in stack {owner}")


class IdentityPoolPrincipalTag(_Resource, CloudFormationModel):
    """The principal tags that an identity provider's claims become."""

    PROPERTIES = (
        "IdentityPoolId",
        "IdentityProviderName",
        "PrincipalTags",
        "UseDefaults",
    )

    @staticmethod
    def cloudformation_type() -> str:
        """Return the type in a template."""
        return "AWS::Cognito::IdentityPoolPrincipalTag"

    @classmethod
    def _identify(cls, properties: Properties, /) -> str:
        pool_id = properties.get("IdentityPoolId")
        return f"{pool_id}|{properties.get('IdentityProviderName')}"

    @classmethod
    def _create(cls, services: Services, properties: Properties, *_: str) -> Self:
        services.identity("SetPrincipalTagAttributeMap", **properties)
        return cls(cls._identify(properties))

    def _update(self, services: Services, properties: Properties, /) -> Self:
        services.identity("SetPrincipalTagAttributeMap", **properties)
        return self

    @classmethod
    def _delete(cls, services: Services, physical_resource_id: str, /) -> None:
        pool_id, _, provider = physical_resource_id.partition("|")
        services.identity(
            "SetPrincipalTagAttributeMap",
            IdentityPoolId=pool_id,
            IdentityProviderName=provider,
        )
