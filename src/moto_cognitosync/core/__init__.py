"""Shared by all services: HTTP and JSON, callers, credentials, paging and hooks."""
