"""The boto3 clients of a transfer, and readable messages for their errors."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event
from typing import Any, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from moto_cognitosync.core.hosts import is_aws_host

Item = TypeVar("Item")
Result = TypeVar("Result")

ATTEMPTS = 7  # for each call, including the first
DENIED = {"AccessDeniedException", "NotAuthorizedException"}
REJECTED_CREDENTIALS = {
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}


class TransferError(Exception):
    """A transfer cannot continue. The message says why."""


class Connection(NamedTuple):
    """How to reach the service.

    :ivar region: by default, the region in the id of the pool.
    :ivar endpoint_url: by default, the one that boto3 is configured to use.
    :ivar workers: number of calls at the same time.
    """

    region: str | None
    endpoint_url: str | None
    profile: str | None
    workers: int


class Clients:
    """Clients for both services.

    :param retries: how to retry calls. The mode "adaptive" also limits the rate of
        calls after the service has throttled one. "legacy" does not retry
        LimitExceededException, which the other modes consider to be throttling.
    :ivar identity: client for cognito-identity.
    :ivar sync: client for cognito-sync.
    """

    def __init__(
        self,
        connection: Connection,
        pool_id: str,
        retries: Literal["adaptive", "legacy"],
    ) -> None:
        session = boto3.Session(
            profile_name=connection.profile,
            region_name=connection.region or pool_id.partition(":")[0],
        )
        config = Config(
            retries={"mode": retries, "total_max_attempts": ATTEMPTS},
            max_pool_connections=connection.workers,
        )
        self.workers = connection.workers
        self.identity, self.sync = (
            session.client(name, endpoint_url=connection.endpoint_url, config=config)
            for name in ("cognito-identity", "cognito-sync")
        )
        self._stopped = Event()
        for client in (self.identity, self.sync):
            client.meta.events.register("before-send", self._check_not_stopped)

    @property
    def is_aws(self) -> bool:
        """Whether the calls go to AWS."""
        return is_aws_host(urlsplit(self.sync.meta.endpoint_url).hostname or "")

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result]]:
        """Call a function for each item, in threads.

        Yields each item and its result as soon as it is available. If the caller or a
        function fails, calls in progress are not retried.
        """
        pending: dict[Future[Result], Item] = {}
        with ThreadPoolExecutor(self.workers) as executor:
            try:
                for item in items:
                    pending[executor.submit(function, item)] = item
                    # Limit the queue, because there may be millions of items.
                    if len(pending) > 2 * self.workers:
                        yield from _completed(pending)
                while pending:
                    yield from _completed(pending)
            except BaseException:
                self._stopped.set()
                executor.shutdown(wait=False, cancel_futures=True)
                raise

    def _check_not_stopped(self, **_: Any) -> None:
        if self._stopped.is_set():
            raise TransferError("stopped")


def _completed(
    pending: dict[Future[Result], Item],
) -> Iterator[tuple[Item, Result]]:
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for each in done:
        yield pending.pop(each), each.result()


def error_code(error: ClientError) -> str:
    """Return the name of a service's error."""
    return str(error.response.get("Error", {}).get("Code"))


@contextmanager
def explain_errors(permissions: str) -> Generator[None, None, None]:
    """Raise boto3's errors as TransferError.

    :param permissions: the IAM actions that the transfer needs.
    """
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise TransferError(
            f"{error}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a "
            "profile with --profile. The mock accepts any values"
        ) from None
    except ClientError as error:
        code = error_code(error)
        problem = str(error)
        if code in DENIED:
            problem += f". This command needs permission for {permissions}"
        elif code in REJECTED_CREDENTIALS:
            problem += ". Check the credentials, or choose a profile with --profile"
        elif code == "ResourceNotFoundException":
            problem += " Check the id, the region and the account"
        elif code == "TooManyRequestsException":
            problem += ". Wait, or make fewer calls at the same time with --workers"
        raise TransferError(problem) from None
    except (BotoCoreError, ValueError) as error:
        raise TransferError(str(error)) from None
