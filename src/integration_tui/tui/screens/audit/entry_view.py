"""One audit entry as a text to read: who, what, old and new values, its place in the chain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from itertools import takewhile
from typing import Final

from textual.content import Content

from integration_tui.domain.audit.log import AuditEntry, AuditRecord, Verification
from integration_tui.tui.screens.audit.wording import action_name, outcome_of, via
from integration_tui.tui.widgets.formats import full_moment, zone
from integration_tui.tui.widgets.roles import Part, line, lines, text, wrapped

_LONGEST: Final = 4_000
_LABEL: Final = 13
_HASH: Final = 16
_ALIKE: Final = 0.6
"""Texts that are less alike are marked as a whole."""


def entry_text(entry: AuditEntry, width: int, verified: Verification | None = None) -> Content:
    """Return everything that was recorded, as lines of a width."""
    return lines(entry_lines(entry, width, verified))


def entry_lines(
    entry: AuditEntry, width: int, verified: Verification | None = None
) -> Iterator[Content]:
    """Yield everything that was recorded, the most wanted first."""
    act = entry.act
    glyph, word, role = outcome_of(act)
    yield line((action_name(act), "strong"), (f"  {glyph} {word}", role))
    for label, value in _about(entry):
        yield from _fact(label, value, width)
    yield from _changes(act, width)
    yield Content("")
    yield _heading("Chain", width)
    yield from _fact("This entry", line(f"{entry.seq:,}  ", (_short(entry.hash), "second")), width)
    yield from _fact("Verified", _verified(entry, verified), width)


def changed_count(act: AuditRecord) -> int:
    """Return how many fields an act changed."""
    return sum(act.before.get(path) != act.after.get(path) for path in {*act.before, *act.after})


def _about(entry: AuditEntry) -> Iterator[tuple[str, Part]]:
    act, actor = entry.act, entry.act.actor
    utc = f" ({entry.at.astimezone(UTC):%H:%M:%S} UTC)" if zone(entry.at) != "UTC" else ""
    yield "When", line(full_moment(entry.at), (utc, "muted"))
    yield "Actor", line(text(actor.name), (f" ({actor.role})", "muted"))
    if actor.identity:
        yield "Identity", text(actor.identity)
    host = f", from {actor.host}" if actor.host else ""
    yield "Target", text(act.object)
    if act.detail:
        yield "Detail", text(act.detail[:_LONGEST])
    yield "Via", line(via(act), (host, "muted"))
    yield "Action", text(act.action, "muted")


def _fact(label: str, value: Part, width: int) -> Iterator[Content]:
    first, *rest = wrapped(line(value), width - _LABEL) or [Content("")]
    yield line((f"{label:<{_LABEL}}", "muted"), first)
    for more in rest:
        yield line(" " * _LABEL, more)


def _heading(name: str, width: int) -> Content:
    return line((f"{name} ", "title"), ("─" * max(width - len(name) - 1, 0), "faint"))


def _changes(act: AuditRecord, width: int) -> Iterator[Content]:
    """Yield old and new values, field by field; what stayed the same comes last."""
    paths = sorted({*act.before, *act.after})
    if not paths:
        return
    yield Content("")
    yield _heading("Before and after", width)
    changed = [path for path in paths if act.before.get(path) != act.after.get(path)]
    for path in changed:
        old, new = _marked(act.before.get(path, ""), act.after.get(path, ""))
        yield text(path, "muted")
        if path in act.before:
            yield from _value("\N{MINUS SIGN}", "bad", old, width)
        if path in act.after:
            yield from _value("+", "ok", new, width)
    for path in paths:
        if path not in changed:
            same = text(act.after[path][:_LONGEST], "muted")
            yield from wrapped(line((path, "muted"), ("  = ", "faint"), same), width)


def _value(sign: str, role: str, value: Content, width: int) -> Iterator[Content]:
    for number, part in enumerate(wrapped(value, width - 4) or [Content("")]):
        yield line((f"  {sign} " if number == 0 else "    ", role), part)


def _marked(old: str, new: str) -> tuple[Content, Content]:
    """Return both with what differs underlined, between what they begin and end with alike."""
    old, new = old[:_LONGEST], new[:_LONGEST]
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    if head + tail < _ALIKE * max(len(old), len(new)):
        head = tail = 0
    return _side(old, head, tail, "old"), _side(new, head, tail, "new")


def _same(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _side(value: str, head: int, tail: int, role: str) -> Content:
    if not value:
        return text("(empty)", "muted")
    end = len(value) - tail
    parts = (value[:head], role), (value[head:end], f"{role}-mark"), (value[end:], role)
    return line(*parts)


def _short(hash_: str) -> str:
    """Return both ends of a hash, in groups of four."""
    grouped = " ".join(hash_[at : at + 4] for at in range(0, _HASH - 4, 4))
    return f"{grouped} … {hash_[-4:]}"


def _verified(entry: AuditEntry, verified: Verification | None) -> Part:
    if verified is None or verified.checked < entry.seq:
        return line(("Not verified yet.  ", "muted"), ("V", "key"), " verify")
    if verified.first_broken is not None and verified.first_broken <= entry.seq:
        return (f"✗ Chain broken at entry {verified.first_broken:,}", "bad")
    return (f"✓ With all {verified.checked:,} entries", "ok")
