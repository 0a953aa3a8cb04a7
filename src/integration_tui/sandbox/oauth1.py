"""Who signed a request by OAuth 1.0a without a user's token (RFC 5849), as oauthlib judges it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from integration_tui.sandbox.signatures import Endpoint


class OAuth1Check:
    """Knows the clients' secrets."""

    def __init__(self, clients: Callable[[], Mapping[str, str]]) -> None:
        self._clients = clients
        self._endpoint: Endpoint | None = None

    def client_of(self, request: Request) -> str | None:
        """Return who signed a request; `None` where nobody did, or not rightly."""
        header = request.headers.get("authorization", "")
        if not header.lower().startswith("oauth "):
            return None
        if self._endpoint is None:
            # Slow to load, and few dialects need it.
            from integration_tui.sandbox.signatures import endpoint

            self._endpoint = endpoint(self._clients)
        is_good, signed = self._endpoint.validate_request(
            str(request.url), request.method, "", {"Authorization": header}
        )
        return str(getattr(signed, "client_key", "")) if is_good else None
