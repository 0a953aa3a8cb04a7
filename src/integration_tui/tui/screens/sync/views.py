"""What can be seen of a run beside its changes: a view each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from integration_tui.tui.screens.sync.matches import MATCH_COLUMNS
from integration_tui.tui.screens.sync.rows import HISTORY_COLUMNS, IN_COLUMN
from integration_tui.tui.widgets.table.cells import Column


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what is known of a run. Those with `is_long` are read page by page.

    Without `columns` it is drawn. `brief` is its title where there is little room,
    `one` what a row of it is called.
    """

    title: str
    brief: str
    one: str = ""
    empty: str
    columns: Sequence[Column] = ()
    is_long: bool = True


CHANGE_COLUMNS: Final = (
    Column(title="", width=1),
    Column(title="Name", least=16),
    Column(title="Record", width=12, rank=2),
    Column(title="Change", width=20, rank=1),
)
CONFLICT_COLUMNS: Final = (
    IN_COLUMN,
    Column(title="Name", least=14),
    Column(title="Field", width=11),
    Column(title="Last synced", width=16, rank=2),
    Column(title="Local", width=16),
    Column(title="Source", width=16),
)
QUARANTINE_COLUMNS: Final = (
    IN_COLUMN,
    Column(title="ID", width=18, middle=True, rank=2),
    Column(title="Runs", width=5, right=True, rank=4),
    Column(title="Rule", width=16, rank=5),
    Column(title="Reason", least=30),
    Column(title="Fix", width=28, rank=3),
)
QUALITY_COLUMNS: Final = (
    Column(title="In", width=13),
    Column(title="Score", width=6, right=True),
    Column(title="Before", width=6, right=True, rank=4),
    Column(title="Trend", width=15, rank=3),
    Column(title="Records", width=7, right=True),
    Column(title="Severity", width=9, rank=1),
    Column(title="Rule", width=18, rank=5),
    Column(title="Finding", least=26),
)
PLAN: Final = "plan"
VIEWS: Final[Mapping[str, RunView]] = {
    PLAN: RunView(title="Plan", brief="Plan", empty="No plan yet.", is_long=False),
    "conflicts": RunView(
        title="Conflicts",
        brief="Confl.",
        one="Conflict",
        columns=CONFLICT_COLUMNS,
        empty="No open conflicts.",
    ),
    "matches": RunView(
        title="Matches",
        brief="Match.",
        one="Possible duplicate",
        columns=MATCH_COLUMNS,
        empty="No possible duplicates.",
    ),
    "quarantine": RunView(
        title="Quarantine",
        brief="Quar.",
        one="Quarantined record",
        columns=QUARANTINE_COLUMNS,
        empty="Nothing quarantined.",
    ),
    "quality": RunView(
        title="Quality",
        brief="Qual.",
        columns=QUALITY_COLUMNS,
        empty="No quality scores yet.",
        is_long=False,
    ),
    "history": RunView(
        title="History", brief="Hist.", one="Run", columns=HISTORY_COLUMNS, empty="No runs yet."
    ),
}
COUNTED: Final = ("conflicts", "matches", "quarantine")
"""Views whose number of rows stands beside their names."""
