"""The banner above the runs: what the selected run would do, why it waits, and with which keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from textual.content import Content

from integration_tui.domain.quantity import counted
from integration_tui.domain.sync.actions import RunAction
from integration_tui.domain.sync.plan import Hold
from integration_tui.domain.sync.plan_sentences import (
    deactivation_sentence,
    likely_cause,
    safer_sentence,
    upsert_sentence,
)
from integration_tui.domain.sync.plan_tally import PlanPeople
from integration_tui.domain.sync.run import Phase, RunReport, RunStatus
from integration_tui.domain.sync.safety import deactivations
from integration_tui.domain.value import replace
from integration_tui.tui.screens.sync.rows import RunStatusView, run_state
from integration_tui.tui.widgets.roles import Part, keys, line, wrapped

_A = RunAction
_KEYS: Final = (
    (_A.APPROVE, "Y", "approve…"),
    (_A.RESUME, "r", "resume"),
    (_A.APPLY, "a", "apply…"),
    (_A.APPLY_WITHOUT_DEACTIVATIONS, "A", "apply without deactivations"),
    (_A.PLAN, "p", "plan again"),
    (_A.CANCEL, "x", "cancel run"),
)
_STALE: Final = "The roster changed after this plan was made."
_MOST_REASONS: Final = 3
_INDENT: Final = 10
_READABLE: Final = 60
"""Cells that a reason has at least, however long the chip is that it stands behind."""
_LONGEST: Final = 1_000
"""Characters of a reason that stand in the banner."""


class RunBanner(msgspec.Struct, frozen=True, kw_only=True):
    """What the banner says. `tone` is the state's: its chip, and the frame of the pane.

    `details` are further reasons, for whoever wants to see all.
    """

    chip: str
    tone: str
    sentence: str
    reasons: Sequence[str] = ()
    details: Sequence[str] = ()
    safer: str = ""
    keys: Sequence[tuple[str, str]] = ()

    def draw(self, width: int, *, is_brief: bool = False) -> Iterator[Content]:
        """Yield its lines; where there is little room, with one reason."""
        shown = [self.sentence, *self.reasons[: 1 if is_brief else None]]
        chip = line((f" {self.chip} ", f"chip-{self.tone}"), "  ")
        indent = chip.cell_length if width - chip.cell_length >= _READABLE else _INDENT
        first = wrapped(line((self.sentence, "strong")), width - chip.cell_length)
        yield line(chip, *first[:1])
        yield from (line(" " * chip.cell_length, part) for part in first[1:])
        for reason in shown[1:]:
            yield from _indented((reason, "muted"), indent, width)
        if more := 1 + len(self.reasons) + len(self.details) - len(shown):
            yield line(" " * indent, (f"{counted(more, 'more reason')}: ", "muted"), *_ENTER)
        if self.safer and not is_brief:
            yield from _indented((self.safer, "muted"), indent, width)
        if self.keys:
            yield line(" " * indent, keys(self.keys, within=width - indent))

    def fitting(self, width: int, height: int, *, is_brief: bool = False) -> list[Content]:
        """Return its lines, no more than there is room for; the keys stay."""
        rows = list(self._short().draw(width, is_brief=is_brief))
        if len(rows) <= height:
            return rows
        last = rows[-1:] if self.keys else []
        return [*rows[: height - 1 - len(last)], line(" " * _INDENT, "… ", *_ENTER), *last]

    def _short(self) -> RunBanner:
        """Cut what nobody reads in a banner."""
        reasons = [_cut(reason) for reason in self.reasons]
        return replace(self, sentence=_cut(self.sentence), reasons=reasons)

    def draw_all(self, width: int) -> Iterator[Content]:
        """Yield all reasons."""
        everything = [*self.reasons, *self.details]
        yield from replace(self, reasons=everything, details=(), keys=()).draw(width)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _indented(part: Part, indent: int, width: int) -> Iterator[Content]:
    for row in wrapped(line(part), width - indent):
        yield line(" " * indent, row)


_ENTER: Final[tuple[Part, ...]] = (("⏎", "key"), (" shows all", "muted"))


def run_banner(
    run_status: RunStatusView, people: PlanPeople | None = None, *, can_act: bool = True
) -> RunBanner | None:
    """Return what has to be said of a run before anything is done; `None` where nothing has."""
    report = run_status.report
    if report is None or report.run.status in {RunStatus.APPLIED, RunStatus.CANCELLED}:
        return None
    if report.run.status is RunStatus.RUNNING and not run_status.is_interrupted:
        return None
    state = run_state(run_status)
    holds, shown = list(_holds(report, people)), max(weighty(report.run.holds), 1)
    why = list(_why(run_status, report))
    return RunBanner(
        chip=_chip(run_status, report),
        tone=state.tone,
        sentence=_sentence(run_status, report),
        reasons=[*why, *holds[:shown]] if run_status.is_approved else [*holds[:shown], *why],
        details=holds[shown:],
        safer=_safer(run_status, report),
        keys=_keys(run_status) if can_act else (),
    )


def _chip(run_status: RunStatusView, report: RunReport) -> str:
    if run_status.is_approved and report.approved_until is not None:
        return f"APPROVED until {report.approved_until.astimezone():%H:%M}"
    if report.run.status is RunStatus.PLANNED:
        return "PREVIEW"
    return run_state(run_status).word.upper()


def _sentence(run_status: RunStatusView, report: RunReport) -> str:
    run = report.run
    if run.status is RunStatus.STALE:
        return _STALE
    if run_status.is_interrupted:
        return "The process working on this run ended."
    if run.status is RunStatus.FAILED:
        return sentence(run.problem) or "The run failed."
    if run.phase is Phase.PULL or not run.plan_hash:
        return "No plan yet."
    return plan_sentence(report)


def plan_sentence(report: RunReport) -> str:
    """Return what a plan does: a held one by what it is held for, another one by all of it."""
    does = upsert_sentence(report.listings)
    lost = deactivations(report.listings)
    losses = deactivation_sentence(report.listings, has_totals=True)
    if report.run.status is RunStatus.HELD and lost:
        return losses
    parts = [does, losses if lost else "Deactivates nobody." if does else ""]
    return " ".join(part for part in parts if part) or "Changes nothing."


def sentence(text: str) -> str:
    """Return a clause as a sentence."""
    text = text.strip()
    return text and f"{text[:1].upper()}{text[1:]}" + ("" if text[-1] in ".?!" else ".")


def _why(run_status: RunStatusView, report: RunReport) -> Iterator[str]:
    run = report.run
    if run_status.is_approved and report.approved_by:
        yield f"Approved by {report.approved_by}."
    if run.preview and run.is_waiting:
        yield f"Not applied automatically: {sentence(run.preview)}"
    if run.status is RunStatus.FAILED and run.advice:
        yield f"Fix: {sentence(run.advice)}"
    if report.transfers:
        changes = "changes" if report.transfers == 1 else "change"
        yield f"{counted(report.transfers, 'person', 'people')} {changes} school."


def _holds(report: RunReport, people: PlanPeople | None) -> Iterator[str]:
    """Yield the reasons for a hold, the first with its likeliest cause."""
    run = report.run
    if run.status is not RunStatus.HELD:
        return
    if not run.holds:
        yield "Held manually."
    is_asked = people is not None and report.approved_until is None  # else it was answered
    cause = likely_cause(people) if people and is_asked else ""
    for number, hold in enumerate(by_weight(run.holds)):
        asked = f" {cause}" if cause and not number and hold.is_loss else ""
        yield f"Safety check: {sentence(hold.short)}{asked}"


def by_weight(holds: Sequence[Hold]) -> list[Hold]:
    """Return the first hold about losses, then what else is odd; more about losses follows."""
    losses = [hold for hold in holds if hold.is_loss]
    return [*losses[:1], *(hold for hold in holds if not hold.is_loss), *losses[1:]]


def weighty(holds: Sequence[Hold]) -> int:
    """Return how many of the holds say something of their own."""
    return min(
        sum(not hold.is_loss for hold in holds) + any(hold.is_loss for hold in holds), _MOST_REASONS
    )


def _safer(run_status: RunStatusView, report: RunReport) -> str:
    if run_status.is_approved or _A.APPLY_WITHOUT_DEACTIVATIONS not in run_status.actions:
        return ""
    return safer_sentence(report.listings, "A") if deactivations(report.listings) else ""


def _keys(run_status: RunStatusView) -> list[tuple[str, str]]:
    report = run_status.report
    loses = report is not None and deactivations(report.listings) > 0
    return [
        (key, label)
        for action, key, label in _KEYS
        if action in run_status.actions
        and not (action is _A.APPLY_WITHOUT_DEACTIVATIONS and not loses)
        and not (action is _A.APPROVE and run_status.is_approved)
    ]
