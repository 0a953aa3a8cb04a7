"""What can be seen of a run: a view each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from integration_tui.domain.sync.run import Phase, Run, RunStatus
from integration_tui.tui.screens.sync.matches import MATCH_COLUMNS
from integration_tui.tui.screens.sync.rows import PLAN_COLUMNS, PROGRESS_COLUMNS, RUN_COLUMNS
from integration_tui.tui.widgets.table.cells import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A part of what is known of a run. Those with `is_long` are read page by page."""

    title: str
    columns: Sequence[Column]
    empty: str
    is_long: bool = True


CHANGE_COLUMNS = (
    Column(title="Kind", width=10),
    Column(title="In", width=8),
    Column(title="Id", width=20, from_width=90),
    Column(title="Who or what", width=24),
    Column(title="What changes"),
)
CONFLICT_COLUMNS = (
    Column(title="In", width=8, from_width=90),
    Column(title="Who or what", width=20),
    Column(title="Field", width=14),
    Column(title="It said before", from_width=110),
    Column(title="Ours"),
    Column(title="Theirs"),
)
QUARANTINE_COLUMNS = (
    Column(title="In", width=8),
    Column(title="Id", width=18),
    Column(title="Times", width=5, right=True, from_width=60),
    Column(title="Rule", width=16, from_width=100),
    Column(title="Reason"),
    Column(title="Fix", from_width=130),
)
QUALITY_COLUMNS = (
    Column(title="In", width=8),
    Column(title="Score", width=6, right=True),
    Column(title="Before", width=6, right=True, from_width=86),
    Column(title="Trend", width=15, from_width=70),
    Column(title="Records", width=9, right=True),
    Column(title="Severity", width=9),
    Column(title="Rule", width=20, from_width=76),
    Column(title="What it says", from_width=100),
)
VIEWS: Final[Mapping[str, RunView]] = {
    "progress": RunView(
        title="Progress", columns=PROGRESS_COLUMNS, empty="nothing was read yet", is_long=False
    ),
    "plan": RunView(
        title="Plan", columns=PLAN_COLUMNS, empty="there is no plan yet", is_long=False
    ),
    "changes": RunView(title="Changes", columns=CHANGE_COLUMNS, empty="the plan has none of these"),
    "conflicts": RunView(title="Conflicts", columns=CONFLICT_COLUMNS, empty="no open conflicts"),
    "matches": RunView(
        title="Matches", columns=MATCH_COLUMNS, empty="nobody may be the same as somebody else"
    ),
    "quarantine": RunView(
        title="Quarantine", columns=QUARANTINE_COLUMNS, empty="nothing is kept out"
    ),
    "quality": RunView(
        title="Quality", columns=QUALITY_COLUMNS, empty="it was not judged yet", is_long=False
    ),
    "runs": RunView(title="Runs", columns=RUN_COLUMNS, empty="no runs yet"),
}


def natural_view(run: Run | None) -> str:
    """Return what is most worth a look as a run stands."""
    if run is None:
        return "plan"
    is_under_way = run.phase is Phase.PULL or run.status is RunStatus.RUNNING
    return "progress" if is_under_way else "plan"
