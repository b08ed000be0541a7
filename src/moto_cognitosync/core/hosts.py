"""Host names of AWS."""

from __future__ import annotations


def is_aws_host(host: str) -> bool:
    """Return whether a host name, in lower case, belongs to a service of AWS."""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
