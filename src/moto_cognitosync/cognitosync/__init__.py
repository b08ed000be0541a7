"""Amazon Cognito Sync as a moto service."""

from .models import cognitosync_backends

__all__ = ["cognitosync_backends"]
