"""The systems of a demo that are spoken to over HTTP, served on this machine.

They answer as late, and refuse as often, as the story has it, in simulated time.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.routing import Mount

from integration_tui.demo.clock import DemoClock
from integration_tui.demo.districts import LATENCIES, ROOSEVELT, TROUBLE, DemoDistricts
from integration_tui.domain.clock import Chance
from integration_tui.files.atomic import write
from integration_tui.providers.mock.config import LatencyConfig
from integration_tui.providers.mock.incidents import IncidentKind, ScriptedIncident, active
from integration_tui.providers.mock.network import latency_s
from integration_tui.sandbox.canvas.refusals import throttled
from integration_tui.sandbox.canvas.system import CLOUD
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
    seed = cast.seed_of(ROOSEVELT)
    site = Site(clock=clock.now, monotonic=clock.monotonic, seed=seed)
    canvas = Circumstances(
        CLOUD.open(site).app,
        clock=clock,
        chance=random.Random(seed).random,  # noqa: S311 - the same story each time, no secret
        latency=LatencyConfig.model_validate(LATENCIES[ROOSEVELT]),
        incidents=[ScriptedIncident.model_validate(one) for one in TROUBLE[ROOSEVELT]],
    )
    token = folder / "canvas-token"
    write(token, SECRET)
    async with serve(Starlette(routes=[Mount(f"/{CLOUD.name}", canvas)])) as address:
        yield {"canvas_url": f"{address}/{CLOUD.name}", "canvas_token": f"file:{token}"}


class Circumstances:
    """An app whose answers take time, and are refused or late while an incident goes on."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: DemoClock,
        chance: Chance,
        latency: LatencyConfig,
        incidents: list[ScriptedIncident],
    ) -> None:
        self._app = app
        self._clock = clock
        self._chance = chance
        self._latency = latency
        self._incidents = incidents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._wait(latency_s(self._latency, self._chance))
        going_on = {one.kind: one for one in active(self._incidents, self._clock.elapsed_s)}
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
