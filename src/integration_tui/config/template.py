"""The smallest document of a type: what must be there, with what the model says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from integration_tui.config.formats.yaml import yaml_key, yaml_text
from integration_tui.domain.config.form import FormField
from integration_tui.domain.config.version import DocumentFormat

_WIDTH: Final = 96
_STEP: Final = "  "


def blank_document(fields: Sequence[FormField], format_: DocumentFormat) -> str:
    """Return a document of these fields, with their texts as values.

    Each has its description as a comment, where the format has comments.
    """
    if format_ is DocumentFormat.JSON:
        return f"{json.dumps(_values(fields), indent=2, ensure_ascii=False)}\n"
    lines = _toml(fields) if format_ is DocumentFormat.TOML else _yaml(fields)
    return "".join(f"{line}\n" for line in lines)


def _values(fields: Sequence[FormField]) -> dict[str, object]:
    values: dict[str, object] = {}
    sections = {"": values}
    for field in fields:
        if field.section not in sections:
            parent, _, key = field.section.rpartition(".")
            sections[field.section] = {}
            sections.setdefault(parent, values)[key] = sections[field.section]
        sections[field.section][field.path[-1]] = field.text
    return values


def _yaml(fields: Sequence[FormField]) -> Iterator[str]:
    begun: tuple[str, ...] = ()
    for field in fields:
        section = field.path[:-1]
        for depth in range(len(section)):
            if begun[: depth + 1] != section[: depth + 1]:
                yield f"{_STEP * depth}{yaml_key(section[depth])}:"
                begun = section[: depth + 1]
        begun, indent = section, _STEP * len(section)
        yield from _comments(field, indent)
        yield f"{indent}{yaml_key(field.path[-1])}: {yaml_text(field.text)}"


def _toml(fields: Sequence[FormField]) -> Iterator[str]:
    section = ""
    for field in sorted(
        fields, key=lambda form_field: form_field.section
    ):  # keys of the top come first
        if field.section != section:
            section = field.section
            yield from ("", f"[{section}]")
        yield from _comments(field, "")
        yield f"{field.path[-1]} = {json.dumps(field.text, ensure_ascii=False)}"


def _comments(field: FormField, indent: str) -> Iterator[str]:
    choices = f" One of {', '.join(field.choices)}." if len(field.choices) > 1 else ""
    for line in wrap(f"{field.description}{choices}", _WIDTH - len(indent)):
        yield f"{indent}# {line}"
