"""What waits for a person, the worst first: which integration, why, and the key that fixes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from integration_tui.domain.problem_sentence import ProblemKind
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

if TYPE_CHECKING:
    from integration_tui.domain.problem_sentence import NeedsYou, ProblemSentence

MOST: Final = 5
"""Rows that are seen at once; the others are scrolled to."""
_NAME: Final = 18
_SENTENCE: Final = 48


def columns(needs: Sequence[NeedsYou], now: datetime) -> tuple[Column, ...]:
    """Return columns as wide as what stands in them; what a key does leaves before the reason.

    A reason that is too long for a narrow screen anyway makes no room for itself.
    """
    fixes = [need.sentence.fix for need in needs]
    labels = [len(fix.label) for fix in fixes if fix]
    keys = [len(fix.key) for fix in fixes if fix]
    names = [len(need.integration_id) for need in needs]
    reasons = [_room(need.sentence, now) for need in needs]
    return (
        Column(title="", width=1),
        Column(title="", width=min(max(names, default=_NAME), _NAME), middle=True),
        Column(title="", least=min(max(reasons, default=_SENTENCE), _SENTENCE)),
        Column(title="", width=max(keys, default=2), right=True),
        Column(title="", width=max(labels, default=1), rank=1),
    )


def _room(sentence: ProblemSentence, now: datetime) -> int:
    whole = len(sentence.full(now))
    return whole if whole <= _SENTENCE else len(sentence.brief)


def rows(needs: Sequence[NeedsYou], now: datetime) -> list[TableRow]:
    """Return a row for each."""
    return [_row(need, place, now) for place, need in enumerate(needs)]


def _row(need: NeedsYou, place: int, now: datetime) -> TableRow:
    sentence, fix = need.sentence, need.sentence.fix
    tone = CellStyle.BAD if sentence.is_bad else CellStyle.WEAK
    sign = Cell("✗" if sentence.is_bad and sentence.kind is not ProblemKind.HELD else "▲", tone)
    key, label = (fix.key, fix.label) if fix else ("", "")
    return TableRow(
        key=f"{need.integration_id} {place}",
        cells=(
            sign,
            Cell(need.integration_id, CellStyle.STRONG),
            Cell(sentence.full(now), brief=sentence.brief),
            Cell(key, CellStyle.KEY),
            Cell(label),
        ),
    )
