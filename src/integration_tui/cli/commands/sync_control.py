"""`sync approve, hold, pause, resume, cancel, undo`: a run brought on, stopped, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, note
from integration_tui.cli.sync_output import DIGITS, command_line, print_report
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.sync.plan_sentences import deactivation_sentence

if TYPE_CHECKING:
    from integration_tui.domain.sync.run import Run, RunReport
    from integration_tui.services import Services

_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_name = click.argument("name", type=IntegrationId)


@click.command()
@_name
@click.option(
    "--plan", "plan_hash", metavar="HASH", required=True, help="Hash of the plan that you reviewed."
)
@click.option(
    "--deactivations",
    type=int,
    required=True,
    help="Number of deactivations in the plan, as a confirmation.",
)
@click.option("--reason", required=True, help="Why. Kept in the audit log.")
@click.pass_obj
def approve(
    session: CliContext, *, name: IntegrationId, plan_hash: str, deactivations: int, reason: str
) -> int:
    """Approve a held plan for two hours; repeat the deactivation count."""
    from integration_tui.domain.sync.plan import Approval

    actor = session.actor()

    async def ask(services: Services) -> RunReport:
        report = await waiting_run(services, name)
        run = report.run
        approval = Approval(
            run_id=run.id,
            integration_id=name,
            plan_hash=plan_hash,
            losses=deactivations,
            reason=reason,
            by=actor.name,
        )
        await services.sync.approve(approval, actor=actor)
        return report

    report = session.ask(ask)
    run, effect = report.run, deactivation_sentence(report.listings)
    note(f"Plan {run.plan_hash[:DIGITS]} approved for two hours. {effect} Apply it:")
    note(f"  {command_line(session, 'sync', 'apply', name, '--plan', run.plan_hash[:DIGITS])}")
    return ExitCode.FINE


@click.command()
@_name
@click.option("--reason", required=True, help="Why. Kept in the audit log.")
@click.pass_obj
def hold(session: CliContext, *, name: IntegrationId, reason: str) -> int:
    """Hold a plan until it is approved."""
    actor = session.actor()

    async def ask(services: Services) -> None:
        waiting = await waiting_run(services, name)
        await services.sync.hold(waiting.run.id, reason=reason, actor=actor)

    session.ask(ask)
    note(f"Plan of {name} held until it is approved.")
    return ExitCode.FINE


@click.command()
@_name
@click.pass_obj
def pause(session: CliContext, *, name: IntegrationId) -> int:
    """Pause a run at its next batch, in whichever process it runs."""
    actor = session.actor()

    async def ask(services: Services) -> Run:
        waiting = await waiting_run(services, name)
        await services.sync.pause(waiting.run.id, actor=actor)
        return waiting.run

    run = session.ask(ask)
    note(f"Run {run.id} pauses at its next batch. Resume:")
    note(f"  {command_line(session, 'sync', 'resume', name)}")
    return ExitCode.FINE


@click.command()
@_name
@_json
@click.pass_obj
def resume(session: CliContext, *, name: IntegrationId, json_: bool) -> int:
    """Resume a run that is paused, failed or was interrupted."""
    actor = session.actor()

    async def ask(services: Services) -> RunReport:
        from integration_tui.cli.progress import watched

        waiting = await waiting_run(services, name)
        run = await services.sync.resume(waiting.run.id, actor=actor)
        return await watched(services, run, actor=actor)

    return print_report(session, session.ask(ask), json_=json_)


@click.command()
@_name
@click.pass_obj
def cancel(session: CliContext, *, name: IntegrationId) -> int:
    """Cancel a run or its plan. Applied changes stay."""
    actor = session.actor()

    async def ask(services: Services) -> Run:
        waiting = await waiting_run(services, name)
        await services.sync.cancel(waiting.run.id, actor=actor)
        return waiting.run

    run = session.ask(ask)
    note(f"Run {run.id} of {name} canceled. Applied changes stay.")
    return ExitCode.FINE


@click.command()
@click.argument("run_id", metavar="RUN", type=click.IntRange(1, 2**63 - 1))
@_json
@click.pass_obj
def undo(session: CliContext, *, run_id: int, json_: bool) -> int:
    """Undo an applied run: creates a plan that you review first."""
    actor = session.actor()

    async def ask(services: Services) -> RunReport:
        from integration_tui.cli.progress import watched

        run = await services.sync.undo(RunId(run_id), actor=actor)
        return await watched(services, run, actor=actor)

    return print_report(session, session.ask(ask), json_=json_)


async def waiting_run(services: Services, name: IntegrationId) -> RunReport:
    """Return the run of an integration that something can still be done with."""
    report = await services.sync.open_run(name)
    if report is None:
        raise NotFoundError(
            f"{name} has no plan and no run in progress",
            advice=f"create a plan: integration-tui sync plan {name}",
        )
    return report
