"""Who may be the same as somebody else: both names, why it is thought so, and the decision."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from integration_tui.domain.sync.mapping import Match
from integration_tui.tui.sanitize import plain, safe
from integration_tui.tui.screens.sync.rows import NAMES
from integration_tui.tui.widgets.dialogs import Confirm
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

if TYPE_CHECKING:
    from integration_tui.tui.screens.base import ConsoleScreen

MATCH_COLUMNS: Final = (
    Column(title="In", width=8, from_width=90),
    Column(title="Who came"),
    Column(title="Id", width=18, from_width=110),
    Column(title="May be"),
    Column(title="Ours", width=8, right=True, from_width=110),
    Column(title="Rule", width=11),
    Column(title="Alike", width=5, right=True),
)


def match_row(one: Match) -> TableRow:
    """Return a match as a row of its list."""
    return TableRow(
        key=f"{one.collection}/{one.external_id}/{one.candidate_id}",
        cells=(
            Cell(NAMES[one.collection]),
            Cell(_came(one)),
            Cell(one.external_id, CellStyle.QUIET),
            Cell(_format_candidate(one)),
            Cell(f"{one.candidate_id}", CellStyle.QUIET),
            Cell(one.rule),
            Cell(f"{one.score}", CellStyle.WEAK),
        ),
    )


def match_content(one: Match) -> Content:
    """Return both records, and what speaks for their being one."""
    lines = [
        Content.assemble(
            (plain(_came(one)), "bold"),
            f" · {NAMES[one.collection]} ",
            safe(one.external_id),
            f" of {one.integration_id} · ours {one.record_id}",
        ),
        Content.assemble(
            "may be ", (plain(_format_candidate(one)), "bold"), f" · ours {one.candidate_id}"
        ),
        Content.assemble("found by ", safe(one.rule), f"; their names are {one.score} % alike"),
        Content("s merges them into the one we had; d keeps them apart for ever"),
    ]
    return Content("\n").join(lines)


async def decide(screen: ConsoleScreen, one: Match, *, same: bool) -> str:
    """Ask, and decide; return the sentence to say, or nothing."""
    came, held = (
        f"{_came(one)} ({one.external_id})",
        f"{_format_candidate(one)} ({one.candidate_id})",
    )
    question = _same(one, came, held) if same else _apart(came, held)
    if not await screen.app.push_screen_wait(question):
        return ""
    await screen.services.mappings.decide(one, same=same, actor=screen.actor)
    return f"{came} and {held} are {'one record now' if same else 'kept apart'}"


def _same(one: Match, came: str, held: str) -> Confirm:
    return Confirm(
        "Are these the same?",
        f"{came} of {one.integration_id} goes into {held}: enrollments, ids and history follow."
        " Plans that are open for them have to be made anew.",
    )


def _apart(came: str, held: str) -> Confirm:
    return Confirm(
        "Keep these apart?", f"{came} and {held} stay two records, and nobody is asked again."
    )


def _came(one: Match) -> str:
    return one.label or one.external_id


def _format_candidate(one: Match) -> str:
    return one.candidate_label or f"{one.candidate_id}"
