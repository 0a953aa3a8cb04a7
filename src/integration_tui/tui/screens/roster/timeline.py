"""What happened to a record, newest first, in words: by which run or whom, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from textual.content import Content

from integration_tui.domain.audit.log import Action
from integration_tui.domain.roster_view import RecordCard, RecordEvent
from integration_tui.domain.roster_words import field_label, fields_sentence, value_words
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.tui.screens.roster.card import conflict_value
from integration_tui.tui.widgets.block_list import Block
from integration_tui.tui.widgets.formats import full_moment
from integration_tui.tui.widgets.roles import line, text, wrapped

_WEEK: Final = timedelta(days=7)
_LONGEST: Final = 28
_MOST_LINES: Final = 4
_WHEN: Final = 12
"""Cells of a time, such as `yesterday` or `28 Aug 2025`."""
_K = ChangeKind


class Entry(msgspec.Struct, frozen=True):
    """One line of a timeline: sign and role of it, what happened, and by whom."""

    sign: str
    role: str
    what: str
    by: str
    at: datetime | None
    key: str = ""


_KINDS: Final[Mapping[ChangeKind, tuple[str, str, str]]] = {
    _K.CREATE: ("+", "ok", "Created"),
    _K.LINK: ("⊕", "second", "Linked to another system"),
    _K.RETURN: ("+", "ok", "Listed in the source again"),
    _K.RELINK: ("~", "info", "ID in the source changed"),
    _K.ALIAS: ("⊕", "second", "Second ID in the source"),
    _K.DEACTIVATE: ("\N{MINUS SIGN}", "bad", "Deactivated: missing from the source"),
    _K.MISSING: ("▲", "warn", "Missing from the source"),
    _K.REMOVE: ("\N{MINUS SIGN}", "bad", "Removed: inactive past the retention time"),
    _K.REFRESH: ("=", "muted", "Source text changed, value unchanged"),
    _K.PROTECTED: ("▲", "warn", "Missing from the source, protected from deactivation"),
    _K.KEPT: ("=", "muted", "Not listed: school or class was not read"),
    _K.QUARANTINE: ("▲", "warn", "Quarantined"),
}
_ACTS: Final[Mapping[str, tuple[str, str, str]]] = {
    Action.SETTLE_CONFLICT: ("✓", "ok", "Conflict resolved"),
    Action.MERGE_RECORDS: ("⊕", "second", "Merged with another record"),
    Action.SPLIT_RECORD: ("⊕", "second", "Split into two records"),
    Action.DECIDE_MATCH: ("⊕", "second", "Possible match decided"),
    Action.EXPORT_ROSTER: ("→", "muted", "Exported"),
}
_DECISIONS: Final = {
    "ours": "kept local value",
    "theirs": "took source value",
    "open again": "conflict opened again",
}
_MERGED: Final = re.compile(r"[a-z_]+/(\d+) (?:went into it|merged into this record)")


def entries(card: RecordCard) -> list[Entry]:
    """Return all that happened to a record, newest first; how it came to be is the last."""
    open_runs = {conflict.run_id for conflict in card.conflicts}
    found = [
        _entry(event, f"event/{place}")
        for place, event in enumerate(card.view.history)
        if not (event.change.kind is _K.CONFLICT and event.change.run_id in open_runs)
    ]
    found += [_open_conflict(conflict) for conflict in card.conflicts]
    found.sort(key=_when, reverse=True)
    if (run := card.view.created_run) is not None:
        by = f"{card.view.line.origin}, run {run}"
        created = Entry("+", "ok", "Created", by, card.created_at, "created")
        found.append(created)
    return found


def _when(entry: Entry) -> datetime:
    return entry.at or datetime.min.replace(tzinfo=UTC)


def _open_conflict(conflict: Conflict) -> Entry:
    what = f"Conflict: {field_label(conflict.field).lower()} also changed here"
    by = f"{conflict.integration_id}, run {conflict.run_id}: to resolve, local value kept"
    return Entry("▲", "warn", what, by, conflict.raised_at, f"conflict/{conflict.id}")


def _entry(event: RecordEvent, key: str) -> Entry:
    sign, role, what = _act(event) if event.action else _change(event)
    reason = _reason(event)
    return Entry(sign, role, what, f"{event.by}: {reason}" if reason else event.by, event.at, key)


def _reason(event: RecordEvent) -> str:
    """Return why a person did something; what the audit log says with codes, in words."""
    if event.action == Action.SETTLE_CONFLICT:
        return _DECISIONS.get(event.reason.rpartition(": ")[2], event.reason)
    if found := _MERGED.match(event.reason):
        reason = event.reason[found.end() :]
        return f"local ID {found[1]} merged into this one{reason}"
    return event.reason if event.action else ""


def _change(event: RecordEvent) -> tuple[str, str, str]:
    """Return what a run did, in words."""
    change = event.change
    names = list(dict.fromkeys([*change.after, *change.before]))
    if change.kind is _K.CONFLICT:
        fields = fields_sentence(names).lower() if names else "a field"
        return "▲", "warn", f"Conflict: {fields} also changed here"
    if change.kind is not _K.UPDATE:
        return _KINDS[change.kind]
    return "~", "info", _changed(event, names)


def _act(event: RecordEvent) -> tuple[str, str, str]:
    """Return what a person did, in words."""
    change, names = event.change, list(event.change.after)
    if event.action == Action.PIN_RECORD:
        is_pinned = change.after.get("pinned") == "True"
        what = "Pinned: protected from deactivation" if is_pinned else "Unpinned"
        return "◆", "info", what
    if event.action in _ACTS:
        sign, role, what = _ACTS[event.action]
        has_field = event.action == Action.SETTLE_CONFLICT and bool(names)
        return sign, role, f"{what}: {fields_sentence(names).lower()}" if has_field else what
    return "✎", "info", _changed(event, names)


def _changed(event: RecordEvent, names: list[str]) -> str:
    """Say which fields changed; one alone with its new value, where that is short."""
    if not names:
        return "Changed"
    if len(names) == 1:
        (name,) = names
        value = event.change.after.get(name)
        called = event.change.names.get(name, {}).get(value)
        new = called if called is not None else value_words(name, value)
        if not new:
            return f"{field_label(name)} removed"
        if len(new) <= _LONGEST:
            return f"{field_label(name)} changed to {new}"
    return f"{fields_sentence(names)} changed"


def timeline_blocks(card: RecordCard, width: int, now: datetime) -> Iterator[Block]:
    """Yield the entries on a rail; their times stand at the left where there is room."""
    found = entries(card)
    for place, entry in enumerate(found):
        is_last = place == len(found) - 1
        yield Block(tuple(_lines(entry, width, now, is_last=is_last)), key=entry.key)


def _lines(entry: Entry, width: int, now: datetime, *, is_last: bool) -> Iterator[Content]:
    when = _WHEN + 1 if width >= 3 * _WHEN else 0
    rail = line(" " * when, (" " if is_last else "│", "faint"), "  ")
    first = line((f"{short_moment(entry.at, now):>{_WHEN}} " if when else "", "muted"))
    rows = wrapped(text(entry.what, "strong"), max(width - when - 3, 8))
    yield line(first, (entry.sign, entry.role), "  ", rows[0])
    yield from (line(rail, row) for row in rows[1:_MOST_LINES])
    by = entry.by if when else f"{short_moment(entry.at, now)} · {entry.by}"
    rows = wrapped(text(by, "muted"), max(width - when - 3, 8))
    yield from (line(rail, row) for row in rows[:_MOST_LINES])
    if not is_last:
        yield rail


def short_moment(at: datetime | None, now: datetime) -> str:
    """Return a moment as short as it is clear in a timeline: `today 14:00`, `12 Aug`."""
    if at is None:
        return "-"
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"today {local:%H:%M}"
    if timedelta() <= today - local < _WEEK:
        return f"{local:%a %H:%M}"
    day = f"{local.day} {local:%b}"
    return day if local.year == today.year else f"{day} {local.year}"


def event_content(card: RecordCard, key: str) -> Content:
    """Return an entry as a text to read: when, by whom, why, and old and new of each field."""
    entry = next(entry for entry in entries(card) if entry.key == key)
    rows = [
        line((entry.what, "strong")),
        line((full_moment(entry.at), "muted")),
        line((entry.by, "muted")),
    ]
    if key.startswith("event/"):
        rows += _fields(card.view.history[int(key.removeprefix("event/"))])
    for conflict in card.conflicts:
        if key == f"conflict/{conflict.id}":
            rows += _sides(conflict)
    return Content("\n").join(rows)


def _fields(event: RecordEvent) -> Iterator[Content]:
    change = event.change
    if event.action == Action.PIN_RECORD:
        return
    if change.note and not event.action:
        yield line(change.note)
    for name in dict.fromkeys([*change.before, *change.after]):
        called = change.names.get(name, {})
        yield Content("")
        yield line((field_label(name), "title"))
        for sign, role, values in (
            ("\N{MINUS SIGN}", "bad", change.before),
            ("+", "ok", change.after),
        ):
            value = values.get(name)
            shown = called.get(value) or value_words(name, value)
            if shown:
                yield line((f"  {sign} ", role), shown)


def _sides(conflict: Conflict) -> Iterator[Content]:
    yield Content("")
    yield line((field_label(conflict.field), "title"))
    sides = (("Last synced", conflict.base), ("Local", conflict.ours), ("Source", conflict.theirs))
    for side, value in sides:
        yield line((f"  {side:<13}", "muted"), conflict_value(conflict, value) or "nothing")
