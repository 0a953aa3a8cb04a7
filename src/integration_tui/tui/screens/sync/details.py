"""One change, conflict, finding or record of a run, as a text to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
from textual.content import Content

from integration_tui.domain.quantity import counted
from integration_tui.domain.sync.listing_findings import duplicates_sentence
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Names, PlannedChange, Value
from integration_tui.domain.sync.run import CollectionProgress, Run
from integration_tui.tui.sanitize import plain, safe, safe_lines
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.screens.sync.rows import MEANINGS, NAMES, ONE, SIGNS, UNCHANGED, state_of
from integration_tui.tui.widgets.diff import FieldDiff, field_lines
from integration_tui.tui.widgets.roles import facts, line, wrapped

if TYPE_CHECKING:
    from integration_tui.domain.sync.conflict import Conflict
    from integration_tui.domain.sync.quality import QualityFinding, Quarantined


def value_text(value: Value) -> str:
    """Return a field's value on one line; a dash where there is none."""
    return "-" if value is None else plain(value)


_LABELS: Final = {
    "given_name": "First name",
    "family_name": "Last name",
    "email": "Email",
    "username": "Username",
    "primary_org": "School",
    "org": "School",
    "school": "School",
    "class_": "Class",
    "user": "Person",
    "agents": "Guardians",
    "user_ids": "User IDs",
    "sms": "Mobile",
    "begins_on": "First day",
    "ends_on": "Last day",
    "starts_on": "First day",
    "claims": "IDs elsewhere",
}


def field_label(name: str) -> str:
    """Return what a field is called on the screen."""
    return _LABELS.get(name) or name.rstrip("_").replace("_", " ").capitalize()


def field_value(value: Value, names: Names, *, name: str = "") -> str:
    """Return a field's value as people read it: what it leads to by name, a list by its parts."""
    if value is None or value in {"", "[]"}:
        return ""
    if called := names.get(value):
        return called
    if name == "enabled":
        return "yes" if value else "no"
    text = f"{value}"
    return _listed(text) if text.startswith("[") else text


def _listed(text: str) -> str:
    try:
        parts = msgspec.json.decode(text, type=list[dict[str, str | None] | str | int])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return text
    return ", ".join(_part(part) for part in parts)


def _part(part: Mapping[str, str | None] | str | int) -> str:
    """Return one of a list: roles by their names, IDs with the system that they are from."""
    if not isinstance(part, Mapping):
        return f"{part}"
    if "role" in part:
        return f"{part['role']} ({part.get('org') or '-'})"
    return ": ".join(f"{value}" for value in part.values() if value)


def change_lines(change: PlannedChange, width: int) -> Iterator[Content]:
    """Yield one change with old and new beside each other."""
    sign, _ = SIGNS.get(change.kind, UNCHANGED)
    yield line((f"{sign} ", _ROLES.get(sign, "muted")), MEANINGS[change.kind].capitalize())
    for more in (change.transfer, change.note):
        if more:
            yield from wrapped(line((more.capitalize(), "muted")), width)
    yield Content("")
    yield from field_lines(field_changes(change), width, titles=("Now", "After"))
    yield Content("")
    local = "" if change.record_id is None else f" · local ID {change.record_id}"
    yield line((f"ID {change.external_id}{local} · run {change.run_id}", "muted"))


_ROLES: Final = {"+": "ok", "~": "info", "\N{MINUS SIGN}": "bad", "?": "warn", "▲": "warn"}


def field_changes(change: PlannedChange) -> list[FieldDiff]:
    """Return the fields of a change with what they hold now, and what they will."""
    names = dict.fromkeys([*change.before, *change.after])
    return [
        FieldDiff(
            name=field_label(name),
            old=field_value(change.before.get(name), change.names.get(name, {}), name=name),
            new=field_value(
                change.after.get(name, change.before.get(name)),
                change.names.get(name, {}),
                name=name,
            ),
        )
        for name in names
    ]


def change_content(change: PlannedChange) -> Content:
    """Return a change as a text to read, old above new."""
    about = change.label or change.external_id
    head = line((about, "strong"), (f" · {ONE[change.collection]}", "muted"))
    return Content("\n").join([head, *change_lines(change, _READ)])


_READ: Final = 60
"""Cells for which a text to read is laid out: it fits every window."""


def conflict_content(conflict: Conflict) -> Content:
    """Return the three values of a field, and what was decided."""
    values = (
        ("Last synced", conflict.base),
        ("Local", conflict.ours),
        ("Source", conflict.theirs),
    )
    about = f"{ONE[conflict.collection]} {conflict.external_id} · local ID {conflict.record_id}"
    rows = [
        line((conflict.label, "strong"), (f" · {field_label(conflict.field)}", "muted")),
        line((about, "muted")),
        Content(""),
        *facts(
            (name, field_value(value, conflict.names, name=conflict.field) or "-")
            for name, value in values
        ),
        Content(""),
        line((f"Found {moment(conflict.raised_at)} by run {conflict.run_id}", "muted")),
    ]
    if conflict.side is not None:
        decided = SIDES[conflict.side].lower()
        rows.append(
            line(f"Decided {moment(conflict.decided_at)}: {decided} · {conflict.decided_by}")
        )
    return Content("\n").join(rows)


SIDES: Final = {Side.OURS: "Kept local value", Side.THEIRS: "Took source value"}


def quarantined_content(one: Quarantined) -> Content:
    """Return why a record is quarantined, the fix, and the record as it came."""
    lines = [
        Content.assemble(f"{NAMES[one.collection]} ", safe(one.external_id).stylize("bold")),
        Content.assemble(safe(one.rule), f" · quarantined by {counted(one.times, 'run')}"),
        safe_lines(one.reason),
    ]
    if one.advice:
        lines.append(Content.assemble("Fix: ", safe(one.advice)))
    if one.raw:
        lines += [_heading("As listed by the source"), safe_lines(one.raw, limit=4_000)]
    return Content("\n").join(lines)


def finding_content(one: QualityFinding) -> Content:
    """Return what a rule found, the fix, and some of the records."""
    lines = [
        Content.assemble(f"{NAMES[one.collection]} ", safe(one.name).stylize("bold")),
        Content.assemble(f"{one.severity}: {counted(one.count, 'record')} · ", safe(one.told)),
    ]
    if one.advice:
        lines.append(Content.assemble("Fix: ", safe(one.advice)))
    if one.schools:
        lines.append(_heading("Schools with most"))
        lines += [Content.assemble(f"{each.count:>7,} ", safe(each.school)) for each in one.schools]
    if one.samples:
        lines.append(_heading("Examples"))
        lines += [
            Content.assemble("  ", safe(each.label), "  ", safe(each.external_id).stylize("$muted"))
            for each in one.samples
        ]
    return Content("\n").join(lines)


def duplicates_content(listings: Sequence[CollectionProgress]) -> Content:
    """Return which ids came more than once, in the order of collections."""
    title = Content.styled("Records listed more than once", "bold")
    named = [
        Content.assemble(
            f"{NAMES[listing.collection]:<14}",
            safe_lines(duplicates_sentence(listing.duplicates, listing.differing, listing.doubled)),
        )
        for listing in listings
        if listing.duplicates
    ]
    return Content("\n").join([title, *(named or [Content("none")])])


def run_content(run: Run) -> Content:
    """Return what a past run was, and how it ended."""
    state = state_of(run)
    rows = [
        line((f"Run {run.id}", "strong"), f" · {run.mode} · {state.glyph} {state.word}"),
        line(f"Began {moment(run.started_at)}, started by {run.started_by} ({run.trigger})"),
        line(f"Configuration: version {run.config_version}"),
    ]
    if run.ended_at:
        rows.append(line(f"Ended {moment(run.ended_at)}"))
    if run.plan_hash:
        rows.append(line(f"Plan {run.plan_hash}"))
    rows += [line(f"▲ {hold.sentence}") for hold in run.holds]
    rows += [safe(text) for text in (run.preview, run.problem, run.advice) if text]
    return Content("\n").join(rows)


def _heading(text: str) -> Content:
    return Content.styled(f"\n{text}", "bold $muted")
