"""Reads a pool through the public API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from moto_cognitosync.core.clock import to_milliseconds
from moto_cognitosync.state.dates import format_date
from moto_cognitosync.state.files import find_writer, replace_file
from moto_cognitosync.state.plain import SOURCE_MEMBERS
from moto_cognitosync.state.validation import FORMAT_VERSION

from .clients import Clients, TransferError
from .journal import Journal
from .names import merged_root
from .progress import Progress
from .records import RECORD_MEMBERS, Data
from .redaction import Redactor

# The largest pages that the services or AWS's own clients use.
IDENTITIES_PER_PAGE = 60
USERS_PER_PAGE = 60
DATASETS_PER_PAGE = 64
RECORDS_PER_PAGE = 1024

READS = 5  # of a dataset that changes while it is read
PERMISSIONS = (
    "cognito-identity:Describe*, cognito-identity:Get*, cognito-identity:List*, "
    "cognito-identity:LookupDeveloperIdentity, cognito-sync:Describe*, "
    "cognito-sync:Get* and cognito-sync:List*"
)


class Selection(NamedTuple):
    """The identities of a pool to read.

    :ivar identity_ids: the ids to read; by default, all identities are listed.
    :ivar limit: number of identities to list, which omits disabled ones.
    """

    identity_ids: Sequence[str] | None = None
    limit: int | None = None


def pull(
    clients: Clients,
    pool_id: str,
    selection: Selection,
    redactor: Redactor | None,
    journal: Journal,
    path: Path,
) -> tuple[Data, list[str]]:
    """Read a pool and write it to a state file.

    :param redactor: replaces everything private before it is stored.
    :param journal: contains what earlier runs have read, and receives the rest.
    :return: the pool as in the file, and the ids of identities that do not exist.
    :raises TransferError: if a dataset changes all the time.
    :raises botocore.exceptions.BotoCoreError: if a call fails.
    :raises botocore.exceptions.ClientError: if the service returns an error.
    """
    reader = _PoolReader(clients, pool_id)
    redact_pool, redact_identity = (
        (redactor.pool, redactor.identity) if redactor else (_same, _same)
    )
    pool = journal.read("Pool", lambda: redact_pool(reader.pool()))
    listed: list[Data] = journal.read(
        "Identities", lambda: reader.list_identities(selection)
    )
    missing = [each for each in listed if each["IdentityId"] not in journal]
    done = len(listed) - len(missing)
    with Progress("identities", len(listed), done) as progress:
        for each, identity in clients.map(reader.identity, missing):
            journal[each["IdentityId"]] = identity and redact_identity(identity)
            progress.advance()
    identities = {each["IdentityId"]: journal[each["IdentityId"]] for each in listed}
    pool = {**pool, "Identities": [each for each in identities.values() if each]}
    state = {"FormatVersion": FORMAT_VERSION, "IdentityPools": [pool]}
    write = find_writer(path)
    with replace_file(path, mode=0o600) as file:
        write(state, file)
    return pool, [name for name, identity in identities.items() if not identity]


def _same(data: Data) -> Data:
    return data


class _PoolReader:
    """Reads a pool. All results are as in a state file."""

    def __init__(self, clients: Clients, pool_id: str) -> None:
        self._identity = clients.identity
        self._sync = clients.sync
        self._pool_id = pool_id
        self._settings = self._identity.describe_identity_pool(IdentityPoolId=pool_id)

    # --- The pool ---

    def pool(self) -> Data:
        """Return the pool without its identities."""
        ids = {"IdentityPoolId": self._pool_id}
        roles = self._identity.get_identity_pool_roles(**ids)
        configuration = self._sync.get_identity_pool_configuration(**ids)
        usage = self._sync.describe_identity_pool_usage(**ids)["IdentityPoolUsage"]
        bulk_publish = self._sync.get_bulk_publish_details(**ids)
        if bulk_publish["BulkPublishStatus"] == "NOT_STARTED":
            bulk_publish = {}
        names = ("IdentityPoolName", "AllowClassicFlow", *SOURCE_MEMBERS)
        data = {
            **ids,
            **_choose(self._settings, names),
            **_choose(roles, ("Roles", "RoleMappings")),
            "PrincipalTagAttributeMaps": self._tag_maps(),
            **_choose(configuration, ("PushSync", "CognitoStreams")),
            "Events": self._sync.get_cognito_events(**ids).get("Events"),
            "BulkPublish": _choose(
                bulk_publish,
                (
                    "BulkPublishStatus",
                    "BulkPublishStartTime",
                    "BulkPublishCompleteTime",
                    "FailureMessage",
                ),
            ),
            **_choose(usage, ("SyncSessionsCount",)),
        }
        # Empty members are the defaults.
        empty: tuple[Any, ...] = ({}, [], None)
        return {name: value for name, value in data.items() if value not in empty}

    def _tag_maps(self) -> Data:
        maps = {}
        for provider in _providers(self._settings):
            found = self._identity.get_principal_tag_attribute_map(
                IdentityPoolId=self._pool_id, IdentityProviderName=provider
            )
            if found.get("UseDefaults"):
                maps[provider] = {"UseDefaults": True}
            elif found.get("PrincipalTags"):
                maps[provider] = _choose(found, ("PrincipalTags",))
        return maps

    # --- Identities ---

    def list_identities(self, selection: Selection) -> list[Data]:
        """List identities without their datasets.

        If they are chosen by id, only the ids are returned.
        """
        ids, limit = selection
        if ids is not None:
            return [{"IdentityId": each} for each in dict.fromkeys(ids)]
        if limit is not None:
            return self._list_identities(hide_disabled=True, limit=limit)
        # The responses do not contain the status: compare the lists with and without
        # disabled identities.
        listed = self._list_identities(hide_disabled=False)
        enabled = self._list_identities(hide_disabled=True)
        enabled_ids = {each["IdentityId"] for each in enabled}
        return [
            each
            if each["IdentityId"] in enabled_ids
            else {**each, "IdentityStatus": "DISABLED"}
            for each in listed
        ]

    def _list_identities(
        self, hide_disabled: bool, limit: int | None = None
    ) -> list[Data]:
        found: dict[str, Data] = {}
        for page in self._pages(
            self._identity.list_identities,
            MaxResults=IDENTITIES_PER_PAGE,
            HideDisabled=hide_disabled,
        ):
            found.update({each["IdentityId"]: each for each in page["Identities"]})
            if limit is not None and len(found) >= limit:
                break
        return [_describe_identity(each) for each in [*found.values()][:limit]]

    def identity(self, listed: Data) -> Data | None:
        """Return an identity with its datasets, or None if it does not exist.

        :param listed: the identity as :meth:`list_identities` has returned it.
        """
        identity = dict(listed)
        identity_id = identity["IdentityId"]
        if "CreationDate" not in identity:
            try:
                described = self._identity.describe_identity(IdentityId=identity_id)
            except self._identity.exceptions.ResourceNotFoundException:
                return None
            identity |= _describe_identity(described)
        providers = identity.pop("Logins", ())
        identity["Logins"] = self._logins(identity_id, providers)
        identity["Datasets"] = self._datasets(identity_id)
        return {name: value for name, value in identity.items() if value}

    def _logins(self, identity_id: str, providers: Iterable[str]) -> Data:
        """Return users by provider.

        The API returns the users of the developer provider only. For others, the
        identity's id takes the place of the user, so that it is not a guest.
        """
        developer = self._settings.get("DeveloperProviderName")
        return {
            each: self._developer_users(identity_id)
            if each == developer
            else identity_id
            for each in providers
        }

    def _developer_users(self, identity_id: str) -> list[str]:
        pages = self._pages(
            self._identity.lookup_developer_identity,
            IdentityId=identity_id,
            MaxResults=USERS_PER_PAGE,
        )
        return [user for page in pages for user in page["DeveloperUserIdentifierList"]]

    # --- Datasets ---

    def _datasets(self, identity_id: str) -> list[Data]:
        pages = self._pages(
            self._sync.list_datasets,
            IdentityId=identity_id,
            MaxResults=DATASETS_PER_PAGE,
        )
        listed = [dataset for page in pages for dataset in page["Datasets"]]
        datasets: dict[str, Data] = {}
        reported: set[str] = set()
        for each in listed:
            name = each["DatasetName"]
            first, records = self._records(identity_id, name)
            if first["DatasetExists"]:
                reported.update(first.get("MergedDatasetNames") or ())
                datasets[name] = _describe_dataset(each, first, records)
        for name, dataset in datasets.items():
            if merged_root(name) in datasets:
                dataset["ReportsMerge"] = name in reported
        return [*datasets.values()]

    def _records(self, identity_id: str, name: str) -> tuple[Data, list[Data]]:
        """Return the first page and all records of a dataset at one point in time.

        :raises TransferError: if the dataset changes whenever it is read.
        """
        for _ in range(READS):
            pages = [
                *self._pages(
                    self._sync.list_records,
                    IdentityId=identity_id,
                    DatasetName=name,
                    MaxResults=RECORDS_PER_PAGE,
                )
            ]
            if len({page["DatasetSyncCount"] for page in pages}) == 1:
                return pages[0], [each for page in pages for each in page["Records"]]
        raise TransferError(
            f"dataset '{name}' of identity '{identity_id}' has changed {READS} times "
            "while it was read. Try again when it is not in use"
        )

    def _pages(self, operation: Any, **parameters: Any) -> Iterator[Any]:
        parameters["IdentityPoolId"] = self._pool_id
        while True:
            page = operation(**parameters)
            yield page
            if not page.get("NextToken"):
                return
            parameters["NextToken"] = page["NextToken"]


def _providers(settings: Data) -> list[str]:
    """Return the names of all identity providers of a pool."""
    user_pools = settings.get("CognitoIdentityProviders", ())
    arns = settings.get("OpenIdConnectProviderARNs", ())
    names = [
        *settings.get("SupportedLoginProviders", ()),
        *(each["ProviderName"] for each in user_pools),
        *(f"{each['ProviderName']}:{each.get('ClientId')}" for each in user_pools),
        *arns,
        *(each.partition(":oidc-provider/")[2] for each in arns),
        *settings.get("SamlProviderARNs", ()),
    ]
    return [*dict.fromkeys(names)]


def _describe_identity(response: Data) -> Data:
    names = ("IdentityId", "CreationDate", "LastModifiedDate", "Logins")
    return _choose(response, names)


def _describe_dataset(listed: Data, page: Data, records: Iterable[Data]) -> Data:
    names = ("DatasetName", "CreationDate", "LastModifiedDate")
    return {
        **_choose(listed, names),
        **_choose(page, ("DatasetSyncCount", "LastModifiedBy")),
        "Records": [_choose(each, RECORD_MEMBERS) for each in records],
    }


def _choose(response: Mapping[str, Any], names: Iterable[str]) -> Data:
    """Return some members of a response, with dates as in a state file."""
    return {
        name: format_date(to_milliseconds(value))
        if isinstance(value := response[name], datetime)
        else value
        for name in names
        if response.get(name) is not None
    }
