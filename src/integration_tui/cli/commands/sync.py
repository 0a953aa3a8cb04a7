"""`sync`: rosters brought into the store: planned, looked at, applied."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from integration_tui.cli.commands import sync_control, sync_review
from integration_tui.cli.commands.sync_control import waiting_run
from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, note, table
from integration_tui.cli.sync_output import (
    DIGITS,
    INTERRUPTED,
    ChangeSelection,
    command_line,
    described,
    print_details,
    print_next_steps,
    print_report,
    resume,
    show_run,
    wanted,
    wanting,
)
from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.roster import Collection, Owner
from integration_tui.domain.sync.plan_sentences import deactivation_sentence
from integration_tui.domain.sync.run import Mode, RunReport, RunStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration_tui.domain.actor import Actor
    from integration_tui.domain.sync.run import Run
    from integration_tui.services import Services
    from integration_tui.services.sync.runs import SyncRequest

_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_name = click.argument("name", type=IntegrationId)


@click.group()
def sync() -> None:
    """Sync rosters into the store: plan, review, apply; list, stop and undo runs."""


@sync.command()
@_name
@click.option("--since-last", is_flag=True, help="Only what changed since the last applied run.")
@click.option("--org", metavar="ID", help="Only this org and what belongs to it.")
@click.option("--class", "class_", metavar="ID", help="Only this class and its enrollments.")
@click.option("--user", metavar="ID", help="Only this person and their enrollments.")
@click.option("--relink", is_flag=True, help="The system changed its IDs: keep the records.")
@wanting
@_json
@click.pass_obj
def plan(  # noqa: PLR0913 - one for each option
    session: CliContext,
    *,
    name: IntegrationId,
    since_last: bool,
    org: str | None,
    class_: str | None,
    user: str | None,
    relink: bool,
    samples: int,
    collection: str | None,
    kind: str | None,
    json_: bool,
) -> int:
    """Pull a roster and show what would change. Nothing is changed yet.

    Exit code 1 when the plan is held, or the roster could not be read completely.
    """
    from integration_tui.services.sync.runs import SyncRequest

    scope = _scope({Collection.ORGS: org, Collection.CLASSES: class_, Collection.USERS: user})
    if scope and since_last:
        raise click.UsageError(
            "--since-last is for the whole roster: leave out --org, --class and --user"
        )
    request = SyncRequest(
        integration_id=name,
        mode=Mode.INCREMENTAL if since_last else Mode.FULL,
        scope=scope,
        relinks=relink,
    )
    shown = wanted(samples=samples, collection=collection, kind=kind)
    return print_next_steps(session, _begun(session, request, shown=shown, json_=json_))


def _scope(named: Mapping[Collection, str | None]) -> Owner | None:
    found = [Owner(collection=of, sourced_id=id_) for of, id_ in named.items() if id_]
    if len(found) > 1:
        raise click.UsageError("use one of --org, --class and --user")
    return found[0] if found else None


@sync.command()
@_name
@click.option("--plan", "plan_hash", metavar="HASH", help="Hash of the plan that you reviewed.")
@click.option("--without-deactivations", "spares", is_flag=True, help="Deactivate nobody.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask for confirmation.")
@_json
@click.pass_obj
def apply(
    session: CliContext,
    *,
    name: IntegrationId,
    plan_hash: str | None,
    spares: bool,
    is_sure: bool,
    json_: bool,
) -> int:
    """Apply a plan, named by its hash.

    Without a hash, a terminal shows the plan and asks.

    Exit code 1 when the plan is held or out of date, or the run did not finish.
    """
    waiting = session.ask(lambda services: waiting_run(services, name))
    if plan_hash is None:
        plan_hash = _seen(session, waiting, spares=spares, is_sure=is_sure)
        if plan_hash is None:
            note("Nothing changed.")
            return ExitCode.TROUBLE
    actor, hash_ = session.actor(), plan_hash
    report = session.ask(
        lambda services: apply_plan(services, waiting.run, hash_, actor=actor, spares=spares)
    )
    return print_report(session, report, json_=json_)


async def apply_plan(
    services: Services, run: Run, plan_hash: str, *, actor: Actor, spares: bool
) -> RunReport:
    """Apply the plan of a run, and show how far it is. Raises `ConsoleError`."""
    from integration_tui.cli.progress import watched

    started = await services.sync.apply(run.id, plan_hash=plan_hash, actor=actor, spares=spares)
    return await watched(services, started, actor=actor)


def _seen(session: CliContext, report: RunReport, *, spares: bool, is_sure: bool) -> str | None:
    """Show a plan and ask; return its hash where it is wanted."""
    run = report.run
    if not sys.stdin.isatty():
        words = ("sync", "apply", run.integration_id, "--plan", run.plan_hash[:DIGITS])
        raise UsageError(
            f"without a terminal, name the plan by its hash: {run.plan_hash[:DIGITS]}",
            advice=f"review the plan, then type: {command_line(session, *words)}",
        )
    show_run(report)
    question = apply_question(report, spares=spares)
    is_wanted = is_sure or click.confirm(question, default=False, err=True)
    return run.plan_hash if is_wanted else None


def apply_question(report: RunReport, *, spares: bool) -> str:
    """Return what is asked before a plan is applied."""
    run = report.run
    without = " without deactivations" if spares else ""
    effect = "" if spares else f" {deactivation_sentence(report.listings)}"
    return f"Apply plan {run.plan_hash[:DIGITS]} to {run.integration_id}{without}?{effect}"


@sync.command()
@_name
@click.option(
    "--full/--since-last", "is_full", default=True, help="The whole roster, or only what changed."
)
@_json
@click.pass_obj
def run(session: CliContext, *, name: IntegrationId, is_full: bool, json_: bool) -> int:
    """Plan, and apply unless a safety check holds the plan.

    Exit code 1 when the plan waits for a person, or the run failed.
    """
    from integration_tui.services.sync.runs import SyncRequest

    mode = Mode.FULL if is_full else Mode.INCREMENTAL
    request = SyncRequest(integration_id=name, mode=mode, applies=True)
    report = _begun(session, request, shown=ChangeSelection(samples=0), json_=json_)
    code = print_next_steps(session, report)
    return code if report.run.status is RunStatus.APPLIED else ExitCode.TROUBLE


@sync.command("list")
@click.argument("name", type=IntegrationId, required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@_json
@click.pass_obj
def list_(session: CliContext, *, name: IntegrationId | None, limit: int, json_: bool) -> int:
    """List runs, newest first."""

    async def ask(services: Services) -> list[tuple[Run, bool]]:
        if name is not None:
            await services.integrations.get(name)
        runs = await services.sync.runs(integration_id=name, limit=limit)
        return [(run, services.sync.is_interrupted(run)) for run in runs]

    found = session.look(ask)
    if json_:
        as_json([described(run, is_interrupted=interrupted) for run, interrupted in found])
        return ExitCode.FINE
    table(
        ("run", "integration", "mode", "status", "started", "by", "remark"),
        (_row(one, is_interrupted=is_interrupted) for one, is_interrupted in found),
    )
    return ExitCode.FINE


def _row(one: Run, *, is_interrupted: bool) -> tuple[object, ...]:
    status = INTERRUPTED if is_interrupted else one.status
    held = one.holds[0].sentence if one.status is RunStatus.HELD and one.holds else ""
    remark = resume(one) if is_interrupted else one.problem or held
    return one.id, one.integration_id, one.mode, status, one.started_at, one.started_by, remark


@sync.command()
@click.argument("run_id", metavar="RUN", type=click.IntRange(1, 2**63 - 1))
@wanting
@_json
@click.pass_obj
def show(
    session: CliContext,
    *,
    run_id: int,
    samples: int,
    collection: str | None,
    kind: str | None,
    json_: bool,
) -> int:
    """Show one run: progress, plan, and what holds it. Exit code 1 as for sync plan."""
    shown = wanted(samples=samples, collection=collection, kind=kind)

    async def ask(services: Services) -> ExitCode:
        report = await services.sync.report(RunId(run_id))
        is_interrupted = services.sync.is_interrupted(report.run)
        await print_details(
            services,
            report,
            shown,
            json_=json_,
            actor=session.actor(),
            is_interrupted=is_interrupted,
        )
        return print_next_steps(session, report, is_interrupted=is_interrupted)

    return session.look(ask)


def _begun(
    session: CliContext, request: SyncRequest, *, shown: ChangeSelection, json_: bool
) -> RunReport:
    actor = session.actor()
    return session.ask(
        lambda services: make_plan(services, request, shown=shown, json_=json_, actor=actor)
    )


async def make_plan(
    services: Services, request: SyncRequest, *, shown: ChangeSelection, json_: bool, actor: Actor
) -> RunReport:
    """Begin a run, show how far it is, and print its plan. Raises `ConsoleError`."""
    from integration_tui.cli.progress import watched

    started = await services.sync.start(request, actor=actor)
    report = await watched(services, started, actor=actor)
    await print_details(services, report, shown, json_=json_, actor=actor)
    return report


for _command in (
    sync_control.approve,
    sync_control.hold,
    sync_control.pause,
    sync_control.resume,
    sync_control.cancel,
    sync_control.undo,
    sync_review.conflicts,
    sync_review.settle,
    sync_review.reopen,
    sync_review.quarantine,
    sync_review.report,
):
    sync.add_command(_command)
