"""What can be seen of an installation: a view each, its rows, and all there is to say of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from integration_tui.domain.diagnostics import CheckResult, EffectiveValue, EnvironmentFact
from integration_tui.domain.integration_overview import Overview
from integration_tui.tui.sanitize import safe
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsView:
    """One list; `empty` stands there where it has no rows."""

    title: str
    columns: Sequence[Column]
    empty: str


_VALUES: Final = (
    Column(title="Key", width=30),
    Column(title="Value"),
    Column(title="From"),
)
VIEWS: Final[Mapping[str, DiagnosticsView]] = {
    "checks": DiagnosticsView(
        title="Checks",
        columns=(
            Column(title="State", width=8),
            Column(title="Subject", width=26),
            Column(title="Finding"),
            Column(title="Fix", from_width=130),
        ),
        empty="nothing was looked at yet",
    ),
    "settings": DiagnosticsView(title="Settings", columns=_VALUES, empty="no settings"),
    "configuration": DiagnosticsView(
        title="Configuration", columns=_VALUES, empty="no integrations yet"
    ),
    "program": DiagnosticsView(
        title="Program",
        columns=(
            Column(title="About", width=9),
            Column(title="Name", width=18),
            Column(title="Value"),
        ),
        empty="nothing is known",
    ),
    "places": DiagnosticsView(
        title="Places",
        columns=(
            Column(title="Name", width=13),
            Column(title="State", width=8),
            Column(title="Where"),
        ),
        empty="nothing is kept",
    ),
}


def check_rows(found: Sequence[CheckResult]) -> list[TableRow]:
    """Return a row for each finding, in the order they came; the place is the key."""
    return [
        TableRow(
            key=str(place),
            cells=(_state(one.right), Cell(one.subject), _finding(one), Cell(one.advice)),
        )
        for place, one in enumerate(found)
    ]


def value_rows(found: Sequence[EffectiveValue]) -> list[TableRow]:
    """Return a row for each value active."""
    return [
        TableRow(
            key=found_one.path, cells=(Cell(found_one.path), _value(found_one), _origin(found_one))
        )
        for found_one in found
    ]


def integration_rows(overviews: Sequence[Overview]) -> list[TableRow]:
    """Return a row for each integration whose values can be looked at."""
    return [
        TableRow(
            key=overview.integration.id,
            cells=(
                Cell(overview.integration.id),
                Cell(
                    f"{overview.integration.provider} · {overview.integration.title}".rstrip("· ")
                ),
                Cell(overview.integration.source_path or "the store", CellStyle.QUIET),
            ),
        )
        for overview in overviews
    ]


def fact_rows(facts: Sequence[EnvironmentFact]) -> list[TableRow]:
    """Return a row for each fact about the program and the terminal."""
    return [
        TableRow(
            key=_key(fact),
            cells=(Cell(fact.group, CellStyle.QUIET), Cell(fact.name), Cell(fact.text)),
        )
        for fact in facts
        if fact.group != "path"
    ]


def path_rows(facts: Sequence[EnvironmentFact]) -> list[TableRow]:
    """Return a row for each place that something is kept at."""
    return [
        TableRow(key=_key(fact), cells=(Cell(fact.name), _state(not fact.trouble), Cell(fact.text)))
        for fact in facts
        if fact.group == "path"
    ]


def check_details(one: CheckResult) -> Content:
    """Return a finding as lines."""
    lines = [Content(_state(one.right).text), safe(one.detail, limit=5_000)]
    if one.advice:
        lines.append(Content.assemble("fix: ", safe(one.advice, limit=2_000)))
    return Content("\n").join(lines)


def value_details(one: EffectiveValue) -> Content:
    """Return a value active as lines."""
    return Content("\n").join(_about_value(one))


def fact_details(one: EnvironmentFact) -> Content:
    """Return a fact as lines."""
    lines = [safe(one.text, limit=2_000)]
    lines += [safe(one.trouble).stylize("$error")] if one.trouble else []
    lines += [Content.assemble("fix: ", safe(one.advice))] if one.advice else []
    return Content("\n").join(lines)


def fact_of(facts: Sequence[EnvironmentFact], key: str) -> EnvironmentFact | None:
    """Return the fact that a row is about."""
    return next((fact for fact in facts if _key(fact) == key), None)


def _about_value(one: EffectiveValue) -> Iterator[Content]:
    yield Content.assemble("value  ", safe(one.text, limit=5_000))
    yield Content.assemble("from   ", safe(one.origin))
    if one.trouble:
        yield safe(one.trouble, limit=2_000).stylize("$error")
    elif one.is_secret:
        yield Content("✓ the secret is there; its value is not shown anywhere")


def _key(one: EnvironmentFact) -> str:
    return f"{one.group}/{one.name}"


def _state(is_right: bool) -> Cell:
    if is_right:
        return Cell("✓ right", CellStyle.GOOD, by=1)
    return Cell("✗ wrong", CellStyle.BAD, by=0)  # first when sorted


def _finding(one: CheckResult) -> Cell:
    return Cell(one.detail, CellStyle.PLAIN if one.right else CellStyle.BAD)


def _value(one: EffectiveValue) -> Cell:
    if one.trouble:
        return Cell(f"✗ {one.text} leads nowhere", CellStyle.BAD)
    return Cell(f"✓ {one.text}", CellStyle.GOOD) if one.is_secret else Cell(one.text)


def _origin(one: EffectiveValue) -> Cell:
    return Cell(one.origin, CellStyle.QUIET if one.origin == "default" else CellStyle.PLAIN)
