"""`sync conflicts, settle, reopen, quarantine`: what waits for somebody to put it right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, fact, line, note, table
from integration_tui.cli.sync_output import command_line
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.quantity import counted
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.listing_findings import duplicates_sentence
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.quality import QualityFinding, Score, Trend, trends
from integration_tui.domain.sync.run import (
    CollectionProgress,
    Run,
    RunReport,
    SkippedPart,
    skipped_sentences,
)

if TYPE_CHECKING:
    from integration_tui.domain.sync.conflict import Conflict
    from integration_tui.domain.sync.quality import Quarantined
    from integration_tui.services import Services


_PAGE: Final = 500
_DECISIONS: Final = {Side.OURS: "local", Side.THEIRS: "source"}
_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_id = click.IntRange(1, 2**63 - 1)


@click.command()
@click.argument("name", type=IntegrationId, required=False)
@click.option("--settled", "is_all", is_flag=True, help="Resolved conflicts as well.")
@_json
@click.pass_obj
def conflicts(session: CliContext, *, name: IntegrationId | None, is_all: bool, json_: bool) -> int:
    """List conflicts: fields changed on both sides. Exit code 1 when one is open."""

    async def ask(services: Services) -> list[Conflict]:
        if name is not None:
            await services.integrations.get(name)
        if json_:
            detail = f"of {name} as JSON" if name else "as JSON"
            await services.records.begin_export("conflicts", actor=session.actor(), detail=detail)
        found: list[Conflict] = []
        while True:
            page = await services.conflicts.conflicts(
                name, open_only=not is_all, after=found[-1].id if found else 0, limit=_PAGE
            )
            found += page
            if len(page) < _PAGE:
                return found

    found = session.look(ask)
    if json_:
        as_json(found)
    else:
        headers = (
            "id",
            "integration",
            "record",
            "who",
            "field",
            "last synced",
            "local",
            "source",
            "",
        )
        table(headers, map(_conflict_row, found))
    is_open = any(found_one.side is None for found_one in found)
    if is_open:
        note("Resolve conflicts one by one, or all of a field:")
        note(f"  {command_line(session, 'sync', 'settle', 'ID', '--side', 'local')}")
    return ExitCode.TROUBLE if is_open else ExitCode.FINE


def _conflict_row(one: Conflict) -> tuple[object, ...]:
    record = f"{one.collection} {one.external_id}"
    values = (one.base, one.ours, one.theirs)
    decision = "open" if one.side is None else _DECISIONS[one.side]
    return one.id, one.integration_id, record, one.label, one.field, *values, decision


_SIDES: Final = {"local": Side.OURS, "source": Side.THEIRS}


class _SideChoice(click.Choice[str]):
    """The two sides of a conflict, also by the names that scripts may still have."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        stored = {side.value: name for name, side in _SIDES.items()}
        return super().convert(stored.get(value, value), param, ctx)


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=_id)
@click.option("--side", type=_SideChoice(list(_SIDES)), required=True, help="Which value to keep.")
@click.option(
    "--all",
    "name",
    metavar="NAME",
    type=IntegrationId,
    help="All conflicts with this integration ...",
)
@click.option("--field", metavar="COLLECTION.FIELD", help="... about this field: users.email.")
@click.pass_obj
def settle(
    session: CliContext,
    *,
    ids: tuple[int, ...],
    side: str,
    name: IntegrationId | None,
    field: str | None,
) -> int:
    """Resolve conflicts: keep the local value, or take the one of the source."""
    actor, whose = session.actor(), _SIDES[side]
    if bool(ids) == (name is not None) or (name is None) != (field is None):
        raise click.UsageError(
            "name conflicts by ID, or use --all NAME with --field COLLECTION.FIELD"
        )

    async def ask(services: Services) -> int:
        if name is None or field is None:
            await services.conflicts.settle(ids, whose, actor=actor)
            return len(set(ids))
        await services.integrations.get(name)
        of, member = _path(field)
        return await services.conflicts.settle_all(name, of, member, whose, actor=actor)

    count = session.ask(ask)
    kept = "local value kept" if whose is Side.OURS else "source value taken"
    note(f"{counted(count, 'conflict')} resolved: {kept}.")
    return ExitCode.FINE


def _path(text: str) -> tuple[Collection, str]:
    collection, _, field = text.partition(".")
    if collection not in {collection.value for collection in ROSTER} or not field:
        raise click.UsageError(f"{text!r} names no field; write COLLECTION.FIELD: users.email")
    return Collection(collection), field


@click.command()
@click.argument("id_", metavar="ID", type=_id)
@click.pass_obj
def reopen(session: CliContext, *, id_: int) -> int:
    """Reopen a resolved conflict; the value from before is restored."""
    actor = session.actor()
    session.ask(lambda services: services.conflicts.reopen(id_, actor=actor))
    note(f"Conflict {id_} reopened.")
    return ExitCode.FINE


@click.command()
@click.argument("name", type=IntegrationId)
@_json
@click.pass_obj
def quarantine(session: CliContext, *, name: IntegrationId, json_: bool) -> int:
    """List quarantined records with reasons. Exit code 1 when there is one."""

    async def ask(services: Services) -> list[Quarantined]:
        await services.integrations.get(name)
        found: list[Quarantined] = []
        while True:
            last = found[-1] if found else None
            after = (last.collection.value, last.external_id) if last else ("", "")
            page = await services.plans.quarantined(name, after=after, limit=_PAGE)
            found += page
            if len(page) < _PAGE:
                return found

    found = session.look(ask)
    if json_:
        as_json(found)
    else:
        rows = (
            (
                found_one.collection,
                found_one.external_id,
                found_one.rule,
                found_one.times,
                found_one.reason,
            )
            for found_one in found
        )
        table(("collection", "record", "rule", "times", "reason"), rows)
    for rule, advice in {
        found_one.rule: found_one.advice for found_one in found if found_one.advice
    }.items():
        note(f"{rule}: {advice}")
    return ExitCode.TROUBLE if found else ExitCode.FINE


_NAMED: Final = 5
"""So many records of a finding are named on a screen; JSON names ten."""


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    run: Run
    listings: tuple[CollectionProgress, ...]
    scores: list[Score]
    findings: list[QualityFinding]
    skipped: tuple[SkippedPart, ...] = ()


@click.command()
@click.argument("of", metavar="RUN|NAME")
@click.option(
    "--out", "path", type=click.Path(path_type=Path, dir_okay=False),
    help="Write all records of all findings to a new CSV file.",
)  # fmt: skip
@click.option("--replace", "replaces", is_flag=True, help="Overwrite an existing file.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def report(session: CliContext, *, of: str, path: Path | None, replaces: bool, json_: bool) -> int:
    """Show what a run read and found: records, duplicates, losses, broken rules.

    A name means the newest run of that integration. --out writes a line for every record that
    breaks a rule, for the people who maintain the source.
    """
    if path is not None:
        return _write(session, of, path.absolute(), replaces=replaces)

    async def ask(services: Services) -> SyncReport:
        found = await _run(services, of)
        return SyncReport(
            run=found.run,
            listings=found.listings,
            scores=await services.plans.scores(found.run.id),
            findings=await services.plans.findings(found.run.id),
            skipped=found.skipped,
        )

    found = session.look(ask)
    if json_:
        as_json(found)
    else:
        _show(found)
    return ExitCode.FINE


async def _run(services: Services, of: str) -> RunReport:
    if of.isascii() and of.isdigit() and len(of) < 19:
        return await services.sync.report(RunId(int(of)))
    name = IntegrationId(of)
    await services.integrations.get(name)
    runs = await services.sync.runs(integration_id=name, limit=1)
    if not runs:
        raise NotFoundError(
            f"{name} has no run yet", advice=f"create a plan: integration-tui sync plan {name}"
        )
    return await services.sync.report(runs[0].id)


def _show(found: SyncReport) -> None:
    fact("run", f"{found.run.id} of {found.run.integration_id}, {found.run.status}")
    table(
        ("collection", "records", "quarantined", "duplicates", "with a loss"),
        (
            (
                listing.collection,
                f"{listing.records:,}",
                f"{listing.quarantined:,}",
                f"{listing.duplicates:,}",
                f"{listing.with_loss:,}",
            )
            for listing in found.listings
        ),
    )
    for listing in found.listings:
        if doubled := duplicates_sentence(listing.duplicates, listing.differing, listing.doubled):
            fact("duplicates", f"{listing.collection}: {doubled}")
    skipped = sum(listing.skipped for listing in found.listings)
    for told in skipped_sentences(found.skipped, skipped):
        fact("read", told)
    for finding in found.findings:
        _show_finding(finding)


def _show_finding(finding: QualityFinding) -> None:
    count = counted(finding.count, "record")
    line(f"{finding.collection}, {finding.name}: {count} ({finding.severity}); {finding.told}")
    named = [sample.external_id for sample in finding.samples[:_NAMED]]
    if named:
        more = f" and {finding.count - len(named):,} more" if finding.count > len(named) else ""
        line(f"  {', '.join(named)}{more}")


def _write(session: CliContext, of: str, where: Path, *, replaces: bool) -> int:
    actor = session.actor()

    async def ask(services: Services) -> tuple[int, list[Trend]]:
        run = (await _run(services, of)).run
        count = await services.plans.write_report(run.id, where, actor=actor, replaces=replaces)
        return count, trends(await services.plans.trend(run.integration_id))

    count, past = session.look(ask)
    line(where)
    note(counted(count, "line"))
    for trend in past:
        name = trend.collection.replace("_", " ")
        scores = " ".join("-" if score is None else f"{score}" for score in trend.scores)
        note(f"Quality of {name} by run, newest last: {scores}")
    return ExitCode.FINE
