"""How good the roster of a run is: a line for each score, and below it what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from textual.content import Content

from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.quality import Graded, QualityFinding, Score, Severity, Trend
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.screens.sync.rows import NAMES, state_of
from integration_tui.tui.widgets.sparkline import sparkline
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, TableRow

_SEVERITIES = {
    Severity.ERROR: ("✗ Error", CellStyle.BAD),
    Severity.WARNING: ("▲ Warning", CellStyle.WEAK),
    Severity.INFO: ("· Info", CellStyle.QUIET),
}
_RUNS: Final = 8
"""So many runs have a bar."""


def quality_rows(
    scores: Sequence[Score], findings: Sequence[QualityFinding], past: Sequence[Trend]
) -> list[TableRow]:
    """Return the score of each collection with how it went, and below it what was found."""
    trends = {trend.collection: trend for trend in past}
    by_collection = {score.collection: score for score in scores}
    rows: list[TableRow] = []
    for collection in ROSTER:
        own = [finding for finding in findings if finding.collection is collection]
        score = by_collection.get(collection)
        if score is not None:
            rows.append(_score_row(score, trends))
        rows += [_finding_row(finding, is_headed=score is not None) for finding in own]
    return rows


def trend_content(collection: Collection, graded: Sequence[Graded]) -> Content:
    """Return the score of a collection in each run that judged it, newest first."""
    found = [
        (graded_run.run, score)
        for graded_run in graded
        for score in graded_run.scores
        if score.collection is collection
    ]
    lines = [Content.styled(f"{NAMES[collection]}: score of each run, newest first", "bold")]
    lines += [
        Content(
            f"{score.percent:>4}  {score.records:>9,} records · run {run.id} ·"
            f" {state_of(run).word} · {moment(run.started_at)}"
        )
        for run, score in found
    ]
    return Content("\n").join(lines)


def _score_row(score: Score, trends: Mapping[Collection, Trend]) -> TableRow:
    fell = score.before is not None and score.before > score.percent
    before = "-" if score.before is None else f"{score.before}"
    trend = trends.get(score.collection)
    cells = (
        Cell(NAMES[score.collection]),
        Cell(f"{score.percent}", CellStyle.WEAK if fell else CellStyle.GOOD),
        Cell(before),
        Cell(" ".join(_drawn(trend)) if trend else ""),
        Cell(f"{score.records:,}"),
        *[Cell("")] * 3,
    )
    return TableRow(key=score.collection, cells=cells)


def _drawn(trend: Trend) -> Iterator[str]:
    """Yield bars from the lowest score to the highest, and both in figures.

    From zero on, all of them would be equally high.
    """
    shown = trend.scores[-_RUNS:]
    low = min(trend.known)
    yield sparkline(
        [None if number is None else number - low + 1.0 for number in shown], -(-len(shown) // 2)
    )
    yield trend.span


def _finding_row(one: QualityFinding, *, is_headed: bool) -> TableRow:
    sign, tone = _SEVERITIES[one.severity]
    cells = (
        Cell("" if is_headed else NAMES[one.collection]),
        *[Cell("")] * 3,
        Cell(f"{one.count:,}", tone),
        Cell(sign, tone),
        Cell(one.name),
        Cell(one.told, CellStyle.QUIET),
    )
    return TableRow(key=f"{one.collection}/{one.name}", cells=cells)
