"""`audit`: who did what."""

from __future__ import annotations

import asyncio
import csv
import sys
import unicodedata
from datetime import datetime

import click

from integration_tui.cli.output import ExitCode, as_json, as_json_line, line, note, table
from integration_tui.cli.session import Session
from integration_tui.domain.audit import Action, AuditFilter, Entry, Outcome
from integration_tui.domain.text import visible

_LONGEST_CELL = 32_000  # what spreadsheets take
_FORMULA_SIGNS = ("=", "+", "-", "@")
_HEADERS = ("seq", "at", "actor", "door", "action", "object", "outcome", "detail")


def _row(entry: Entry) -> tuple[object, ...]:
    act = entry.act
    who = (act.actor.name, act.actor.door)
    return (entry.seq, entry.at, *who, act.action, act.object, act.outcome, act.detail)


@click.group()
def audit() -> None:
    """Read, verify and export the audit log."""


@audit.command("list")
@click.option("--actor", help="Only what this actor did.")
@click.option("--action", type=click.Choice(list(Action)), help="Only this kind of act.")
@click.option("--object", "object_", help="Only acts on this object, e.g. an integration.")
@click.option("--outcome", type=click.Choice(list(Outcome)), help="Only acts that ended so.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(session: Session, /, *, limit: int, json_: bool, **wanted: str | None) -> int:
    """List the newest entries, newest first."""
    entries = session.ask(lambda services: services.audit.page(_filter(**wanted), limit=limit))
    if json_:
        as_json(entries)
    else:
        table(_HEADERS, map(_row, entries))
    return ExitCode.FINE


def _filter(
    *, actor: str | None, action: str | None, object_: str | None, outcome: str | None
) -> AuditFilter:
    return AuditFilter(
        actor=actor,
        action=Action(action) if action else None,
        object=object_,
        outcome=Outcome(outcome) if outcome else None,
    )


@audit.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify(session: Session, *, json_: bool) -> int:
    """Walk the whole chain. Exit code 1 when it is broken; the first broken entry is named.

    Note the head that is printed somewhere else: a later run that does not reach it shows that
    the newest entries were cut off, which the chain alone cannot.
    """
    verdict = session.ask(lambda services: services.audit.verify())
    if json_:
        as_json(verdict)
    elif verdict.intact:
        line(f"intact: {verdict.checked} entries, head {verdict.head}")
    else:
        line(f"broken at entry {verdict.first_broken}: {verdict.reason}")
    return ExitCode.FINE if verdict.intact else ExitCode.TROUBLE


@audit.command()
@click.option(
    "--format", "format_", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True
)
@click.option("--since", type=click.DateTime(), help="From this moment on, local time.")
@click.pass_obj
def export(session: Session, *, format_: str, since: datetime | None) -> int:
    """Print every entry, oldest first; that somebody exported is an entry as well."""
    count = asyncio.run(_export(session, format_, since.astimezone() if since else None))
    note(f"{count} entries")
    return ExitCode.FINE


async def _export(session: Session, format_: str, since: datetime | None) -> int:
    count = 0
    async with session.services() as services:
        sheet = csv.writer(sys.stdout, quoting=csv.QUOTE_ALL)
        if format_ == "csv":
            sheet.writerow(_HEADERS)
        entries = services.audit.export(AuditFilter(since=since), actor=session.actor())
        async for entry in entries:
            count += 1
            if format_ == "csv":
                sheet.writerow(map(_inert, _row(entry)))
            else:
                as_json_line(entry)
    return count


def _inert(value: object) -> str:
    """Keep a cell from steering a terminal, and a spreadsheet from taking it for a formula."""
    text = visible(value, limit=_LONGEST_CELL)
    begins = unicodedata.normalize("NFKC", text[:20])  # full-width signs count as well
    return f"'{text}" if begins.lstrip().startswith(_FORMULA_SIGNS) else text
