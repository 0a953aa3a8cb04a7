"""`webhook`: what systems were asked to call us about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from integration_tui.cli.output import ExitCode, as_json, line, note, table
from integration_tui.cli.session import Session
from integration_tui.domain.ids import IntegrationId, SubscriptionId
from integration_tui.domain.secret import SecretRef

if TYPE_CHECKING:
    from integration_tui.domain.webhook import Subscription
    from integration_tui.services import Services

_name = click.argument("name", type=IntegrationId)


@click.group()
def webhook() -> None:
    """List, make and take away subscriptions at systems that have webhooks."""


@webhook.command("list")
@_name
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(session: Session, *, name: IntegrationId, json_: bool) -> int:
    """List the subscriptions that a system says it has."""
    found = session.ask(lambda services: services.webhooks.subscriptions(name))
    if json_:
        as_json(found)
        return ExitCode.FINE
    rows = (
        (one.id, one.url, ", ".join(one.event_types) or "all", "yes" if one.active else "no")
        for one in found
    )
    table(("subscription", "url", "events", "active"), rows)
    return ExitCode.FINE


@webhook.command()
@_name
@click.option("--url", required=True, help="Where deliveries go; https only.")
@click.option("--event", "events", multiple=True, help="A type of event; all without one.")
@click.option("--secret", metavar="REF", help="Our secret to sign with, e.g. env:NAME.")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file that the secret is written to: the system's own, or one made here.",
)
@click.pass_obj
def subscribe(
    session: Session,
    *,
    name: IntegrationId,
    url: str,
    events: tuple[str, ...],
    secret: str | None,
    secret_file: Path | None,
) -> int:
    """Ask a system to send events. Prints the id of the subscription, never the secret."""
    if (secret is None) == (secret_file is None):
        raise click.UsageError("give either --secret or --secret-file")
    actor = session.actor()
    keep = secret_file if secret_file is not None else _reference(secret or "")

    async def ask(services: Services) -> Subscription:
        return await services.webhooks.subscribe(name, url, events, keep=keep, actor=actor)

    made = session.ask(ask)
    line(made.id)
    if secret_file is not None:
        path = secret_file.absolute()
        note(f"the secret is in {path}: write file:{path} where it is needed")
    return ExitCode.FINE


@webhook.command()
@_name
@click.argument("subscription", type=SubscriptionId)
@click.pass_obj
def unsubscribe(session: Session, *, name: IntegrationId, subscription: SubscriptionId) -> int:
    """Take a subscription away; one that is not there is no error."""
    actor = session.actor()
    session.ask(lambda services: services.webhooks.unsubscribe(name, subscription, actor=actor))
    note(f"{subscription} is taken away")
    return ExitCode.FINE


def _reference(text: str) -> SecretRef:
    try:
        return SecretRef.parse(text)
    except ValueError:
        raise click.UsageError("--secret is a reference such as env:NAME or file:PATH") from None
