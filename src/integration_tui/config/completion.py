"""What may stand at a place of a document: keys that are not there yet, or values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from integration_tui.config.cursor_context import CursorContext, context_at
from integration_tui.config.document import OVERLAYS, Document, parse
from integration_tui.config.formats.yaml import yaml_text
from integration_tui.config.model_schema import ModelField
from integration_tui.config.nodes import Json, Key, value_at
from integration_tui.config.value_parsing import typed
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.form import Completion, FieldKind
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.secret import SecretScheme

_Position = tuple[int, int]
ModelOf = Callable[[str], type[ProviderConfig] | None]
_TYPE: Final = re.compile(
    r"""(?:^|[{,])[ \t]*["']?type["']?[ \t]*[:=][ \t]*["']?([\w-]+)""", re.MULTILINE
)
_SEPARATORS: Final = {DocumentFormat.YAML: ":", DocumentFormat.TOML: " =", DocumentFormat.JSON: ":"}
_OVERLAID: Final = "Overrides for one environment."


def completions(
    text: str,
    format_: DocumentFormat,
    place: _Position,
    *,
    model_of: ModelOf,
    types: Sequence[str],
) -> tuple[Completion, ...]:
    """Return what may be written at a line and column, from 1, in the model's order."""
    spot = context_at(text, format_, *place)
    if spot is None:
        return ()
    writer = _Writer(text, format_, spot, place)
    if spot.is_value and spot.path == ("type",):
        return tuple(writer.values(spot, [(type_, "") for type_ in types]))
    data = writer.data
    model = model_of(str(data.get("type")))
    if model is None:
        known = [("name", ""), ("type", "Integration type, such as oneroster.")]
        return () if spot.is_value or spot.path else tuple(writer.keys(spot, known, set()))
    return tuple(_offered(spot, _Offer(model, writer)))


class _Writer:
    """Writes what is offered as the document's format wants it."""

    def __init__(
        self, text: str, format_: DocumentFormat, spot: CursorContext, place: _Position
    ) -> None:
        self._format = format_
        self._behind = text.split("\n")[place[0] - 1][place[1] - 1 :].strip()
        self.document = _readable(text, format_, spot, place)
        found = _TYPE.search(text)
        kind: dict[str, Json] = {"type": found[1]} if found else {}
        self.data = dict(self.document.data) if self.document else kind

    def keys(
        self, spot: CursorContext, known: Sequence[tuple[str, str]], sections: set[str]
    ) -> Iterator[Completion]:
        there = self._at(spot.path)
        begun = spot.begun.strip("\"'")
        for key, description in known:
            if key.startswith(begun) and value_at(there, [key]) is None:
                text = self._key(key, is_section=key in sections)
                yield Completion(text=text, description=description, start_column=spot.column)

    def values(self, spot: CursorContext, known: Sequence[tuple[str, str]]) -> Iterator[Completion]:
        begun = spot.begun.strip("\"'")
        for value, description in known:
            if value.startswith(begun):
                text = value if value in {"true", "false"} else self._value(value)
                yield Completion(text=text, description=description, start_column=spot.column)

    def headers(
        self, spot: CursorContext, known: Sequence[tuple[str, str]]
    ) -> Iterator[Completion]:
        for name, description in known:
            if name.startswith(spot.begun) and self._at(tuple(name.split("."))) is None:
                text = name if self._behind.startswith("]") else f"{name}]"
                yield Completion(text=text, description=description, start_column=spot.column)

    def _at(self, path: Sequence[Key]) -> Json:
        return value_at(self.data, path)

    def _key(self, key: str, *, is_section: bool) -> str:
        own = json.dumps(key) if self._format is DocumentFormat.JSON else key
        if self._behind.lstrip('"').startswith((":", "=")):
            return own
        gap = "" if is_section and self._format is DocumentFormat.YAML else " "
        return f"{own}{_SEPARATORS[self._format]}{gap}"

    def _value(self, value: str) -> str:
        is_open = value.endswith(":")
        if self._format is DocumentFormat.YAML:
            return value if is_open else yaml_text(value)
        text = json.dumps(value)
        return text[:-1] if is_open or self._behind.startswith('"') else text


def _readable(
    text: str, format_: DocumentFormat, spot: CursorContext, place: _Position
) -> Document | None:
    """Return the document without what is being written, or as it is, if it can be read."""
    lines, (line, column) = text.split("\n"), place
    own, above, below = lines[line - 1], lines[: line - 1], lines[line:]
    head, tail = own[: spot.column - 1], own[column - 1 :].removeprefix('"')
    start = "\n".join([*above, head])
    for attempt in (
        "\n".join([*above, "", *below]),
        "\n".join([f"{start}{'null' if spot.is_value else ''}{tail}", *below]),
        "\n".join([f"{start.rstrip().removesuffix(',')}{tail}", *below]),
        text,
    ):
        try:
            return parse(attempt, format_)
        except ConfigError:
            continue
    return None


class _Offer:
    """The places of a model, with those of its overlays."""

    def __init__(self, model: type[ProviderConfig], writer: _Writer) -> None:
        self._model = model
        self.writer = writer

    def field_at(self, path: Sequence[Key]) -> ModelField | None:
        data: dict[str, Json] = self.writer.data
        if path[:1] == (OVERLAYS,) and len(path) > 1:
            document = self.writer.document
            if document and path[1] in set(Environment) and value_at(data, path):
                data = document.resolved(Environment(str(path[1])))
            path = path[2:]
        return ModelField.top(self._model, data).at(path)


def _offered(spot: CursorContext, offer: _Offer) -> Iterator[Completion]:
    writer = offer.writer
    if spot.is_header:
        top = offer.field_at(())
        yield from writer.headers(spot, list(_sections(top, "")) if top else [])
    elif spot.path == (OVERLAYS,):
        known = [(environment.value, "") for environment in Environment]
        yield from writer.keys(spot, known, {environment.value for environment in Environment})
    elif (place := offer.field_at(spot.path)) is None:
        return
    elif spot.is_value:
        yield from writer.values(spot, _values(place))
    else:
        known = [(key, one.description) for key in place.keys if (one := place.below(key))]
        sections = {key for key in place.keys if (one := place.below(key)) and one.is_section}
        if not spot.path:
            known, sections = [*known, (OVERLAYS, _OVERLAID)], {*sections, OVERLAYS}
        hidden = {"name", "schema_version"} if spot.path[:1] == (OVERLAYS,) else set[str]()
        known = [pair for pair in known if pair[0] not in hidden or len(spot.path) > 2]
        yield from writer.keys(spot, known, sections)


def _values(place: ModelField) -> list[tuple[str, str]]:
    if place.is_section:
        return []
    match place.kind:
        case FieldKind.CHOICE:
            found = list(place.choices)
        case FieldKind.SWITCH:
            found = ["true", "false"]
        case FieldKind.SECRET:
            return [
                (f"{secret_scheme.value}:", place.description) for secret_scheme in SecretScheme
            ]
        case _:
            found = [typed(place.default)] if place.default not in (None, "", [], {}) else []
    return [
        (found_one, "the default" if found_one == typed(place.default) else "")
        for found_one in found
    ]


def _sections(place: ModelField, prefix: str) -> Iterator[tuple[str, str]]:
    for key in place.keys:
        below = place.below(key)
        if below and below.is_section:
            yield f"{prefix}{key}", below.description
            yield from _sections(below, f"{prefix}{key}.")
