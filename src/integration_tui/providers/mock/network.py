"""The line to the simulated system: what each request goes through before it is answered.

Time is the context's. What may be repeated is repeated, as long as the system asks to wait.
"""

from __future__ import annotations

import math

from integration_tui.domain.clock import Chance
from integration_tui.domain.errors import CredentialsError, ProviderError, RetryableError
from integration_tui.domain.provider import Authentication, ProviderContext
from integration_tui.domain.retry import delay_s
from integration_tui.providers.mock.auth import MockAuthenticator, MockTokenIssuer
from integration_tui.providers.mock.config import Distribution, LatencyConfig, MockConfig
from integration_tui.providers.mock.incidents import (
    IncidentKind,
    ScriptedIncident,
    active,
    begun_s,
    incidents_of,
    refusal,
)


def latency_s(config: LatencyConfig, chance: Chance) -> float:
    """Return seconds; half of them are below the configured median."""
    median_s = config.median_ms / 1000
    match config.distribution:
        case Distribution.CONSTANT:
            return median_s
        case Distribution.UNIFORM:
            return median_s * (1 + config.spread * (2 * chance() - 1))
        case Distribution.LOGNORMAL:
            return median_s * math.exp(config.spread * _normal(chance))


def _normal(chance: Chance) -> float:
    """Return a number of the standard normal distribution, by Box and Muller (1958)."""
    radius = math.sqrt(-2 * math.log(1 - chance()))
    return radius * math.cos(2 * math.pi * chance())


_LONGEST_WAIT_S = 60.0
_DRIPS = 10


class SimulatedNetwork:
    """Open between `connect` and `disconnect`. Incidents count from its making or `starts_at`."""

    def __init__(self, config: MockConfig, context: ProviderContext) -> None:
        self.address = f"mock://{config.name}"
        self._config = config
        self._context = context
        self._script = (*incidents_of(config.scenario), *config.incidents)
        self._started_at = context.monotonic()
        self._made_at_s = self.elapsed_s
        self._is_open = False
        self._issuer = MockTokenIssuer(config.auth, context, time_scale=config.time_scale)
        self._auth = MockAuthenticator(
            config.auth, context, self._issuer, address=self.address, ask=self._ask
        )

    @property
    def elapsed_s(self) -> float:
        """Simulated seconds since the script of incidents began; below 0 before."""
        if self._config.starts_at is None:
            real_s = self._context.monotonic() - self._started_at
        else:
            real_s = (self._context.clock() - self._config.starts_at).total_seconds()
        return real_s * self._config.time_scale

    def incidents(self, kind: IncidentKind) -> tuple[ScriptedIncident, ...]:
        """Return those of a kind that are going on now."""
        return tuple(
            scripted_incident
            for scripted_incident in self._active()
            if scripted_incident.kind is kind
        )

    def _active(self) -> tuple[ScriptedIncident, ...]:
        now_s = self.elapsed_s
        return tuple(
            scripted_incident
            for scripted_incident in active(self._script, now_s)
            if not scripted_incident.until_reconnect
            or self._made_at_s < begun_s(scripted_incident, now_s)
        )

    async def open(self) -> None:
        """Prove identity. Raises what a request raises."""
        await self._auth.reauthenticate()
        self._is_open = True

    def close(self) -> None:
        self._is_open = False
        self._auth.forget()

    async def authenticate(self) -> Authentication:
        return await self._auth.authenticate()

    async def reauthenticate(self) -> Authentication:
        return await self._auth.reauthenticate()

    async def request(self, *, repeats: int = 0) -> None:
        """Make one request; it is answered where this returns.

        Takes the configured time, at most the context's `timeout_s`. A failure that may pass
        is repeated up to `repeats` times, after the wait the system asks for. Raises
        `RetryableError`, `ThrottledError` or `CredentialsError`.
        """
        for attempt in range(1, repeats + 1):
            try:
                return await self._once()
            except RetryableError as error:
                wait_s = self._wait_s(error, attempt)
                if wait_s > _LONGEST_WAIT_S:
                    raise
            await self._context.sleep(wait_s)
        return await self._once()

    def check_open(self) -> None:
        """Raise what a request would meet now, without making one."""
        if not self._is_open:
            raise self._closed()
        if error := refusal(self._active(), address=self.address):
            raise error

    def _closed(self) -> RetryableError:
        return RetryableError(
            f"the line to {self.address} is closed", advice="start the integration first"
        )

    def _wait_s(self, error: RetryableError, attempt: int) -> float:
        if error.retry_after_s is not None:
            return error.retry_after_s
        return delay_s(attempt, base_s=0.5, max_s=10.0, chance=self._context.chance)

    async def _once(self) -> None:
        if not self._is_open:
            raise self._closed()
        await self._auth.authenticate()
        token = self._auth.token
        await self._ask()
        if not self._issuer.accepts(token):
            await self._auth.reauthenticate(instead_of=token)
            self._refuse_stranger()

    def _refuse_stranger(self) -> None:
        if not self._issuer.accepts(self._auth.token):
            raise CredentialsError(
                f"{self.address} does not accept its own new token",
                advice="ask the server's administrator, or raise auth.lifetime_s",
            )

    async def _ask(self) -> None:
        await self._travel()
        self._answer()

    async def _travel(self) -> None:
        """Take the time of one request, in drips where the answer drips."""
        total_s = latency_s(self._config.latency, self._context.chance)
        limit_s = self._context.timeout_s
        drips = self.incidents(IncidentKind.SLOW_DRIP)
        await self._context.sleep(min(total_s, limit_s))
        for part_s in [drip.delay_s / _DRIPS for drip in drips for _ in range(_DRIPS)]:
            if total_s > limit_s:
                break
            await self._context.sleep(min(part_s, limit_s - total_s))
            total_s += part_s
        if total_s > limit_s:
            raise RetryableError(
                f"{self.address} gave no answer within {limit_s:g} s",
                advice="often temporary; raise the timeout if not",
            )

    def _answer(self) -> None:
        """Raise what the incidents of this moment, or chance, answer with."""
        error = refusal(self._active(), address=self.address)
        error = error or self._accident()
        if error:
            raise error

    def _accident(self) -> ProviderError | None:
        rate = self._config.error_rate
        if not rate or self._context.chance() >= rate:
            return None
        return RetryableError(
            f"{self.address} answered with an internal error (500)",
            advice="often temporary; try again",
        )
