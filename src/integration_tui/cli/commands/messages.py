"""`messages`: what happened that somebody should hear of, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, note, table
from integration_tui.domain.quantity import counted

if TYPE_CHECKING:
    from integration_tui.domain.message import Message

_HEADERS = ("", "time", "integration", "event", "message", "what to do")


class _ListedByDefault(click.Group):
    """`messages` alone lists them, as `messages list` does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_named = bool(args) and (not args[0].startswith("-") or args[0] == "--help")
        return super().parse_args(ctx, args if is_named else ["list", *args])


@click.group(cls=_ListedByDefault)
def messages() -> None:
    """List messages: what went down, was held, failed or recovered.

    Without a command, the messages are listed.
    """


@messages.command("list")
@click.option("--unread", is_flag=True, help="Only unread messages.")
@click.option("--limit", type=click.IntRange(1, 5_000), default=50, show_default=True)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(session: CliContext, *, unread: bool, limit: int, json_: bool) -> int:
    """List messages, newest first. A star marks unread ones."""
    found = session.look(
        lambda services: services.messages.messages(unread_only=unread, limit=limit)
    )
    if json_:
        as_json([_described(message) for message in found])
    elif found:
        table(_HEADERS, map(_row, found))
    else:
        note("No unread messages." if unread else "No messages yet.")
    return ExitCode.FINE


@messages.command()
@click.option("--up-to", type=click.IntRange(1), metavar="ID", help="Only up to this message.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def read(session: CliContext, *, up_to: int | None, json_: bool) -> int:
    """Mark messages as read: all, or those up to one."""
    count = session.ask(
        lambda services: services.messages.mark_read(actor=session.actor(), up_to=up_to)
    )
    if json_:
        as_json({"read": count})
    else:
        note(f"{counted(count, 'message')} marked as read.")
    return ExitCode.FINE


def _row(message: Message) -> tuple[object, ...]:
    times = f" ({message.times} times)" if message.times > 1 else ""
    fix = message.fix
    return (
        "" if message.is_read else "*",
        message.at,
        message.integration_id,
        message.kind.value,
        f"{message.sentence}{times}",
        fix.command if fix else "",
    )


def _described(message: Message) -> dict[str, object]:
    fix = message.fix
    return {
        "id": message.id,
        "at": message.at,
        "first_at": message.first_at,
        "times": message.times,
        "kind": message.kind,
        "severity": message.severity,
        "integration": message.integration_id,
        "run": message.run_id,
        "message": message.sentence,
        "fix": fix.sentence if fix else "",
        "command": fix.command if fix else "",
        "target": message.target,
        "read": message.is_read,
    }
