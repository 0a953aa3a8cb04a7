"""Tries a config out, leg by leg, on a line of its own. Nothing is stored.

The first leg that fails ends the trial; those behind it are skipped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from pydantic import BaseModel

from integration_tui.domain import roster
from integration_tui.domain.config import ProviderConfig
from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.health import HealthStatus, Leg, LegStatus
from integration_tui.domain.provider import NOT_ATTEMPTED, Capability
from integration_tui.domain.secret import SecretRef
from integration_tui.engine.line import Line
from integration_tui.engine.registry import Registry
from integration_tui.engine.soundness import told
from integration_tui.engine.surroundings import Host

Step = Callable[[Line], Awaitable[str]]
"""Does one leg over a line, and says what came of it. Raises `ConsoleError`s."""


class Trial:
    """Tries configs out, one after the other or at the same time."""

    def __init__(self, registry: Registry, host: Host) -> None:
        self._registry = registry
        self._host = host

    async def run(self, config: ProviderConfig) -> list[Leg]:
        """Return all legs in their order; whatever a config or a provider does wrong is in them."""
        names = [name for name, _ in self._steps(config)]
        try:
            line = self._prepared(config)
        except ConsoleError as error:
            first = _failed("configuration", error)
            return [first, *(Leg(name=name, status=LegStatus.SKIPPED) for name in names)]
        try:
            first = Leg(name="configuration", status=LegStatus.PASSED)
            return [first, *await self._over(line, self._steps(config))]
        finally:
            self._registry.close_soon(line)

    def _prepared(self, config: ProviderConfig) -> Line:
        """Find all secrets, then make the line. Raises `ConsoleError`s."""
        for ref in secrets_in(config):
            self._host.secret(ref)
        return self._registry.build(config)

    async def _over(self, line: Line, steps: Sequence[tuple[str, Step]]) -> list[Leg]:
        legs: list[Leg] = []
        for name, step in steps:
            if any(leg.status is LegStatus.FAILED for leg in legs):
                legs.append(Leg(name=name, status=LegStatus.SKIPPED))
            else:
                legs.append(await self._leg(name, step, line))
        return legs

    def _steps(self, config: ProviderConfig) -> Sequence[tuple[str, Step]]:
        legs = _Legs(self._registry.factory.check_timeout_s(config))
        able = self._capabilities(config)
        steps: list[tuple[str, Step | None]] = [
            ("connect", legs.connect),
            ("authenticate", legs.authenticate if Capability.AUTHENTICATION in able else None),
            ("check", legs.check),
            ("metadata", legs.metadata),
            ("roster", legs.roster if Capability.DATA_SYNC in able else None),
        ]
        return [(name, step) for name, step in steps if step]

    def _capabilities(self, config: ProviderConfig) -> frozenset[Capability]:
        try:
            return self._registry.factory.spec(config).capabilities
        except ConsoleError:
            return frozenset()  # the first leg says why

    async def _leg(self, name: str, step: Step, line: Line) -> Leg:
        started = self._host.monotonic()
        try:
            leg = Leg(name=name, status=LegStatus.PASSED, detail=told(await step(line)))
        except ConsoleError as error:
            leg = _failed(name, error)
        return replace(leg, latency_ms=(self._host.monotonic() - started) * 1000)


def _failed(name: str, error: ConsoleError) -> Leg:
    return Leg(
        name=name,
        status=LegStatus.FAILED,
        detail=told(error.message),
        advice=told(error.advice),
    )


class _Legs:
    """What each leg does, and the sentence that it is told by."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s

    async def connect(self, line: Line) -> str:
        await line.connect(timeout_s=self._timeout_s)
        return ""

    async def authenticate(self, line: Line) -> str:
        proof = await line.authenticate(timeout_s=self._timeout_s)
        if proof is NOT_ATTEMPTED:
            return "not declared"
        until = f", good until {proof.expires_at:%Y-%m-%d %H:%M} UTC" if proof.expires_at else ""
        return f"{proof.kind}{until}"

    async def check(self, line: Line) -> str:
        finding = await line.check(timeout_s=self._timeout_s)
        weak = f"{finding.status}: " if finding.status is not HealthStatus.HEALTHY else ""
        return f"{weak}{finding.detail}"

    async def metadata(self, line: Line) -> str:
        found = await line.metadata(timeout_s=self._timeout_s)
        return f"{found.product}, {found.version}, at {found.address}"

    async def roster(self, line: Line) -> str:
        page = await line.first_page(roster.Collection.ORGS, timeout_s=self._timeout_s)
        if page is NOT_ATTEMPTED:
            return "not declared"
        rejected = f", {len(page.rejected)} that cannot be read" if page.rejected else ""
        return f"{len(page.rows)} orgs on the first page{rejected}"


def secrets_in(value: object) -> Iterator[SecretRef]:
    """Yield the references to secrets in a config, however deep they are."""
    if isinstance(value, SecretRef):
        yield value
    for part in _parts(value):
        yield from secrets_in(part)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, BaseModel):
        return [getattr(value, name) for name in type(value).model_fields]
    if _is_mapping(value):
        return value.values()
    return value if _is_listing(value) else ()


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_listing(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, tuple | list | frozenset)
