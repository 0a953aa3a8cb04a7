"""What can be seen of an installation: a view each, its rows, and all there is to say of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from textual.content import Content

from integration_tui.domain.diagnostics import CheckResult, EffectiveValue, EnvironmentFact
from integration_tui.domain.integration_overview import Overview
from integration_tui.tui.widgets.roles import line, lines, text
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow


class DiagnosticsView(msgspec.Struct, frozen=True, kw_only=True):
    """One list; `empty` stands there where it has no rows."""

    title: str
    columns: Sequence[Column]
    empty: str


_LONGEST: Final = 5_000
_ROLES: Final = {CellStyle.BAD: "bad", CellStyle.GOOD: "ok", CellStyle.QUIET: "muted"}
_VALUES: Final = (
    Column(title="Key", width=30, middle=True),
    Column(title="Value"),
    Column(title="From", middle=True),
)
VIEWS: Final[Mapping[str, DiagnosticsView]] = {
    "checks": DiagnosticsView(
        title="Checks",
        columns=(
            Column(title="Status", width=10),
            Column(title="Check", width=26, middle=True),
            Column(title="Finding", least=20),
        ),
        empty="No checks yet. c runs them.",
    ),
    "settings": DiagnosticsView(title="Settings", columns=_VALUES, empty="No settings."),
    "configuration": DiagnosticsView(
        title="Configuration", columns=_VALUES, empty="No integrations yet. n on screen 1 adds one."
    ),
    "program": DiagnosticsView(
        title="Environment",
        columns=(
            Column(title="About", width=9),
            Column(title="Name", width=18),
            Column(title="Value"),
        ),
        empty="Nothing known.",
    ),
    "places": DiagnosticsView(
        title="Paths",
        columns=(
            Column(title="Name", width=13),
            Column(title="Status", width=10),
            Column(title="Path", middle=True),
        ),
        empty="No paths.",
    ),
}


def check_rows(found: Sequence[CheckResult]) -> list[TableRow]:
    """Return a row for each finding, those that failed first; the place is the key."""
    return [
        TableRow(
            key=str(place),
            cells=(_state(one), Cell(one.subject), _finding(one)),
        )
        for place, one in sorted(enumerate(found), key=lambda pair: pair[1].right)
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
                Cell(overview.integration.source_path or "The store", CellStyle.QUIET),
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
        TableRow(key=_key(fact), cells=(Cell(fact.name), _state(fact.diagnosis), Cell(fact.text)))
        for fact in facts
        if fact.group == "path"
    ]


def check_details(one: CheckResult) -> Content:
    """Return a finding as lines."""
    state = _state(one)
    rows = [
        line((one.subject, "strong"), (f"  {state.text}", _ROLES[state.tone])),
        text(one.detail[:_LONGEST]),
    ]
    return lines([*rows, *_fix(one.advice)])


def value_details(one: EffectiveValue) -> Content:
    """Return a value active as lines."""
    return lines(_about_value(one))


def fact_details(one: EnvironmentFact) -> Content:
    """Return a fact as lines."""
    rows = [line((one.name, "strong"), (f"  {one.group}", "muted")), text(one.text[:_LONGEST])]
    rows += [text(f"✗ {one.trouble}", "bad")] if one.trouble else []
    return lines([*rows, *_fix(one.advice)])


def fact_of(facts: Sequence[EnvironmentFact], key: str) -> EnvironmentFact | None:
    """Return the fact that a row is about."""
    return next((fact for fact in facts if _key(fact) == key), None)


def _about_value(one: EffectiveValue) -> Iterator[Content]:
    yield text(one.path, "strong")
    yield line(("Value  ", "muted"), one.text[:_LONGEST])
    yield line(("From   ", "muted"), one.origin)
    if one.trouble:
        yield text(f"✗ {one.trouble}", "bad")
    elif one.is_secret:
        yield text("✓ Secret found. Its value is never shown.", "ok")


def _fix(advice: str) -> list[Content]:
    return [Content(""), line(("Fix  ", "title"), advice)] if advice else []


def _key(one: EnvironmentFact) -> str:
    return f"{one.group}/{one.name}"


def _state(one: CheckResult) -> Cell:
    if not one.right:
        return Cell("✗ Failed", CellStyle.BAD, by=0)  # first when sorted
    if one.is_neutral:
        return Cell("○ Optional", CellStyle.QUIET, by=2)
    return Cell("✓ OK", CellStyle.GOOD, by=1)


def _finding(one: CheckResult) -> Cell:
    return Cell(one.detail, CellStyle.PLAIN if one.right else CellStyle.BAD)


def _value(one: EffectiveValue) -> Cell:
    if one.trouble:
        return Cell(f"✗ {one.text} not found", CellStyle.BAD)
    return Cell(f"✓ {one.text}", CellStyle.GOOD) if one.is_secret else Cell(one.text)


def _origin(one: EffectiveValue) -> Cell:
    return Cell(one.origin, CellStyle.QUIET if one.origin == "default" else CellStyle.PLAIN)
