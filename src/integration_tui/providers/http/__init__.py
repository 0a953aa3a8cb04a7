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
    from integration_tui.providers.http.models import Answer as Response
    from integration_tui.providers.http.models import Request
    from integration_tui.providers.http.session import Line as HttpSession
    from integration_tui.providers.http.session import Manners as SessionOptions
else:

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__} has no attribute {name}")
        module, attribute = _PUBLIC[name]
        return getattr(import_module(f"{__name__}.{module}"), attribute)


_PUBLIC = {
    "HttpConfig": ("config", "HttpConfig"),
    "HttpSession": ("session", "Line"),
    "Request": ("models", "Request"),
    "Response": ("models", "Answer"),
    "SessionOptions": ("session", "Manners"),
    "read_json": ("json_decoding", "read_json"),
}

__all__ = ["HttpConfig", "HttpSession", "Request", "Response", "SessionOptions", "read_json"]
