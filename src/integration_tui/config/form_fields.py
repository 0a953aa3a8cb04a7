"""From a model and a document to the fields of a form."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from integration_tui.config.model_schema import ModelField
from integration_tui.config.nodes import Json
from integration_tui.config.value_parsing import typed
from integration_tui.domain.config.form import FormField


def fields_of(model: type[BaseModel], data: Json) -> tuple[FormField, ...]:
    """Return a field for each value that the model knows, in its order.

    Of a section whose kind is not chosen yet, there is only its `type`.
    """
    return tuple(_fields(ModelField.top(model, data), (), needed=True))


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
    )
