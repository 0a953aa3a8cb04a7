"""`webhook`: what systems were asked to call us about."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, line, note, table
from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.redaction import scrub
from integration_tui.domain.secret import SecretRef

if TYPE_CHECKING:
    from integration_tui.domain.webhook import Subscription, SubscriptionRecord, WebhookSystem
    from integration_tui.services import Services

_HEADERS = ("url", "events", "active", "since", "by")
_name = click.argument("name", type=IntegrationId)


@click.group()
def webhook() -> None:
    """List, create and delete webhook subscriptions."""


@webhook.command("list")
@click.argument("name", type=IntegrationId, required=False)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(session: CliContext, *, name: IntegrationId | None, json_: bool) -> int:
    """List the webhook subscriptions of one system, or of all.

    Exit code 1 when a system with webhooks did not answer.
    """
    if name is None:
        return _list_all(session, json_=json_)

    async def ask(services: Services) -> list[SubscriptionRecord]:
        if remark := await services.webhooks.remark(name):
            note(f"{name}: {remark}")
        return await services.webhooks.subscription_records(name)

    found = session.ask(ask)
    if json_:
        as_json([_plain(found_one) for found_one in found])
        return ExitCode.FINE
    table(("subscription", *_HEADERS), (_cells(found_one) for found_one in found))
    return ExitCode.FINE


@webhook.command()
@_name
@click.option("--url", required=True, help="Target URL of deliveries (https).")
@click.option("--event", "events", multiple=True, help="Event type. May be repeated. Default: all.")
@click.option("--secret", metavar="REF", help="Signing secret, as a reference such as env:NAME.")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="New file for the signing secret, given by the system or generated here.",
)
@click.pass_obj
def subscribe(
    session: CliContext,
    *,
    name: IntegrationId,
    url: str,
    events: tuple[str, ...],
    secret: str | None,
    secret_file: Path | None,
) -> int:
    """Create a webhook subscription. Prints its ID, never the secret."""
    if (secret is None) == (secret_file is None):
        raise click.UsageError("use --secret or --secret-file, not both")
    actor = session.actor()
    keep = secret_file if secret_file is not None else _reference(secret or "")

    async def ask(services: Services) -> Subscription:
        made = await services.webhooks.subscribe(name, url, events, keep=keep, actor=actor)
        if remark := await services.webhooks.remark(name):
            note(f"{name}: {remark}")
        return made

    made = session.ask(ask)
    line(made.id)
    if secret_file is not None:
        path = secret_file.absolute()
        note(f"Secret saved in {path}. Refer to it as file:{path}")
    return ExitCode.FINE


@webhook.command()
@_name
@click.argument("subscription", type=SubscriptionId)
@click.pass_obj
def unsubscribe(session: CliContext, *, name: IntegrationId, subscription: SubscriptionId) -> int:
    """Delete a subscription. It is no error if there is none."""
    actor = session.actor()
    session.ask(lambda services: services.webhooks.unsubscribe(name, subscription, actor=actor))
    note(f"Webhook {subscription} deleted.")
    return ExitCode.FINE


def _reference(text: str) -> SecretRef:
    try:
        return SecretRef.parse(text)
    except ValueError:
        raise click.UsageError("--secret is a reference such as env:NAME or file:PATH") from None


def _list_all(session: CliContext, *, json_: bool) -> int:
    found = session.ask(_asked)
    if json_:
        as_json(
            [
                _plain(hook)
                for hooks in found.values()
                if not isinstance(hooks, str)
                for hook in hooks
            ]
        )
    else:
        rows = (
            (name, *_cells(hook))
            for name, hooks in found.items()
            if not isinstance(hooks, str)
            for hook in hooks
        )
        table(("integration", "subscription", *_HEADERS), rows)
    silent = {name: hooks for name, hooks in found.items() if isinstance(hooks, str)}
    for name, sentence in silent.items():
        note(f"{name}: {sentence}")
    return ExitCode.TROUBLE if silent else ExitCode.FINE


async def _asked(services: Services) -> dict[IntegrationId, list[SubscriptionRecord] | str]:
    """Ask every system that has webhooks, at once; the sentence of those that gave no answer."""
    systems = [system for system in await services.webhooks.systems() if not system.obstacle]
    async with asyncio.TaskGroup() as group:
        asking = {
            system.integration_id: group.create_task(_answer(services, system))
            for system in systems
        }
    return {name: task.result() for name, task in asking.items()}


async def _answer(services: Services, system: WebhookSystem) -> list[SubscriptionRecord] | str:
    if system.caution:
        return f"unknown: {system.caution}"
    try:
        return await services.webhooks.subscription_records(system.integration_id)
    except ConsoleError as error:
        return f"{error}"


def _cells(hook: SubscriptionRecord) -> tuple[object, ...]:
    one = hook.subscription
    events = ", ".join(one.event_types) or "all"
    return (
        one.id,
        scrub(one.url),
        events,
        "yes" if one.active else "no",
        hook.since,
        hook.made_by or None,
    )


def _plain(hook: SubscriptionRecord) -> dict[str, object]:
    """Return a subscription flat, as scripts read it."""
    one = hook.subscription
    return {
        "id": one.id,
        "integration_id": one.integration_id,
        "url": scrub(one.url),
        "event_types": one.event_types,
        "active": one.active,
        "since": hook.since,
        "made_by": hook.made_by,
    }
