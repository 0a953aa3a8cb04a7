"""Canvas, as far as a connector needs it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from integration_tui.domain.provider import Connector
from integration_tui.providers.canvas import SPEC
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.connector import CanvasConnector
from integration_tui.sandbox.server import serve
from tests.providers.canvas.small_canvas import SmallCanvas, user
from tests.providers.http.fixtures import CANARY, Here


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A running sandbox, what is lent, and a connector that is not connected yet."""

    sandbox: SmallCanvas
    here: Here
    config: CanvasConfig
    connector: CanvasConnector

    def another(self) -> CanvasConnector:
        """Return a connector of another process, as it were."""
        connector = SPEC.build(self.config, self.here.context())
        assert isinstance(connector, CanvasConnector)
        return connector


@asynccontextmanager
async def school(
    *, refreshing: bool = False, api: str = "", **config: object
) -> AsyncGenerator[School]:
    """Run a school; `refreshing` signs in with a refresh token, `api` ends the base_url.

    `config` is what else an administrator has written.
    """
    here = Here(REFRESH="canary-refresh-token")
    sandbox = SmallCanvas(monotonic=here.clock.monotonic, manual=(CANARY,))
    sandbox.issuer.clients = {"10000000000001": CANARY}
    sandbox.refresh_tokens = ("canary-refresh-token",)
    async with serve(sandbox.app) as address:
        auth = _refreshing(address) if refreshing else {"type": "jwt", "token": "env:SIS_SECRET"}
        validated = CanvasConfig.model_validate(
            {
                "name": "canvas",
                "type": "canvas",
                "base_url": f"{address}{api}",
                "auth": auth,
                # The clock stands still, so that any limit would be reached.
                "rate_limit": {"requests": 100_000},
                **config,
            }
        )
        connector = SPEC.build(validated, here.context())
        assert isinstance(connector, CanvasConnector)
        yield School(sandbox=sandbox, here=here, config=validated, connector=connector)
        await connector.disconnect()


@asynccontextmanager
async def canvas(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    """Yield a connector as the provider contract wants it."""
    async with school(sync={"way": "listing"}) as one:
        if bad_records:
            one.sandbox.tables.users += [user(7, name=None, sortable_name=None), {"id": None}]
        yield one.connector


def _refreshing(address: str) -> dict[str, object]:
    return {
        "type": "oauth2_authorization_code",
        "token_url": f"{address}/login/oauth2/token",
        "client_id": "10000000000001",
        "client_secret": "env:SIS_SECRET",
        "refresh_token": "env:REFRESH",
    }
