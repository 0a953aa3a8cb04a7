"""What a plan does with single records, field by field, and how good the roster is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import click

from integration_tui.cli.output import as_json, changed, fact, line, table
from integration_tui.cli.sync_words import described, show_run
from integration_tui.domain.plan import ChangeKind
from integration_tui.domain.roster import ROSTER, Collection

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.plan import Change, Value
    from integration_tui.domain.quality import Finding, Score
    from integration_tui.domain.run import Listing, RunReport
    from integration_tui.services import Services

_F = TypeVar("_F", bound=Callable[..., object])
_PAGE: Final = 500
_MOST_FINDINGS: Final = 20
_LONGEST: Final = 40
"""Characters of one side of a field; JSON has all of them."""
_BARE: Final = frozenset({ChangeKind.CREATE, ChangeKind.MISSING, ChangeKind.KEPT})
"""Shown without their fields, as long as they are samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which changes are shown: `samples` of each kind, or all of one collection or kind."""

    samples: int = 5
    collection: Collection | None = None
    kind: ChangeKind | None = None

    @property
    def is_list(self) -> bool:
        return self.collection is not None or self.kind is not None

    def groups(self, report: RunReport) -> Iterator[tuple[Listing, ChangeKind]]:
        """Yield what there is of the plan, in the order in which it is shown."""
        for listing in report.listings:
            if self.collection in {None, listing.collection}:
                for kind in ChangeKind:
                    if listing.count(kind) and self._shows(kind):
                        yield listing, kind

    def _shows(self, kind: ChangeKind) -> bool:
        if self.kind is None:
            return kind is not ChangeKind.REFRESH  # nothing that we hold changes
        return kind is self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A run with what is shown of its plan; what `--json` prints."""

    run: Mapping[str, object]
    listings: tuple[Listing, ...]
    changes: list[Change]
    scores: list[Score]
    findings: list[Finding]


def wanting(command: _F) -> _F:
    """Give a command the options that `Wanted` is made of."""
    for option in (
        click.option("--samples", type=click.IntRange(0, 1000), default=5, show_default=True,
                     help="So many changes of each kind are shown."),
        click.option("--collection", type=click.Choice([one.value for one in ROSTER]),
                     help="List all changes of this collection."),
        click.option("--kind", type=click.Choice([one.value for one in ChangeKind]),
                     help="List all changes of this kind."),
    ):  # fmt: skip
        command = option(command)
    return command


def wanted(*, samples: int, collection: str | None, kind: str | None) -> Wanted:
    """Make it of the options' values."""
    return Wanted(
        samples=samples,
        collection=Collection(collection) if collection else None,
        kind=ChangeKind(kind) if kind else None,
    )


async def print_details(
    services: Services,
    report: RunReport,
    wanted: Wanted,
    *,
    json_: bool,
    actor: Actor,
    is_interrupted: bool = False,
) -> None:
    """Print a run with what is wanted of its plan; all of a collection as JSON is an export."""
    if json_:
        if wanted.is_list:
            detail = f"the plan of run {report.run.id} as JSON"
            await services.records.begin_export("plan", actor=actor, detail=detail)
        run = described(report.run, is_interrupted=is_interrupted)
        as_json(await _read(services, report, wanted, run))
        return
    show_run(report, is_interrupted=is_interrupted)
    await _show_changes(services, report, wanted)
    if not wanted.is_list:
        plans = services.plans
        show_quality(await plans.scores(report.run.id), await plans.findings(report.run.id))


async def _read(
    services: Services, report: RunReport, wanted: Wanted, run: Mapping[str, object]
) -> Details:
    changes = [
        change
        for listing, kind in wanted.groups(report)
        async for change in _changes(services, report, wanted, (listing.collection, kind))
    ]
    return Details(
        run=run,
        listings=report.listings,
        changes=changes,
        scores=await services.plans.scores(report.run.id),
        findings=await services.plans.findings(report.run.id),
    )


async def _show_changes(services: Services, report: RunReport, wanted: Wanted) -> None:
    """Print changes as they are read: a list may be as long as a roster."""
    for listing, kind in wanted.groups(report):
        title = f"{listing.collection}, {kind}: {listing.count(kind):,}"
        async for change in _changes(services, report, wanted, (listing.collection, kind)):
            if title:
                line(title)
                title = ""
            _show(change, is_bare=kind in _BARE and not wanted.is_list)


async def _changes(
    services: Services, report: RunReport, wanted: Wanted, of: tuple[Collection, ChangeKind]
) -> AsyncGenerator[Change]:
    collection, kind = of
    after, left = "", wanted.samples
    while wanted.is_list or left > 0:
        limit = _PAGE if wanted.is_list else min(left, _PAGE)
        page = await services.plans.changes(
            report.run.id, collection, kind=kind, after=after, limit=limit
        )
        for change in page:
            yield change
        if len(page) < limit:
            return
        after, left = page[-1].external_id, left - len(page)


def _show(change: Change, *, is_bare: bool) -> None:
    remarks = [one for one in (change.transfer, change.note) if one]
    line(" ", change.external_id, change.label, *remarks)
    if is_bare:
        return
    for name, after in change.after.items():
        before = change.before.get(name)
        text = _side(after) if not change.before else changed(_side(before), _side(after))
        fact(name, text, width=20, indent=7)


def _side(value: Value) -> str:
    if value is None:
        return "-"
    text = f"{value}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def show_quality(scores: list[Score], findings: list[Finding]) -> None:
    """Print the score card."""
    if scores:
        table(
            ("quality", "records", "score", "before"),
            ((one.collection, f"{one.records:,}", f"{one.percent}", one.before) for one in scores),
        )
    if findings:
        table(
            ("finding", "severity", "collection", "records", "what it is"),
            (
                (one.name, one.severity, one.collection, f"{one.count:,}", one.told)
                for one in findings[:_MOST_FINDINGS]
            ),
        )
    if len(findings) > _MOST_FINDINGS:
        line(f"and {len(findings) - _MOST_FINDINGS} more findings")
