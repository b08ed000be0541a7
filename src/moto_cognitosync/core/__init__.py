"""What the services share: HTTP and JSON, callers, credentials, paging, hooks."""
