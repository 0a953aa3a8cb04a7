"""A connector to a system of which one thing is asked: whether it answers us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from integration_tui.domain.health import Finding
from integration_tui.domain.provider import Authentication, ProviderContext, SystemMetadata
from integration_tui.domain.text import visible
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.line import Line, Manners
from integration_tui.providers.http.messages import Answer, Params, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The cheapest authenticated question to a kind of system, and how to read the answer.

    `read` returns what the answer tells, by name, and raises `IncompatibleError` where it is
    not such a system's.
    """

    product: str
    version: str
    path: str
    read: Callable[[Answer, Request], Mapping[str, str]]
    params: Params = field(default_factory=dict[str, str | int])
    manners: Manners = field(default_factory=Manners)


class ProbeConnector:
    """Behaves as `ExternalSystemProvider` and `AuthenticationProvider` say."""

    def __init__(self, config: HttpConfig, context: ProviderContext, *, probe: Probe) -> None:
        self._config = config
        self._probe = probe
        self._line = Line(config, context, probe.manners)

    async def connect(self) -> None:
        self._line.open()
        await self._asked()

    async def disconnect(self) -> None:
        await self._line.close()

    async def check(self) -> Finding:
        told = await self._asked()
        return Finding(detail=", ".join(f"{name} {value}" for name, value in told.items()))

    async def metadata(self) -> SystemMetadata:
        told = await self._asked()
        proof = await self._line.authenticate()
        details = {
            **told,
            "authentication": proof.kind,
            "scopes": visible(" ".join(proof.scopes)),
        }
        return SystemMetadata(
            product=self._probe.product,
            version=self._probe.version,
            address=self._config.base_url,
            details={name: value for name, value in details.items() if value},
        )

    async def authenticate(self) -> Authentication:
        return await self._line.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._line.reauthenticate()

    async def _asked(self) -> Mapping[str, str]:
        url = f"{self._config.base_url}{self._probe.path}"
        answer, request = await self._line.ask(url, self._probe.params)
        return self._probe.read(answer, request)
