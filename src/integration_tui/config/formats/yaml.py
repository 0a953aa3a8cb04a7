"""Edits of YAML by splicing: what is not the value that changes stays to the byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import msgspec

from integration_tui.config.formats import flow
from integration_tui.config.formats.syntax import (
    EntrySpan,
    NodeKind,
    NodeSpan,
    dotted,
    found,
    impossible,
    line_start,
    nested,
    next_line,
    with_lines,
    without_lines,
)
from integration_tui.config.formats.yaml_reader import read_yaml
from integration_tui.config.nodes import Json, Key

_ANCHOR: Final = re.compile(r"&[^\s,\[\]{}]+[ \t]*")
_COMMENTS: Final = re.compile(r"(?:\s|#[^\n]*)*")
_KEEPING: Final = re.compile(r"[|>][0-9]?\+")


class _Mark(Protocol):
    index: int


class _Event(Protocol):
    start_mark: _Mark
    end_mark: _Mark


def yaml_layout(text: str) -> NodeSpan:
    """Return the layout of a document that is known to be readable."""
    from ruamel.yaml import YAML

    parser = YAML(typ="safe", pure=True)
    events: Iterator[_Event] = parser.parse(text)  # pyright: ignore[reportUnknownMemberType] - not typed
    return _Scan(text, events).document()


class _Scan:
    def __init__(self, text: str, events: Iterator[_Event]) -> None:
        self._text = text
        self._events = events

    def document(self) -> NodeSpan:
        for event in self._events:
            if type(event).__name__ == "DocumentStartEvent":
                break
        return self._value(next(self._events))

    def _value(self, event: _Event) -> NodeSpan:
        match type(event).__name__:
            case "AliasEvent":
                return self._span(NodeKind.SHARED, event)
            case "MappingStartEvent":
                return self._collection(event, "MappingEndEvent")
            case "SequenceStartEvent":
                return self._collection(event, "SequenceEndEvent")
            case _:
                return self._scalar(event)

    def _collection(self, event: _Event, name: str) -> NodeSpan:
        is_list, is_flow = name == "SequenceEndEvent", bool(getattr(event, "flow_style", False))
        start, entries = self._behind_anchor(event), list[EntrySpan]()
        if not is_flow:
            blank = _COMMENTS.match(self._text, start)
            start = blank.end() if blank else start
        while type(event := next(self._events)).__name__ != name:
            entries.append(self._item(event, len(entries)) if is_list else self._entry(event))
        if is_flow:
            form, end = (
                NodeKind.FLOW_LIST if is_list else NodeKind.FLOW_SECTION,
                event.end_mark.index,
            )
        else:
            form = NodeKind.BLOCK_LIST if is_list else NodeKind.BLOCK_SECTION
            end = entries[-1].end  # the parser's own end is behind the comments that follow
        return NodeSpan(form=form, start=start, end=end, entries=tuple(entries))

    def _entry(self, event: _Event) -> EntrySpan:
        start, key, behind = event.start_mark.index, str(getattr(event, "value", "")), 0
        colon = self._value(event).end
        behind = self._text.find(":", colon) + 1
        return EntrySpan(key=key, start=start, behind=behind, value=self._value(next(self._events)))

    def _item(self, event: _Event, index: int) -> EntrySpan:
        return EntrySpan(key=index, start=event.start_mark.index, value=self._value(event))

    def _span(self, form: NodeKind, event: _Event) -> NodeSpan:
        return NodeSpan(form=form, start=event.start_mark.index, end=event.end_mark.index)

    def _scalar(self, event: _Event) -> NodeSpan:
        start, end = self._behind_anchor(event), event.end_mark.index
        if getattr(event, "style", None) in {"|", ">"}:
            end = self._end_of_lines(start, end)
        return NodeSpan(form=NodeKind.SCALAR, start=start, end=end)

    def _end_of_lines(self, start: int, end: int) -> int:
        """Return where a text of several lines ends, in front of its last line break."""
        written = self._text[start:end]
        if _KEEPING.match(written):  # then blank lines behind it are a part of it
            return start + len(written.removesuffix("\n").removesuffix("\r"))
        return start + len(written.rstrip())

    def _behind_anchor(self, event: _Event) -> int:
        start = event.start_mark.index
        anchor = _ANCHOR.match(self._text, start) if getattr(event, "anchor", None) else None
        return min(anchor.end(), max(start, event.end_mark.index)) if anchor else start


_PLAIN: Final = re.compile(r"[^\W_][^\x00-\x1f\"'`]*|[/._][\w./-]*")
_OTHER_TYPE: Final = re.compile(
    # What YAML 1.2 or 1.1 takes for null, a truth, a number or a date.
    r"~|null|true|false|yes|no|on|off|y|n|<<|="
    r"|[-+]?[0-9][0-9_,]*(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)?"
    r"|[-+]?\.[0-9_]+(?:e[-+]?[0-9]+)?|[-+]?\.(?:inf|nan)"
    r"|0[ob]?[0-9_]+|0x[0-9a-f_]+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[tT ].*)?",
    re.IGNORECASE,
)
_FLOW_SIGN: Final = re.compile(r"[,\[\]{}]")
_UNPRINTABLE: Final = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON leaves as it is, and YAML may not."""
_CONTROL: Final = re.compile(r"[\x00-\x1f]")


class Quotes(msgspec.Struct, frozen=True, kw_only=True):
    """The quotes that a text stood in before; `chosen` where it did not need any."""

    sign: str = '"'
    chosen: bool = False


_DOUBLE: Final = Quotes()


def yaml_text(value: Json, *, in_flow: bool = False, quotes: Quotes = _DOUBLE) -> str:
    """Return a value on one line."""
    if isinstance(value, str):
        return _string(value, in_flow=in_flow, quotes=quotes)
    if isinstance(value, list):
        return f"[{', '.join(yaml_text(item, in_flow=True) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(_pair(key, child) for key, child in value.items())}}}"
    return json.dumps(value)


def yaml_key(key: str, *, in_flow: bool = False) -> str:
    """Return a key as it is written in front of its colon."""
    return yaml_text(key, in_flow=in_flow)


def needs_quotes(text: str, *, in_flow: bool) -> bool:
    """Say whether a text written plainly would be read as something else."""
    if not _PLAIN.fullmatch(text) or _OTHER_TYPE.fullmatch(text) or _UNPRINTABLE.search(text):
        return True
    if ": " in text or " #" in text or text.endswith((":", " ")):
        return True
    return in_flow and bool(_FLOW_SIGN.search(text))


def _pair(key: str, child: Json) -> str:
    return f"{yaml_key(key, in_flow=True)}: {yaml_text(child, in_flow=True)}"


def _string(text: str, *, in_flow: bool, quotes: Quotes) -> str:
    if not quotes.chosen and not needs_quotes(text, in_flow=in_flow):
        return text
    if quotes.sign == "'" and not _CONTROL.search(text) and not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return _UNPRINTABLE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


_STEP: Final = 2
_HEADER: Final = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)")
"""In front of a text of several lines, where a comment may stand."""
_WRITE_OUT: Final = "write it out there instead of *, then set it"


def replace(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with another value at a path that is written in it."""
    if _is_inherited(text, path):
        return insert(text, path, value)  # what stands in the section itself comes first
    layouts, entries = _written(text, path)
    old, in_flow = layouts[-1], any(layout.is_flow for layout in layouts[:-1])
    if old.is_block:
        return _on_one_line(text, layouts[-2], entries[-1], value)
    quotes = _quotes_of(text[old.start : old.end], in_flow=in_flow)
    new = yaml_text(value, in_flow=in_flow, quotes=quotes)
    before, after = text[: old.start], text[old.end :]
    if old.start < old.end:
        header = _HEADER.match(text, old.start)
        return f"{before}{new}{header[1] if header else ''}{after}"
    if in_flow and not before.rstrip(" ").endswith(":"):
        return f"{before}: {new}{after}"
    return f"{before}{'' if before.endswith(' ') else ' '}{new}{after}"


def insert(text: str, path: Sequence[Key], value: Json) -> str:
    """Return the text with a value at a path that is not written in it, at its parent's end."""
    layouts, entries = found(yaml_layout(text), path)
    parent, at = layouts[-1], len(entries)
    if parent.form is NodeKind.SHARED:
        raise impossible(path, f"{dotted(path[:at])} is an alias", advice=_WRITE_OUT)
    if parent.is_flow:
        return flow.appended(text, parent, _in_flow(parent, path[at:], value))
    if not parent.is_block:
        return _below_nothing(text, path, layouts, entries, value)
    column, step = _column(text, parent), _step(text, layouts[0])
    lines = _item if parent.is_list else _lines
    return with_lines(text, parent.end, lines(path[at:], value, column, step))


def remove(text: str, path: Sequence[Key]) -> str:
    """Return the text without the key, or the position of a list, at a path."""
    layouts, entries = _written(text, path)
    parent, entry = layouts[-2], entries[-1]
    if parent.is_flow:
        return flow.removed(text, parent, entry)
    start = _start(text, parent, entry)
    if not text[line_start(text, start) : start].strip():
        return without_lines(text, start, entry.end)
    at = parent.entries.index(entry) + 1
    if at == len(parent.entries):
        raise impossible(path, "it is all that an entry of a list holds")
    # It stands behind a dash: the next one moves up to it.
    return text[:start] + text[_start(text, parent, parent.entries[at]) :]


def _written(text: str, path: Sequence[Key]) -> tuple[list[NodeSpan], list[EntrySpan]]:
    layouts, entries = found(yaml_layout(text), path)
    if len(entries) == len(path):
        return layouts, entries
    if layouts[-1].form is NodeKind.SHARED:
        where = dotted(path[: len(entries)])
        raise impossible(path, f"{where} is an alias (*) of another place", advice=_WRITE_OUT)
    raise impossible(path, "it comes from another section by a merge key (<<)")


def _is_inherited(text: str, path: Sequence[Key]) -> bool:
    """Say whether a key is written in another section, which its own takes over by a merge key."""
    layouts, entries = found(yaml_layout(text), path)
    sections = {NodeKind.BLOCK_SECTION, NodeKind.FLOW_SECTION}
    return len(entries) == len(path) - 1 and layouts[-1].form in sections


def _quotes_of(written: str, *, in_flow: bool) -> Quotes:
    if written[:1] not in {"'", '"'}:
        return Quotes()
    value = read_yaml(f"a: {written}").value
    text = value["a"].value if isinstance(value, dict) else ""
    return Quotes(
        sign=written[0], chosen=isinstance(text, str) and not needs_quotes(text, in_flow=in_flow)
    )


def _on_one_line(text: str, parent: NodeSpan, entry: EntrySpan, value: Json) -> str:
    """Write a value in the place of one that has lines of its own."""
    block, new = entry.value, yaml_text(value)
    start = line_start(text, block.start)
    if text[start : block.start].strip():  # it begins behind a list's dash
        return f"{text[: block.start]}{new}{text[block.end :]}"
    behind = entry.behind or _start(text, parent, entry) + 1
    below = text[:start] + text[next_line(text, block.end) :]
    return f"{below[:behind]} {new}{below[behind:]}"


def _in_flow(parent: NodeSpan, rest: Sequence[Key], value: Json) -> str:
    new = yaml_text(nested(rest[1:], value), in_flow=True)
    return new if parent.is_list else f"{yaml_key(str(rest[0]), in_flow=True)}: {new}"


def _lines(rest: Sequence[Key], value: Json, column: int, step: int) -> list[str]:
    """Return the lines of a key with all that is below it."""
    key = f"{' ' * column}{yaml_key(str(rest[0]))}:"
    if len(rest) > 1:
        return [key, *_lines(rest[1:], value, column + step, step)]
    return [f"{key} {yaml_text(value)}"]


def _item(rest: Sequence[Key], value: Json, column: int, _step: int) -> list[str]:
    """Return the lines of a list's entry, one for each of its keys."""
    value, dash = nested(rest[1:], value), f"{' ' * column}- "
    if not isinstance(value, dict) or not value:
        return [f"{dash}{yaml_text(value)}"]
    pairs = [f"{yaml_key(key)}: {yaml_text(child)}" for key, child in value.items()]
    return [f"{' ' * len(dash) if at else dash}{pair}" for at, pair in enumerate(pairs)]


def _below_nothing(
    text: str, path: Sequence[Key], layouts: list[NodeSpan], entries: list[EntrySpan], value: Json
) -> str:
    """Put a section's first key below the line of its own key."""
    entry, at = entries[-1], len(entries)
    is_empty = entry.value.start == entry.value.end
    if not is_empty or layouts[-2].form is not NodeKind.BLOCK_SECTION:
        return replace(text, path[:at], nested(path[at:], value))
    column, step = _column(text, layouts[-2]), _step(text, layouts[0])
    return with_lines(text, entry.end, _lines(path[at:], value, column + step, step))


def _column(text: str, block: NodeSpan) -> int:
    start = _start(text, block, block.entries[0])
    return start - line_start(text, start)


def _start(text: str, block: NodeSpan, entry: EntrySpan) -> int:
    """Return where an entry begins; in a list, its dash."""
    if not block.is_list or entry is block.entries[0]:
        return block.start if block.is_list else entry.start
    column, line = block.start - line_start(text, block.start), line_start(text, entry.start)
    while text[line : line + column + 1].strip() != "-":  # comments may stand behind the dash
        line = line_start(text, line - 1)
    return line + column


def _step(text: str, root: NodeSpan) -> int:
    """Return by how much the document indents; two where nothing is."""
    for entry in root.entries:
        if entry.value.form is NodeKind.BLOCK_SECTION:
            return _column(text, entry.value)
    return _STEP
