"""The standalone server: Cognito Sync and all of moto, on one port."""

from .embedded import CognitoSyncServer

__all__ = ["CognitoSyncServer"]
