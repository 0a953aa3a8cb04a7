"""HTTP for connectors, those of plug-ins too: the public names of this package.

What holds for every request (address checks, TLS, limits, retry, circuit breaker, rate limit,
redaction) holds for whoever asks through an `HttpSession`. Each name is loaded at its first use,
so that a config model does not load an HTTP library. See docs/decisions/0025.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integration_tui.providers.http.config import HttpConfig
    from integration_tui.providers.http.json_decoding import read_json
    from integration_tui.providers.http.models import Request, Response
    from integration_tui.providers.http.session import HttpSession, SessionOptions, SharedQuota
else:

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__} has no attribute {name}")
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)


_PUBLIC = {
    "HttpConfig": "config",
    "HttpSession": "session",
    "Request": "models",
    "Response": "models",
    "SessionOptions": "session",
    "SharedQuota": "session",
    "read_json": "json_decoding",
}

__all__ = [
    "HttpConfig",
    "HttpSession",
    "Request",
    "Response",
    "SessionOptions",
    "SharedQuota",
    "read_json",
]
