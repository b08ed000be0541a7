"""Load and save state as plain data, so that tests can start from existing data.

``state.schema.json``, next to this module, is a JSON Schema for the data, which
editors can use. Members are named as in the API::

    {
        "IdentityPools": [
            {
                "IdentityPoolId": "us-east-1:0",
                "Identities": [
                    {
                        "IdentityId": "us-east-1:1",
                        "Datasets": [
                            {"DatasetName": "settings", "Values": {"theme": "dark"}}
                        ],
                    }
                ],
            }
        ]
    }
"""

from .errors import StateError
from .files import SCHEMA
from .store import add_dataset, dump_state, load_state, save_state

__all__ = [
    "SCHEMA",
    "StateError",
    "add_dataset",
    "dump_state",
    "load_state",
    "save_state",
]
