"""The keys of the sync screen, and what each of them means in a sentence."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

SYNC_KEYS: Final[list[BindingType]] = [
    Binding(
        "p",
        "sync('plan')",
        "Plan",
        id="sync.plan",
        tooltip="Plan: read everything, and say what would change",
    ),
    Binding(
        "i",
        "sync('plan_incremental')",
        "Incremental",
        id="sync.plan-incremental",
        tooltip="Plan only what changed since the last applied run",
    ),
    Binding("a", "sync('apply')", "Apply", id="sync.apply", tooltip="Apply the plan, after asking"),
    Binding(
        "A",
        "sync('apply_sparing')",
        "Spare",
        id="sync.apply-sparing",
        tooltip="Apply the plan, but deactivate nobody",
    ),
    Binding(
        "Y",
        "sync('approve')",
        "Approve",
        id="sync.approve",
        tooltip="Approve the held plan, with its number and a reason",
    ),
    Binding(
        "H",
        "sync('hold')",
        "Hold",
        id="sync.hold",
        tooltip="Hold the plan until somebody approves it",
    ),
    Binding(
        "z", "sync('pause')", "Pause", id="sync.pause", tooltip="Pause the run at its next batch"
    ),
    Binding(
        "r", "sync('resume')", "Resume", id="sync.resume", tooltip="Resume the run where it stands"
    ),
    Binding("x", "sync('cancel')", "End", id="sync.cancel", tooltip="End the run for good"),
    Binding(
        "u", "undo", "Undo", id="sync.undo", tooltip="Plan to take the selected run back (in Runs)"
    ),
    Binding(
        "o", "settle('ours', False)", "Ours", id="sync.ours", tooltip="Ours stands (in Conflicts)"
    ),
    Binding(
        "t",
        "settle('theirs', False)",
        "Theirs",
        id="sync.theirs",
        tooltip="Theirs stands (in Conflicts)",
    ),
    Binding(
        "O",
        "settle('ours', True)",
        "All ours",
        id="sync.all-ours",
        tooltip="Ours stands for all about this field (in Conflicts)",
    ),
    Binding(
        "T",
        "settle('theirs', True)",
        "All theirs",
        id="sync.all-theirs",
        tooltip="Theirs stands for all about this field (in Conflicts)",
    ),
    Binding(
        "s",
        "decide(True)",
        "Same",
        id="sync.same",
        tooltip="These are the same: merge them (in Matches)",
    ),
    Binding(
        "d",
        "decide(False)",
        "Apart",
        id="sync.apart",
        tooltip="These are two: keep them apart (in Matches)",
    ),
    Binding(
        "R",
        "sync('relink')",
        "Relink",
        show=False,
        id="sync.relink",
        tooltip="Plan with relinking: changed ids keep their records",
    ),
    Binding("slash", "narrow_here", "Filter", id="sync.filter"),
    Binding("S", "sort('status')", "Sort by status", show=False, id="sync.sort-status"),
    Binding("N", "sort('name')", "Sort by name", show=False, id="sync.sort-name"),
    Binding("C", "sort('changes')", "Sort by changes", show=False, id="sync.sort-changes"),
    Binding("W", "sort('waits')", "Sort by waits for", show=False, id="sync.sort-waits"),
    Binding(
        "right",
        "view(1)",
        "Next view",
        show=False,
        id="sync.next-view",
        tooltip="Show the next view",
    ),
    Binding(
        "left",
        "view(-1)",
        "View before",
        show=False,
        id="sync.view-before",
        tooltip="Show the view before",
    ),
    Binding(
        "escape",
        "leave",
        "Back",
        show=False,
        id="sync.leave",
        tooltip="Show all changes, go back to the list",
    ),
]
