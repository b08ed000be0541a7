"""Run the tests against AWS itself.

``pytest --against-aws REGION ACCOUNT`` runs the tests marked ``verifiable`` with
unmocked clients and writes a report of where AWS differs from the mock.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.aws import REGION, Aws

if TYPE_CHECKING:
    from typing_extensions import Self

    from tests.support.aws import Response

POOL_NAME = "moto-cognitosync-verify"  # shared by all pools, to find leftovers
MAX_LENGTH = 500  # maximum characters per value in the report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--against-aws",
        nargs=2,
        metavar=("REGION", "ACCOUNT"),
        help="run the tests marked verifiable against AWS (AWS may charge for this)",
    )
    parser.addoption(
        "--aws-report",
        metavar="FILE",
        type=Path,
        default=Path("build/against-aws.json"),
        help="where to write the report of differences [%(default)s]",
    )


def pytest_configure(config: pytest.Config) -> None:
    if named := config.getoption("--against-aws"):
        aws = AgainstAws(*named)
        config.pluginmanager.register(
            Verification(aws, config.getoption("--aws-report"))
        )


class AgainstAws(Aws):
    """Call AWS, record each call, and delete the pools that a test creates.

    All clients are created up front because fixtures later hide the user's AWS
    configuration.
    """

    def __init__(self, region: str, account: str) -> None:
        self.calls: list[dict[str, Any]] = []
        self.left_over: list[dict[str, str]] = []
        self._pools: list[str] = []
        session = boto3.Session(region_name=region)
        session.events.register("before-parameter-build", self._record_input)
        session.events.register("after-call", self._record_output)
        # Slow down when AWS throttles requests.
        config = Config(retries={"mode": "adaptive"})
        self._clients: dict[str, Any] = {
            service: session.client(service, config=config)  # type: ignore[call-overload]
            for service in ("cognito-sync", "cognito-identity", "sts")
        }
        found = self.client("sts").get_caller_identity()["Account"]
        if found != account:
            raise pytest.UsageError(
                f"These credentials are for account {found}, not for {account}."
            )

    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any:
        assert (region, kwargs) == (REGION, {}), "not verifiable"
        return self._clients[service]

    def send(self, *_: object, **__: object) -> Response:
        raise AssertionError("not verifiable: a raw request is not signed")

    def __enter__(self) -> Self:
        self.calls.clear()
        return self

    def __exit__(self, *_: object) -> None:
        while self._pools:
            pool_id = self._pools.pop()
            try:
                self._delete(pool_id)
            except ClientError as error:
                self.left_over.append({"pool": pool_id, "because": str(error)})

    def _delete(self, pool_id: str) -> None:
        identity, sync = self.client("cognito-identity"), self.client("cognito-sync")
        pool = {"IdentityPoolId": pool_id}
        for each in identity.list_identities(**pool, MaxResults=60)["Identities"]:
            ids = pool | {"IdentityId": each["IdentityId"]}
            for dataset in sync.list_datasets(**ids)["Datasets"]:
                sync.delete_dataset(**ids, DatasetName=dataset["DatasetName"])
        identity.delete_identity_pool(**pool)

    def _record_input(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "CreateIdentityPool":
            params["IdentityPoolName"] = POOL_NAME
        self.calls.append({"operation": model.name, "input": _short(params)})

    def _record_output(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "CreateIdentityPool":
            self._pools.append(parsed["IdentityPoolId"])
        output = {name: parsed[name] for name in parsed.keys() - {"ResponseMetadata"}}
        self.calls[-1]["output"] = _short(output)


def _short(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value)[:MAX_LENGTH] for name, value in values.items()}


class Verification:
    """Select the tests to run against AWS and report the results."""

    def __init__(self, aws: AgainstAws, path: Path) -> None:
        self._aws = aws
        self._path = path
        self._agrees: list[str] = []
        self._differs: list[dict[str, Any]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test against AWS instead of in-process and on the server."""
        if metafunc.definition.get_closest_marker("verifiable"):
            form = pytest.param(self._aws, id="AWS")
            mark = pytest.mark.parametrize("aws", [form], indirect=True)
            metafunc.definition.add_marker(mark)

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        others = [item for item in items if not item.get_closest_marker("verifiable")]
        items[:] = [item for item in items if item.get_closest_marker("verifiable")]
        config.hook.pytest_deselected(items=others)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.excinfo and report.failed:
            self._record_difference(item, call.excinfo)
        elif report.when == "call":
            self._agrees.append(report.nodeid)
        return report

    def _record_difference(
        self, item: pytest.Item, failure: pytest.ExceptionInfo[BaseException]
    ) -> None:
        in_test = failure.traceback.cut(path=item.path)[0]
        self._differs.append(
            {
                "test": item.nodeid,
                "expected": str(in_test.statement).strip(),
                "failure": str(failure.value),
                "aws": [*self._aws.calls],
            }
        )

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        result = {
            "agrees": self._agrees,
            "differs": self._differs,
            "left_over": self._aws.left_over,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(result, indent=2))
        terminalreporter.write_line(
            f"{len(self._agrees)} tests agree with AWS, {len(self._differs)} differ, "
            f"{len(self._aws.left_over)} pools were not deleted: {self._path}"
        )
