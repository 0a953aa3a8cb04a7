"""TimeBack, as far as it is OneRoster: a sandbox at its addresses."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from integration_tui.domain.provider import Connector
from integration_tui.providers.timeback import SPEC
from integration_tui.providers.timeback.config import TimeBackConfig
from integration_tui.sandbox.oneroster import Dialect, OneRosterSandbox
from integration_tui.sandbox.server import serve
from tests.providers.http.here import CANARY, Here
from tests.providers.oneroster.served import CLIENT, ROSTER


def config(address: str | None = None, /, **options: object) -> TimeBackConfig:
    """Return the config of a minimal file; `options` are keys of it."""
    written: dict[str, object] = {
        "name": "timeback",
        "type": "timeback",
        "auth": {
            "type": "oauth2_client_credentials",
            "token_url": f"{address or 'https://auth.example'}/token",
            "client_id": CLIENT,
            "client_secret": "env:SIS_SECRET",
        },
        # The clock stands still, so that any limit would be reached.
        "rate_limit": {"requests": 100_000},
    }
    where = {} if address is None else {"base_url": address}
    return TimeBackConfig.model_validate(written | where | options)


@asynccontextmanager
async def timeback(
    *, dialect: Dialect | None = None, **options: object
) -> AsyncGenerator[Connector]:
    """Yield a connector, not connected yet, to a running platform."""
    here = Here()
    sandbox = OneRosterSandbox(ROSTER, monotonic=here.monotonic, dialect=dialect)
    sandbox.issuer.clients = {CLIENT: CANARY}
    async with serve(sandbox.app) as address:
        connector = SPEC.build(config(address, **options), here.context())
        yield connector
        await connector.disconnect()
