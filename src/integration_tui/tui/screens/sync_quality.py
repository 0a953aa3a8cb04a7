"""How good the roster of a run is: a line for each score, and below it what was found."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.domain.quality import Finding, Score, Severity
from integration_tui.tui.screens.sync_rows import NAMES
from integration_tui.tui.widgets.cells import Cell, Row, Tone

_SEVERITIES = {
    Severity.ERROR: ("✗ error", Tone.BAD),
    Severity.WARNING: ("▲ warning", Tone.WEAK),
    Severity.INFO: ("· info", Tone.QUIET),
}


def quality_rows(scores: Sequence[Score], findings: Sequence[Finding]) -> list[Row]:
    """Return the score of each collection, and below it what was found."""
    rows: list[Row] = []
    for score in scores:
        rows.append(_score_row(score))
        own = (one for one in findings if one.collection is score.collection)
        rows += [_finding_row(one) for one in own]
    return rows


def _score_row(score: Score) -> Row:
    fell = score.before is not None and score.before > score.percent
    before = "-" if score.before is None else f"{score.before}"
    cells = (
        Cell(NAMES[score.collection]),
        Cell(f"{score.percent}", Tone.WEAK if fell else Tone.GOOD),
        Cell(before),
        Cell(f"{score.records:,}"),
        *[Cell("")] * 3,
    )
    return Row(key=score.collection, cells=cells)


def _finding_row(one: Finding) -> Row:
    sign, tone = _SEVERITIES[one.severity]
    cells = (
        *[Cell("")] * 3,
        Cell(f"{one.count:,}", tone),
        Cell(sign, tone),
        Cell(one.rule),
        Cell(one.told, Tone.QUIET),
    )
    return Row(key=f"{one.collection}/{one.rule}", cells=cells)
