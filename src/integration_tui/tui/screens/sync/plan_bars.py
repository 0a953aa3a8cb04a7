"""A plan as stacked bars: people by role, then everything else, each with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

import msgspec
from textual.content import Content

from integration_tui.domain.quantity import counted
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.plan_tally import ChangeTally, PersonRole, PlanTally
from integration_tui.domain.sync.run import RunReport
from integration_tui.tui.screens.sync.rows import NAMES
from integration_tui.tui.widgets.roles import Part, line, wrapped

ROLES: Final[Mapping[PersonRole, str]] = {
    PersonRole.STUDENT: "Students",
    PersonRole.TEACHER: "Teachers",
    PersonRole.GUARDIAN: "Guardians",
    PersonRole.OTHER: "Others",
}
_LABEL: Final = 15
_LEAST_BAR: Final = 6
_LEFT_ALONE: Final[Mapping[ChangeKind, str]] = {
    ChangeKind.MISSING: "missing, still within the grace period",
    ChangeKind.PROTECTED: "protected from deactivation",
    ChangeKind.KEPT: "kept: school or class not read",
    ChangeKind.CONFLICT: "in conflict",
    ChangeKind.ALIAS: "known under a second ID",
}


class _Kind(NamedTuple):
    sign: str
    name: str
    block: str
    role: str


_KINDS: Final = (
    _Kind("+", "create", "▆", "ok"),
    _Kind("~", "update", "▆", "info"),
    _Kind("\N{MINUS SIGN}", "deactivate", "▆", "bad"),
    _Kind("=", "unchanged", "─", "faint"),
    _Kind("?", "quarantine", "▆", "warn"),
)
"""In this order everywhere, so that bars of different rows can be compared."""
_UNCHANGED: Final = 3
"""The place of what stays as it is."""
_GAP: Final = 2


class PlanPicture(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn of a plan. `is_past`: the roster is no longer the one from before the run."""

    tally: PlanTally
    is_past: bool = False
    left_alone: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    incomplete: Sequence[str] = ()

    def draw(self, width: int, height: int) -> Iterator[Content]:
        """Yield as much as there is room for: first rows in which nothing happens leave."""
        people, others = self._people(), self._others()
        rest = list(self._rest(width))
        found: list[Content] = []
        for hides_idle, is_airy in ((False, True), (False, False), (True, False)):
            found = list(self._lines(people, others, width, hides_idle=hides_idle, is_airy=is_airy))
            if len(found) + len(rest) <= height:
                break
        yield from islice([*found, *rest], height)

    def _lines(
        self,
        people: Mapping[str, ChangeTally],
        others: Mapping[str, ChangeTally],
        width: int,
        *,
        hides_idle: bool,
        is_airy: bool,
    ) -> Iterator[Content]:
        shown = [
            {name: one for name, one in rows.items() if not (hides_idle and _is_idle(one))}
            for rows in (people, others)
        ]
        numbers = _number_widths([*people.values(), *others.values()], width)
        yield self._head("People", [self.tally.people])
        yield from _rows(shown[0], width, numbers)
        if is_airy:
            yield Content("")
        yield self._head("Everything else", list(others.values()))
        yield from _rows(shown[1], width, numbers)
        if is_airy:
            yield line(("─" * width, "faint"))
        yield _legend(width)

    def _people(self) -> Mapping[str, ChangeTally]:
        roles = {ROLES[role]: one for role, one in self.tally.roles.items()}
        return roles or {NAMES[Collection.USERS]: self.tally.people}

    def _others(self) -> Mapping[str, ChangeTally]:
        return {NAMES[collection]: one for collection, one in self.tally.others.items()}

    def _head(self, title: str, tallies: Sequence[ChangeTally]) -> Content:
        known = sum(one.known or 0 for one in tallies)
        after = sum(one.after or 0 for one in tallies)
        when = "before" if self.is_past else "now"
        return line((title, "title"), (f" {known:,} {when}, {after:,} after", "muted"))

    def _rest(self, width: int) -> Iterator[Content]:
        """Yield what was not read to its end, and what the plan leaves alone though it is off."""
        for sentence in self.incomplete:
            yield from wrapped(line(("▲ ", "warn"), (sentence, "warn")), width)
        if self.left_alone:
            parts = [f"{count:,} {what}" for what, count in self.left_alone.items()]
            yield from wrapped(line((f"Skipped: {' · '.join(parts)}", "muted")), width)


def plan_picture(report: RunReport, tally: PlanTally) -> PlanPicture:
    """Return what is drawn of the plan of a run."""
    left_alone = {
        what: sum(listing.count(kind) for listing in report.listings)
        for kind, what in _LEFT_ALONE.items()
    }
    return PlanPicture(
        tally=tally,
        is_past=not report.run.is_waiting,
        left_alone={what: count for what, count in left_alone.items() if count},
        incomplete=[
            f"{NAMES[listing.collection]} incomplete: {listing.reason}"
            for listing in report.listings
            if listing.is_over and not listing.complete and listing.reason
        ],
    )


def quarantine_note(report: RunReport) -> str:
    """Return how many rows a run does not take; empty where it takes all."""
    count = sum(listing.quarantined for listing in report.listings)
    return f"{counted(count, 'row')} quarantined" if count else ""


def _counts(one: ChangeTally) -> tuple[int, ...]:
    return one.created, one.updated, one.lost, one.unchanged or 0, one.quarantined


def _is_idle(one: ChangeTally) -> bool:
    return not any((one.created, one.updated, one.lost, one.quarantined))


def _number_widths(tallies: Sequence[ChangeTally], width: int) -> list[int]:
    """Return how many cells each number has, with its sign and two blanks before it."""
    columns = zip(*map(_counts, tallies), strict=True)
    wanted = [max(len(f"{count:,}") for count in column) + 1 + _GAP for column in columns]
    most = max((width - _LABEL) // len(_KINDS), 1)
    return wanted if sum(wanted) <= width - _LABEL else [min(one, most) for one in wanted]


def _rows(rows: Mapping[str, ChangeTally], width: int, numbers: Sequence[int]) -> Iterator[Content]:
    """Yield bars with their numbers; the longest is that with the most changes of the block."""
    most = max((_changed(one) for one in rows.values()), default=0)
    for name, one in rows.items():
        yield _row(name, one, most, width, numbers)


def _changed(one: ChangeTally) -> int:
    return one.created + one.updated + one.lost + one.quarantined


def _row(name: str, one: ChangeTally, most: int, width: int, numbers: Sequence[int]) -> Content:
    """Return a bar with its numbers; without the bar, where there is no room for it."""
    counts, room = _counts(one), width - _LABEL - sum(numbers)
    parts: list[Part] = [f"{name:<{_LABEL}}"]
    parts += _bar(counts, most, room) if room >= _LEAST_BAR else ()
    for kind, count, cells in zip(_KINDS, counts, numbers, strict=True):
        shown = f"{kind.sign}{count:,}" if count else "·"
        role = "muted" if kind.role == "faint" else kind.role
        parts.append((f"{shown:>{cells}}", role if count else "faint"))
    return line(*parts)


def _bar(counts: Sequence[int], most: int, room: int) -> Iterator[Part]:
    """Yield what changes, of as much as changes most; what is unchanged is only a number.

    Else the many records that stay would leave a cell or two for those that do not.
    """
    changes = [0 if kind.sign == "=" else count for kind, count in zip(_KINDS, counts, strict=True)]
    sizes = [max(1, round(count / most * room)) if count else 0 for count in changes]
    while sum(sizes) > room:
        sizes[sizes.index(max(sizes))] -= 1
    sizes[_UNCHANGED] = room - sum(sizes)
    for kind, size in zip(_KINDS, sizes, strict=True):
        yield _segment(kind, size), kind.role


def _segment(kind: _Kind, size: int) -> str:
    """Begin with the sign, so that a bar is read without its colours too."""
    return (
        kind.block * size if kind.block == "─" or not size else kind.sign + kind.block * (size - 1)
    )


def _legend(width: int) -> Content:
    long = _legend_of(3, "   ")
    return long if long.cell_length <= width else _legend_of(1, " ")


def _legend_of(cells: int, gap: str) -> Content:
    parts: list[Part] = []
    for kind in _KINDS:
        parts += [gap if parts else "", (_segment(kind, cells), kind.role)]
        parts.append((f" {kind.name}", "muted"))
    return line(*parts)
