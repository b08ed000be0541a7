"""The OpenAPI document of the control API. It determines routes and parameters."""

from __future__ import annotations

from typing import Any

from moto_cognitosync import __version__

from .access import ROOT

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_INTEGER: Json = {"type": "integer"}
_NUMBER: Json = {"type": "number"}
_FLAG: Json = {"type": "boolean"}
_TEXTS: Json = {"type": "array", "items": _TEXT}


# --- Helpers ----------------------------------------------------------------------


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(optional: tuple[str, ...] = (), /, **members: Json) -> Json:
    required = [name for name in members if name not in optional]
    return {"type": "object", "properties": members, "required": required}


def _content(
    description: str, schema: Json, content_type: str = "application/json"
) -> Json:
    content = {content_type: {"schema": schema}}
    return {"description": description, "content": content}


def _query(name: str, description: str, required: bool = False, **schema: Any) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": schema or _TEXT,
    }


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": _COUNT}


def _operation(
    name: str,
    summary: str,
    result: Json,
    *parameters: Json,
    body: Json | None = None,
    status: int = 200,
    content_type: str = "application/json",
    errors: tuple[int, ...] = (),
) -> Json:
    """Return an operation.

    :param name: name of the method that handles it.
    :param result: the schema of the response.
    :param errors: statuses of errors, in addition to 400 and 403.
    """
    responses = {str(status): _content("Success", result, content_type)}
    for each in sorted({400, 403, *errors}):
        responses[str(each)] = _content(_ERRORS[each], _ref("Error"))
    operation: Json = {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": responses,
    }
    if body is not None:
        content = {"application/json": {"schema": body}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


_ERRORS = {
    400: "The input is invalid.",
    403: "The host or the origin is not allowed.",
    404: "The object does not exist.",
    503: "Too many streams are open.",
}

# --- Parameters -------------------------------------------------------------------

_PLACE = (
    _query("account_id", "Account of the pool. By default, moto's default account."),
    _query("region", "Region of the pool. By default, the prefix of its id."),
)
_POOL = (_query("identity_pool_id", "Id of the pool.", required=True), *_PLACE)
_IDENTITY = (*_POOL, _query("identity_id", "Id of the identity.", required=True))
_DATASET = (*_IDENTITY, _query("dataset_name", "Name of the dataset.", required=True))


def _filter(description: str) -> Json:
    return _query("filter", description, **_TEXT, default="")


# --- Schemas ----------------------------------------------------------------------

_OK = _object(status={"const": "ok"})

_FAULT = {
    "operation": _TEXT,
    "error": _or_null(_TEXT),
    "times": _or_null(_INTEGER),
    "identity_pool_id": _or_null(_TEXT),
    "identity_id": _or_null(_TEXT),
    "dataset_name": _or_null(_TEXT),
    "probability": _NUMBER,
    "seed": _or_null(_INTEGER),
    "delay": _NUMBER,
    "drop_connection": _FLAG,
    "message": _or_null(_TEXT),
    "optional": _FLAG,
}
_OPTIONAL_OF_FAULT = tuple(_FAULT.keys() - {"operation"})

_MESSAGE = _object(headers=_list(_list(_TEXT)), body=_TEXT, size=_COUNT, is_cut=_FLAG)
_CALL = _object(
    ("request", "response"),
    number=_COUNT,
    time=_TEXT,
    service=_TEXT,
    operation=_or_null(_TEXT),
    method=_TEXT,
    path=_TEXT,
    account_id=_or_null(_TEXT),
    region=_or_null(_TEXT),
    caller={"enum": ["developer", "identity", "unsigned", None]},
    access_key=_or_null(_TEXT),
    identity_pool_id=_or_null(_TEXT),
    identity_id=_or_null(_TEXT),
    dataset_name=_or_null(_TEXT),
    device_id=_or_null(_TEXT),
    status=_or_null(_INTEGER),
    error=_or_null(_TEXT),
    message=_or_null(_TEXT),
    milliseconds=_NUMBER,
    conflict=_or_null(_object(key=_TEXT, sent=_COUNT, current=_COUNT)),
    request=_or_null(_ref("Message")),
    response=_or_null(_ref("Message")),
)

_SIZES = {"DatasetCount": _COUNT, "DataStorage": _COUNT}
_POOL_SUMMARY = {
    "account_id": _TEXT,
    "region": _TEXT,
    "IdentityPoolId": _TEXT,
    "IdentityPoolName": _TEXT,
    "IdentityCount": _COUNT,
    **_SIZES,
}
_IDENTITY_SUMMARY = {
    "IdentityId": _TEXT,
    "IsEnabled": _FLAG,
    "MergedInto": _or_null(_TEXT),
    "CreationDate": _TEXT,
    "LastModifiedDate": _TEXT,
    "Logins": _list(_object(Provider=_TEXT, User=_TEXT)),
    **_SIZES,
    "DeviceCount": _COUNT,
}
_DEVICE = {
    "DeviceId": _TEXT,
    "Platform": _TEXT,
    "EndpointArn": _TEXT,
    "Subscriptions": _TEXTS,
}
_DATASET_SUMMARY = {
    "DatasetName": _TEXT,
    "DatasetExists": _FLAG,
    "DatasetSyncCount": _COUNT,
    "SyncCountAtDeletion": _COUNT,
    "CreationDate": _or_null(_TEXT),
    "LastModifiedDate": _TEXT,
    "LastModifiedBy": _or_null(_TEXT),
    "NumRecords": _COUNT,
    "DataStorage": _COUNT,
    "ReportsMerge": _FLAG,
}

_SCHEMAS = {
    "Error": _object(error=_TEXT),
    "State": {
        "type": "object",
        "description": "As in state files; see moto_cognitosync.state.SCHEMA.",
    },
    "FaultParameters": {
        **_object(_OPTIONAL_OF_FAULT, **_FAULT),
        "additionalProperties": False,
        "description": "Requires error, delay or drop_connection.",
    },
    "Fault": _object(_OPTIONAL_OF_FAULT, id=_COUNT, count=_COUNT, **_FAULT),
    "Message": _MESSAGE,
    "Call": _CALL,
    "PoolSummary": _object(**_POOL_SUMMARY, MatchingIdentityCount=_COUNT),
    "Pool": _object(
        **_POOL_SUMMARY,
        DeviceCount=_COUNT,
        SubscriptionCount=_COUNT,
        Devices=_list(_object(IdentityId=_TEXT, **_DEVICE)),
    ),
    "IdentitySummary": _object(**_IDENTITY_SUMMARY),
    "Identity": _object(
        **_IDENTITY_SUMMARY,
        IdentityPoolName=_TEXT,
        CredentialsExpiration=_or_null(_TEXT),
        Datasets=_list(_object(**_DATASET_SUMMARY)),
        Devices=_list(_object(**_DEVICE)),
        AccessKeyId=_TEXT,
    ),
    "Dataset": _object(
        **_DATASET_SUMMARY,
        IdentityId=_TEXT,
        IdentityPoolName=_TEXT,
        User=_or_null(_TEXT),
        MergedDatasetNames=_TEXTS,
        SubscribedDevices=_TEXTS,
        MaxRecords=_COUNT,
        MaxBytes=_COUNT,
        Records=_list(
            _object(
                Key=_TEXT,
                Value=_or_null(_TEXT),
                SyncCount=_COUNT,
                LastModifiedDate=_TEXT,
                LastModifiedBy=_TEXT,
                DeviceLastModifiedDate=_TEXT,
                Size=_COUNT,
            )
        ),
    ),
}

# --- Paths ------------------------------------------------------------------------

_PATHS = {
    "/state": {
        "get": _operation("get_state", "Return the stored state.", _ref("State")),
        "put": _operation(
            "put_state", "Replace the stored state.", _OK, body=_ref("State")
        ),
    },
    "/faults": {
        "get": _operation(
            "get_faults",
            "List the faults that were started through this API.",
            _object(faults=_list(_ref("Fault"))),
        ),
        "post": _operation(
            "post_fault",
            "Start a fault, and return it with its id.",
            _ref("Fault"),
            body=_ref("FaultParameters"),
            status=201,
        ),
        "delete": _operation(
            "delete_faults", "Stop all faults that were started through this API.", _OK
        ),
    },
    "/faults/{id}": {
        "delete": _operation(
            "delete_fault", "Stop a fault.", _OK, _in_path("id"), errors=(404,)
        ),
    },
    "/operations": {
        "get": _operation(
            "get_operations",
            "List the errors that faults can return, by operation.",
            _object(operations={"type": "object", "additionalProperties": _TEXTS}),
        ),
    },
    "/calls": {
        "get": _operation(
            "get_calls",
            "List recorded calls, oldest first.",
            _object(server=_TEXT, latest=_COUNT, calls=_list(_ref("Call"))),
            _query("since", "Number after which to start.", **_COUNT, default=0),
            _query("limit", "Maximum number of calls.", **_COUNT, default=1000),
            _query("details", "Include headers and bodies.", **_FLAG, default=False),
        ),
        "delete": _operation(
            "delete_calls", "Discard all recorded calls. The numbers continue.", _OK
        ),
    },
    "/calls/{number}": {
        "get": _operation(
            "get_call",
            "Return a recorded call with its headers and bodies.",
            _ref("Call"),
            _in_path("number"),
            errors=(404,),
        ),
    },
    "/events": {
        "get": _operation(
            "get_events",
            "Stream new calls as server-sent events.",
            _TEXT,
            _query("since", "Number after which to start.", **_COUNT),
            content_type="text/event-stream",
            errors=(503,),
        ),
    },
    "/overview": {
        "get": _operation(
            "get_overview",
            "List identity pools of all accounts and regions.",
            _object(
                version=_TEXT,
                server=_TEXT,
                latest=_COUNT,
                pools=_list(_ref("PoolSummary")),
            ),
            _filter("Text in ids or names of pools, or in their identities."),
        ),
    },
    "/pool": {
        "get": _operation(
            "get_pool",
            "Return an identity pool without its identities.",
            _ref("Pool"),
            *_POOL,
            errors=(404,),
        ),
    },
    "/identities": {
        "get": _operation(
            "get_identities",
            "List identities of a pool in the order of their creation.",
            _object(
                total=_COUNT, offset=_COUNT, identities=_list(_ref("IdentitySummary"))
            ),
            *_POOL,
            _filter("Text in ids, logins or dataset names."),
            _query("offset", "Number of identities to skip.", **_COUNT, default=0),
            _query(
                "limit",
                "Maximum number of identities.",
                type="integer",
                minimum=1,
                maximum=1000,
                default=50,
            ),
            errors=(404,),
        ),
    },
    "/users": {
        "get": _operation(
            "get_users",
            "Return the users of identities. Identities without logins are omitted.",
            _object(users={"type": "object", "additionalProperties": _TEXT}),
            _query(
                "identity_ids", "Ids of identities, separated by commas.", required=True
            ),
            _query("account_id", "Account. By default, moto's default account."),
        ),
    },
    "/identity": {
        "get": _operation(
            "get_identity",
            "Return an identity with its datasets and devices.",
            _ref("Identity"),
            *_IDENTITY,
            errors=(404,),
        ),
    },
    "/dataset": {
        "get": _operation(
            "get_dataset",
            "Return a dataset with its records, including removed ones.",
            _ref("Dataset"),
            *_DATASET,
            errors=(404,),
        ),
    },
    "/merge": {
        "post": _operation(
            "post_merge",
            "Merge an identity, with its logins and datasets, into another one.",
            _OK,
            body={**_object(source=_TEXT, into=_TEXT), "additionalProperties": False},
            errors=(404,),
        ),
    },
    "/sync-sessions": {
        "delete": _operation(
            "delete_sync_sessions",
            "Expire open sync sessions, and return their number.",
            _object(status={"const": "ok"}, count=_COUNT),
            _query("identity_pool_id", "Expire only sessions of this pool."),
            *_PLACE,
            errors=(404,),
        ),
    },
    "/health": {
        "get": _operation(
            "get_health",
            "Return the server's version. Also available as /health, on any host.",
            _object(status={"const": "ok"}, version=_TEXT),
        ),
    },
    "/openapi.json": {
        "get": _operation("get_openapi", "Return this document.", {"type": "object"}),
    },
}

DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Control API of moto-cognitosync", "version": __version__},
    "servers": [{"url": ROOT.rstrip("/")}],
    "paths": _PATHS,
    "components": {"schemas": _SCHEMAS},
}
