"""Differences between texts: line by line with numbers and signs, or old beside new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from textual.content import Content

from integration_tui.tui.sanitize import plain_lines
from integration_tui.tui.widgets.roles import Part, fit, line, lines, text, wrapped

_HUNK: Final = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_NUMBER: Final = 4
"""Cells of a line's number."""
_MOST_MARKED: Final = 200
"""Changed lines up to which the letters that differ are looked for."""
SIDE_BY_SIDE_FROM: Final = 72
"""Cells from which both sides have room beside each other."""
_ALIKE: Final = 0.6
"""Texts that are less alike are other texts, not edited ones: scattered marks would confuse."""
_LEAST_SAME: Final = 3
"""Fewer equal characters between two changes are marked with them."""
_LONGEST: Final = 400
"""Characters up to which two texts are compared."""
_ARROW: Final = 3
_MOST_LABEL: Final = 20


def diff_content(difference: str) -> Content:
    """Return a unified difference, made visible: numbered lines, old ones above new ones."""
    return lines(_diff_lines(plain_lines(difference).split("\n")))


def _diff_lines(rows: Sequence[str]) -> Iterator[Content]:
    """Yield what is drawn of a unified difference; what is none stands there as it is."""
    names: list[str] = []
    old_at = new_at = 0
    gone: list[str] = []
    come: list[str] = []
    has_marks = sum(row[:1] in {"-", "+"} for row in rows) <= _MOST_MARKED
    for row in rows:
        if new_at and row[:1] in {"-", "+"}:
            (gone if row[0] == "-" else come).append(row[1:])
            continue
        yield from _changed(gone, come, old_at, new_at, has_marks=has_marks)
        old_at, new_at = old_at + len(gone), new_at + len(come)
        gone, come = [], []
        if found := _HUNK.match(row):
            yield line((" → ".join(names) if not new_at else f"{'…':>{_NUMBER}}", "muted"))
            old_at, new_at = int(found[1]) or 1, int(found[2]) or 1
        elif new_at and row.startswith(" "):
            yield line((f"{new_at:>{_NUMBER}}   {row[1:]}", "muted"))
            old_at, new_at = old_at + 1, new_at + 1
        elif row.startswith(("--- ", "+++ ")):
            names.append(row[4:].strip())
        elif row:
            yield text(row, "muted" if new_at else "")
    yield from _changed(gone, come, old_at, new_at, has_marks=has_marks)


def _changed(
    gone: Sequence[str], come: Sequence[str], old_at: int, new_at: int, *, has_marks: bool
) -> Iterator[Content]:
    """Yield lines that went and lines that came in their place, with what differs underlined."""
    pairs = [
        marked(old, new) if has_marks and old and new else (text(old, "old"), text(new, "new"))
        for old, new in zip(gone, come, strict=False)
    ]
    before = [old for old, _ in pairs] + [text(old, "old") for old in gone[len(pairs) :]]
    after = [new for _, new in pairs] + [text(new, "new") for new in come[len(pairs) :]]
    for number, shown in enumerate(before, old_at):
        yield line((f"{number:>{_NUMBER}} ", "muted"), ("\N{MINUS SIGN} ", "bad-strong"), shown)
    for number, shown in enumerate(after, new_at):
        yield line((f"{number:>{_NUMBER}} ", "muted"), ("+ ", "ok-strong"), shown)


class FieldDiff(msgspec.Struct, frozen=True, kw_only=True):
    """A field with its old and its new value; `None` is no value."""

    name: str
    old: str | None
    new: str | None


def field_lines(
    changes: Sequence[FieldDiff], width: int, *, titles: tuple[str, str]
) -> Iterator[Content]:
    """Yield each field, old beside new; where there is no room for that, old above new."""
    label = min(max((len(change.name) for change in changes), default=0) + 2, _MOST_LABEL)
    if width < SIDE_BY_SIDE_FROM:
        for change in changes:
            yield from _above_each_other(change, label, width)
        return
    half = (width - label - _ARROW) // 2
    yield line(" " * label, fit(text(titles[0], "muted"), half + _ARROW), (titles[1], "muted"))
    for change in changes:
        yield from _beside_each_other(change, label, half)


def _beside_each_other(change: FieldDiff, label: int, half: int) -> Iterator[Content]:
    old, new = _sides(change)
    before, after = wrapped(old, half), wrapped(new, half)
    sign: Part = (" = ", "faint") if change.old == change.new else (" → ", "info")
    for number in range(max(len(before), len(after))):
        yield line(
            fit(text("" if number else change.name, "muted"), label),
            fit(before[number] if number < len(before) else "", half),
            "   " if number else sign,
            after[number] if number < len(after) else "",
        )


def _above_each_other(change: FieldDiff, label: int, width: int) -> Iterator[Content]:
    old, new = _sides(change)
    if change.old == change.new:
        rows = [((" = ", "faint"), old)]
    else:
        rows = [
            (sign, side)
            for sign, side, value in (
                ((" \N{MINUS SIGN} ", "bad"), old, change.old),
                ((" + ", "ok"), new, change.new),
            )
            if value or change.new is None
        ]
    is_first = True
    for sign, side in rows:
        for number, part in enumerate(wrapped(side, width - label - _ARROW)):
            name = fit(text(change.name if is_first else "", "muted"), label)
            yield line(name, "   " if number else sign, part)
            is_first = False


def _sides(change: FieldDiff) -> tuple[Content, Content]:
    if change.old == change.new:
        same = text(change.old or "", "muted")
        return same, same
    return marked(change.old, change.new)


def marked(old: str | None, new: str | None) -> tuple[Content, Content]:
    """Return both texts with their differences marked; all of them where little is alike."""
    if not old or not new:
        return (
            text(old, "old-mark") if old else text("(empty)", "muted"),
            text(new, "new-mark") if new else text("(empty)", "muted"),
        )
    if max(len(old), len(new)) > _LONGEST:
        return text(old, "old-mark"), text(new, "new-mark")
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return text(old, "old-mark"), text(new, "new-mark")
    before: list[Part] = []
    after: list[Part] = []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        is_same = kind == "equal" and (end - start >= _LEAST_SAME or start == 0)
        before.append((old[start:end], "old" if is_same else "old-mark"))
        after.append((new[other_start:other_end], "new" if is_same else "new-mark"))
    return line(*before), line(*after)
