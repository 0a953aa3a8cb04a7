"""Where everything in a YAML document is written, from the parser's events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

from integration_tui.config.layout import Entry, Form, Layout

_ANCHOR: Final = re.compile(r"&[^\s,\[\]{}]+[ \t]*")
_COMMENTS: Final = re.compile(r"(?:\s|#[^\n]*)*")
_KEEPING: Final = re.compile(r"[|>][0-9]?\+")


class _Mark(Protocol):
    index: int


class _Event(Protocol):
    start_mark: _Mark
    end_mark: _Mark


def yaml_layout(text: str) -> Layout:
    """Return the layout of a document that is known to be readable."""
    from ruamel.yaml import YAML

    parser = YAML(typ="safe", pure=True)
    events: Iterator[_Event] = parser.parse(text)  # pyright: ignore[reportUnknownMemberType] - not typed
    return _Scan(text, events).document()


class _Scan:
    def __init__(self, text: str, events: Iterator[_Event]) -> None:
        self._text = text
        self._events = events

    def document(self) -> Layout:
        for event in self._events:
            if type(event).__name__ == "DocumentStartEvent":
                break
        return self._value(next(self._events))

    def _value(self, event: _Event) -> Layout:
        match type(event).__name__:
            case "AliasEvent":
                return self._span(Form.SHARED, event)
            case "MappingStartEvent":
                return self._collection(event, "MappingEndEvent")
            case "SequenceStartEvent":
                return self._collection(event, "SequenceEndEvent")
            case _:
                return self._scalar(event)

    def _collection(self, event: _Event, name: str) -> Layout:
        is_list, is_flow = name == "SequenceEndEvent", bool(getattr(event, "flow_style", False))
        start, entries = self._behind_anchor(event), list[Entry]()
        if not is_flow:
            blank = _COMMENTS.match(self._text, start)
            start = blank.end() if blank else start
        while type(event := next(self._events)).__name__ != name:
            entries.append(self._item(event, len(entries)) if is_list else self._entry(event))
        if is_flow:
            form, end = Form.FLOW_LIST if is_list else Form.FLOW_SECTION, event.end_mark.index
        else:
            form = Form.BLOCK_LIST if is_list else Form.BLOCK_SECTION
            end = entries[-1].end  # the parser's own end is behind the comments that follow
        return Layout(form=form, start=start, end=end, entries=tuple(entries))

    def _entry(self, event: _Event) -> Entry:
        start, key, behind = event.start_mark.index, str(getattr(event, "value", "")), 0
        colon = self._value(event).end
        behind = self._text.find(":", colon) + 1
        return Entry(key=key, start=start, behind=behind, value=self._value(next(self._events)))

    def _item(self, event: _Event, index: int) -> Entry:
        return Entry(key=index, start=event.start_mark.index, value=self._value(event))

    def _span(self, form: Form, event: _Event) -> Layout:
        return Layout(form=form, start=event.start_mark.index, end=event.end_mark.index)

    def _scalar(self, event: _Event) -> Layout:
        start, end = self._behind_anchor(event), event.end_mark.index
        if getattr(event, "style", None) in {"|", ">"}:
            end = self._end_of_lines(start, end)
        return Layout(form=Form.SCALAR, start=start, end=end)

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
