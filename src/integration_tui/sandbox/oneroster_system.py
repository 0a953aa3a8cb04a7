"""A OneRoster dialect as a served system, with clients, keys and what its vendor adds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.routing import BaseRoute

from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.slots import id_of
from integration_tui.sandbox import timeback
from integration_tui.sandbox.dialect import Dialect
from integration_tui.sandbox.faults import Faults
from integration_tui.sandbox.middleware import RecordedRequest
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.oneroster_control import OneRosterControl
from integration_tui.sandbox.sample_configs import address_of, key_file
from integration_tui.sandbox.served_system import CLIENT, SECRET, ControlAction, Site, SystemAddress

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

SCHOOL: Final = id_of(Collection.ORGS, 1)
"""What a client sees that sees one school only."""

Extension = Callable[[OneRosterSandbox], Sequence[BaseRoute]]
EXTENSIONS: Final[Mapping[str, Extension]] = {"timeback": timeback.extension}
"""By provider: what a server does beside reading, e.g. takes writes into its overlay."""


@dataclass(frozen=True, slots=True)
class OneRosterKind:
    """One dialect."""

    dialect: Dialect

    @property
    def name(self) -> str:
        return self.dialect.name

    @property
    def summary(self) -> str:
        return self.dialect.summary

    def open(self, site: Site) -> OneRosterSystem:
        """Return the dialect over the district of a site."""
        return OneRosterSystem(self.dialect, site)


class OneRosterSystem:
    """A dialect while it is served. `sandbox` is another one after each reset."""

    def __init__(self, dialect: Dialect, site: Site) -> None:
        self._site = site
        self._dialect = dialect
        self.sandbox = self._fresh()

    @property
    def app(self) -> ASGIApp:
        return self._serve

    @property
    def faults(self) -> Faults:
        return self.sandbox.faults

    @property
    def visits(self) -> deque[RecordedRequest]:
        return self.sandbox.visits

    @property
    def actions(self) -> Mapping[tuple[str, str], ControlAction]:
        return OneRosterControl(self.sandbox).actions

    def state(self) -> Mapping[str, object]:
        """Return counts, tokens and views."""
        return OneRosterControl(self.sandbox).state()

    def reset(self) -> None:
        """Begin anew; a key that is kept in a file is written there."""
        kept_in = self.sandbox.keys.file
        self.sandbox = self._fresh()
        if kept_in is not None:
            self.sandbox.keys.keep_in(kept_in)

    def connection(self, address: str, folder: Path | None) -> SystemAddress:
        """Return where it is; a key that changes stands in a file of its own."""
        path = None if folder is None else key_file(self._dialect, folder)
        if path is not None:
            self.sandbox.keys.keep_in(path)
        return address_of(self._dialect, address, key_file=path)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.sandbox.app(scope, receive, send)

    def _fresh(self) -> OneRosterSandbox:
        dialect = self._dialect
        sandbox = OneRosterSandbox(
            self._site.source(), monotonic=self._site.monotonic, dialect=dialect
        )
        sandbox.issuer.clients = {CLIENT: SECRET}
        sandbox.keys.current = SECRET
        if dialect.school_client:
            sandbox.issuer.clients[dialect.school_client] = SECRET
            sandbox.access.schools[dialect.school_client] = SCHOOL
        if dialect.provider in EXTENSIONS:
            sandbox.add_routes(EXTENSIONS[dialect.provider](sandbox))
        return sandbox
