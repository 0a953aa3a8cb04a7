"""The same values written in many ways: block and flow, tables and braces, with comments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random

from integration_tui.config.formats.toml import toml_key, toml_text
from integration_tui.config.formats.yaml import Quotes, yaml_key, yaml_text
from integration_tui.config.nodes import Json
from integration_tui.domain.config.version import DocumentFormat


def written(data: Mapping[str, Json], format_: DocumentFormat, seed: int) -> str:
    """Return a document of these values; another seed, another way to write it."""
    chance = Random(seed)  # noqa: S311 - no secret
    if format_ is DocumentFormat.JSON:
        text = _json(data, chance)
    else:
        writer = _Yaml(chance) if format_ is DocumentFormat.YAML else _Toml(chance)
        text = writer.document(data)
    if chance.random() < 0.3:
        text = text.removesuffix("\n")
    return text.replace("\n", "\r\n") if chance.random() < 0.3 else text


def _json(data: Mapping[str, Json], chance: Random) -> str:
    indent = chance.choice([None, 0, 2, 4, "\t"])
    separators = chance.choice([(",", ":"), (", ", ": ")]) if indent is None else (",", ": ")
    text = json.dumps(
        data, indent=indent, separators=separators, ensure_ascii=chance.random() < 0.5
    )
    return f"{text}\n"


class _Noise:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._comments = 0

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def comment(self, share: float = 0.3) -> str:
        if not self.often(share):
            return ""
        self._comments += 1
        return f"# note {self._comments} with: [signs] {{and}} 'quotes'"

    def behind(self) -> str:
        comment = self.comment()
        return f"{' ' * self.chance.randint(1, 4)}{comment}" if comment else ""

    def above(self, indent: str) -> list[str]:
        lines = [f"{indent}{comment}"] if (comment := self.comment(0.2)) else []
        return [*lines, ""] if self.often(0.1) else lines


class _Yaml(_Noise):
    def document(self, data: Mapping[str, Json]) -> str:
        self.step = self.chance.choice([2, 4])
        lines = self._section(data, "")
        if self.often(0.2):
            lines = ["---", *lines]
        return "\n".join([*lines, *self.above("")]) + "\n"

    def _section(self, data: Mapping[str, Json], indent: str) -> list[str]:
        return [line for key, value in data.items() for line in self._pair(key, value, indent)]

    def _pair(self, key: str, value: Json, indent: str) -> list[str]:
        head = f"{indent}{yaml_key(key)}:"
        above, deeper = self.above(indent), indent + " " * self.step
        if isinstance(value, dict) and value and self.often(0.7):
            return [*above, f"{head}{self.behind()}", *self._section(value, deeper)]
        if isinstance(value, list) and value and self.often(0.7):
            inner = self.chance.choice([indent, deeper])
            items = [line for item in value for line in self._item(item, inner)]
            return [*above, f"{head}{self.behind()}", *items]
        return [*above, *self._scalar(f"{head} ", value, deeper)]

    def _item(self, value: Json, indent: str) -> list[str]:
        above = self.above(indent)
        if isinstance(value, dict) and value and self.often(0.7):
            first, *others = self._plain_section(value, f"{indent}  ")
            return [*above, f"{indent}- {first.lstrip()}", *others]
        return [*above, *self._scalar(f"{indent}- ", value, f"{indent}  ")]

    def _plain_section(self, data: Mapping[str, Json], indent: str) -> list[str]:
        return [
            f"{indent}{yaml_key(key)}: {yaml_text(one)}{self.behind()}" for key, one in data.items()
        ]

    def _scalar(self, head: str, value: Json, indent: str) -> list[str]:
        if value is None:
            return [f"{head.rstrip()}{self.behind()}"]
        if isinstance(value, dict | list) and value and self.often(0.3):
            return [
                f"{head}{line}" if not at else line
                for at, line in enumerate(self._tall(value, indent))
            ]
        if isinstance(value, str) and "\n" in value and value.strip() and self.often(0.6):
            block = self._block(value, indent)
            if block:
                return [f"{head}{block[0]}", *block[1:]]
        quotes = Quotes(sign=self.chance.choice(["'", '"']), chosen=self.often(0.4))
        return [f"{head}{yaml_text(value, quotes=quotes)}{self.behind()}"]

    def _block(self, value: str, indent: str) -> list[str]:
        body = value.removesuffix("\n")
        if not all(part.isalnum() for part in body.split("\n")):
            return []
        sign = "|" if value.endswith("\n") else "|-"
        return [sign, *(f"{indent}{part}" for part in body.split("\n"))]

    def _tall(self, value: dict[str, Json] | list[Json], indent: str) -> list[str]:
        is_list = isinstance(value, list)
        items = (
            [yaml_text(item, in_flow=True) for item in value]
            if isinstance(value, list)
            else [
                f"{yaml_key(key, in_flow=True)}: {yaml_text(one, in_flow=True)}"
                for key, one in value.items()
            ]
        )
        ends = [","] * (len(items) - 1) + [self.chance.choice(["", ","])]
        lines = [
            f"{indent}  {one}{end}{self.behind()}" for one, end in zip(items, ends, strict=True)
        ]
        return [
            "[" if is_list else "{",
            *lines,
            f"{indent}{']' if is_list else '}'}{self.behind()}",
        ]


class _Toml(_Noise):
    def document(self, data: Mapping[str, Json]) -> str:
        return "\n".join([*self._table(data, []), *self.above("")]) + "\n"

    def _table(self, data: Mapping[str, Json], path: list[str]) -> list[str]:
        entries: list[str] = []
        tables: list[str] = []
        for key, value in data.items():
            if isinstance(value, dict) and value and self.often(0.6):
                if self.often(0.3) and all(
                    not isinstance(item, dict | list) for item in value.values()
                ):
                    for name, one in value.items():
                        entries += self._entry(toml_key([key, name]), one)
                    continue
                tables += ["", *self.above(""), f"[{toml_key([*path, key])}]{self.behind()}"]
                tables += self._table(value, [*path, key])
            elif self._is_tables(value) and isinstance(value, list) and self.often(0.7):
                for item in value:
                    tables += ["", f"[[{toml_key([*path, key])}]]{self.behind()}"]
                    tables += self._table(item, [*path, key]) if isinstance(item, dict) else []
            else:
                entries += self._entry(toml_key([key]), value)
        return [*entries, *tables]

    def _is_tables(self, value: Json) -> bool:
        return (
            isinstance(value, list)
            and bool(value)
            and all(isinstance(item, dict) for item in value)
        )

    def _entry(self, key: str, value: Json) -> list[str]:
        head = f"{key}{self.chance.choice([' = ', '=', '  =  '])}"
        if isinstance(value, list) and value and self.often(0.4):
            ends = [","] * (len(value) - 1) + [self.chance.choice(["", ","])]
            items = [
                f"  {toml_text(one)}{end}{self.behind()}"
                for one, end in zip(value, ends, strict=True)
            ]
            return [*self.above(""), f"{head}[", *items, f"]{self.behind()}"]
        return [
            *self.above(""),
            f"{head}{toml_text(value, is_literal=self.often(0.3))}{self.behind()}",
        ]
