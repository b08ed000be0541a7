"""A server for tests, in a thread of the current process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, overload

from moto_cognitosync import _mock
from moto_cognitosync._moto.settings import state_holders

from .access import AccessRules
from .limits import Limits
from .listening import LOCALHOST, listen, url_of
from .log import fallback

if TYPE_CHECKING:
    from boto3 import Session
    from types_boto3_cognito_identity import CognitoIdentityClient
    from types_boto3_cognito_sync import CognitoSyncClient
    from typing_extensions import Self


class CognitoSyncServer:
    """A server in a thread of this process, for tests.

    It shares its state with the mocks of the process: the first server or mock to
    start begins empty, and the last one to stop discards the state. Start it with
    :meth:`start` or in a ``with`` statement.

    :param host: name or address to listen on.
    :param port: port to listen on; by default, any free port.
    :param allowed_hosts: host names, besides loopback addresses and ``host``, that
        requests for ``/moto-api/`` may be sent to.
    :param allowed_origins: origins whose web pages may use ``/moto-api/``.
    :param max_calls: number of calls to record.
    :ivar region_name: default region of the clients that :meth:`client` creates.
    :raises OSError: if the port is in use, or the host does not belong to this machine.
    :raises RuntimeError: if a package that the server requires is not installed.
    :raises ValueError: if an allowed host or origin is malformed.
    """

    def __init__(
        self,
        host: str = LOCALHOST,
        port: int = 0,
        *,
        allowed_hosts: Iterable[str] = (),
        allowed_origins: Iterable[str] = (),
        max_calls: int = Limits().calls,
    ) -> None:
        from .application import make_application

        self.region_name = "us-east-1"
        access = AccessRules(host, allowed_hosts, allowed_origins)
        self._application = make_application(access, Limits(max_calls))
        from .http import HttpServer  # requires cheroot, checked above

        self._listening = listen(host, port)
        self._server = HttpServer(self._application, self._listening)
        self._url = url_of(host, self._listening)
        self._thread = Thread(target=self._server.serve, daemon=True)
        self._holds_state = False

    @property
    def url(self) -> str:
        """The URL for ``endpoint_url``, for example ``http://127.0.0.1:49152``."""
        return self._url

    def start(self) -> None:
        """Start serving requests."""
        fallback.start(self)
        self._server.prepare()
        self.hold_state()
        self._thread.start()

    def stop(self) -> None:
        """Stop serving requests, release the port, and stop the server's faults.

        A second call does nothing.
        """
        self._application.stop_streams()
        self._server.stop()
        self._listening.close()
        self._application.stop_faults()
        self.release_state()
        fallback.stop(self)

    def hold_state(self) -> None:
        """Share the state with mocks that start later, if it is not shared already.

        A running server holds its state unless :meth:`release_state` was called.
        """
        if not self._holds_state:
            self._holds_state = True
            state_holders.append(self)
            _mock.active_mocks.add_server()

    def release_state(self) -> None:
        """Allow mocks that start later to discard the state."""
        if self._holds_state:
            self._holds_state = False
            state_holders.remove(self)
            _mock.active_mocks.remove_server()

    def reset(self) -> None:
        """Discard the data of all services, and the server's faults and calls."""
        self._application.reset()
        self._application.calls.clear()

    def raise_failure(self) -> None:
        """Raise the exception with which a SyncTrigger tried to fail the test, if any.

        For example, ``pytest.fail`` raises such an exception, which cannot fail the
        test from a server thread. It is also raised when the ``with`` statement ends.
        """
        failures = [*self._application.failures]
        self._application.failures.clear()
        for each in failures:
            raise each

    @overload
    def client(
        self, service_name: Literal["cognito-sync"], **kwargs: Any
    ) -> CognitoSyncClient: ...

    @overload
    def client(
        self, service_name: Literal["cognito-identity"], **kwargs: Any
    ) -> CognitoIdentityClient: ...

    @overload
    def client(self, service_name: str, **kwargs: Any) -> Any: ...

    def client(self, service_name: str, **kwargs: Any) -> Any:
        """Create a boto3 client that calls this server.

        :param service_name: for example ``cognito-sync``.
        :param kwargs: arguments for ``boto3.client``. The region and the credentials
            have defaults.
        """
        from botocore.config import Config

        # The environment must not prevent the client from reaching the server.
        config = Config(
            proxies={}, use_fips_endpoint=False, use_dualstack_endpoint=False
        )
        defaults: dict[str, Any] = {
            "region_name": self.region_name,
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        kwargs["config"] = config.merge(kwargs.get("config") or Config())
        return _session().client(
            service_name,  # type: ignore[call-overload]
            endpoint_url=self.url,
            **(defaults | kwargs),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.raise_failure()


@cache
def _session() -> Session:
    """Return the session for all clients, which ignores ``AWS_PROFILE``."""
    import boto3
    from botocore.session import Session

    no_profile = {"profile": (None, None, None, None)}
    return boto3.Session(botocore_session=Session(session_vars=no_profile))
