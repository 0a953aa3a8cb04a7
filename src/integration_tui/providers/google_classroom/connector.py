"""The connector of Google Classroom: connection, sign-in, health."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from integration_tui.domain.health.status import HealthFinding
from integration_tui.domain.provider import Authentication, ProviderContext, SystemMetadata
from integration_tui.domain.text import visible
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig
from integration_tui.providers.google_classroom.errors import meaning
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.models import Params
from integration_tui.providers.http.session import HttpSession, SessionOptions

_CHEAPEST: Final[Params] = {"pageSize": 1, "fields": "courses(id)"}
_MANNERS: Final = SessionOptions(
    scopes=("https://www.googleapis.com/auth/classroom.courses.readonly",), dialect=meaning
)


class _Courses(msgspec.Struct):
    """Empty lists are left out, as proto3's JSON does it: `{}` is a domain without courses."""

    courses: Sequence[msgspec.Raw] = ()


class GoogleClassroomConnector:
    """Behaves as `ExternalSystemProvider` and `AuthenticationProvider` say."""

    def __init__(self, config: GoogleClassroomConfig, context: ProviderContext) -> None:
        self._config = config
        self._line = HttpSession(config, context, _MANNERS)

    async def connect(self) -> None:
        self._line.open()
        await self._ask_for_a_course()

    async def disconnect(self) -> None:
        await self._line.close()

    async def check(self) -> HealthFinding:
        found = await self._ask_for_a_course()
        return HealthFinding(detail="" if found.courses else "no course is visible")

    async def metadata(self) -> SystemMetadata:
        found = await self._ask_for_a_course()
        proof = await self._line.authenticate()
        details = {
            "courses": "visible" if found.courses else "none visible",
            "authentication": proof.kind,
            "scopes": visible(" ".join(proof.scopes)),
        }
        return SystemMetadata(
            product="Google Classroom",
            version="v1",
            address=self._config.base_url,
            details={key: value for key, value in details.items() if value},
        )

    async def authenticate(self) -> Authentication:
        return await self._line.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._line.reauthenticate()

    async def _ask_for_a_course(self) -> _Courses:
        """Make the cheapest call that needs a token."""
        answer, request = await self._line.ask(f"{self._config.base_url}/v1/courses", _CHEAPEST)
        return read_json(answer, request, _Courses)
