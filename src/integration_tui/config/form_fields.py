"""From a model and a document to the fields of a form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from integration_tui.config.model_schema import ModelField
from integration_tui.config.nodes import Json
from integration_tui.config.value_parsing import typed
from integration_tui.domain.config.form import FormField

_ACRONYMS: Final = {word.lower(): word for word in ("API", "CSV", "ID", "TLS", "URL")}
_UNITS: Final = frozenset({"ms", "s", "min", "days"})
_WORDS: Final = {"min": "minimum", "max": "maximum"}
_LABELS: Final = {
    "adds_only": "Adds-only days",
    "ahead": "Read ahead",
    "as_user_id": "Act as user",
    "auth": "Authentication",
    "base_s": "First delay, s",
    "blackout": "Blackout days",
    "certain": "Name similarity",
    "floor": "Always allowed",
    "max_limit": "Maximum page size",
    "max_s": "Longest delay, s",
    "nested": "Nested routes",
    "off": "Disabled rules",
    "oneroster": "OneRoster",
    "removes": "Remove records",
    "retry_after_s": "Retry-After, s",
    "since": "Change filter",
    "sorts": "Sorting",
    "until": "End",
}
"""Keys whose words alone are not what a person would call the value."""


def fields_of(model: type[BaseModel], data: Json) -> tuple[FormField, ...]:
    """Return a field for each value that the model knows, in its order.

    Of a section whose kind is not chosen yet, there is only its `type`.
    """
    return tuple(_fields(ModelField.top(model, data), (), needed=True))


def label_of(key: str) -> str:
    """Return what people call the value of a key: `Base URL`, `Interval, ms`."""
    if key in _LABELS:
        return _LABELS[key]
    *words, last = key.split("_")
    unit = f", {last}" if words and last in _UNITS else ""
    named = words if unit else [*words, last]
    shown = " ".join(_ACRONYMS.get(word, _WORDS.get(word, word)) for word in named)
    return f"{shown[:1].upper()}{shown[1:]}{unit}"


def _fields(section: ModelField, path: tuple[str, ...], *, needed: bool) -> Iterator[FormField]:
    for key in section.keys:
        place = section.below(key)
        if place is None:
            continue
        is_required = needed and place.is_required
        if place.is_section:
            is_needed = is_required or isinstance(place.value, dict)
            yield from _fields(place, (*path, key), needed=is_needed)
        else:
            yield _field(place, (*path, key), is_required=is_required)


def _field(place: ModelField, path: tuple[str, ...], *, is_required: bool) -> FormField:
    value = place.value
    return FormField(
        path=path,
        kind=place.kind,
        description=place.description,
        text=typed(value),
        default=typed(place.default),
        choices=place.choices,
        is_required=is_required,
        is_set=value is not None,
        minimum=place.bound("minimum", "exclusiveMinimum"),
        maximum=place.bound("maximum", "exclusiveMaximum"),
        section=".".join(path[:-1]),
        label=label_of(path[-1]),
        heading=" · ".join(map(label_of, path[:-1])),
    )
