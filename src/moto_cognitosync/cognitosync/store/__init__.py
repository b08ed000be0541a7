"""Stored data and its rules: pools, identities, datasets, sync sessions."""
