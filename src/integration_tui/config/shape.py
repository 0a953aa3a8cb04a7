"""What a model allows at a path of a document, read from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pydantic import BaseModel

from integration_tui.config.tree import Json, Key, is_list, is_section

Schema = dict[str, Json]

_DEFINITION: Final = "#/$defs/"


@lru_cache(maxsize=64)
def schema_of(model: type[BaseModel]) -> Schema:
    """Return the model's JSON Schema. Shared: do not change it."""
    schema: Schema = json.loads(json.dumps(model.model_json_schema()))
    return schema


class Shape:
    """A place of a model: one schema, seen with the value that a document has there."""

    def __init__(self, root: Schema, schema: Schema, value: object) -> None:
        self._root = root
        self._schema = self._settled(schema, value)
        self._value = value

    @classmethod
    def at(cls, model: type[BaseModel], path: Sequence[Key], data: object) -> Shape | None:
        """Return the shape at `path`, or `None` where the model has no such place."""
        root = schema_of(model)
        shape: Shape | None = cls(root, root, data)
        for key in path:
            shape = shape.below(key) if shape else None
        return shape

    def below(self, key: Key) -> Shape | None:
        """Return the shape of a key's value, or of a list's entry."""
        value = child_of(self._value, key)
        if key == "type" and self._kinds():
            found: Json = {"enum": list(self._kinds())}
        elif isinstance(key, int):
            found = self._schema.get("items")
        else:
            found = _section(self._schema.get("properties")).get(key)
            found = found or self._schema.get("additionalProperties")
        return Shape(self._root, found, value) if isinstance(found, dict) else None

    @property
    def schema(self) -> Schema:
        """The schema with references followed and alternatives chosen. Do not change it."""
        return self._schema

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that a section may have."""
        return tuple(_section(self._schema.get("properties")))

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that are allowed, where they can be counted; the types of a section."""
        listed = self._schema.get("enum")
        if isinstance(listed, list):
            return tuple(str(one) for one in listed)
        if "const" in self._schema:
            return (str(self._schema["const"]),)
        return tuple(self._kinds())

    @property
    def is_secret(self) -> bool:
        """Whether a reference to a secret belongs here."""
        return self._schema.get("format") == "secret-reference"

    @property
    def description(self) -> str:
        """What the model says of it."""
        return str(self._schema.get("description", ""))

    def _kinds(self) -> Schema:
        return _section(_section(self._schema.get("discriminator")).get("mapping"))

    def _settled(self, schema: Schema, value: object) -> Schema:
        """Follow references, and choose among alternatives by what the document has."""
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._settled(self._definition(reference), value)
        kinds = _section(_section(schema.get("discriminator")).get("mapping"))
        kind = kinds.get(str(child_of(value, "type"))) if kinds else None
        if isinstance(kind, str):
            return self._settled(self._definition(kind), value)
        if isinstance(schema.get("anyOf"), list):
            return self._settled(_likeliest(schema["anyOf"]), value)
        return schema

    def _definition(self, reference: str) -> Schema:
        return _section(_section(self._root["$defs"]).get(reference.removeprefix(_DEFINITION)))


def _section(value: Json) -> Schema:
    return value if isinstance(value, dict) else {}


def _likeliest(options: Json) -> Schema:
    if isinstance(options, list):
        for one in options:
            if isinstance(one, dict) and one.get("type") != "null":
                return one
    return {}


def child_of(value: object, key: Key) -> object:
    """Return what a section or list has at `key`, or `None`."""
    if is_section(value):
        return value.get(str(key))
    if is_list(value) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return None


def has_child(value: object, key: Key) -> bool:
    """Say whether a section or list has something at `key`, be it `None`."""
    if is_section(value):
        return key in value
    return is_list(value) and isinstance(key, int) and 0 <= key < len(value)
