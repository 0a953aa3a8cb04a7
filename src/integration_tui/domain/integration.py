"""An integration: one configured provider, what is wanted of it and how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from integration_tui.domain.ids import IntegrationId


class IntegrationStatus(StrEnum):
    """How an integration stands. `path_between` says what may follow."""

    INACTIVE = "inactive"
    """Stopped, or not yet started."""
    CONNECTING = "connecting"
    ACTIVE = "active"
    DEGRADED = "degraded"
    """Works, but slowly or not always."""
    ERROR = "error"
    DISABLED = "disabled"
    """Switched off in its config, or its provider is not enabled in the settings."""

    @property
    def word(self) -> str:
        """The word that people read for it, in the console and on the command line."""
        return _WORDS[self]


_WORDS: Final = {
    IntegrationStatus.INACTIVE: "stopped",
    IntegrationStatus.CONNECTING: "starting",
    IntegrationStatus.ACTIVE: "healthy",
    IntegrationStatus.DEGRADED: "degraded",
    IntegrationStatus.ERROR: "down",
    IntegrationStatus.DISABLED: "disabled",
}


class Intent(StrEnum):
    """What an administrator wants; the engine brings the status in line with it."""

    RUN = "run"
    STOP = "stop"


class Trouble(StrEnum):
    """The three kinds of bad, by who has to act."""

    CREDENTIALS = "credentials"
    """A person has to act; not retried."""
    NOT_READY = "not_ready"
    """May pass by itself; retried with growing delay."""
    CONFIGURATION = "configuration"
    """The config has to be fixed or migrated; not retried."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why an integration does not work, and the way out."""

    trouble: Trouble
    message: str
    advice: str = ""


class Integration(msgspec.Struct, frozen=True, kw_only=True):
    """The stored state of one integration.

    `revision` grows with every change of what is wanted (intent, enabled, config) in the
    tenant; a running engine in another process follows it.
    `source_path` is the file the config is kept in, `source_checksum` that file's content
    when it was last read or written (both empty for one that has no file).
    """

    id: IntegrationId
    provider: str
    title: str
    environment: str
    enabled: bool
    intent: Intent
    status: IntegrationStatus
    config_version: int
    revision: int
    changed_at: datetime
    problem: Problem | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    source_path: str = ""
    source_checksum: str = ""

    @property
    def is_wanted(self) -> bool:
        """Whether the engine should keep it connected."""
        return self.enabled and self.intent is Intent.RUN


def toggle_enabled(chosen: Sequence[Integration]) -> tuple[bool, list[IntegrationId]]:
    """Return whether a switch of these together enables, and which of them it is about.

    Those that are disabled are enabled; where none is, all of them are disabled.
    """
    disabled = [integration.id for integration in chosen if not integration.enabled]
    return bool(disabled), disabled or [integration.id for integration in chosen]


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One change of status, as recorded."""

    integration_id: IntegrationId
    before: IntegrationStatus
    after: IntegrationStatus
    at: datetime
    reason: str = ""


_S = IntegrationStatus
_NEXT: Mapping[IntegrationStatus, frozenset[IntegrationStatus]] = MappingProxyType(
    {
        _S.INACTIVE: frozenset({_S.CONNECTING, _S.DISABLED, _S.ERROR}),
        _S.CONNECTING: frozenset({_S.ACTIVE, _S.DEGRADED, _S.ERROR, _S.INACTIVE, _S.DISABLED}),
        _S.ACTIVE: frozenset({_S.DEGRADED, _S.ERROR, _S.CONNECTING, _S.INACTIVE, _S.DISABLED}),
        _S.DEGRADED: frozenset({_S.ACTIVE, _S.ERROR, _S.CONNECTING, _S.INACTIVE, _S.DISABLED}),
        _S.ERROR: frozenset({_S.CONNECTING, _S.ACTIVE, _S.DEGRADED, _S.INACTIVE, _S.DISABLED}),
        _S.DISABLED: frozenset({_S.INACTIVE, _S.CONNECTING}),
    }
)


def path_between(
    before: IntegrationStatus, after: IntegrationStatus
) -> tuple[IntegrationStatus, ...]:
    """Return the shortest allowed way from `before` to `after`, which is its last step.

    Empty where they are the same. Where one may not follow directly (`INACTIVE` to `ACTIVE`),
    the way leads through others, and each step is recorded.
    """
    ways: list[tuple[IntegrationStatus, ...]] = [()]
    seen = {before}
    for steps in ways:
        here = steps[-1] if steps else before
        if here is after:
            return steps
        new = [status for status in IntegrationStatus if status in _NEXT[here] - seen]
        seen.update(new)
        ways += [(*steps, status) for status in new]
    raise AssertionError(f"nothing leads from {before} to {after}")
