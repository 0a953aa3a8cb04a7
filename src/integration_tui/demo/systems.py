"""The systems of a demo that are spoken to over HTTP, served on this machine.

They answer as late, and refuse as often, as the story has it, in simulated time.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount

from integration_tui.demo.clock import DemoClock
from integration_tui.demo.districts import JEFFERSON, LATENCIES, ROOSEVELT, TROUBLE, DemoDistricts
from integration_tui.domain.clock import Chance
from integration_tui.files.atomic import write
from integration_tui.providers.mock.config import LatencyConfig
from integration_tui.providers.mock.incidents import IncidentKind, ScriptedIncident, active
from integration_tui.providers.mock.network import latency_s
from integration_tui.sandbox.canvas.refusals import throttled
from integration_tui.sandbox.canvas.system import CLOUD
from integration_tui.sandbox.google_classroom.system import (
    GoogleClassroomKind,
    GoogleClassroomSystem,
)
from integration_tui.sandbox.google_classroom.token_endpoint import REFRESH_TOKEN, TOKEN_PATH
from integration_tui.sandbox.served_system import SECRET, Site
from integration_tui.sandbox.server import serve

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_PIECE_S: Final = 0.5
"""A long delay is waited for in such pieces: they go on while the clock is paused."""
_TOO_MANY: Final = 429


@asynccontextmanager
async def serve_systems(
    cast: DemoDistricts, clock: DemoClock, folder: Path
) -> AsyncGenerator[Mapping[str, str]]:
    """Serve them until the block ends. Yields what their configurations have to know.

    `folder` gets the files of their secrets.
    """
    secret, consent = folder / "demo-secret", folder / "demo-refresh-token"
    write(secret, SECRET)
    write(consent, REFRESH_TOKEN)
    app = Starlette(
        routes=[
            Mount("/canvas", _canvas(cast, clock)),
            Mount("/google", _classroom(cast, clock)),
        ]
    )
    async with serve(app) as address:
        yield {
            "canvas_url": f"{address}/canvas",
            "google_url": f"{address}/google",
            "google_token_url": f"{address}/google{TOKEN_PATH}",
            "secret": f"file:{secret}",
            "refresh_token": f"file:{consent}",
        }


def _canvas(cast: DemoDistricts, clock: DemoClock) -> Circumstances:
    return Circumstances(CLOUD.open(_site(cast, clock, ROOSEVELT)).app, ROOSEVELT, cast, clock)


def _classroom(cast: DemoDistricts, clock: DemoClock) -> Circumstances:
    system = GoogleClassroomKind().open(_site(cast, clock, JEFFERSON))
    return Circumstances(
        system.app, JEFFERSON, cast, clock, consent=lambda is_lost: _set_consent(system, is_lost)
    )


def _site(cast: DemoDistricts, clock: DemoClock, name: str) -> Site:
    return Site(clock=clock.now, monotonic=clock.monotonic, seed=cast.seed_of(name))


def _set_consent(system: GoogleClassroomSystem, is_lost: bool) -> None:
    conditions = system.domain.conditions
    if is_lost and not conditions.consent_revoked:
        system.tokens.revoke()
    system.domain.conditions = msgspec.structs.replace(conditions, consent_revoked=is_lost)


class Circumstances:
    """An app whose answers take time, and are refused or late while an incident goes on."""

    def __init__(
        self,
        app: ASGIApp,
        name: str,
        cast: DemoDistricts,
        clock: DemoClock,
        *,
        consent: Callable[[bool], None] = lambda _is_lost: None,
    ) -> None:
        self._app = app
        self._clock = clock
        self._consent = consent
        self._chance: Chance = random.Random(cast.seed_of(name)).random  # noqa: S311 - no secret
        self._latency = LatencyConfig.model_validate(LATENCIES[name])
        self._incidents: Sequence[ScriptedIncident] = [
            ScriptedIncident.model_validate(one) for one in TROUBLE[name]
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._wait(latency_s(self._latency, self._chance))
        going_on = {one.kind: one for one in active(self._incidents, self._clock.elapsed_s)}
        self._consent(IncidentKind.AUTH_EXPIRED in going_on)
        if (slow := going_on.get(IncidentKind.SLOW_DRIP)) is not None:
            await self._wait(slow.delay_s)
        if (limited := going_on.get(IncidentKind.THROTTLED)) is not None:
            response = throttled(_TOO_MANY, 0.0)
            response.headers["Retry-After"] = f"{limited.retry_after_s:.0f}"
            del response.headers["X-Rate-Limit-Remaining"]  # which would ask for another pause
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _wait(self, seconds: float) -> None:
        while seconds > 0:
            await self._clock.sleep(min(seconds, _PIECE_S))
            seconds -= _PIECE_S
