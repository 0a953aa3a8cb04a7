"""States as a glyph and a word, so that they are told apart without any colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from integration_tui.domain.health.status import HealthStatus, LegStatus
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.tui.widgets.table.cells import Cell, Tone

if TYPE_CHECKING:
    from integration_tui.domain.audit.log import Outcome
    from integration_tui.domain.sync.run import RunStatus

_S, _H, _L = IntegrationStatus, HealthStatus, LegStatus
_SIGNS: dict[str, tuple[str, Tone]] = {
    _S.ACTIVE: ("●", Tone.GOOD),
    _S.DEGRADED: ("▲", Tone.WEAK),
    _S.ERROR: ("✗", Tone.BAD),
    _S.CONNECTING: ("◌", Tone.WEAK),
    _S.INACTIVE: ("○", Tone.QUIET),
    _S.DISABLED: ("⊘", Tone.QUIET),
    _H.HEALTHY: ("●", Tone.GOOD),
    _H.DOWN: ("✗", Tone.BAD),
    _H.UNKNOWN: ("?", Tone.QUIET),
    _L.PASSED: ("✓", Tone.GOOD),
    _L.FAILED: ("✗", Tone.BAD),
    _L.SKIPPED: ("-", Tone.QUIET),
    "done": ("✓", Tone.GOOD),
    "refused": ("⊘", Tone.WEAK),
    # Runs, by their words: the module that has them is too heavy for the first frame.
    "running": ("◌", Tone.WEAK),
    "planned": ("◆", Tone.WEAK),
    "held": ("▲", Tone.BAD),
    "paused": ("○", Tone.WEAK),
    "interrupted": ("✗", Tone.BAD),
    "applied": ("✓", Tone.GOOD),
    "cancelled": ("⊘", Tone.QUIET),
    "stale": ("⊘", Tone.WEAK),
    "never": ("·", Tone.QUIET),
}


def status_cell(
    status: IntegrationStatus
    | HealthStatus
    | LegStatus
    | Outcome
    | RunStatus
    | Literal["interrupted", "never"],
) -> Cell:
    """Return the glyph and word of a status."""
    return word_cell(status)


def word_cell(word: str) -> Cell:
    """Return the glyph and word of a status that is known by its word."""
    glyph, tone = _SIGNS[word]
    return Cell(f"{glyph} {word}", tone)


def glyph(status: IntegrationStatus | HealthStatus) -> str:
    """Return the glyph of a status alone, for where the word stands beside it."""
    return _SIGNS[status][0]
