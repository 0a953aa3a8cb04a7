"""Checks OAuth 1.0a signatures without a user's token (RFC 5849), by oauthlib's own judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from starlette.requests import Request

_METHODS: Final = ("HMAC-SHA1", "HMAC-SHA256")


class _Endpoint(Protocol):
    """The part of oauthlib's endpoint that is used; oauthlib has no types."""

    def validate_request(
        self, uri: str, http_method: str, body: str, headers: Mapping[str, str], /
    ) -> tuple[bool, object]: ...


class OAuth1Check:
    """Knows the clients' secrets. A nonce is good once, as the RFC says (section 3.3)."""

    def __init__(self, clients: Callable[[], Mapping[str, str]]) -> None:
        self.clients = clients
        self._endpoint: _Endpoint | None = None

    def client_of(self, request: Request) -> str | None:
        """Return who signed a request; `None` where nobody did, or not rightly."""
        header = request.headers.get("authorization", "")
        if not header.lower().startswith("oauth "):
            return None
        if self._endpoint is None:
            self._endpoint = _endpoint(self)
        headers = {"Authorization": header}
        is_good, signed = self._endpoint.validate_request(
            str(request.url), request.method, "", headers
        )
        return str(getattr(signed, "client_key", "")) if is_good else None


def _endpoint(check: OAuth1Check) -> _Endpoint:
    # Slow to load, and few dialects need it.
    from oauthlib.oauth1 import (  # type: ignore[import-untyped]  # has no types
        RequestValidator,
        SignatureOnlyEndpoint,
    )

    class Validator(RequestValidator):  # type: ignore[misc]  # oauthlib has no types
        enforce_ssl = False
        allowed_signature_methods = _METHODS
        client_key_length = (1, 255)
        nonce_length = (8, 64)
        dummy_client = "nobody"

        def __init__(self) -> None:
            super().__init__(self)
            self._seen: set[tuple[str, str, str]] = set()

        def check_client_key(self, client_key: str) -> bool:
            return bool(client_key)

        def validate_client_key(self, client_key: str, request: object) -> bool:  # noqa: ARG002 - oauthlib's names
            return client_key in check.clients()

        def validate_timestamp_and_nonce(
            self, client_key: str, timestamp: str, nonce: str, *_: object, **__: object
        ) -> bool:
            key = (client_key, timestamp, nonce)
            is_new = key not in self._seen
            self._seen.add(key)
            return is_new

        def get_client_secret(self, client_key: str, request: object) -> str:  # noqa: ARG002 - oauthlib's names
            return check.clients().get(client_key, "nothing")

    return SignatureOnlyEndpoint(Validator())  # type: ignore[no-any-return]  # oauthlib has no types
