"""Differences between texts: unified, with its signs and colours, or old beside new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from integration_tui.tui.sanitize import plain_lines
from integration_tui.tui.widgets.roles import Part, fit, line, text, wrapped

_TONES = (("+++", "bold"), ("---", "bold"), ("@@", "$accent"), ("+", "$success"), ("-", "$error"))
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


def diff_content(text: str) -> Content:
    """Return the text of a unified difference, made visible, each line by its sign."""
    lines = (Content.styled(line, _tone(line)) for line in plain_lines(text).split("\n"))
    return Content("\n").join(lines)


def _tone(line: str) -> str:
    return next((tone for sign, tone in _TONES if line.startswith(sign)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDiff:
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
