"""Fixtures for the tests of Cognito Identity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import patch

import pytest
from moto.core.config import default_user_config

from tests.support.aws import Aws
from tests.support.identity_pools import OPEN_ID_ARN, SAML, PoolUnderTest


@pytest.fixture
def pool(aws: Aws) -> PoolUnderTest:
    """A pool with guests, users of public providers and developer users."""
    return PoolUnderTest(
        aws, OpenIdConnectProviderARNs=[OPEN_ID_ARN], SamlProviderARNs=[SAML]
    )


@pytest.fixture
def strict(aws: Aws) -> Iterator[None]:  # noqa: ARG001 - start the mock first
    """Enable strict credentials, in-process and on the server."""
    config = cast("dict[str, Any]", default_user_config)
    with patch.dict(config, {"cognitosync": {"strict_credentials": True}}):
        yield
