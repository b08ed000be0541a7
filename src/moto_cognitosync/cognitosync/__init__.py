"""Amazon Cognito Sync, in the form of a moto service package."""

from .models import cognitosync_backends

__all__ = ["cognitosync_backends"]
