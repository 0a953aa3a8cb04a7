"""Declared means used: every setting and every key of a configuration is read somewhere.

A key is read where its name is an attribute, in a module that also names its model (or one of
the same family) or the section that the model is, or is of the same provider. A validator of the
model's own may take it from the raw document instead, by `.get("name")`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from integration_tui.providers.catalog import BUILT_IN, Catalog
from integration_tui.settings import SETTINGS, Settings

SOURCE = Path(__file__).parents[1] / "src/integration_tui"
KINDS = {"type", "schema_version"}
"""What decides which model it is, and in which form: pydantic and the migrations read them."""


@dataclass(frozen=True)
class Module:
    """What a module names, which attributes it reads, which keys it asks a mapping for."""

    package: str
    names: frozenset[str]
    attributes: frozenset[str]
    keys: frozenset[str]

    @classmethod
    def read(cls, text: str, package: str) -> Module:
        names: set[str] = set()
        attributes: set[str] = set()
        keys: set[str] = set()
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Name(id=name) | ast.alias(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Attribute(attr=name, ctx=ast.Load()):
                    attributes.add(name)
                case ast.Call(
                    func=ast.Attribute(attr="get"), args=[ast.Constant(value=str() as key), *_]
                ):
                    keys.add(key)
                case _:
                    pass
        return cls(package, frozenset(names), frozenset(attributes), frozenset(keys))


MODULES = [
    Module.read(
        path.read_text(), ".".join(("integration_tui", *path.parent.relative_to(SOURCE).parts))
    )
    for path in SOURCE.rglob("*.py")
]


def parts_of(kind: object) -> Iterator[type[BaseModel]]:
    """Yield the models in an annotation, however deep."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from parts_of(part)


def models() -> set[type[BaseModel]]:
    """Return every model of a document, with those of its sections."""
    found: set[type[BaseModel]] = set()
    waiting: list[type[BaseModel]] = [Catalog().spec(key).config_model for key in BUILT_IN]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            for field in model.model_fields.values():
                waiting += parts_of(field.annotation)
    return found


MODELS = models()
BY_NAME = sorted(MODELS, key=lambda model: model.__qualname__)


def family_of(model: type[BaseModel]) -> set[type[BaseModel]]:
    """Return the models that have its fields, or that it has the fields of."""
    related = {kind for kind in MODELS if issubclass(kind, model) or issubclass(model, kind)}
    return related | {
        kind for kind in model.__mro__ if kind.__module__.startswith("integration_tui")
    }


def sections_of(family: set[type[BaseModel]]) -> set[str]:
    """Return the keys that sections of these models stand under."""
    return {
        name
        for model in MODELS
        for name, field in model.model_fields.items()
        if not family.isdisjoint(parts_of(field.annotation))
    }


def is_read(model: type[BaseModel], key: str) -> bool:
    family = family_of(model)
    names, sections = {kind.__name__ for kind in family}, sections_of(family)
    package = model.__module__.rpartition(".")[0]
    own = package if package.startswith("integration_tui.providers.") else ""
    return any(
        (
            key in module.attributes
            and (names & module.names or sections & module.attributes or module.package == own)
        )
        or (key in module.keys and model.__name__ in module.names)
        for module in MODULES
    )


@pytest.mark.parametrize("model", BY_NAME)
def test_every_key_of_a_document_is_read_somewhere(model: type[BaseModel]) -> None:
    own = [key for key in model.model_fields if key in model.__annotations__]

    assert [key for key in own if key not in KINDS and not is_read(model, key)] == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_read_somewhere(setting: str) -> None:
    is_of_settings = [module for module in MODULES if setting in module.attributes]

    assert any(
        "settings" in module.names | module.attributes or "Settings" in module.names
        for module in is_of_settings
    )


def test_a_key_that_nothing_reads_is_found() -> None:
    class Late(BaseModel):
        """A section that nobody asks for."""

        early_or_never: bool = False

    assert not is_read(Late, "early_or_never")
    assert "log_level" in Settings.__struct_fields__
