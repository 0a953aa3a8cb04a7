"""How an integration behaves over time. Each is a section of its config; all have defaults."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from integration_tui.domain.config.types import SecretField
from integration_tui.domain.health.status import HealthThresholds


def _cron(text: str) -> str:
    # Slow to load, and few configs have a schedule.
    from croniter import CroniterBadDateError, croniter  # type: ignore[import-untyped]  # no types

    if len(text.split()) != 5 or not croniter.is_valid(text):
        raise PydanticCustomError(
            "cron", "must be a cron expression of five fields, such as 0 2 * * sun"
        )
    try:
        croniter(text, 0.0).get_next(float)
    except CroniterBadDateError:
        raise PydanticCustomError("cron", "never comes: no month has such a day") from None
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError(
            "timezone", "must be a time zone such as America/Chicago"
        ) from None
    return name


Cron = Annotated[str, AfterValidator(_cron)]
Zone = Annotated[str, AfterValidator(_zone)]
"""The IANA name of a time zone."""


class Policy(BaseModel):
    """Base of all sections."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MaintenanceWindow(Policy):
    """A time in which failures are expected and not counted."""

    start: Cron = Field(description="When it begins, as a cron expression of five fields.")
    duration_min: int = Field(ge=1, le=7 * 24 * 60, description="How long it lasts, in minutes.")
    timezone: Zone = Field(default="UTC", description="IANA name, e.g. America/Chicago.")


class HealthPolicy(Policy):
    """How often to check, and what counts as down or degraded."""

    interval_ms: int | None = Field(
        default=None, ge=1000, le=86_400_000, description="Time between checks, in milliseconds."
    )
    timeout_ms: int | None = Field(
        default=None, ge=100, le=600_000, description="How long one check may take."
    )
    failures_before_down: int = Field(default=3, ge=1, le=100)
    successes_before_up: int = Field(default=2, ge=1, le=100)
    degraded_latency_ms: float | None = Field(
        default=None, gt=0, description="Slower than this is degraded."
    )
    degraded_error_share: float = Field(
        default=1.0, gt=0, le=1, description="This share of failed checks is degraded."
    )
    maintenance: tuple[MaintenanceWindow, ...] = ()

    @property
    def thresholds(self) -> HealthThresholds:
        """The same as the engine judges by."""
        return HealthThresholds(
            failures_before_down=self.failures_before_down,
            successes_before_up=self.successes_before_up,
            slow_ms=self.degraded_latency_ms,
            error_share=self.degraded_error_share,
        )


class ReconnectPolicy(Policy):
    """How to come back after an error: exponential backoff with full jitter."""

    enabled: bool | None = Field(
        default=None, description="Whether to try again at all; default from the settings."
    )
    base_s: float = Field(default=1.0, gt=0, le=3600, description="First delay, in seconds.")
    max_s: float = Field(default=300.0, gt=0, le=86_400, description="Longest delay, in seconds.")
    attempts: int | None = Field(
        default=None, ge=1, description="Give up after so many; endless when not set."
    )


class RateLimitPolicy(Policy):
    """How often we may ask."""

    requests: int = Field(default=10, ge=1, description="Requests in each period.")
    period_s: float = Field(default=1.0, gt=0, le=3600, description="The period, in seconds.")


class TlsPolicy(Policy):
    """How we prove who we are below HTTP, where the system demands a certificate of its clients."""

    client_certificate: SecretField | None = Field(
        default=None, description="Our certificate as PEM, with those that signed it behind it."
    )
    client_key: SecretField | None = Field(
        default=None,
        description="Its private key as PEM; it is in client_certificate when not set.",
    )
    client_key_password: SecretField | None = Field(
        default=None, description="The password of the key, where it has one."
    )


class RetryPolicy(Policy):
    """What may be repeated is repeated so often, and no longer than this in all."""

    attempts: int | None = Field(
        default=None, ge=0, le=20, description="Repeats; default from the settings."
    )
    max_wait_s: float = Field(default=60.0, gt=0, le=3600)


class WebhookPolicy(Policy):
    """What the system may be asked to call us about, and how old a delivery may be."""

    enabled: bool = Field(default=True, description="Whether subscriptions may be made.")
    event_types: tuple[str, ...] = Field(
        default=(), description="What is subscribed to where no event is named."
    )
    tolerance_s: int = Field(
        default=300, ge=1, le=3600, description="How old a delivery may be, in seconds."
    )


class LoggingPolicy(Policy):
    """How much this integration writes into the log file."""

    level: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None, description="From which level on; the program's log_level when not set."
    )
