"""The way to a proven line, one step at a time, for whoever tests a connection step by step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from integration_tui.domain.clock import Clock
from integration_tui.domain.provider import Authentication, ConnectionStep
from integration_tui.domain.text import visible
from integration_tui.providers.http.auth.base import Scopes
from integration_tui.providers.http.transport import HttpClient

_LIMIT: Final = 400
_HOUR_S: Final = 3600.0


def network_steps(
    open_line: Callable[[], HttpClient], url: str, clock: Clock
) -> Sequence[ConnectionStep]:
    """Return the steps that need no proof: the name, and TLS."""

    async def name() -> str:
        return _addresses(await open_line().resolve(url))

    async def tls() -> str:
        if urlsplit(url).scheme != "https":
            return "none: plain http on this machine"
        shown = await open_line().secure(url)
        days = (shown.good_until - clock()).days
        return (
            f"{shown.version}, certificate of {shown.name} valid until "
            f"{shown.good_until:%Y-%m-%d}, {days} {'day' if days == 1 else 'days'} left"
        )

    return (ConnectionStep(name="DNS", run=name), ConnectionStep(name="TLS", run=tls))


def auth_steps(
    authenticate: Callable[[], Awaitable[Authentication]],
    scopes: Callable[[], Scopes | None],
    clock: Clock,
    *,
    has_endpoint: bool,
) -> Sequence[ConnectionStep]:
    """Return the steps that obtain a proof and look at what it allows."""

    async def authenticated() -> str:
        return _proof(await authenticate(), clock())

    async def allowed() -> str:
        return _allowed(scopes())

    return (
        ConnectionStep(name="token" if has_endpoint else "credentials", run=authenticated),
        ConnectionStep(name="scopes", run=allowed),
    )


def _addresses(addresses: Sequence[str]) -> str:
    if len(addresses) == 1:
        return addresses[0]
    return f"{len(addresses)} addresses, first {addresses[0]}"


def _proof(proof: Authentication, now: datetime) -> str:
    if proof.expires_at is None:
        return f"{proof.kind}, no expiry given"
    return f"{proof.kind}, good for {_span((proof.expires_at - now).total_seconds())}"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds <= 3 * _HOUR_S:
        return f"{seconds // 60:.0f} min"
    return f"{seconds // _HOUR_S:.0f} h"


def _allowed(scopes: Scopes | None) -> str:
    if scopes is None or not (scopes.asked or scopes.granted):
        return ""
    if scopes.granted is None:
        return f"as requested: {_listed(scopes.asked)}"
    if not scopes.asked:
        return f"none requested; granted: {_listed(scopes.granted)}"
    missing = [scope for scope in scopes.asked if scope not in scopes.granted]
    if not missing:
        return f"all {len(scopes.asked)} granted: {_listed(scopes.granted)}"
    given = len(scopes.asked) - len(missing)
    return f"{given} of {len(scopes.asked)} granted; NOT granted: {_listed(missing)}"


def _listed(scopes: Sequence[str]) -> str:
    return visible(" ".join(scopes), limit=_LIMIT)
