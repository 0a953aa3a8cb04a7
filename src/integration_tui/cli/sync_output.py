"""What a run and its plan look like on a command line, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import click
import msgspec

from integration_tui.cli.output import ExitCode, as_json, changed, fact, line, note, table
from integration_tui.domain.quantity import counted, listed_counts
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.actions import RunAction, available_actions
from integration_tui.domain.sync.listing_findings import duplicates_sentence
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.plan_sentences import (
    deactivation_sentence,
    safer_sentence,
    upsert_sentence,
)
from integration_tui.domain.sync.run import Mode, RunStatus
from integration_tui.domain.sync.safety import deactivations

if TYPE_CHECKING:
    from integration_tui.cli.context import CliContext
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.sync.plan import PlannedChange, Value
    from integration_tui.domain.sync.quality import QualityFinding, Score
    from integration_tui.domain.sync.run import CollectionProgress, Run, RunReport
    from integration_tui.services import Services


INTERRUPTED: Final = "interrupted"
"""How a run is shown that should be under way, while nobody works on it."""
DIGITS: Final = 12
"""So many digits of a plan's hash are shown; eight are enough to name it."""
_K = ChangeKind
_COLUMNS: Final = {
    "created": (_K.CREATE,),
    "linked": (_K.LINK,),
    "updated": (_K.UPDATE,),
    "returned": (_K.RETURN,),
    "relinked": (_K.RELINK,),
    "further ids": (_K.ALIAS,),
    "deactivated": (_K.DEACTIVATE,),
    "removed": (_K.REMOVE,),
    "missing": (_K.MISSING,),
    "protected": (_K.PROTECTED,),
    "kept": (_K.KEPT,),
    "conflict": (_K.CONFLICT,),
}
_SENTENCES: Final = {
    INTERRUPTED: "was interrupted. Resume",
    RunStatus.PLANNED: "has a plan. Nothing changed yet. Apply",
    RunStatus.HELD: "is held. Nothing changed yet. Next step",
    RunStatus.PAUSED: "is paused. Resume",
    RunStatus.FAILED: "failed. Applied changes stay. Resume",
    RunStatus.APPLIED: "is applied. Undo",
    RunStatus.CANCELLED: "is canceled",
    RunStatus.STALE: "is out of date. Plan again",
}
_SEE: Final = "sync report lists them"
_ALWAYS: Final = frozenset({"created", "updated", "deactivated"})


def print_report(session: CliContext, report: RunReport, *, json_: bool) -> ExitCode:
    """Print a run, say what can be typed now, and return the exit code."""
    if json_:
        as_json(report)
    else:
        show_run(report)
    return print_next_steps(session, report)


def print_next_steps(
    session: CliContext, report: RunReport, *, is_interrupted: bool = False
) -> ExitCode:
    """Say how a run stands and what can be typed now; return the exit code."""
    status = INTERRUPTED if is_interrupted else report.run.status
    sentence = _SENTENCES.get(status)
    if word := _approval(report):
        sentence = f"is {word}. Apply"
    if _found_nothing(report):
        note(f"{report.run.integration_id} has no record with this ID.")
    if _takes_nothing_back(report):
        note(f"Run {report.run.undoes}: nothing left to undo.")
    calls = list(_next(report, is_interrupted=is_interrupted))
    if sentence:
        note(f"Run {report.run.id} {sentence}{':' if calls else '.'}")
    for words in calls:
        note(f"  {command_line(session, *words)}")
    kept_out = {listing.collection: listing.quarantined for listing in report.listings}
    if any(kept_out.values()):
        note(f"{listed_counts(kept_out)} quarantined: kept out of the roster. List them:")
        note(f"  {command_line(session, 'sync', 'quarantine', report.run.integration_id)}")
    return _exit_code(report)


def resume(run: Run) -> str:
    """Return what to do about a run that was interrupted."""
    return f"resume: integration-tui sync resume {run.integration_id}"


def described(run: Run, *, is_interrupted: bool) -> Mapping[str, object]:
    """Return a run for programs: one that was interrupted says so, and what to do."""
    found: dict[str, object] = msgspec.structs.asdict(run)
    if is_interrupted:
        found |= {"status": INTERRUPTED, "advice": resume(run)}
    return found


def show_run(report: RunReport, *, is_interrupted: bool = False) -> None:
    """Print how a run stands, and how many of what its plan has for each collection."""
    run = report.run
    fact("run", f"{run.id}, {_mode(run)} of {run.integration_id}")
    fact("started", run.started_at, f"by {run.started_by} ({run.trigger})")
    fact("status", INTERRUPTED if is_interrupted else run.status)
    if run.plan_hash:
        fact("plan", run.plan_hash[:DIGITS])
    _counts(report.listings)
    if run.plan_hash and run.is_waiting:
        for sentence in _effects(report):
            fact("effect", sentence)
    for label, sentence in _remarks(report):
        fact(label, sentence)


def _effects(report: RunReport) -> Iterator[str]:
    """Yield what the plan does, people counted apart from enrollments, and what is safer."""
    yield deactivation_sentence(report.listings, has_totals=True)
    if upserts := upsert_sentence(report.listings):
        yield upserts
    safer = safer_sentence(report.listings, "apply --without-deactivations")
    if deactivations(report.listings) and safer:
        yield safer


def _remarks(report: RunReport) -> Iterator[tuple[str, str]]:
    run = report.run
    reasons = dict.fromkeys(listing.reason for listing in report.listings if listing.reason)
    for reason in reasons:
        names = [listing.collection for listing in report.listings if listing.reason == reason]
        yield "incomplete", f"{', '.join(names)}: {reason}"
    yield from _account(report)
    for hold in run.holds:
        yield "held" if run.status is RunStatus.HELD else "was held", hold.sentence
    if word := _approval(report):
        yield "approval", word
    if run.preview and run.is_waiting:
        yield "automatic", f"not applied: {run.preview}"
    if run.spares:
        yield "applied", "without deactivations: this run deactivates nobody"
    if run.problem:
        yield "problem", run.problem
    if run.advice:
        yield "fix", run.advice


def _account(report: RunReport) -> Iterator[tuple[str, str]]:
    """Yield what is to be known of rows and people, though nothing is missing for it."""
    for one in report.listings:
        if doubled := duplicates_sentence(one.duplicates, one.differing, one.doubled):
            yield "duplicates", f"{one.collection}: {doubled}"
    for notice in report.notices:
        yield "read", notice
    if lost := sum(listing.with_loss for listing in report.listings):
        yield "read", f"{counted(lost, 'record')} with a loss: {_SEE}"
    if report.transfers:
        yield "people", f"{counted(report.transfers, 'transfer')} from one school to another"


def _approval(report: RunReport) -> str:
    until = report.approved_until
    if until is None:
        return ""
    return f"approved by {report.approved_by} until {until.astimezone():%H:%M}"


def _mode(run: Run) -> str:
    if run.mode is Mode.TARGETED and run.scope:
        return f"targeted ({run.scope.collection} {run.scope.sourced_id})"
    return f"undo of run {run.undoes}" if run.undoes else run.mode


def _counts(listings: Sequence[CollectionProgress]) -> None:
    used = {
        name: kinds
        for name, kinds in _COLUMNS.items()
        if name in _ALWAYS or any(listing.count(*kinds) for listing in listings)
    }
    table(
        ("collection", "records", "quarantined", "duplicates", "unchanged", *used),
        (
            (
                listing.collection,
                f"{listing.records:,}",
                f"{listing.quarantined:,}",
                f"{listing.duplicates:,}",
                f"{listing.same + listing.count(_K.REFRESH):,}",
                *(f"{listing.count(*kinds):,}" for kinds in used.values()),
            )
            for listing in listings
        ),
    )


def command_line(session: CliContext, *words: str) -> str:
    """Return a call of this program as it is typed, with the options that this one had."""
    options: list[str] = []
    if session.store is not None:
        options += ["--store", session.store]
    if session.config_dir is not None:
        options += ["--config-dir", f"{session.config_dir}"]
    return shlex.join(("integration-tui", *options, *words))


def _next(report: RunReport, *, is_interrupted: bool) -> Iterator[tuple[str, ...]]:
    """Yield what brings a run on; a plan that may be applied needs nothing else."""
    run, actions = report.run, available_actions(report, is_interrupted=is_interrupted)
    plan = (run.integration_id, "--plan", run.plan_hash[:DIGITS])
    if RunAction.RESUME in actions:
        yield "sync", "resume", run.integration_id
    if RunAction.UNDO in actions:
        yield "sync", "undo", f"{run.id}"
    if run.status is RunStatus.STALE:
        yield "sync", "plan", run.integration_id
    if RunAction.APPLY in actions:
        yield "sync", "apply", *plan
        return
    if RunAction.APPROVE in actions:
        count = f"{deactivations(report.listings)}"
        yield "sync", "approve", *plan, "--deactivations", count, "--reason", "WHY"
    if RunAction.APPLY_WITHOUT_DEACTIVATIONS in actions:
        yield "sync", "apply", *plan, "--without-deactivations"


def _exit_code(report: RunReport) -> ExitCode:
    """Trouble: a run that is neither planned nor applied, or that does not hold all there is."""
    is_fine = report.run.status in {RunStatus.PLANNED, RunStatus.APPLIED}
    is_whole = not any(listing.reason for listing in report.listings) and not _found_nothing(report)
    is_kept = not any(listing.quarantined for listing in report.listings)
    return ExitCode.FINE if is_fine and is_whole and is_kept else ExitCode.TROUBLE


def _takes_nothing_back(report: RunReport) -> bool:
    """Return whether an undo finds nothing: all was changed again since, or nothing ever was."""
    is_planned = report.run.undoes is not None and bool(report.run.plan_hash)
    return is_planned and not any(listing.count(*_K.effective()) for listing in report.listings)


def _found_nothing(report: RunReport) -> bool:
    """Return whether one thing was asked for, and is not there."""
    scope = report.run.scope
    named = [
        listing for listing in report.listings if scope and listing.collection is scope.collection
    ]
    return any(listing.is_over and not listing.listed for listing in named)


_F = TypeVar("_F", bound=Callable[..., object])
_PAGE: Final = 500
_MOST_FINDINGS: Final = 20
_LONGEST: Final = 40
"""Characters of one side of a field; JSON has all of them."""
_BARE: Final = frozenset({ChangeKind.CREATE, ChangeKind.MISSING, ChangeKind.KEPT})
"""Shown without their fields, as long as they are samples."""


class ChangeSelection(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes are shown: `samples` of each kind, or all of one collection or kind."""

    samples: int = 5
    collection: Collection | None = None
    kind: ChangeKind | None = None

    @property
    def is_list(self) -> bool:
        return self.collection is not None or self.kind is not None

    def groups(self, report: RunReport) -> Iterator[tuple[CollectionProgress, ChangeKind]]:
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


class RunDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A run with what is shown of its plan; what `--json` prints."""

    run: Mapping[str, object]
    listings: tuple[CollectionProgress, ...]
    changes: list[PlannedChange]
    scores: list[Score]
    findings: list[QualityFinding]


def wanting(command: _F) -> _F:
    """Give a command the options that `Wanted` is made of."""
    for option in (
        click.option("--samples", type=click.IntRange(0, 1000), default=5, show_default=True,
                     help="Changes of each kind to show."),
        click.option("--collection", type=click.Choice([collection.value for collection in ROSTER]),
                     help="List all changes of this collection."),
        click.option("--kind", type=click.Choice([change_kind.value for change_kind in ChangeKind]),
                     help="List all changes of this kind."),
    ):  # fmt: skip
        command = option(command)
    return command


def wanted(*, samples: int, collection: str | None, kind: str | None) -> ChangeSelection:
    """Make it of the options' values."""
    return ChangeSelection(
        samples=samples,
        collection=Collection(collection) if collection else None,
        kind=ChangeKind(kind) if kind else None,
    )


async def print_details(
    services: Services,
    report: RunReport,
    wanted: ChangeSelection,
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
    services: Services, report: RunReport, wanted: ChangeSelection, run: Mapping[str, object]
) -> RunDetails:
    changes = [
        change
        for listing, kind in wanted.groups(report)
        async for change in _changes(services, report, wanted, (listing.collection, kind))
    ]
    return RunDetails(
        run=run,
        listings=report.listings,
        changes=changes,
        scores=await services.plans.scores(report.run.id),
        findings=await services.plans.findings(report.run.id),
    )


async def _show_changes(services: Services, report: RunReport, wanted: ChangeSelection) -> None:
    """Print changes as they are read: a list may be as long as a roster."""
    for listing, kind in wanted.groups(report):
        title = f"{listing.collection}, {kind}: {listing.count(kind):,}"
        async for change in _changes(services, report, wanted, (listing.collection, kind)):
            if title:
                line(title)
                title = ""
            _show(change, is_bare=kind in _BARE and not wanted.is_list)


async def _changes(
    services: Services,
    report: RunReport,
    wanted: ChangeSelection,
    of: tuple[Collection, ChangeKind],
) -> AsyncGenerator[PlannedChange]:
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


def _show(change: PlannedChange, *, is_bare: bool) -> None:
    remarks = [text for text in (change.transfer, change.note) if text]
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


def show_quality(scores: list[Score], findings: list[QualityFinding]) -> None:
    """Print the score card."""
    if scores:
        table(
            ("quality", "records", "score", "before"),
            (
                (score.collection, f"{score.records:,}", f"{score.percent}", score.before)
                for score in scores
            ),
        )
    if findings:
        table(
            ("finding", "severity", "collection", "records", "description"),
            (
                (
                    finding.name,
                    finding.severity,
                    finding.collection,
                    f"{finding.count:,}",
                    finding.told,
                )
                for finding in findings[:_MOST_FINDINGS]
            ),
        )
    if len(findings) > _MOST_FINDINGS:
        line(f"and {len(findings) - _MOST_FINDINGS} more findings")
