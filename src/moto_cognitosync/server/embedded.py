"""The server in a thread of the current process, for tests."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

from .listening import LOCALHOST, listen, url_of

if TYPE_CHECKING:
    from typing_extensions import Self


class CognitoSyncServer:
    """A server in a thread of this process, for tests.

    It shares its state with the mocks of the process. Start it with :meth:`start` or
    in a ``with`` statement.

    :param port: to listen on; by default a free one.
    :ivar region_name: of the clients that it makes.
    :raises OSError: the port is in use, or the host is not one of this machine.
    """

    def __init__(self, host: str = LOCALHOST, port: int = 0) -> None:
        from .application import make_application

        self.region_name = "us-east-1"
        self._application = make_application()
        from .http import HttpServer  # needs cheroot, which is known to be there now

        self._listening = listen(host, port)
        self._server = HttpServer(self._application, self._listening)
        self._url = url_of(host, self._listening)
        self._thread = Thread(target=self._server.serve, daemon=True)

    @property
    def url(self) -> str:
        """The server's address, for ``endpoint_url``: ``http://127.0.0.1:49152``."""
        return self._url

    def start(self) -> None:
        """Answer requests from now on."""
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        """Answer no more requests, free the port and switch off the server's faults.

        A second call does nothing.
        """
        self._server.stop()
        self._listening.close()
        self._application.switch_off_faults()

    def reset(self) -> None:
        """Forget everything that was stored, in all services, and all faults."""
        self._application.reset()

    def client(self, service_name: str, **kwargs: Any) -> Any:
        """Make a boto3 client that calls this server.

        :param kwargs: as ``boto3.client`` takes them. Region and credentials are made
            up where they are not given.
        """
        import boto3

        defaults: dict[str, Any] = {
            "region_name": self.region_name,
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        return boto3.client(
            service_name,  # type: ignore[call-overload]
            endpoint_url=self.url,
            **(defaults | kwargs),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
