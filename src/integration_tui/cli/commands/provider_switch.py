"""`provider enable`, `disable` and `remove`: whether an integration may run, and its end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from integration_tui.cli.output import ExitCode, as_json, note
from integration_tui.cli.session import Session
from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId

if TYPE_CHECKING:
    from integration_tui.services import Services
    from integration_tui.services.switching import Switched

_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_name = click.argument("name", type=IntegrationId)
_reason = click.option("--reason", default="", help="Why; it is kept with the new version.")


@click.command()
@_name
@_reason
@click.option("--untested", is_flag=True, help="Enable it although nobody answers there.")
@_json
@click.pass_obj
def enable(
    session: Session, *, name: IntegrationId, reason: str, untested: bool, json_: bool
) -> int:
    """Enable an integration: its document says enabled: true. It is tried first."""
    return _switch(session, name, is_enabled=True, reason=reason, untested=untested, json_=json_)


@click.command()
@_name
@_reason
@_json
@click.pass_obj
def disable(session: Session, *, name: IntegrationId, reason: str, json_: bool) -> int:
    """Disable an integration: its document says enabled: false, and it is not checked or synced."""
    return _switch(session, name, is_enabled=False, reason=reason, untested=False, json_=json_)


def _switch(
    session: Session,
    name: IntegrationId,
    *,
    is_enabled: bool,
    reason: str,
    untested: bool,
    json_: bool,
) -> int:
    actor = session.actor()

    async def ask(services: Services) -> Switched:
        from integration_tui.services.switching import Switch

        switch = Switch(
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
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@_json
@click.pass_obj
def remove(session: Session, *, name: IntegrationId, is_sure: bool, json_: bool) -> int:
    """Remove an integration; what goes with it and what stays is said first."""
    removal = session.ask(lambda services: services.integrations.removal(name))
    for sentence in removal.sentences:
        note(sentence)
    if not is_sure and not _is_confirmed(name):
        note("nothing was changed")
        return ExitCode.TROUBLE
    actor = session.actor()
    session.ask(lambda services: services.integrations.remove(name, actor=actor))
    if json_:
        as_json(removal)
    note(f"{name} is removed")
    return ExitCode.FINE


def _is_confirmed(name: IntegrationId) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"{name} was not removed", advice="without a terminal, say --yes")
    return click.confirm(f"Remove {name}?", default=False, err=True)
