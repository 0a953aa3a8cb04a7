"""Proxies that the environment names and that this program does not use; for advice only."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit

from integration_tui.domain.config.types import is_loopback

_VARIABLES: Final = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def proxy_hint(url: str) -> str:
    """Return what to add to the advice where a URL was not reached; empty without a proxy."""
    host = urlsplit(url).hostname or ""
    variable = next((name for name in _VARIABLES if os.environ.get(name)), "")
    if not variable or is_loopback(host) or _is_direct(host):
        return ""
    return f"; {variable} is set but not used: a direct connection is required"


def _is_direct(host: str) -> bool:
    """Return whether NO_PROXY takes a host out."""
    told = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    names = [name.strip().lstrip("*").lstrip(".").lower() for name in told.split(",")]
    return "*" in told.split(",") or any(
        name and (host == name or host.endswith(f".{name}")) for name in names
    )
