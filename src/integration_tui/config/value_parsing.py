"""Values as a person types them, in both directions; the place in the model says what they are."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from integration_tui.config.formats.yaml import Quotes, yaml_text
from integration_tui.config.formats.yaml_reader import read_yaml
from integration_tui.config.model_schema import ModelField
from integration_tui.config.nodes import Json, plain
from integration_tui.domain.config.form import FieldKind
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.secret import SecretRef

_PART: Final = re.compile(r"""[^,\[\]{}"']+|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|.""", re.DOTALL)
_CLEAR: Final = re.compile(r"[^,\[\]{}\"'=\x00-\x1f]+")
_PAIR: Final = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^=]*?)\s*=(.*)""", re.DOTALL)
_SWITCHES: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "false": False,
    "no": False,
    "off": False,
}


def typed(value: Json) -> str:
    """Return a value as a person would type it; nothing for nothing."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(map(_part, value))
        case dict():
            return ", ".join(f"{_part(key)}={_part(child)}" for key, child in value.items())
        case _:
            return str(value)


def read_typed(text: str, place: ModelField, name: str) -> Json:
    """Return the value of a text. Raises `ConfigError`, in a sentence that begins with `name`."""
    match place.kind:
        case FieldKind.TEXT:
            return text
        case FieldKind.LIST:
            return [_item(part, place, name) for part in _parts(text, name)]
        case FieldKind.MAPPING:
            return dict(_pair(part, place, name) for part in _parts(text, name))
        case _:
            return _read_one(text.strip(), place, name)


def _read_one(text: str, place: ModelField, name: str) -> Json:
    match place.kind:
        case FieldKind.SWITCH:
            return _switch(text, name)
        case FieldKind.CHOICE:
            return _choice(text, place, name)
        case FieldKind.SECRET:
            return _secret(text, name)
        case kind:
            return _number(text, kind, name)


def _part(value: Json) -> str:
    """Return one of several values; in quotes where it could be taken for something else."""
    if isinstance(value, dict | list):
        return yaml_text(value, in_flow=True)
    if not isinstance(value, str):
        return typed(value)
    is_clear = value == value.strip() and _CLEAR.fullmatch(value)
    return value if is_clear else yaml_text(value, quotes=Quotes(chosen=True))


def _switch(text: str, name: str) -> bool:
    value = _SWITCHES.get(text.lower())
    if value is None:
        raise ConfigError(f"{name} must be true or false")
    return value


def _number(text: str, kind: FieldKind, name: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    if kind is FieldKind.INTEGER:
        raise ConfigError(f"{name} must be a whole number")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f"{name} must be a number")
    return value


def _choice(text: str, place: ModelField, name: str) -> Json:
    options = place.schema.get("enum") or [place.schema.get("const")]
    for json in options if isinstance(options, list) else ():
        if str(json) == text:
            return json
    raise ConfigError(f"{name} must be one of {', '.join(place.choices)}")


def _secret(text: str, name: str) -> str:
    try:
        return str(SecretRef.parse(text))
    except ValueError:
        raise ConfigError(
            f"{name} must be a reference, not the secret itself",
            advice="write env:NAME, file:PATH or keyring:NAME",
        ) from None


def _parts(text: str, name: str) -> list[str]:
    """Return what stands between commas outside of quotes and brackets."""
    parts, depth = [""], 0
    for match in _PART.finditer(text):
        sign = match.group()
        depth += (sign in {"[", "{"}) - (sign in {"]", "}"})
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    if depth:
        raise ConfigError(f"{name} has a bracket that is not closed")
    return [part.strip() for part in parts if part.strip()]


def _item(text: str, place: ModelField, name: str) -> Json:
    below = place.below(0)
    if below is None or text[:1] in {"{", "[", '"', "'"}:
        return _in_yaml(text, name)
    if below.is_section:
        raise ConfigError(f"{name} must be sections such as {_example(below.keys)}")
    return read_typed(text, below, name)


def _pair(text: str, place: ModelField, name: str) -> tuple[str, Json]:
    match = _PAIR.fullmatch(text)
    if match is None or not match[1]:
        raise ConfigError(f"{name} must be key=value, with commas between")
    key = str(_in_yaml(match[1], name)) if match[1][0] in "\"'" else match[1]
    value, below = match[2].strip(), place.below(key)
    if below is None or value[:1] in {"{", "[", '"', "'"}:
        return key, _in_yaml(value, name)
    return key, read_typed(value, below, f"{name}.{key}")


def _in_yaml(text: str, name: str) -> Json:
    try:
        value = plain(read_yaml(f"[{text}]"))
    except ConfigError:
        raise ConfigError(f"{name} has a value that cannot be read") from None
    return value[0] if isinstance(value, list) and len(value) == 1 else None


def _example(keys: Sequence[str]) -> str:
    return f"{{{', '.join(f'{key}: ...' for key in keys[:2])}}}"
