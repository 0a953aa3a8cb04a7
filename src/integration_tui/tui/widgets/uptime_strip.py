"""A cell for each interval, as status pages have them: the worst of it. No data is a gap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from textual.content import Content

from integration_tui.domain.health.day import IntervalState, merge_states
from integration_tui.tui.widgets.glyphs import FAILED, NO_DATA, OK, SLOW
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.table.cells import CellStyle

_S: Final = IntervalState
_LOOKS: Final = {
    _S.NONE: (NO_DATA, "muted", CellStyle.FAINT),
    _S.OK: (OK, "ok", CellStyle.GOOD),
    _S.SLOW: (SLOW, "warn", CellStyle.WEAK),
    _S.BAD: (FAILED, "bad", CellStyle.BAD),
}
_WIDE, _MEDIUM, _NARROW = 180, 120, 80


def cells_for(width: int) -> int:
    """Return how many cells the strip of a day has in a pane of so many columns."""
    if width >= _WIDE:
        return 48
    return 24 if width >= _MEDIUM else 16 if width >= _NARROW else 12


def strip(states: Sequence[IntervalState], cells: int) -> Content:
    """Return a strip of so many cells."""
    runs = _runs(merge_states(states, cells))
    return line(*((_LOOKS[state][0] * count, _LOOKS[state][1]) for state, count in runs))


def strip_parts(states: Sequence[IntervalState], cells: int) -> tuple[tuple[str, CellStyle], ...]:
    """Return the same for a cell of a table."""
    runs = _runs(merge_states(states, cells))
    return tuple((_LOOKS[state][0] * count, _LOOKS[state][2]) for state, count in runs)


def _runs(states: Sequence[IntervalState]) -> Iterator[tuple[IntervalState, int]]:
    for state, same in groupby(states):
        yield state, len(list(same))


def legend(slow: str = "slow", interval: str = "") -> Content:
    """Return what the signs mean, and what a cell is where that is not plain."""
    more = f"   one cell = {interval}" if interval else ""
    return line(
        (OK, "ok"), (" ok  ", "muted"), (SLOW, "warn"), (f" {slow}  ", "muted"),
        (FAILED, "bad"), (" failed  ", "muted"), (f"{NO_DATA} no data{more}", "muted"),
    )  # fmt: skip
