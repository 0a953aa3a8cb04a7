"""One change, conflict, finding or record of a run, as a text to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from integration_tui.domain.quantity import counted
from integration_tui.domain.sync.listing_findings import duplicates_sentence
from integration_tui.domain.sync.plan import Names, PlannedChange, Value
from integration_tui.domain.sync.run import CollectionProgress, Run
from integration_tui.tui.sanitize import plain, safe, safe_lines
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.screens.sync.rows import MEANINGS, NAMES, status_of

if TYPE_CHECKING:
    from integration_tui.domain.sync.conflict import Conflict
    from integration_tui.domain.sync.quality import QualityFinding, Quarantined


def value_text(value: Value) -> str:
    """Return a field's value on one line; a dash where there is none."""
    return "-" if value is None else plain(value)


def named_value_text(value: Value, names: Names) -> str:
    """Return a value, with what the record is called that it leads to, if to any."""
    name = names.get(value)
    return value_text(value) if name is None else f"{plain(name)} ({value_text(value)})"


def change_content(change: PlannedChange) -> Content:
    """Return a change field by field, before and after."""
    ours = "" if change.record_id is None else f" · ours {change.record_id}"
    lines = [
        Content.assemble((change.kind, "bold"), f": {MEANINGS[change.kind]}"),
        Content.assemble(
            f"{NAMES[change.collection]} ",
            safe(change.external_id),
            ours,
            f" · run {change.run_id}",
        ),
    ]
    if change.transfer:
        lines.append(safe(change.transfer))
    if change.note:
        lines.append(safe(change.note))
    return Content("\n").join([*lines, *fields_content(change)])


def fields_content(change: PlannedChange) -> Iterator[Content]:
    """Yield each field that changes with what it was and what it is to be."""
    names = dict.fromkeys([*change.before, *change.after])
    for name in names:
        before, after = change.before.get(name), change.after.get(name)
        called = change.names.get(name, {})
        yield safe(name).stylize("bold")
        if name in change.before and before is not None:
            yield Content.assemble(("  - ", "$error"), safe(named_value_text(before, called)))
        if name in change.after:
            yield Content.assemble(("  + ", "$success"), safe(named_value_text(after, called)))


def conflict_content(one: Conflict) -> Content:
    """Return the three values of a field, and what was decided."""
    lines = [
        Content.assemble((one.label and plain(one.label), "bold"), " ", safe(one.field)),
        Content.assemble(
            f"{NAMES[one.collection]} ", safe(one.external_id), f" · ours {one.record_id}"
        ),
        Content.assemble("it said before  ", safe(named_value_text(one.base, one.names))),
        Content.assemble("ours     (o)    ", safe(named_value_text(one.ours, one.names))),
        Content.assemble("theirs   (t)    ", safe(named_value_text(one.theirs, one.names))),
        Content(f"raised {moment(one.raised_at)} by run {one.run_id}"),
    ]
    if one.side is not None:
        decided = f"decided {moment(one.decided_at)}: {one.side} · "
        lines.append(Content.assemble(decided, safe(one.decided_by)))
    return Content("\n").join(lines)


def quarantined_content(one: Quarantined) -> Content:
    """Return why a record is kept out, the way out, and the record as it came."""
    lines = [
        Content.assemble(f"{NAMES[one.collection]} ", safe(one.external_id).stylize("bold")),
        Content.assemble(safe(one.rule), f" · kept out by {one.times:,} runs"),
        safe_lines(one.reason),
    ]
    if one.advice:
        lines.append(Content.assemble("fix: ", safe(one.advice)))
    if one.raw:
        lines += [_heading("Its shape"), safe_lines(one.raw, limit=4_000)]
    return Content("\n").join(lines)


def finding_content(one: QualityFinding) -> Content:
    """Return what a rule found, the way out, and some of the records."""
    lines = [
        Content.assemble(f"{NAMES[one.collection]} ", safe(one.name).stylize("bold")),
        Content.assemble(f"{one.severity}: {counted(one.count, 'record')} · ", safe(one.told)),
    ]
    if one.advice:
        lines.append(Content.assemble("fix: ", safe(one.advice)))
    if one.schools:
        lines.append(_heading("Most at"))
        lines += [Content.assemble(f"{each.count:>7,} ", safe(each.school)) for each in one.schools]
    if one.samples:
        lines.append(_heading("Some of them"))
        lines += [
            Content.assemble("  ", safe(each.label), "  ", safe(each.external_id).stylize("$muted"))
            for each in one.samples
        ]
    return Content("\n").join(lines)


def duplicates_content(listings: Sequence[CollectionProgress]) -> Content:
    """Return which ids came more than once, in the order of collections."""
    title = Content.styled("Records that came again under an id that is listed already", "bold")
    named = [
        Content.assemble(
            f"{NAMES[listing.collection]:<9} ",
            safe_lines(duplicates_sentence(listing.duplicates, listing.differing, listing.doubled)),
        )
        for listing in listings
        if listing.duplicates
    ]
    return Content("\n").join([title, *(named or [Content("none")])])


def run_content(run: Run) -> Content:
    """Return what a past run was, and how it ended."""
    lines = [
        Content.assemble((f"run {run.id}", "bold"), f" · {run.mode} · ", status_of(run).text),
        Content.assemble(f"started {moment(run.started_at)} by ", safe(run.started_by)),
        Content(f"set off by {run.trigger} · configuration {run.config_version}"),
    ]
    if run.ended_at:
        lines.append(Content(f"ended {moment(run.ended_at)}"))
    if run.plan_hash:
        lines.append(Content(f"plan {run.plan_hash}"))
    lines += [Content.assemble("▲ ", safe(hold.sentence)) for hold in run.holds]
    lines += [safe(text) for text in (run.preview, run.problem, run.advice) if text]
    return Content("\n").join(lines)


def _heading(text: str) -> Content:
    return Content.styled(f"\n{text}", "bold $muted")
