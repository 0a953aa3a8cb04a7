"""States as a glyph and a word, so that they are told apart without any colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual.content import Content

from integration_tui.domain.health.status import HealthStatus, StepStatus
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.tui.widgets.roles import text
from integration_tui.tui.widgets.table.cells import Cell, CellStyle

if TYPE_CHECKING:
    from integration_tui.domain.audit.log import ActionOutcome
    from integration_tui.domain.sync.run import RunStatus

_S, _H, _L = IntegrationStatus, HealthStatus, StepStatus
_SIGNS: dict[str, tuple[str, CellStyle]] = {
    _S.ACTIVE: ("●", CellStyle.GOOD),
    _S.DEGRADED: ("▲", CellStyle.WEAK),
    _S.ERROR: ("✗", CellStyle.BAD),
    _S.CONNECTING: ("◌", CellStyle.WEAK),
    _S.INACTIVE: ("○", CellStyle.QUIET),
    _S.DISABLED: ("⊘", CellStyle.QUIET),
    _H.HEALTHY: ("●", CellStyle.GOOD),
    _H.DOWN: ("✗", CellStyle.BAD),
    _H.UNKNOWN: ("?", CellStyle.QUIET),
    _L.PASSED: ("✓", CellStyle.GOOD),
    _L.FAILED: ("✗", CellStyle.BAD),
    _L.SKIPPED: ("-", CellStyle.QUIET),
    "done": ("✓", CellStyle.GOOD),
    "refused": ("⊘", CellStyle.WEAK),
    # Runs, by their words: the module that has them is too heavy for the first frame.
    "running": ("◌", CellStyle.WEAK),
    "planned": ("◆", CellStyle.WEAK),
    "held": ("▲", CellStyle.BAD),
    "paused": ("○", CellStyle.WEAK),
    "interrupted": ("✗", CellStyle.BAD),
    "applied": ("✓", CellStyle.GOOD),
    "cancelled": ("⊘", CellStyle.QUIET),
    "stale": ("⊘", CellStyle.WEAK),
    "never": ("·", CellStyle.QUIET),
}

_WORDS: dict[str, str] = {
    "cancelled": "Canceled",
    "stale": "Outdated",
    "never": "Never synced",
}
_ROLES = {
    CellStyle.GOOD: "ok-strong",
    CellStyle.WEAK: "warn-strong",
    CellStyle.BAD: "bad-strong",
    CellStyle.QUIET: "muted",
}


def status_cell(
    status: IntegrationStatus
    | HealthStatus
    | StepStatus
    | ActionOutcome
    | RunStatus
    | Literal["interrupted", "never"],
) -> Cell:
    """Return the glyph and word of a status."""
    return word_cell(status)


def word_cell(word: str) -> Cell:
    """Return the glyph and word of a status that is known by its word."""
    glyph, tone = _SIGNS[word]
    return Cell(f"{glyph} {state_word(word)}", tone)


def state_word(word: str) -> str:
    """Return the one word for a state, as people read it."""
    if isinstance(word, IntegrationStatus):
        return word.word.capitalize()
    return _WORDS.get(word, word[:1].upper() + word[1:])


def status_text(word: str) -> Content:
    """Return sign and word of a status in its color."""
    sign, tone = _SIGNS[word]
    return text(f"{sign} {state_word(word)}", _ROLES[tone])


def glyph(status: IntegrationStatus | HealthStatus) -> str:
    """Return the glyph of a status alone, for where the word stands beside it."""
    return _SIGNS[status][0]
