"""The places of a provider's model: what may stand at each path of a document.

As `shape`, but with what a form needs: defaults, bounds, and all kinds that a section may have.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec
from pydantic import BaseModel

from integration_tui.config.nodes import Json, Key, is_list, is_section, value_at
from integration_tui.domain.config.form import FieldKind

Schema = dict[str, Json]

_DEFINITION: Final = "#/$defs/"


@lru_cache(maxsize=64)
def schema_of(model: type[BaseModel]) -> Schema:
    """Return the model's JSON Schema. Shared: do not change it."""
    schema: Schema = json.loads(json.dumps(model.model_json_schema()))
    return schema


class SchemaNode:
    """A place of a model: one schema, seen with the value that a document has there."""

    def __init__(self, root: Schema, schema: Schema, value: object) -> None:
        self._root = root
        self._schema = self._settled(schema, value)
        self._value = value

    @classmethod
    def at(cls, model: type[BaseModel], path: Sequence[Key], data: object) -> SchemaNode | None:
        """Return the shape at `path`, or `None` where the model has no such place."""
        root = schema_of(model)
        shape: SchemaNode | None = cls(root, root, data)
        for key in path:
            shape = shape.below(key) if shape else None
        return shape

    def below(self, key: Key) -> SchemaNode | None:
        """Return the shape of a key's value, or of a list's entry."""
        value = child_of(self._value, key)
        if key == "type" and self._kinds():
            found: Json = {"enum": list(self._kinds())}
        elif isinstance(key, int):
            found = self._schema.get("items")
        else:
            found = _section(self._schema.get("properties")).get(key)
            found = found or self._schema.get("additionalProperties")
        return SchemaNode(self._root, found, value) if isinstance(found, dict) else None

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
            return tuple(str(item) for item in listed)
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
        for option in options:
            if isinstance(option, dict) and option.get("type") != "null":
                return option
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


_KINDS = {
    "boolean": FieldKind.SWITCH,
    "integer": FieldKind.INTEGER,
    "number": FieldKind.NUMBER,
    "array": FieldKind.LIST,
}


class ModelField(msgspec.Struct, frozen=True, kw_only=True):
    """One place: `own` is its schema as it is referred to, `schema` what that leads to."""

    root: Schema
    own: Schema
    schema: Schema
    value: Json
    is_required: bool = False

    @classmethod
    def top(cls, model: type[BaseModel], value: Json) -> ModelField:
        """Return the place of the document itself."""
        root = schema_of(model)
        return cls(root=root, own=root, schema=root, value=value)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that a section may have, in the model's order."""
        own = tuple(_section(self.schema.get("properties")))
        return own or (("type",) if self.kinds else ())

    @property
    def kinds(self) -> tuple[str, ...]:
        """The values of `type` that a section may have, where those differ in their keys."""
        for schema in (self.own, *_options(self.own)):
            if mapping := _section(_section(schema.get("discriminator")).get("mapping")):
                return tuple(mapping)
        return ()

    @property
    def is_section(self) -> bool:
        """Whether it has known keys."""
        return bool(self.keys)

    @property
    def is_list(self) -> bool:
        """Whether its values have positions."""
        return self.schema.get("type") == "array"

    @property
    def kind(self) -> FieldKind:
        """How its value is entered; for what is no section."""
        if self.schema.get("format") == "secret-reference":
            return FieldKind.SECRET
        if self.choices:
            return FieldKind.CHOICE
        if self.schema.get("type") == "object":
            return FieldKind.MAPPING
        return _KINDS.get(str(self.schema.get("type")), FieldKind.TEXT)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that are allowed, where they can be counted."""
        if self.schema.get("type") == "boolean":
            return ()
        listed = self.schema.get("enum")
        if isinstance(listed, list):
            return tuple(str(item) for item in listed)
        return (str(self.schema["const"]),) if "const" in self.schema else ()

    @property
    def description(self) -> str:
        """What the model says of it, on one line."""
        text = self.own.get("description") or self.schema.get("description") or ""
        return " ".join(str(text).split())

    @property
    def default(self) -> Json:
        """What holds when nothing is set; `None` where that is nothing, or not known."""
        return self.own.get("default", self.schema.get("default"))

    def bound(self, *names: str) -> str:
        """Return the first of these bounds that the schema has."""
        found = (self.schema.get(name) for name in names)
        return next((str(found_one) for found_one in found if found_one is not None), "")

    def below(self, key: Key) -> ModelField | None:
        """Return the place of a key, or of a list's entry; `None` where there is none."""
        if key == "type" and self.kinds:
            own: Json = {"enum": list(self.kinds), "description": self.description}
        elif self.is_list:
            own = self.schema.get("items")
        else:
            own = self._property(key)
        return self._child(key, own) if isinstance(own, dict) and own else None

    def at(self, path: Sequence[Key]) -> ModelField | None:
        """Return the place at a path below this one."""
        place: ModelField | None = self
        for key in path:
            place = place.below(key) if place else None
        return place

    def _property(self, key: Key) -> Json:
        own = _section(self.schema.get("properties")).get(str(key))
        if own is not None:
            return own
        patterns = _section(self.schema.get("patternProperties"))
        return next(iter(patterns.values()), None) or self.schema.get("additionalProperties")

    def _child(self, key: Key, own: Schema) -> ModelField:
        value = value_at(self.value, [key])
        required = self.schema.get("required")
        is_kind = key == "type" and bool(self.kinds)
        return ModelField(
            root=self.root,
            own=own,
            schema=SchemaNode(self.root, own, value).schema,
            value=value,
            is_required=is_kind or (isinstance(required, list) and key in required),
        )


def _options(schema: Schema) -> list[Schema]:
    options = schema.get("anyOf")
    return (
        [option for option in options if isinstance(option, dict)]
        if isinstance(options, list)
        else []
    )
