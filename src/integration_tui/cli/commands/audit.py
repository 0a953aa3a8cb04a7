"""`audit`: who did what."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from integration_tui.cli import event_loop
from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, line, note, table
from integration_tui.domain.audit.export import HEADERS, AuditExportFormat, cells
from integration_tui.domain.audit.log import Action, ActionOutcome, AuditFilter
from integration_tui.domain.audit.query import parse_filter
from integration_tui.domain.value import replace

_FILTER = click.argument("words", nargs=-1, metavar="[FILTER]...")
_TEXT = click.option(
    "--text", multiple=True, help="Only entries with these words. May be repeated."
)


@click.group()
def audit() -> None:
    """Read, verify and export the audit log."""


@audit.command("list")
@_FILTER
@_TEXT
@click.option("--actor", help="Only entries of this actor.")
@click.option(
    "--action",
    type=click.Choice([action.value for action in Action]),
    help="Only entries of this action.",
)
@click.option("--object", "object_", help="Only entries about this object, e.g. an integration.")
@click.option(
    "--outcome",
    type=click.Choice([action_outcome.value for action_outcome in ActionOutcome]),
    help="Only entries with this outcome.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(
    session: CliContext,
    /,
    *,
    words: tuple[str, ...],
    text: tuple[str, ...],
    limit: int,
    json_: bool,
    **options: str | None,
) -> int:
    """List the newest entries, newest first.

    FILTER is the filter of the console, such as: actor=ana '!outcome=done' since=2026-01-31 words.
    """
    wanted = _with(_filter(words, text), **options)
    entries = session.look(lambda services: services.audit.page(wanted, limit=limit))
    if json_:
        as_json(entries)
    else:
        table(HEADERS, map(cells, entries))
    return ExitCode.FINE


def _filter(words: tuple[str, ...], text: tuple[str, ...]) -> AuditFilter:
    texts = (f'text="{phrase}"' for phrase in text)
    return parse_filter(" ".join([*map(_whole, words), *texts]))


def _whole(word: str) -> str:
    """Keep together what the shell kept together: `actor=ana lopez`."""
    key, sign, value = word.partition("=")
    if not any(map(str.isspace, word)) or '"' in word:
        return word
    return f'{key}="{value}"' if sign and key.lstrip("!").isalpha() else f'"{word}"'


def _with(
    wanted: AuditFilter,
    *,
    actor: str | None,
    action: str | None,
    object_: str | None,
    outcome: str | None,
) -> AuditFilter:
    return replace(
        wanted,
        actor=actor or wanted.actor,
        action=Action(action) if action else wanted.action,
        object=object_ or wanted.object,
        outcome=ActionOutcome(outcome) if outcome else wanted.outcome,
    )


@audit.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify(session: CliContext, *, json_: bool) -> int:
    """Verify the whole chain. Exit code 1 when it is broken; the first broken entry is named.

    Keep the printed head somewhere else: a later verification that does not reach it shows that
    the newest entries were cut off, which the chain alone cannot show.
    """
    verification = session.look(lambda services: services.audit.verify())
    if json_:
        as_json(verification)
    elif verification.intact:
        line(f"intact: {verification.checked} entries, head {verification.head}")
    else:
        line(verification.problem)
    return ExitCode.FINE if verification.intact else ExitCode.TROUBLE


@audit.command()
@_FILTER
@_TEXT
@click.option(
    "--format",
    "format_",
    type=click.Choice([audit_export_format.value for audit_export_format in AuditExportFormat]),
    default="jsonl",
    show_default=True,
)
@click.option("--since", type=click.DateTime(), help="Only entries since then, local time.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file instead of printing. CSV if the name ends in .csv.",
)
@click.option("--replace", "may_replace", is_flag=True, help="Overwrite the file of --out.")
@click.pass_obj
def export(  # noqa: PLR0913 - an option each
    session: CliContext,
    *,
    words: tuple[str, ...],
    text: tuple[str, ...],
    format_: str,
    since: datetime | None,
    out: Path | None,
    may_replace: bool,
) -> int:
    """Print every entry that matches FILTER, oldest first. The export itself is logged.

    FILTER is the filter of the console, such as: actor=ana '!outcome=done' since=2026-01-31 words.
    """
    wanted = _filter(words, text)
    if since:
        wanted = replace(wanted, since=since.astimezone())
    if out is None:
        count = event_loop.run(_print(session, wanted, AuditExportFormat(format_)))
    else:
        count = session.ask(
            lambda services: services.audit.export_to(
                out, wanted, actor=session.actor(), replace=may_replace
            )
        )
    note(f"{count} entries")
    return ExitCode.FINE


async def _print(session: CliContext, wanted: AuditFilter, sheet: AuditExportFormat) -> int:
    count = 0
    async with session.services() as services:
        sys.stdout.write(sheet.head())
        async for entry in services.audit.export(wanted, actor=session.actor()):
            count += 1
            sys.stdout.write(sheet.line(entry))
    sys.stdout.flush()
    return count
