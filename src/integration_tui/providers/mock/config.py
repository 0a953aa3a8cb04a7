"""What a mock district is like: how big, how fast, how reliable. Every key has a default."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.policies import Policy, WebhookPolicy
from integration_tui.domain.config.types import SecretField
from integration_tui.providers.mock.incidents import Scenario, ScriptedIncident


class DistrictSize(StrEnum):
    """How many people there are: about 300, 10,000, or 100,000."""

    SMALL = "small_school"
    MID = "mid_district"
    LARGE = "large_district"


class Distribution(StrEnum):
    """How the time of one request varies around its median."""

    CONSTANT = "constant"
    UNIFORM = "uniform"
    LOGNORMAL = "lognormal"


class AuthKind(StrEnum):
    """What the simulated system asks for."""

    NONE = "none"
    OAUTH2 = "oauth2"
    API_KEY = "api_key"
    JWT = "jwt"


class LatencyConfig(Policy):
    """How long one request takes."""

    distribution: Distribution = Field(
        default=Distribution.LOGNORMAL, description="Distribution of response times."
    )
    median_ms: float = Field(
        default=20.0, ge=0, le=600_000, description="Median response time, in ms."
    )
    spread: float = Field(
        default=0.3,
        ge=0,
        le=3,
        description="Uniform: share of the median (0-1). Lognormal: sigma.",
    )

    @model_validator(mode="after")
    def _uniform_stays_positive(self) -> Self:
        if self.distribution is Distribution.UNIFORM and self.spread > 1:
            raise ValueError("spread must be at most 1 here, or some times would be below zero")
        return self


class MockAuthConfig(Policy):
    """How the simulated system wants us to prove who we are."""

    kind: AuthKind = Field(
        default=AuthKind.OAUTH2, description="Authentication method of the simulated system."
    )
    lifetime_s: float = Field(
        default=3600.0,
        ge=1,
        le=31_536_000,
        description="Token lifetime, in simulated seconds. API keys do not expire.",
    )
    revoked: bool = Field(default=False, description="Refuse all credentials.")
    secret: SecretField | None = Field(
        default=None, description="Secret read for each token. Its value is not checked."
    )


class MockConfig(ProviderConfig):
    """A district without a network. `name` and `type` are enough.

    The same seed, epoch and clock give the same district in every process. Durations of
    incidents, of tokens and `changes_per_hour` are in simulated time; latencies are real.
    Reconnecting makes a new connector: with `starts_at`, a script goes on through it.
    """

    RETIRED: ClassVar[Mapping[str, str]] = {"conflict_share": "conflicts arise from local edits"}

    type: Literal["mock"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="Mock: a generated district."
    )
    district: DistrictSize = Field(default=DistrictSize.SMALL, description="District size.")
    seed: int = Field(
        default=1, ge=0, le=2**32 - 1, description="Random seed of the generated district."
    )
    page_size: int = Field(default=100, ge=1, le=10_000, description="Records per page.")
    latency: LatencyConfig = Field(default_factory=LatencyConfig)
    error_rate: float = Field(
        default=0.0, ge=0, le=1, description="Share of requests that fail at random (0-1)."
    )
    write_failure_share: float = Field(
        default=0.0, ge=0, le=1, description="Share of written records that are refused (0-1)."
    )
    scenario: Scenario = Field(default=Scenario.STEADY, description="Predefined failure scenario.")
    incidents: tuple[ScriptedIncident, ...] = Field(
        default=(), max_length=100, description="Additional incidents."
    )
    starts_at: AwareDatetime | None = Field(
        default=None,
        description="Start of the incidents. Empty: when the integration starts.",
    )
    auth: MockAuthConfig = Field(default_factory=MockAuthConfig)
    webhook: WebhookPolicy = Field(default_factory=WebhookPolicy, description="Webhook settings.")
    changes_per_hour: float = Field(
        default=0.0, ge=0, le=360_000, description="Changed records per simulated hour."
    )
    time_scale: float = Field(
        default=1.0, ge=0.01, le=3600, description="Simulated seconds per real second."
    )
    epoch: AwareDatetime = Field(
        default=datetime(2025, 1, 1, tzinfo=UTC),
        ge=datetime(1990, 1, 1, tzinfo=UTC),
        le=datetime(2200, 1, 1, tzinfo=UTC),
        description="Time of the first change.",
    )

    @property
    def webhook_policy(self) -> WebhookPolicy:
        return self.webhook

    @property
    def webhook_remark(self) -> str:
        return "mock subscriptions are in memory and end with the process"

    @property
    def real_changes_per_hour(self) -> float:
        """The same on the clock on the wall."""
        return self.changes_per_hour * self.time_scale

    @property
    def fingerprint(self) -> str:
        """What a listing depends on; another one is another district."""
        parts = (self.district, self.seed, self.epoch.timestamp(), self.real_changes_per_hour)
        return f"{zlib.crc32(repr(parts).encode()):08x}"
