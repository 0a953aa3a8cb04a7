"""`sync report`: what a run read, what it found, and all of that in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from integration_tui.cli.output import ExitCode, as_json, fact, line, note, table
from integration_tui.cli.session import Session
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.quality import Finding, Score
from integration_tui.domain.quantity import counted
from integration_tui.domain.run import Listing, Run, RunReport
from integration_tui.domain.tally import duplicates_sentence
from integration_tui.domain.trend import Trend, trends

if TYPE_CHECKING:
    from integration_tui.services import Services

_NAMED: Final = 5
"""So many records of a finding are named on a screen; JSON names ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `--json` prints."""

    run: Run
    listings: tuple[Listing, ...]
    scores: list[Score]
    findings: list[Finding]


@click.command()
@click.argument("of", metavar="RUN|NAME")
@click.option(
    "--out", "path", type=click.Path(path_type=Path, dir_okay=False),
    help="Write every record of every finding into a new CSV file.",
)  # fmt: skip
@click.option("--replace", "replaces", is_flag=True, help="Write over a file that is there.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def report(session: Session, *, of: str, path: Path | None, replaces: bool, json_: bool) -> int:
    """Show what a run read and found: records, duplicates, losses, rules that are broken.

    A name means the newest run of that integration. With --out, every record that breaks a rule
    is a line of a file, for whoever keeps the source.
    """
    if path is not None:
        return _write(session, of, path.absolute(), replaces=replaces)

    async def ask(services: Services) -> Report:
        found = await _run(services, of)
        return Report(
            run=found.run,
            listings=found.listings,
            scores=await services.plans.scores(found.run.id),
            findings=await services.plans.findings(found.run.id),
        )

    found = session.ask(ask)
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
        raise NotFoundError(f"{name} has no run yet", advice=f"make one: sync plan {name}")
    return await services.sync.report(runs[0].id)


def _show(found: Report) -> None:
    fact("run", f"{found.run.id} of {found.run.integration_id}, {found.run.status}")
    table(
        ("collection", "records", "quarantined", "duplicates", "read with a loss"),
        (
            (
                one.collection,
                f"{one.records:,}",
                f"{one.quarantined:,}",
                f"{one.duplicates:,}",
                f"{one.with_loss:,}",
            )
            for one in found.listings
        ),
    )
    for listing in found.listings:
        if doubled := duplicates_sentence(listing.duplicates, listing.differing, listing.doubled):
            fact("duplicates", f"{listing.collection}: {doubled}")
    for finding in found.findings:
        _show_finding(finding)


def _show_finding(finding: Finding) -> None:
    count = counted(finding.count, "record")
    line(f"{finding.collection}, {finding.name}: {count} ({finding.severity}); {finding.told}")
    named = [sample.external_id for sample in finding.samples[:_NAMED]]
    if named:
        more = f" and {finding.count - len(named):,} more" if finding.count > len(named) else ""
        line(f"  {', '.join(named)}{more}")


def _write(session: Session, of: str, where: Path, *, replaces: bool) -> int:
    actor = session.actor()

    async def ask(services: Services) -> tuple[int, list[Trend]]:
        run = (await _run(services, of)).run
        count = await services.plans.write_report(run.id, where, actor=actor, replaces=replaces)
        return count, trends(await services.plans.trend(run.integration_id))

    count, past = session.ask(ask)
    line(where)
    note(counted(count, "line"))
    for one in past:
        name = one.collection.replace("_", " ")
        scores = " ".join("-" if score is None else f"{score}" for score in one.scores)
        note(f"quality of {name}, run by run, newest last: {scores}")
    return ExitCode.FINE
