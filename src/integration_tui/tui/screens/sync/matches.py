"""Records that may be one: both names, why, and the decision."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from integration_tui.domain.sync.mapping import Match
from integration_tui.tui.screens.sync.rows import IN_COLUMN, ONE
from integration_tui.tui.widgets.dialogs import Confirm
from integration_tui.tui.widgets.roles import facts, line
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

if TYPE_CHECKING:
    from integration_tui.tui.screens.base import ConsoleScreen

MATCH_COLUMNS: Final = (
    IN_COLUMN,
    Column(title="New record", least=16),
    Column(title="ID", width=16, middle=True, rank=3),
    Column(title="May be", width=22),
    Column(title="Local ID", width=8, right=True, rank=4),
    Column(title="Rule", width=11, rank=2),
    Column(title="Alike", width=5, right=True),
)


def match_row(one: Match) -> TableRow:
    """Return a match as a row of its list."""
    return TableRow(
        key=f"{one.collection}/{one.external_id}/{one.candidate_id}",
        cells=(
            Cell(ONE[one.collection]),
            Cell(_came(one)),
            Cell(one.external_id, CellStyle.QUIET),
            Cell(_format_candidate(one)),
            Cell(f"{one.candidate_id}", CellStyle.QUIET),
            Cell(one.rule),
            Cell(f"{one.score}%", CellStyle.WEAK),
        ),
    )


def match_content(one: Match) -> Content:
    """Return both records, and what speaks for their being one."""
    rows = [
        line((_came(one), "strong"), " may be ", (_format_candidate(one), "strong")),
        Content(""),
        *facts(
            [
                ("New record", f"{ONE[one.collection]} {one.external_id} of {one.integration_id}"),
                ("Local ID", f"{one.record_id}"),
                ("May be local ID", f"{one.candidate_id}"),
                ("Rule", one.rule),
                ("Names alike", f"{one.score}%"),
            ]
        ),
    ]
    return Content("\n").join(rows)


async def decide(screen: ConsoleScreen, one: Match, *, same: bool) -> str:
    """Ask, and decide; return the sentence to say, or nothing."""
    came, held = (
        f"{_came(one)} ({one.external_id})",
        f"{_format_candidate(one)} ({one.candidate_id})",
    )
    asked = _same(came, held) if same else _apart(came, held)
    if not await screen.ask(asked):
        return ""
    await screen.services.mappings.decide(one, same=same, actor=screen.actor)
    return f"Merged {came} into {held}." if same else f"Kept {came} and {held} apart."


def _same(came: str, held: str) -> Confirm:
    return Confirm(
        f"Merge {came} into {held}?",
        "Enrollments, IDs and history move along. Open plans for them become outdated.",
        yes="Merge",
    )


def _apart(came: str, held: str) -> Confirm:
    return Confirm(
        f"Keep {came} and {held} apart?",
        "Both records stay and are not suggested again.",
        yes="Keep apart",
    )


def _came(one: Match) -> str:
    return one.label or one.external_id


def _format_candidate(one: Match) -> str:
    return one.candidate_label or f"{one.candidate_id}"
