"""A served dialect, and somebody who asks it by hand."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from integration_tui.domain.value import replace
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.http.transport import HttpClient
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.sandbox.dialect import Dialect
from integration_tui.sandbox.dialect_presets import dialect as named
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.source import Roster, RosterSource
from tests.providers.http.fixtures import NOW, Here, client
from tests.providers.oneroster.fixtures import ROSTER

CLIENT, SECRET = "integration-tui", "s3cret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks one sandbox. `headers` prove who it is."""

    sandbox: OneRosterSandbox
    here: Here
    address: str
    http: HttpClient
    headers: dict[str, str]

    @property
    def base(self) -> str:
        return f"{self.address}{self.sandbox.dialect.base_path}"

    async def get(self, path: str) -> Response:
        return await self.http.send(
            replace(Request.get(f"{self.base}/{path}"), headers=self.headers)
        )

    async def json(self, path: str) -> Any:
        return msgspec.json.decode((await self.get(path)).body)

    async def ids(self, path: str) -> list[str]:
        """Return the ids of one page."""
        answer = await self.get(path)
        assert answer.status == 200, answer.body
        (rows,) = (
            value for value in msgspec.json.decode(answer.body).values() if isinstance(value, list)
        )
        return [row["sourcedId"] for row in rows]

    async def all_ids(self, path: str, *, limit: int) -> list[str]:
        """Return the ids of all pages, by the rows received, up to an empty page."""
        found: list[str] = []
        join = "&" if "?" in path else "?"
        while page := await self.ids(f"{path}{join}limit={limit}&offset={len(found)}"):
            found += page
        return found

    async def token(self, **fields: str) -> Response:
        """Ask for a token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": SECRET,
        } | fields
        url = f"{self.address}{self.sandbox.dialect.token_path}"
        return await self.http.send(Request.form(url, form))

    async def signed_in(self, **fields: str) -> "Asker":
        """Return one who asks with a new token."""
        told = msgspec.json.decode((await self.token(**fields)).body)
        return replace(self, headers={"Authorization": f"Bearer {told['access_token']}"})


@asynccontextmanager
async def asking(
    dialect: Dialect | str = "specification", roster: Roster | RosterSource = ROSTER
) -> AsyncGenerator[Asker]:
    """Serve a dialect until the block ends; yields somebody with a token for everything."""
    here = Here()
    chosen = named(dialect) if isinstance(dialect, str) else dialect
    sandbox = OneRosterSandbox(roster, monotonic=here.clock.monotonic, dialect=chosen)
    sandbox.issuer.clients = {CLIENT: SECRET, "other": SECRET}
    async with serve(sandbox.app) as address, client(timeout_s=10) as http:
        one = Asker(sandbox=sandbox, here=here, address=address, http=http, headers={})
        yield await one.signed_in(scope=" ".join(chosen.scope_words))


def district(
    size: DistrictSize = DistrictSize.SMALL, *, changes_per_hour: float = 0.0, hours: float = 0.0
) -> DistrictSource:
    """Return a district that began so many hours ago."""
    moments = [NOW]

    def clock() -> datetime:
        return moments[-1]

    source = DistrictSource(size, clock=clock, changes_per_hour=changes_per_hour)
    moments.append(NOW + timedelta(hours=hours))
    return source
