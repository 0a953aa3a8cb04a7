"""The connector of a Canvas LMS: connection, sign-in, health."""

from __future__ import annotations

from typing import Final

import msgspec

from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.provider import Authentication, ProviderContext, SystemMetadata
from integration_tui.domain.text import visible
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.errors import ACCEPT, meaning, remaining
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.models import Response
from integration_tui.providers.http.session import HttpSession, SessionOptions

_MANNERS: Final = SessionOptions(accept=ACCEPT, dialect=meaning)


class _User(msgspec.Struct):
    """The user that the token belongs to; the name is not kept."""

    id: int | str


class CanvasConnector:
    """Behaves as `ExternalSystemProvider` and `AuthenticationProvider` say."""

    def __init__(self, config: CanvasConfig, context: ProviderContext) -> None:
        self._config = config
        self._line = HttpSession(config, context, _MANNERS)

    async def connect(self) -> None:
        self._line.open()
        await self._ask_for_ourselves()

    async def disconnect(self) -> None:
        await self._line.close()

    async def check(self) -> HealthFinding:
        answer, _ = await self._ask_for_ourselves()
        left = remaining(answer)
        return HealthFinding(detail="" if left is None else f"{left:.0f} of the rate limit left")

    async def metadata(self) -> SystemMetadata:
        answer, user = await self._ask_for_ourselves()
        proof = await self._line.authenticate()
        left = remaining(answer)
        details = {
            "user": visible(user.id, limit=40),
            "authentication": proof.kind,
            "rate_limit_left": "" if left is None else f"{left:.0f}",
        }
        return SystemMetadata(
            product="Canvas LMS",
            version="REST v1",
            address=self._config.service_url,
            details={key: value for key, value in details.items() if value},
        )

    async def authenticate(self) -> Authentication:
        return await self._line.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._line.reauthenticate()

    async def _ask_for_ourselves(self) -> tuple[Response, _User]:
        """Make the cheapest call that needs a token."""
        answer, request = await self._line.ask(f"{self._config.service_url}/users/self")
        return answer, read_json(answer, request, _User)
