"""What each system calls a record, whether it still lists it, and when it was last read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from integration_tui.domain.roster_view import RecordCard
from integration_tui.domain.roster_words import code_words
from integration_tui.domain.sync.mapping import ExternalMapping
from integration_tui.tui.screens.roster.timeline import short_moment
from integration_tui.tui.widgets.block_list import Block
from integration_tui.tui.widgets.roles import fit, line, text
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

KNOWN_COLUMNS: Final = (
    Column(title="System", width=18, middle=True),
    Column(title="Type", width=10, rank=2),
    Column(title="ID there", least=16, middle=True),
    Column(title="Status", width=9),
    Column(title="Last seen", width=16, rank=1),
)
_LEAST: Final = 8
_TYPES: Final = {
    "oneroster": "OneRoster",
    "oneroster_csv": "CSV",
    "timeback": "TimeBack",
    "google_classroom": "Google",
    "canvas": "Canvas",
}


def known_rows(card: RecordCard, types: Mapping[str, str], now: datetime) -> Iterator[TableRow]:
    """Yield a row for each ID; further ones of a system stand below the first."""
    for mapping in card.view.mappings:
        for place, external_id in enumerate((mapping.external_id, *mapping.aliases)):
            yield TableRow(
                key=f"{mapping.integration_id}/{external_id}",
                cells=(
                    Cell(mapping.integration_id if place == 0 else ""),
                    Cell(
                        type_words(types.get(mapping.integration_id, "")) if place == 0 else "",
                        CellStyle.QUIET,
                    ),
                    Cell(external_id),
                    _status(mapping),
                    Cell(seen_text(card, mapping, now), CellStyle.QUIET),
                ),
            )


def type_words(provider: str) -> str:
    """Return what a type of integrations is called in a narrow column."""
    return _TYPES.get(provider) or code_words(provider)


def _status(mapping: ExternalMapping) -> Cell:
    if mapping.is_listed:
        return Cell("● Active", CellStyle.GOOD)
    return Cell("✗ Missing", CellStyle.BAD)


def seen_text(card: RecordCard, mapping: ExternalMapping, now: datetime) -> str:
    """Return when a system listed a record last, as far as that is known."""
    if mapping.is_listed:
        at = card.last_seen.get(mapping.integration_id)
        return short_moment(at or mapping.mapped_at, now)
    if mapping.missing_since is None:
        return "-"
    return f"before {short_moment(mapping.missing_since, now)}"


def known_blocks(card: RecordCard, width: int, now: datetime) -> Iterator[Block]:
    """Yield a line for each ID, for a window in which all that is known stands below itself."""
    systems = max((len(one.integration_id) for one in card.view.mappings), default=0)
    for mapping in card.view.mappings:
        status = _status(mapping)
        role = "ok" if mapping.is_listed else "bad"
        end = line((status.text, role), (f"  {seen_text(card, mapping, now)}", "muted"))
        system = fit(mapping.integration_id, min(systems, width // 3), middle=True)
        room = width - system.cell_length - end.cell_length - 4
        for external_id in (mapping.external_id, *mapping.aliases):
            shown = fit(external_id, room, middle=True) if room >= _LEAST else text(external_id)
            yield Block((line(system, "  ", shown, "  ", end),))
