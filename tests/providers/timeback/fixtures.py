"""TimeBack's platforms: a sandbox at their addresses, and a connector to it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integration_tui.domain.provider import Connector
from integration_tui.domain.roster import Collection
from integration_tui.domain.value import replace
from integration_tui.providers.timeback import SPEC
from integration_tui.providers.timeback.config import TimeBackConfig
from integration_tui.providers.timeback.connector import TimeBackConnector
from integration_tui.sandbox.dialect_presets import DIALECTS
from integration_tui.sandbox.oneroster import Dialect, OneRosterSandbox
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.timeback import extension
from tests.providers.http.fixtures import CANARY, Here
from tests.providers.oneroster.fixtures import CLIENT, ROSTER


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A running platform, and a connector that is connected."""

    sandbox: OneRosterSandbox
    connector: TimeBackConnector
    here: Here
    cut: "Cut"

    def ids(self, collection: Collection) -> list[str]:
        """Return who is there, each as often as it is there."""
        snapshot = self.sandbox.overlay.snapshot()
        found = (snapshot.at(collection, place) for place in range(snapshot.size(collection)))
        return sorted(
            found_one.sourced_id
            for found_one in found
            if found_one and found_one.status == "active"
        )

    def sent(self, *methods: str) -> list[str]:
        """Return the requests of some methods, in order."""
        return [text for text in self.sandbox.seen if text.partition(" ")[0] in methods]


class Cut:
    """Cuts the line `left` times before an answer; where it `does`, what was asked is done."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.method = ""
        self.left = 0
        self.does = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != self.method or not self.left:
            await self._app(scope, receive, send)
            return
        self.left -= 1

        async def nothing(_message: Message) -> None:
            """Keep the answer."""

        if self.does:
            await self._app(scope, receive, nothing)
        raise ConnectionAbortedError("as asked for")


def config(
    address: str | None = None, /, *, scopes: Sequence[str] | None = None, **options: Any
) -> TimeBackConfig:
    """Return the config of a minimal file; `options` are keys of it."""
    auth: dict[str, object] = {
        "type": "oauth2_client_credentials",
        "token_url": f"{address or 'https://auth.example'}/token",
        "client_id": CLIENT,
        "client_secret": "env:SIS_SECRET",
    }
    written: dict[str, object] = {
        "name": "timeback",
        "type": "timeback",
        "auth": auth if scopes is None else {**auth, "scopes": scopes},
        # The clock stands still, so that any limit would be reached.
        "rate_limit": {"requests": 100_000},
    }
    where = {} if address is None else {"base_url": address}
    return TimeBackConfig.model_validate(written | where | options)


@asynccontextmanager
async def timeback(*, dialect: Dialect | None = None, **options: Any) -> AsyncGenerator[Connector]:
    """Yield a connector, not connected yet, to a running platform that may be written to."""
    here = Here()
    sandbox = OneRosterSandbox(ROSTER, monotonic=here.clock.monotonic, dialect=dialect)
    sandbox.issuer.clients = {CLIENT: CANARY}
    sandbox.add_routes(extension(sandbox))
    async with serve(sandbox.app) as address:
        connector = SPEC.build(config(address, **({"writes": True} | options)), here.context())
        try:
            yield connector
        finally:
            await connector.disconnect()


@asynccontextmanager
async def platform(name: str = "beyond_ai", **options: Any) -> AsyncGenerator[Platform]:
    """Yield a platform in its own dialect, and a connector that is connected to it."""
    here = Here()
    dialect = replace(DIALECTS[f"timeback_{name}"], token_path="/token")
    sandbox = OneRosterSandbox(ROSTER, monotonic=here.clock.monotonic, dialect=dialect)
    sandbox.issuer.clients = {CLIENT: CANARY}
    sandbox.add_routes(extension(sandbox))
    cut = Cut(sandbox.app)
    chosen: dict[str, Any] = {"platform": name, "writes": True, "app_id": "app-1"} | options
    async with serve(cut) as address:
        connector = TimeBackConnector(config(address, **chosen), here.context(max_retries=3))
        try:
            await connector.connect()
            yield Platform(sandbox=sandbox, connector=connector, here=here, cut=cut)
        finally:
            await connector.disconnect()
