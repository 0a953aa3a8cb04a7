"""`provider`: integrations and their types."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from integration_tui.cli.commands.config_edit import add
from integration_tui.cli.connection_test_output import exit_code, print_test_result
from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, fact, note, table
from integration_tui.cli.remarks import read_problems, read_remarks
from integration_tui.domain.errors import UsageError
from integration_tui.domain.health.status import StepResult
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import Transition
from integration_tui.domain.integration_overview import START_ENGINE

if TYPE_CHECKING:
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.services import Services
    from integration_tui.services.config_file_findings import ConfigFileFinding
    from integration_tui.services.enabling import Switched
    from integration_tui.services.provider_types import ProviderType


_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_name = click.argument("name", type=IntegrationId)
_reason = click.option("--reason", default="", help="Why. Kept with the new version.")


@click.command()
@_name
@_reason
@click.option("--untested", is_flag=True, help="Enable even if the connection test fails.")
@_json
@click.pass_obj
def enable(
    session: CliContext, *, name: IntegrationId, reason: str, untested: bool, json_: bool
) -> int:
    """Enable an integration (enabled: true), after a connection test."""
    return _switch(session, name, is_enabled=True, reason=reason, untested=untested, json_=json_)


@click.command()
@_name
@_reason
@_json
@click.pass_obj
def disable(session: CliContext, *, name: IntegrationId, reason: str, json_: bool) -> int:
    """Disable an integration (enabled: false): no checks, no syncs."""
    return _switch(session, name, is_enabled=False, reason=reason, untested=False, json_=json_)


def _switch(
    session: CliContext,
    name: IntegrationId,
    *,
    is_enabled: bool,
    reason: str,
    untested: bool,
    json_: bool,
) -> int:
    actor = session.actor()

    async def ask(services: Services) -> Switched:
        from integration_tui.services.enabling import EnabledSwitch

        switch = EnabledSwitch(
            integration_id=name, is_enabled=is_enabled, reason=reason, untested=untested
        )
        return await services.integrations.set_enabled(switch, actor=actor)

    done = session.ask(ask)
    if json_:
        as_json({"integration": name, "enabled": is_enabled, "version": done.version.number})
    note(done.sentence)
    return ExitCode.FINE


@click.command()
@_name
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask for confirmation.")
@_json
@click.pass_obj
def remove(session: CliContext, *, name: IntegrationId, is_sure: bool, json_: bool) -> int:
    """Remove an integration, after listing what is deleted and what is kept."""
    removal = session.ask(lambda services: services.integrations.removal(name))
    for sentence in removal.sentences:
        note(sentence)
    if not is_sure and not _is_confirmed(name):
        note("Nothing changed.")
        return ExitCode.TROUBLE
    actor = session.actor()
    session.ask(lambda services: services.integrations.remove(name, actor=actor))
    if json_:
        as_json(removal)
    note(f"{name} removed.")
    return ExitCode.FINE


def _is_confirmed(name: IntegrationId) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            f"{name} not removed: confirmation missing", advice="without a terminal, add --yes"
        )
    return click.confirm(f"Remove {name}?", default=False, err=True)


@click.group()
def provider() -> None:
    """List, add, test, start, stop, enable and remove integrations; list provider types."""


for _command in (add, enable, disable, remove):
    provider.add_command(_command)


@provider.command("list")
@_json
@click.pass_obj
def list_(session: CliContext, *, json_: bool) -> int:
    """List all integrations with type, status and uptime.

    Exit code 1 when a configuration is invalid, or no engine runs any more. For health, see the
    command health.
    """

    async def ask(
        services: Services,
    ) -> tuple[list[Overview], list[ConfigFileFinding], list[str]]:
        overviews = await services.integrations.overview()
        shown = [] if json_ else [*overviews, *services.files.invalid()]
        invalid = [finding for finding in services.files.broken if finding.is_invalid]
        return overviews, invalid, await read_remarks(services, shown)

    overviews, invalid, remarks = session.look(ask)
    if json_:
        as_json([*overviews, *map(_plain_invalid, invalid)])
    else:
        stored = len(overviews)
        rows = [
            *map(_row, overviews, remarks[:stored]),
            *map(_invalid_row, invalid, remarks[stored:]),
        ]
        table(("name", "type", "status", "uptime 24 h", "remark"), rows)
    return ExitCode.TROUBLE if invalid else _code(overviews)


@provider.command()
@_json
@click.pass_obj
def types(session: CliContext, *, json_: bool) -> int:
    """List provider types: enabled, default, and capabilities.

    Exit code 1 when a type cannot be loaded.
    """
    found = session.offline().types.all()
    if json_:
        as_json(found)
    else:
        table(("type", "title", "from", "offered", "capabilities"), map(_type_row, found))
    return ExitCode.TROUBLE if any(found_one.error for found_one in found) else ExitCode.FINE


@provider.command()
@_name
@_json
@click.pass_obj
def show(session: CliContext, *, name: IntegrationId, json_: bool) -> int:
    """Show one integration: status, problem, fix, latest status changes.

    Exit code 1 when it was checked before and no engine runs any more.
    """

    async def ask(services: Services) -> tuple[Overview, list[Transition], list[str]]:
        await services.integrations.get(name)
        (overview,) = await services.integrations.overview([name])
        transitions = await services.integrations.transitions(name, limit=10)
        return overview, transitions, await read_problems(services, name)

    overview, transitions, sentences = session.look(ask)
    if json_:
        as_json(
            {
                "integration": overview.integration,
                "reason": overview.reason,
                "is_checked": overview.is_checked,
                "transitions": transitions,
            }
        )
    else:
        _print(overview, sentences)
        table(
            ("at", "before", "after", "reason"),
            (
                (transition.at, transition.before, transition.after, transition.reason)
                for transition in transitions
            ),
        )
    return _code([overview])


@provider.command()
@_name
@_json
@click.pass_obj
def test(session: CliContext, *, name: IntegrationId, json_: bool) -> int:
    """Test the connection step by step. Nothing is stored. Exit code 1 when a step fails.

    Each step is printed as it ends. The first page of each collection is a step.
    """
    tell = _unsaid if json_ else print_test_result
    steps = session.ask(lambda services: services.integrations.test(name, tell=tell))
    if json_:
        as_json(steps)
    return exit_code(steps)


@provider.command()
@_name
@click.pass_obj
def start(session: CliContext, *, name: IntegrationId) -> int:
    """Start an integration, or restart it. A running engine follows within seconds."""
    actor = session.actor()
    session.ask(lambda services: services.integrations.start(name, actor=actor))
    note(f"Starting {name}…")
    return ExitCode.FINE


@provider.command()
@_name
@click.pass_obj
def stop(session: CliContext, *, name: IntegrationId) -> int:
    """Stop an integration until it is started. A running engine follows within seconds."""
    actor = session.actor()
    session.ask(lambda services: services.integrations.stop(name, actor=actor))
    note(f"Stopping {name}…")
    return ExitCode.FINE


def _code(overviews: Sequence[Overview]) -> ExitCode:
    if not any(overview.is_forgotten for overview in overviews):
        return ExitCode.FINE
    note(START_ENGINE)
    return ExitCode.TROUBLE


def _row(overview: Overview, remark: str) -> tuple[object, ...]:
    integration = overview.integration
    return integration.id, integration.provider, integration.status.word, _uptime(overview), remark


def _uptime(overview: Overview) -> str:
    share = overview.statistics.uptime if overview.statistics else None
    if overview.statistics is None or share is None:
        return "-"
    return f"{share:.1%}" if overview.is_checked else f"{share:.1%} of {overview.statistics.checks}"


def _invalid_row(finding: ConfigFileFinding, remark: str) -> tuple[object, ...]:
    return finding.integration_id, None, "invalid", None, f"{finding.path.name}: {remark}"


def _plain_invalid(finding: ConfigFileFinding) -> dict[str, object]:
    return {
        "integration": {"id": finding.integration_id, "status": "invalid"},
        "file": finding.path,
        "problems": finding.problems,
    }


def _type_row(one: ProviderType) -> tuple[object, ...]:
    if one.error:
        return one.key, one.title, one.origin, "no", f"not usable: {one.error}"
    offered = "default" if one.is_default else "yes" if one.enabled else "not enabled"
    return one.key, one.title, one.origin, offered, ", ".join(one.capabilities)


def _unsaid(_leg: StepResult) -> None:
    """Wait for all of them."""


def _print(overview: Overview, sentences: Sequence[str]) -> None:
    integration = overview.integration
    fact("name", integration.id)
    fact("type", integration.provider)
    fact("status", integration.status.word)
    for sentence in sentences:
        fact("problem", sentence)
    fact("environment", integration.environment)
    fact("version", integration.config_version)
    fact("desired", integration.intent if integration.enabled else "disabled")
    if integration.problem:
        fact("message", integration.problem.message)
        fact("fix", integration.problem.advice)
    if integration.next_attempt_at:
        fact("next retry", integration.next_attempt_at)
