"""Tries a config out, leg by leg, on a line of its own. Nothing is stored.

Without a connection the legs behind it are skipped. With one, each is tried, whatever became of
those before it: an administrator wants to know everything that is wrong.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
)
from dataclasses import replace
from typing import TypeGuard

from pydantic import BaseModel

from integration_tui.domain.config import ProviderConfig
from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.health import Leg, LegStatus
from integration_tui.domain.provider import Capability
from integration_tui.domain.secret import SecretRef
from integration_tui.engine.legs import Legs, Try, broken, title
from integration_tui.engine.line import Line
from integration_tui.engine.patience import patiently
from integration_tui.engine.registry import Registry
from integration_tui.engine.soundness import told
from integration_tui.engine.surroundings import Host

Tell = Callable[[Leg], None]


def _nobody(_leg: Leg) -> None:
    """Do not wait for single legs."""


class Trial:
    """Tries configs out, one after the other or at the same time."""

    def __init__(self, registry: Registry, host: Host) -> None:
        self._registry = registry
        self._host = host

    async def run(self, config: ProviderConfig, tell: Tell = _nobody) -> list[Leg]:
        """Return all legs in their order; whatever a config or a provider does wrong is in them.

        `tell` hears of each leg as soon as it is over.
        """
        legs: list[Leg] = []

        def over(leg: Leg) -> None:
            legs.append(leg)
            tell(leg)

        try:
            line = self._prepared(config)
        except ConsoleError as error:
            over(_failed("configuration", error))
            for name in self._names(config):
                over(Leg(name=name, status=LegStatus.SKIPPED))
            return legs
        try:
            over(Leg(name="configuration", status=LegStatus.PASSED))
            await self._over(line, config, over)
        finally:
            self._registry.close_soon(line)
        return legs

    def _prepared(self, config: ProviderConfig) -> Line:
        """Find all secrets, then make the line. Raises `ConsoleError`s."""
        for ref in secrets_in(config):
            self._host.secret(ref)
        return self._registry.build(config)

    def _names(self, config: ProviderConfig) -> list[str]:
        """Return what the legs are called, where no line can be made to ask for its steps."""
        able = self._capabilities(config)
        names = ["connect"]
        names += ["authenticate"] if Capability.AUTHENTICATION in able else []
        names += ["check", "metadata"]
        return names + (
            [title(one) for one in config.collections] if Capability.DATA_SYNC in able else []
        )

    def _capabilities(self, config: ProviderConfig) -> frozenset[Capability]:
        try:
            return self._registry.factory.spec(config).capabilities
        except ConsoleError:
            return frozenset()  # the first leg says why

    async def _over(self, line: Line, config: ProviderConfig, over: Tell) -> None:
        factory = self._registry.factory
        legs = Legs(line, config, self._host.monotonic, check_s=factory.check_timeout_s(config))
        has_connection = True
        for one in [*self._way(line, legs), *self._beyond(line, config, legs)]:
            if not has_connection:
                over(Leg(name=one.name, status=LegStatus.SKIPPED))
                continue
            leg = await self._leg(one, config)
            has_connection = leg.status is not LegStatus.FAILED or not one.is_vital
            over(leg)

    def _way(self, line: Line, legs: Legs) -> list[Try]:
        """Return the legs up to a connection: a connector's own steps, or proof afterwards."""
        connect = Try(name="connect", run=legs.connect, is_vital=True)
        try:
            steps = line.steps()
        except ConsoleError as error:
            return [broken("steps", error)]
        if steps:
            return [*(legs.step(one) for one in steps), connect]
        if Capability.AUTHENTICATION not in line.spec.capabilities:
            return [connect]
        return [connect, Try(name="authenticate", run=legs.authenticate, is_vital=True)]

    def _beyond(self, line: Line, config: ProviderConfig, legs: Legs) -> list[Try]:
        has_roster = Capability.DATA_SYNC in line.spec.capabilities
        timeout_s = self._registry.factory.page_timeout_s(config)
        return [
            Try(name="check", run=legs.check),
            Try(name="metadata", run=legs.metadata),
            *(legs.listing(one, timeout_s) for one in (config.collections if has_roster else ())),
        ]

    async def _leg(self, one: Try, config: ProviderConfig) -> Leg:
        started, factory = self._host.monotonic(), self._registry.factory
        try:
            # Without a vital one there is nothing to see; of others it is seen how they end.
            said = await (patiently(one.run, config, factory) if one.is_vital else one.run())
            leg = Leg(name=one.name, status=LegStatus.PASSED, detail=told(said))
        except ConsoleError as error:
            leg = _failed(one.name, error)
        return replace(leg, latency_ms=(self._host.monotonic() - started) * 1000)


def _failed(name: str, error: ConsoleError) -> Leg:
    return Leg(
        name=name,
        status=LegStatus.FAILED,
        detail=told(error.message),
        advice=told(error.advice),
    )


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
