"""A failed load or addition changes nothing, here or in other services."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from moto.cognitoidentity.models import CognitoIdentityPool

from moto_cognitosync._moto.registration import register
from moto_cognitosync.cognitosync.integrations import push
from moto_cognitosync.cognitosync.models import get_backend
from moto_cognitosync.cognitosync.store.datasets import Dataset, IdentityData
from moto_cognitosync.cognitosync.store.pools import IdentityPool
from moto_cognitosync.core.tracking import untracked
from moto_cognitosync.state import StateError, add_dataset, dump_state, load_state
from tests.support.aws import REGION, Aws, OnServer
from tests.support.datasets import DatasetUnderTest

ACCOUNT = "123456789012"
POOL = "us-east-1:0"
IDENTITY = "us-east-1:1"


def on_dashboard(aws: Aws) -> dict[str, list[str]]:
    """Return the pool ids on moto's dashboard, by model name."""
    url = "http://motoapi.amazonaws.com"
    if isinstance(aws, OnServer):
        url = aws.server.url
    data = requests.get(f"{url}/moto-api/data.json", timeout=30).json()
    pools = {
        "sync": data.get("cognitosync", {}).get("IdentityPool", []),
        "identity": data.get("cognitoidentity", {}).get("CognitoIdentityPool", []),
    }
    return {
        name: [each.get("identity_pool_id") for each in models]
        for name, models in pools.items()
    }


def device(number: int, **members: str) -> dict[str, str]:
    phone = {"DeviceId": f"phone {number}", "Platform": "GCM", "Token": f"t{number}"}
    return {**phone, **members}


def pool_with(arn: str, *devices: dict[str, str], pool_id: str = POOL) -> Any:
    identity = {"IdentityId": IDENTITY, "Devices": list(devices)}
    return {
        "IdentityPoolId": pool_id,
        "PushSync": {"ApplicationArns": [arn]},
        "Identities": [identity],
    }


@pytest.fixture
def application(aws: Aws) -> str:
    """The ARN of an SNS application."""
    created = aws.client("sns").create_platform_application(
        Name="game", Platform="GCM", Attributes={"PlatformCredential": "key"}
    )
    return str(created["PlatformApplicationArn"])


def endpoints_of(aws: Aws, application: str) -> list[Any]:
    sns = aws.client("sns")
    listed = sns.list_endpoints_by_platform_application(
        PlatformApplicationArn=application
    )
    return listed["Endpoints"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "broken",
    [
        {"IdentityPoolId": "us-east-1:2", "CreationDate": "yesterday"},
        {"IdentityPoolId": POOL},
        {"IdentityPoolId": "us-east-1:2", "Identities": [{"IdentityId": IDENTITY}] * 2},
        {"IdentityPoolId": "mars-1:2"},
        {"IdentityPoolId": "eu-west-1:2", **pool_with("arn:app/GCM/x", device(2))},
    ],
    ids=["date", "duplicate pool", "duplicate identity", "region", "application"],
)
def test_a_rejected_load_leaves_nothing_behind(
    aws: Aws, dataset: DatasetUnderTest, application: str, broken: dict[str, Any]
) -> None:
    dataset.write(volume="11")
    before = dump_state(), on_dashboard(aws)
    assert before[1] == {"sync": [dataset.pool_id], "identity": [dataset.pool_id]}

    with pytest.raises(StateError):
        load_state({"IdentityPools": [pool_with(application, device(1)), broken]})

    assert (dump_state(), on_dashboard(aws)) == before
    assert endpoints_of(aws, application) == []


def test_a_load_shows_its_pools_on_the_dashboard_once(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")

    for _ in range(2):
        load_state({"IdentityPools": [{"IdentityPoolId": POOL}]})

    assert on_dashboard(aws) == {"sync": [POOL], "identity": [POOL]}


def test_deleting_the_application_during_a_load_does_not_interrupt_it(
    aws: Aws, application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sns = aws.client("sns")
    create_endpoint = push.create_endpoint
    deletions = iter([sns.delete_platform_application])

    def delete_application_and_create(*arguments: Any) -> str:
        next(deletions, lambda **_: None)(PlatformApplicationArn=application)
        return create_endpoint(*arguments)

    pools = [
        pool_with(application, device(1)),
        pool_with(application, device(2), device(3), pool_id="us-east-1:2"),
    ]
    monkeypatch.setattr(push, "create_endpoint", delete_application_and_create)
    load_state({"IdentityPools": pools})

    # As if the application had been deleted after the load.
    loaded = dump_state()["IdentityPools"]
    devices = [
        each
        for pool in loaded
        for identity in pool["Identities"]
        for each in identity["Devices"]
    ]
    assert [each["Token"] for each in devices] == ["t1", "t2", "t3"]
    assert all(":endpoint/GCM/game/" in each["EndpointArn"] for each in devices)


@pytest.mark.usefixtures("cognitosync")
def test_several_identities_are_added_together_or_not_at_all() -> None:
    register()
    add_dataset(POOL, IDENTITY, "settings", {"theme": "dark"})
    source = untracked(CognitoIdentityPool, REGION, "players")
    source.identity_pool_id = POOL
    added = untracked(IdentityPool, source)
    for identity_id in ("us-east-1:0", IDENTITY):
        settings = Dataset(identity_id, "settings", exists=True)
        added.identities[identity_id] = IdentityData(
            identity_id, {"settings": settings}
        )
    before = dump_state()

    with pytest.raises(ValueError, match="dataset 'settings' already exists"):
        get_backend(ACCOUNT, REGION).pools.add(added)

    assert dump_state() == before


@pytest.mark.usefixtures("cognitosync")
def test_several_identities_can_be_added() -> None:
    register()
    add_dataset(POOL, IDENTITY, "settings", {"theme": "dark"})
    source = untracked(CognitoIdentityPool, REGION, "players")
    source.identity_pool_id = POOL
    added = untracked(IdentityPool, source)
    for identity_id in ("us-east-1:0", IDENTITY):
        other = Dataset(identity_id, "other", exists=True)
        added.identities[identity_id] = IdentityData(identity_id, {"other": other})

    get_backend(ACCOUNT, REGION).pools.add(added)

    (pool,) = dump_state()["IdentityPools"]
    names = {
        identity["IdentityId"]: [each["DatasetName"] for each in identity["Datasets"]]
        for identity in pool["Identities"]
    }
    assert names == {IDENTITY: ["settings", "other"], "us-east-1:0": ["other"]}
