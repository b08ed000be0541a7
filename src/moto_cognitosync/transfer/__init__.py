"""Copies data between pools and state files, through the public API."""
