"""Errors on demand: throttling, conflicts, delays and lost connections.

For example, to see how code under test bears being throttled twice::

    with fault("DeleteDataset", "TooManyRequestsException", times=2) as throttled:
        forget_settings(player)
    assert throttled.count == 2
"""

from .cognitosync.faults import Fault

__all__ = ["Fault", "fault"]

fault = Fault  # it reads better in a with statement
