"""Who signed a request by OAuth 1.0a without a user's token (RFC 5849), as oauthlib judges it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from oauthlib.oauth1 import (  # type: ignore[import-untyped]  # has no types
    RequestValidator,
    SignatureOnlyEndpoint,
)

if TYPE_CHECKING:
    from starlette.requests import Request


_METHODS: Final = ("HMAC-SHA1", "HMAC-SHA256")
_AGES_S: Final = 10**9
"""oauthlib compares a signature's time with the clock on the wall; a client may have its own."""
_NOBODY: Final = "nobody"


class Endpoint(Protocol):
    """The part of oauthlib's endpoint that is used."""

    def validate_request(
        self, uri: str, http_method: str, body: str, headers: Mapping[str, str], /
    ) -> tuple[bool, object]: ...


def endpoint(clients: Callable[[], Mapping[str, str]]) -> Endpoint:
    """Return what judges requests that are signed without a user's token."""
    return SignatureOnlyEndpoint(Validator(clients))  # type: ignore[no-any-return]  # has no types


class Validator(RequestValidator):  # type: ignore[misc]  # oauthlib has no types
    """Knows the clients; a nonce is good once (RFC 5849 section 3.3)."""

    def __init__(self, clients: Callable[[], Mapping[str, str]]) -> None:
        super().__init__()
        self._clients = clients
        self._seen: set[tuple[str, str, str]] = set()

    @property
    def enforce_ssl(self) -> bool:
        return False

    @property
    def allowed_signature_methods(self) -> tuple[str, ...]:
        return _METHODS

    @property
    def client_key_length(self) -> tuple[int, int]:
        return 1, 255

    @property
    def nonce_length(self) -> tuple[int, int]:
        return 8, 64

    @property
    def timestamp_lifetime(self) -> int:
        return _AGES_S

    @property
    def dummy_client(self) -> str:
        return _NOBODY

    def check_client_key(self, client_key: str) -> bool:
        return bool(client_key)

    def validate_client_key(self, client_key: str, request: object) -> bool:  # noqa: ARG002 - oauthlib's names
        return client_key in self._clients()

    def validate_timestamp_and_nonce(
        self, client_key: str, timestamp: str, nonce: str, *_: object, **__: object
    ) -> bool:
        key = (client_key, timestamp, nonce)
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new

    def get_client_secret(self, client_key: str, request: object) -> str:  # noqa: ARG002 - oauthlib's names
        return self._clients().get(client_key, "nothing")


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
            from integration_tui.sandbox.oauth1 import endpoint

            self._endpoint = endpoint(self._clients)
        is_good, signed = self._endpoint.validate_request(
            str(request.url), request.method, "", {"Authorization": header}
        )
        return str(getattr(signed, "client_key", "")) if is_good else None
