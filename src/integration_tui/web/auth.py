"""Who may come in: whoever has the address that was printed, in a browser that is not misled.

A page of another site can neither read the cookie nor open a line with it (Origin), nor reach us
under a name of its own (Host). Ports do not part cookies: whoever serves on another one may be
sent ours, and needs no browser then. So a line takes a key too, which browsers keep by the port.

See docs/decisions/0018.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from integration_tui.domain.errors import UsageError

_BYTES: Final = 32
_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
_HTTPS_PORT: Final = 443
_NETLOC: Final = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
PROTOCOL: Final = "integration-tui"
"""What a line speaks; a page offers it with its key behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserAccess:
    """`origins` are the addresses that browsers know us by; the other texts are secrets."""

    origins: tuple[str, ...]
    cookie: str
    is_secure: bool = False
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)
    pass_: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)

    @property
    def address(self) -> str:
        """Where to go, with the token behind a #: browsers do not send that part anywhere."""
        return f"{self.origins[0]}/#token={self.token}"

    def knows_host(self, host: str | None) -> bool:
        """Whether a request meant us, and not a name that somebody had lead here."""
        return host is not None and host.lower() in {
            urlsplit(origin).netloc for origin in self.origins
        }

    def knows_origin(self, origin: str | None) -> bool:
        """Whether one of our own pages asks. A browser always says which page asks for a line."""
        return origin is not None and origin.lower() in self.origins

    def is_token(self, text: str) -> bool:
        return _same(text, self.token)

    def has_pass(self, cookies: Mapping[str, str]) -> bool:
        return _same(cookies.get(self.cookie, ""), self.pass_)

    def has_key(self, protocols: str) -> bool:
        """Whether the page that asks for a line was told the key, when it brought the token."""
        return any(_same(protocol.strip(), self.key) for protocol in protocols.split(","))


def local_access(host: str, port: int) -> BrowserAccess:
    """Return the access to a server on this machine. The cookie is named after the port."""
    shown = f"[{host}]" if ":" in host else host
    # `localhost` may lead to ::1 as well, where somebody else may listen: it is never shown.
    names = dict.fromkeys((_NAMES[1] if shown == _NAMES[0] else shown, *_NAMES))
    origins = tuple(f"http://{name}:{port}".removesuffix(":80") for name in names)
    return BrowserAccess(origins=origins, cookie=f"integration_tui_{port}")


def proxied_access(url: str) -> BrowserAccess:
    """Return the access through a reverse proxy at `url`. Raises `UsageError`."""
    scheme, _, rest = url.lower().partition("://")
    netloc = rest.removesuffix("/")
    if scheme != "https" or not _NETLOC.fullmatch(netloc):
        # It is not repeated: it may hold a password.
        raise UsageError(
            "--behind-proxy is not an address that a proxy can protect",
            advice="name it as browsers see it, e.g. https://console.example.org",
        )
    netloc = netloc.removesuffix(f":{_HTTPS_PORT}")
    return BrowserAccess(
        origins=(f"https://{netloc}",), cookie="__Host-integration_tui", is_secure=True
    )


def _same(one: str, other: str) -> bool:
    """Compare in a time that tells nothing of how much of it was right."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
