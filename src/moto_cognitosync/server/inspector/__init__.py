"""The inspector: the server's page, its data and its stream of calls."""
