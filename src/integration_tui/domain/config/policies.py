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
        raise PydanticCustomError("cron", "never runs: no month has such a day") from None
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

    start: Cron = Field(description="Start, as a cron expression (5 fields).")
    duration_min: int = Field(ge=1, le=7 * 24 * 60, description="Duration, in minutes.")
    timezone: Zone = Field(default="UTC", description="IANA time zone, such as America/Chicago.")


class HealthPolicy(Policy):
    """Interval and thresholds of health checks."""

    interval_ms: int | None = Field(
        default=None,
        ge=1000,
        le=86_400_000,
        description="Time between checks, in ms. Empty: the program setting.",
    )
    timeout_ms: int | None = Field(
        default=None,
        ge=100,
        le=600_000,
        description="Timeout of a check, in ms. Empty: the program setting.",
    )
    failures_before_down: int = Field(
        default=3, ge=1, le=100, description="Failed checks in a row before Down."
    )
    successes_before_up: int = Field(
        default=2, ge=1, le=100, description="Passed checks in a row before Healthy."
    )
    degraded_latency_ms: float | None = Field(
        default=None, gt=0, description="Latency limit before Degraded, in ms. Empty: no limit."
    )
    degraded_error_share: float = Field(
        default=1.0, gt=0, le=1, description="Share of failed checks that counts as Degraded (0-1)."
    )
    maintenance: tuple[MaintenanceWindow, ...] = Field(
        default=(), description="Maintenance windows; failures in them do not count."
    )

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
    """Reconnects after errors: exponential backoff with full jitter."""

    enabled: bool | None = Field(
        default=None, description="Reconnect after an error. Empty: the program setting."
    )
    base_s: float = Field(default=1.0, gt=0, le=3600, description="First delay, in seconds.")
    max_s: float = Field(default=300.0, gt=0, le=86_400, description="Longest delay, in seconds.")
    attempts: int | None = Field(
        default=None, ge=1, description="Maximum retries. Empty: unlimited."
    )


class RateLimitPolicy(Policy):
    """Limit on requests to the system."""

    requests: int = Field(default=10, ge=1, description="Maximum requests per period.")
    period_s: float = Field(
        default=1.0, gt=0, le=3600, description="Length of the period, in seconds."
    )


class TlsPolicy(Policy):
    """Client certificate, for systems that require one (mutual TLS)."""

    client_certificate: SecretField | None = Field(
        default=None, description="Client certificate chain (PEM), client certificate first."
    )
    client_key: SecretField | None = Field(
        default=None,
        description="Private key (PEM). Empty: included in client_certificate.",
    )
    client_key_password: SecretField | None = Field(
        default=None, description="Password of the private key. Empty: none."
    )


class RetryPolicy(Policy):
    """Retries of requests that are safe to repeat."""

    attempts: int | None = Field(
        default=None,
        ge=0,
        le=20,
        description="Maximum retries of a request. Empty: the program setting.",
    )
    max_wait_s: float = Field(
        default=60.0, gt=0, le=3600, description="Maximum total wait for retries, in seconds."
    )


class WebhookPolicy(Policy):
    """Webhook subscriptions and the accepted age of deliveries."""

    enabled: bool = Field(default=True, description="Allow webhook subscriptions.")
    event_types: tuple[str, ...] = Field(default=(), description="Default events.")
    tolerance_s: int = Field(
        default=300, ge=1, le=3600, description="Maximum age of a delivery, in seconds."
    )


class LoggingPolicy(Policy):
    """Log entries of this integration."""

    level: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None, description="Minimum log level. Empty: the program's log_level."
    )
