"""Stored data and the rules for it: pools, identities, datasets, sync sessions."""
