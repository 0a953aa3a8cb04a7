"""Google's own description of an API, as an OpenAPI document for the judge.

The discovery documents come with google-api-python-client. An object may have no member that its
document does not name: that is stricter than the document, and finds what was made up.
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

SCALARS = {"format", "pattern", "enum", "minimum", "maximum", "type"}
OF_PROTOBUF = {"google-datetime": "date-time"}
"""Formats that have another name elsewhere; others of protobuf's are left out."""


def write_openapi(name: str, folder: Path, *resources: str) -> Path:
    """Write the methods of some resources of an API (`classroom.v1`) and return the file."""
    documents = files("googleapiclient.discovery_cache") / "documents"
    found = json.loads((documents / f"{name}.json").read_text())
    paths: dict[str, Any] = {}
    for resource in resources:
        for method in methods(found, resource):
            path = "/" + method["path"].replace("{+", "{")
            paths.setdefault(path, {})[method["httpMethod"].lower()] = operation(
                method, found["parameters"]
            )
    document = {
        "openapi": "3.0.3",
        "info": {"title": name, "version": found["revision"]},
        "paths": paths,
        "components": {"schemas": {key: schema(one) for key, one in found["schemas"].items()}},
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(document))
    return file


def methods(document: Any, resource: str) -> Iterator[Any]:
    """Yield the methods of a resource (`courses.students`), not those below it."""
    for name in resource.split("."):
        document = document["resources"][name]
    yield from document["methods"].values()


def operation(method: Any, common: Any) -> Any:
    parameters = method.get("parameters", {}) | {name: common[name] for name in ("fields", "alt")}
    body = method.get("request")
    return {
        "operationId": method["id"],
        "parameters": [parameter(name, one) for name, one in parameters.items()],
        **({"requestBody": content(body)} if body else {}),
        "responses": {"200": {"description": "", **content(method.get("response", {}))}},
    }


def parameter(name: str, one: Any) -> Any:
    kind = scalar(one)
    return {
        "name": name,
        "in": one["location"],
        "required": one["location"] == "path" or one.get("required", False),
        "schema": {"type": "array", "items": kind} if one.get("repeated") else kind,
    }


def content(reference: Any) -> Any:
    return {"content": {"application/json": {"schema": schema(reference)}}}


def schema(one: Any) -> Any:
    if "$ref" in one:
        return {"$ref": f"#/components/schemas/{one['$ref']}"}
    if one.get("type") == "any":
        return {}
    if one.get("type") == "array":
        return {"type": "array", "items": schema(one["items"])}
    if "properties" in one:
        properties = {name: schema(below) for name, below in one["properties"].items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}
    return scalar(one)


def scalar(one: Any) -> Any:
    kept = {key: one[key] for key in SCALARS & {*one}}
    written = kept.pop("format", "")
    known = OF_PROTOBUF.get(written, written if written in {"int32", "date-time"} else "")
    bounds = {key: int(kept.pop(key)) for key in ("minimum", "maximum") if key in kept}
    return kept | bounds | ({"format": known} if known else {})
