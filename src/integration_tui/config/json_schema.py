"""JSON Schema (2020-12) of documents, for editors that complete and check while one types."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Final

from integration_tui.config.document import OVERLAYS
from integration_tui.config.model_schema import Schema, schema_of
from integration_tui.config.nodes import Json
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.version import Environment

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DEFINITION: Final = "#/$defs/"
_OF_THE_WHOLE: Final = frozenset({"name", "schema_version"})


def json_schema(model: type[ProviderConfig], *, title: str) -> dict[str, object]:
    """Return the schema of one type's documents, their overlays included."""
    return {"$schema": _DIALECT, **_document(model, title)}


def _document(model: type[ProviderConfig], title: str) -> Schema:
    schema = deepcopy(schema_of(model))
    overlay = _overlay(schema)
    definitions = _section(schema.get("$defs")) | _section(overlay.pop("$defs", {}))
    definitions["overlay"] = overlay
    one: Json = {"$ref": f"{_DEFINITION}overlay"}
    overlays: Schema = {
        "type": "object",
        "description": "Overrides for one environment.",
        "additionalProperties": False,
        "properties": {environment.value: one for environment in Environment},
    }
    properties: Schema = {**_section(schema["properties"]), OVERLAYS: overlays}
    return {**schema, "title": title, "properties": properties, "$defs": definitions}


def _overlay(schema: Schema) -> Schema:
    """Return the same schema with everything optional, at any depth."""
    overlay = _optional(_renamed(schema, _under("overlay")))
    kept = _section(_section(overlay)["properties"])
    properties = {key: child for key, child in kept.items() if key not in _OF_THE_WHOLE}
    return {**_section(overlay), "title": "overlay", "properties": properties}


def _optional(schema: Json) -> Json:
    if isinstance(schema, list):
        return [_optional(json) for json in schema]
    if not isinstance(schema, dict):
        return schema
    loose: Schema = {}
    for key, child in schema.items():
        if key in {"properties", "$defs"}:  # what is below are names, not words of JSON Schema
            loose[key] = {name: _optional(one) for name, one in _section(child).items()}
        elif key not in {"required", "discriminator", "default"}:
            # Without required keys, a section may fit several kinds.
            loose["anyOf" if key == "oneOf" else key] = _optional(child)
    return loose


def _renamed(schema: Schema, rename: Callable[[str], str]) -> Schema:
    definitions = _section(schema.get("$defs"))
    body = {key: _pointed(child, rename) for key, child in schema.items() if key != "$defs"}
    named = {rename(name): _pointed(child, rename) for name, child in definitions.items()}
    return {**body, "$defs": named}


def _under(prefix: str) -> Callable[[str], str]:
    return lambda name: f"{prefix}.{name}"


def _pointed(value: Json, rename: Callable[[str], str]) -> Json:
    if isinstance(value, dict):
        return {key: _pointed(child, rename) for key, child in value.items()}
    if isinstance(value, list):
        return [_pointed(child, rename) for child in value]
    if isinstance(value, str) and value.startswith(_DEFINITION):
        return f"{_DEFINITION}{rename(value.removeprefix(_DEFINITION))}"
    return value


def _section(value: Json) -> Schema:
    return value if isinstance(value, dict) else {}
