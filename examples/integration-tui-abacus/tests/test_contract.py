"""The contract of a provider, on a server of recorded pages."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from integration_tui_abacus import SPEC

from integration_tui.domain.provider import Connector
from integration_tui.domain.roster import Collection
from integration_tui.testing.contract import ProviderContract, ServedProvider
from integration_tui.testing.host import FakeHost
from integration_tui.testing.http_server import FixtureServer, Reply, serve

FIXTURES = Path(__file__).with_name("fixtures.json")
BAD = {"total": 1, "next": None, "items": [{"id": "p9", "first": "Nobody"}]}


@asynccontextmanager
async def abacus(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    server = FixtureServer.load(FIXTURES, token="abacus-token")
    if bad_records:
        server.put("/api/people?page=2", Reply.json(BAD))
    async with serve(server) as address:
        config = SPEC.config_model.model_validate(
            {
                "name": "abacus",
                "type": "abacus",
                "base_url": address,
                "auth": {"type": "jwt", "token": "env:ABACUS_TOKEN"},
            }
        )
        host = FakeHost({"ABACUS_TOKEN": "abacus-token"})
        connector = SPEC.build(config, host.context())
        yield connector
        await connector.disconnect()


class TestAbacus(ProviderContract):
    provider = ServedProvider(
        spec=SPEC, serve=abacus, collections=(Collection.ORGS, Collection.USERS)
    )
