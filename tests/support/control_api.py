"""A client for the control API of a server."""

from __future__ import annotations

from typing import Any

import requests

ROOT = "/moto-api/cognito-sync/"


class ControlApi:
    """Sends requests to the control API.

    :param url: URL of the server.
    """

    def __init__(self, url: str) -> None:
        self.url = url + ROOT

    def send(
        self, method: str, path: str, body: Any = None, **query: Any
    ) -> requests.Response:
        return requests.request(
            method, self.url + path, json=body, params=query, timeout=30
        )

    def get(self, path: str, **query: Any) -> Any:
        """Return a result, which must be a success."""
        response = self.send("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def calls(self, since: int = 0, **query: Any) -> list[dict[str, Any]]:
        """Return the recorded calls after a number."""
        found: list[dict[str, Any]] = self.get("calls", since=since, **query)["calls"]
        return found
