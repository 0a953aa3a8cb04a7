"""The places of a provider's model: what may stand at each path of a document.

As `shape`, but with what a form needs: defaults, bounds, and all kinds that a section may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from integration_tui.config.shape import Schema, Shape, schema_of
from integration_tui.config.tree import Json, Key, value_at
from integration_tui.domain.form import FieldKind

_KINDS = {
    "boolean": FieldKind.SWITCH,
    "integer": FieldKind.INTEGER,
    "number": FieldKind.NUMBER,
    "array": FieldKind.LIST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlace:
    """One place: `own` is its schema as it is referred to, `schema` what that leads to."""

    root: Schema
    own: Schema
    schema: Schema
    value: Json
    is_required: bool = False

    @classmethod
    def top(cls, model: type[BaseModel], value: Json) -> ModelPlace:
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
        for one in (self.own, *_options(self.own)):
            if mapping := _section(_section(one.get("discriminator")).get("mapping")):
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
            return tuple(str(one) for one in listed)
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
        return next((str(one) for one in found if one is not None), "")

    def below(self, key: Key) -> ModelPlace | None:
        """Return the place of a key, or of a list's entry; `None` where there is none."""
        if key == "type" and self.kinds:
            own: Json = {"enum": list(self.kinds), "description": self.description}
        elif self.is_list:
            own = self.schema.get("items")
        else:
            own = self._property(key)
        return self._place(key, own) if isinstance(own, dict) and own else None

    def at(self, path: Sequence[Key]) -> ModelPlace | None:
        """Return the place at a path below this one."""
        place: ModelPlace | None = self
        for key in path:
            place = place.below(key) if place else None
        return place

    def _property(self, key: Key) -> Json:
        own = _section(self.schema.get("properties")).get(str(key))
        if own is not None:
            return own
        patterns = _section(self.schema.get("patternProperties"))
        return next(iter(patterns.values()), None) or self.schema.get("additionalProperties")

    def _place(self, key: Key, own: Schema) -> ModelPlace:
        value = value_at(self.value, [key])
        required = self.schema.get("required")
        is_kind = key == "type" and bool(self.kinds)
        return ModelPlace(
            root=self.root,
            own=own,
            schema=Shape(self.root, own, value).schema,
            value=value,
            is_required=is_kind or (isinstance(required, list) and key in required),
        )


def _section(value: Json) -> Schema:
    return value if isinstance(value, dict) else {}


def _options(schema: Schema) -> list[Schema]:
    options = schema.get("anyOf")
    return [one for one in options if isinstance(one, dict)] if isinstance(options, list) else []
