"""A Canvas that is served, its clock in a test's hand, and a client that follows its links."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from integration_tui.domain.roster import Collection, Enrollment, User
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.http.transport import HttpClient
from integration_tui.providers.mock.district import District
from integration_tui.sandbox.canvas.system import CLOUD, CanvasKind, CanvasSystem
from integration_tui.sandbox.district_differences import Differences
from integration_tui.sandbox.served_system import SECRET, Site
from integration_tui.sandbox.server import serve
from integration_tui.testing.clock import FakeClock
from tests.providers.http.fixtures import client

AGENT = {"User-Agent": "tests/1.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Campus:
    """A running Canvas. `district` is what the SIS of the same district has."""

    system: CanvasSystem
    clock: FakeClock
    address: str
    http: HttpClient
    district: District

    async def ask(
        self,
        path: str,
        *,
        token: str = SECRET,
        method: str = "GET",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request; `path` is below `/api/v1`, or an address of a link."""
        url = path if path.startswith("http") else f"{self.address}/api/v1{path}"
        sent = {**AGENT, "Accept": "application/json"}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        sent |= headers or {}
        request = Request(
            method=method,  # type: ignore[arg-type]  # one of those that there are
            url=url,
            headers={name: value for name, value in sent.items() if value},
            body=body,
        )
        return await self.http.send(request)

    async def read(
        self,
        path: str,
        *,
        token: str = SECRET,
        method: str = "GET",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        answer = await self.ask(path, token=token, method=method, body=body, headers=headers)
        assert answer.status == 200, (answer.status, answer.body)
        return msgspec.json.decode(answer.body)

    async def pages(
        self, path: str, *, token: str = SECRET, headers: Mapping[str, str] | None = None
    ) -> list[list[Any]]:
        """Follow the links of a listing to its end."""
        found, target = [], path
        while target:
            answer = await self.ask(target, token=token, headers=headers)
            assert answer.status == 200, (answer.status, answer.body)
            found.append(msgspec.json.decode(answer.body))
            target = links(answer).get("next", "")
        return found

    async def listed(
        self, path: str, *, token: str = SECRET, headers: Mapping[str, str] | None = None
    ) -> list[Any]:
        return [
            row for page in await self.pages(path, token=token, headers=headers) for row in page
        ]

    def control(self, method: str, action: str, body: object) -> object:
        """Do what the control endpoint does."""
        return self.system.actions[method, action](msgspec.json.encode(body))

    def people(self) -> dict[str, User]:
        """Return who is in the SIS, by id."""
        found = self.district.records(Collection.USERS)
        return {one.sourced_id: one for one in found if isinstance(one, User)}

    def seats(self) -> set[tuple[str, str, str]]:
        """Return who is in which class of the SIS as what."""
        found = self.district.records(Collection.ENROLLMENTS)
        return {(one.user, one.class_, one.role) for one in found if isinstance(one, Enrollment)}


def links(answer: Response) -> dict[str, str]:
    """Return the addresses of a `Link` header by their rel."""
    found = {}
    for part in answer.headers.get("link", "").split(","):
        address, _, rel = part.partition(">; rel=")
        found[rel.strip('"')] = address.removeprefix("<")
    return found


@asynccontextmanager
async def campus(
    kind: CanvasKind = CLOUD, *, extras: bool = True, differences: Differences | None = None
) -> AsyncGenerator[Campus]:
    """Serve a small district."""
    clock = FakeClock()
    site = Site(
        clock=clock.now, monotonic=clock.monotonic, differences=differences or Differences()
    )
    system = kind.open(site)
    system.has_extras = extras
    async with serve(system.app) as address, client() as http:
        yield Campus(
            system=system,
            clock=clock,
            address=address,
            http=http,
            district=site.source().district,
        )
