"""`sync approve, hold, pause, resume, cancel, undo`: a run brought on, stopped, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, note
from integration_tui.cli.sync_output import DIGITS, command_line, print_report
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.ids import IntegrationId, RunId

if TYPE_CHECKING:
    from integration_tui.domain.sync.run import Run, RunReport
    from integration_tui.services import Services

_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_name = click.argument("name", type=IntegrationId)


@click.command()
@_name
@click.option("--plan", "plan_hash", metavar="HASH", required=True, help="The plan you have seen.")
@click.option("--deactivations", type=int, required=True, help="How many it deactivates.")
@click.option("--reason", required=True, help="Why this is right; it is kept.")
@click.pass_obj
def approve(
    session: CliContext, *, name: IntegrationId, plan_hash: str, deactivations: int, reason: str
) -> int:
    """Allow a held plan, for two hours. Its number of deactivations is typed as a proof."""
    from integration_tui.domain.sync.plan import Approval

    actor = session.actor()

    async def ask(services: Services) -> Run:
        run = (await waiting_run(services, name)).run
        approval = Approval(
            run_id=run.id,
            integration_id=name,
            plan_hash=plan_hash,
            losses=deactivations,
            reason=reason,
            by=actor.name,
        )
        await services.sync.approve(approval, actor=actor)
        return run

    run = session.ask(ask)
    note(f"plan {run.plan_hash[:DIGITS]} may be applied within two hours:")
    note(f"  {command_line(session, 'sync', 'apply', name, '--plan', run.plan_hash[:DIGITS])}")
    return ExitCode.FINE


@click.command()
@_name
@click.option("--reason", required=True, help="Why it is to wait; it is kept.")
@click.pass_obj
def hold(session: CliContext, *, name: IntegrationId, reason: str) -> int:
    """Have a plan wait until it is approved."""
    actor = session.actor()

    async def ask(services: Services) -> None:
        waiting = await waiting_run(services, name)
        await services.sync.hold(waiting.run.id, reason=reason, actor=actor)

    session.ask(ask)
    note(f"the plan of {name} waits for an approval")
    return ExitCode.FINE


@click.command()
@_name
@click.pass_obj
def pause(session: CliContext, *, name: IntegrationId) -> int:
    """Have a run rest at its next batch, wherever it is worked on."""
    actor = session.actor()

    async def ask(services: Services) -> Run:
        waiting = await waiting_run(services, name)
        await services.sync.pause(waiting.run.id, actor=actor)
        return waiting.run

    run = session.ask(ask)
    note(f"run {run.id} rests at its next batch; go on with:")
    note(f"  {command_line(session, 'sync', 'resume', name)}")
    return ExitCode.FINE


@click.command()
@_name
@_json
@click.pass_obj
def resume(session: CliContext, *, name: IntegrationId, json_: bool) -> int:
    """Go on with a run where it stands.

    It rests, failed or was interrupted.
    """
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
    """End a run or drop its plan; what it has applied stays applied."""
    actor = session.actor()

    async def ask(services: Services) -> Run:
        waiting = await waiting_run(services, name)
        await services.sync.cancel(waiting.run.id, actor=actor)
        return waiting.run

    run = session.ask(ask)
    note(f"run {run.id} of {name} is cancelled")
    return ExitCode.FINE


@click.command()
@click.argument("run_id", metavar="RUN", type=click.IntRange(1, 2**63 - 1))
@_json
@click.pass_obj
def undo(session: CliContext, *, run_id: int, json_: bool) -> int:
    """Plan to take an applied run back.

    The plan is looked at and applied like any other.
    """
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
            f"{name} has no plan, and no run under way", advice=f"make one: sync plan {name}"
        )
    return report
