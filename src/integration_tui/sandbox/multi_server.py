"""All dialects side by side on one port, each under its name: `http://127.0.0.1:8600/edfi`.

An address of a config may have a path, so that what a system has at its root is below it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from integration_tui.domain.clock import Clock, Monotonic
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.slots import id_of
from integration_tui.sandbox import timeback
from integration_tui.sandbox.control_api import Control
from integration_tui.sandbox.dialect import Dialect
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.oneroster import OneRosterSandbox

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

CLIENT: Final = "integration-tui"
SECRET: Final = "only-for-the-sandbox"  # noqa: S105 - it opens nothing but a made-up district
SECRET_NAME: Final = "SANDBOX_SECRET"  # noqa: S105 - the name of a variable
SCHOOL: Final = id_of(Collection.ORGS, 1)
"""What a client sees that sees one school only."""

Extension = Callable[[OneRosterSandbox], Sequence[BaseRoute]]
EXTENSIONS: Final[Mapping[str, Extension]] = {"timeback": timeback.extension}
"""By provider: what a server does beside reading, e.g. takes writes into its overlay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which dialects are served, and over which district; each has one of its own."""

    dialects: Sequence[Dialect]
    size: DistrictSize = DistrictSize.SMALL
    seed: int = 1
    changes_per_hour: float = 0.0


class MultiServer:
    """The running servers by their dialect's name. `app` is what is served."""

    def __init__(self, plan: Plan, *, clock: Clock, monotonic: Monotonic) -> None:
        self.plan = plan
        self.control_key = token_urlsafe(18)
        self._clock = clock
        self._monotonic = monotonic
        self.sandboxes = {dialect.name: self._sandbox(dialect) for dialect in plan.dialects}

    @property
    def app(self) -> ASGIApp:
        doors = [Mount(f"/{name}", self._app_of(name)) for name in self.sandboxes]
        return Starlette(routes=[*Control(self).routes(), *doors])

    def reset(self, name: str) -> OneRosterSandbox:
        """Begin a dialect anew, as it was at the start, and return it."""
        before = self.sandboxes[name]
        fresh = self.sandboxes[name] = self._sandbox(before.dialect)
        if before.keys.file is not None:
            fresh.keys.keep_in(before.keys.file)
        return fresh

    def _app_of(self, name: str) -> ASGIApp:
        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            await self.sandboxes[name].app(scope, receive, send)

        return door

    def _sandbox(self, dialect: Dialect) -> OneRosterSandbox:
        plan = self.plan
        source = DistrictSource(
            plan.size, clock=self._clock, seed=plan.seed, changes_per_hour=plan.changes_per_hour
        )
        sandbox = OneRosterSandbox(source, monotonic=self._monotonic, dialect=dialect)
        sandbox.issuer.clients = {CLIENT: SECRET}
        sandbox.keys.current = SECRET
        if dialect.school_client:
            sandbox.issuer.clients[dialect.school_client] = SECRET
            sandbox.access.schools[dialect.school_client] = SCHOOL
        if dialect.provider in EXTENSIONS:
            sandbox.add_routes(EXTENSIONS[dialect.provider](sandbox))
        return sandbox


def size_of(name: str) -> DistrictSize:
    """Return a size by its name. Raises `ValueError` for another."""
    return DistrictSize(name)
