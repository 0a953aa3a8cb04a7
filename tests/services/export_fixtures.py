"""A OneRoster server on loopback, and an integration that reads it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.sandbox.dialect import Dialect
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.server import serve

SIS = IntegrationId("sis")
SECRET = "s3cret"


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 - the real clock, as the program has it


@dataclass
class Served:
    """The server, where it is, and a config that reads it."""

    sandbox: OneRosterSandbox
    source: DistrictSource
    address: str

    def document(self, more: str = "") -> str:
        return f"""
name: {SIS}
type: oneroster
base_url: {self.address}
auth:
  type: oauth2_client_credentials
  token_url: {self.address}/token
  client_id: integration-tui
  client_secret: env:SIS_SECRET
rate_limit: {{requests: 100000}}
retry: {{attempts: 1, max_wait_s: 2}}
{more}
"""

    def write(self, folder: Path, more: str = "") -> None:
        """Put the config where the program looks for it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sis.yaml").write_text(self.document(more))

    def ids(self, collection: Collection) -> set[str]:
        """Return who is there now."""
        snapshot = self.sandbox.overlay.snapshot()
        found = (snapshot.at(collection, place) for place in range(snapshot.size(collection)))
        return {
            found_one.sourced_id
            for found_one in found
            if found_one and found_one.status == "active"
        }

    def asked(self, path: str) -> int:
        """Return how often a collection was asked for."""
        return sum(f"/{path}?" in text for text in self.sandbox.seen)


@asynccontextmanager
async def served(
    dialect: Dialect | None = None, *, clock: Callable[[], datetime] = now
) -> AsyncGenerator[Served]:
    source = DistrictSource(DistrictSize.SMALL, clock=clock)
    sandbox = OneRosterSandbox(source, monotonic=time.monotonic, dialect=dialect)
    async with serve(sandbox.app) as address:
        yield Served(sandbox, source, address)
