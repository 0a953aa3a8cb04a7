"""The JSON Schema that editors check documents by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from integration_tui.config.json_schema import json_schema
from tests.config.sample_models import RosterConfig

_REF = "#/$defs/"


def _references(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key == "$ref":
                yield child
            elif key == "mapping":
                yield from child.values()
            else:
                yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def _schema() -> dict[str, dict[str, dict[str, object]]]:
    schema: dict[str, dict[str, dict[str, object]]] = json.loads(
        json.dumps(json_schema(RosterConfig, title="OneRoster"))
    )
    return schema


def test_every_reference_of_a_schema_leads_somewhere() -> None:
    schema = json_schema(RosterConfig, title="OneRoster")
    definitions = schema["$defs"]
    references = list(_references(schema))

    assert isinstance(definitions, dict)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert references
    assert {reference.removeprefix(_REF) for reference in references} <= definitions.keys()


def test_a_schema_refuses_unknown_keys_and_demands_the_needed_ones() -> None:
    schema: Mapping[str, object] = _schema()

    assert schema["title"] == "OneRoster"
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name", "type", "base_url", "auth"]


def test_a_secret_is_a_pattern_of_references() -> None:
    secret = _schema()["$defs"]["BasicAuth"]["properties"]

    assert isinstance(secret, dict)
    assert secret["password"]["pattern"] == "^(env|file|keyring):.+$"


def test_an_overlay_has_the_same_keys_and_demands_none() -> None:
    schema = _schema()
    overlay: Mapping[str, object] = schema["$defs"]["overlay"]
    properties = overlay["properties"]

    assert isinstance(properties, dict)
    assert properties.keys() == schema["properties"].keys() - {
        "name",
        "schema_version",
        "environments",
    }
    assert overlay["additionalProperties"] is False
    loose = {name: one for name, one in schema["$defs"].items() if name.startswith("overlay")}
    assert "overlay.BasicAuth" in loose
    assert not [name for name, one in loose.items() if "required" in one or "oneOf" in one]
    assert schema["properties"]["environments"]["properties"] == {
        name: {"$ref": "#/$defs/overlay"} for name in ("development", "staging", "production")
    }


def test_asking_for_a_schema_does_not_change_the_models() -> None:
    before = json.dumps(RosterConfig.model_json_schema())

    json_schema(RosterConfig, title="x")

    assert json.dumps(RosterConfig.model_json_schema()) == before
    assert json_schema(RosterConfig, title="y")["title"] == "y"
