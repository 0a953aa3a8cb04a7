"""`roster`: rosters as files; records as they are held come from beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from integration_tui.cli import event_loop
from integration_tui.cli.commands import roster_records
from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, note, table
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_export import (
    LAST,
    ExportedCollection,
    ExportRequest,
    ExportResult,
    FileFormat,
)

if TYPE_CHECKING:
    from integration_tui.services import Services

_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_Since = datetime | Literal["last"] | None
_MOST_FINDINGS = 50


def _moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> _Since:
    if text is None:
        return None
    if text == LAST:
        return "last"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no moment; write 2026-08-31, 2026-08-31T12:00:00Z or {LAST}"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.group()
def roster() -> None:
    """Pull rosters into files and check such files; find, show and edit records."""


@roster.command()
@click.argument("name", type=IntegrationId)
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder: new, empty, or of an earlier pull.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice([file_format.value for file_format in FileFormat]),
    default=FileFormat.CSV.value,
    help="OneRoster CSV (default), or one JSON object per line.",
)
@click.option(
    "--oneroster",
    "version",
    type=click.Choice(["1.1", "1.2"]),
    default="1.2",
    help="Version of the CSV. Default: 1.2.",
)
@click.option("--zip", "is_zipped", is_flag=True, help="Pack the CSV files into one roster.zip.")
@click.option(
    "--since",
    metavar=f"MOMENT|{LAST}",
    callback=_moment,
    help=f"Only what changed since then (UTC), or since the {LAST} complete pull.",
)
@click.option(
    "--collection",
    "collections",
    multiple=True,
    type=click.Choice([collection.value for collection in Collection]),
    help="Only this collection. May be repeated.",
)
@click.option(
    "--accept", is_flag=True, help="Accept a roster that is much smaller than the last one."
)
@_json
@click.pass_obj
def pull(  # noqa: PLR0913 - one for each option, as click hands them over
    session: CliContext,
    *,
    name: IntegrationId,
    folder: Path,
    format_: str,
    version: Literal["1.1", "1.2"],
    is_zipped: bool,
    since: _Since,
    collections: tuple[str, ...],
    accept: bool,
    json_: bool,
) -> int:
    """Pull a whole roster into a folder: complete, or marked incomplete.

    Exit code 1 when records are missing, or far fewer are listed than last time.
    """
    if is_zipped and format_ != FileFormat.CSV:
        raise click.UsageError("--zip is for CSV: leave out --format")
    request = ExportRequest(
        integration_id=name,
        folder=folder.absolute(),
        format=FileFormat(format_),
        version=version,
        is_zipped=is_zipped,
        since=since,
        collections=tuple(map(Collection, collections)),
        accepts_less=accept,
    )
    outcome = _pulled(session, request)
    _print_result(outcome, json_=json_)
    return ExitCode.FINE if outcome.complete else ExitCode.TROUBLE


@roster.command()
@click.argument("path", type=click.Path(path_type=Path))
@_json
@click.pass_obj
def check(session: CliContext, *, path: Path, json_: bool) -> int:
    """Check the OneRoster CSV files of a folder or zip. Exit code 1 when records would be lost."""
    report = event_loop.run(session.offline().rosters.check(path))
    if json_:
        as_json(report)
    else:
        table(
            ("file", "kind", "records", "quarantined", "duplicates"),
            (
                (file.file, file.kind, file.records, file.put_aside, file.duplicates)
                for file in report.files
            ),
        )
        for finding in report.findings[:_MOST_FINDINGS]:
            note(f"{finding.severity}: {finding}")
        more = max(len(report.findings) - _MOST_FINDINGS, 0) + report.more
        if more:
            note(f"and {more:,} more findings; --json shows up to {len(report.findings)}")
    return ExitCode.FINE if report.is_valid else ExitCode.TROUBLE


def _pulled(session: CliContext, request: ExportRequest) -> ExportResult:
    from integration_tui.cli.progress import PullProgress

    actor = session.actor()

    async def ask(services: Services) -> ExportResult:
        with PullProgress() as progress:
            return await services.rosters.pull(request, actor=actor, tell=progress)

    return session.ask(ask)


def _print_result(outcome: ExportResult, *, json_: bool) -> None:
    if json_:
        as_json({"complete": outcome.complete, "outcome": outcome})
    else:
        headers = ("collection", "records", "quarantined", "duplicates", "complete")
        table(headers, map(_row, outcome.collections))
    for collection in outcome.collections:
        if collection.trouble:
            advice = f"; {collection.advice}" if collection.advice else ""
            note(f"{collection.collection}: {collection.trouble}{advice}")
        for remark in collection.remarks:
            note(f"{collection.collection}: {remark}")
        if collection.undated:
            undated = f"{collection.undated:,} records did not say when they changed"
            note(f"{collection.collection}: {undated}")
    for remark in outcome.remarks:
        note(remark)
    note(_format_result(outcome))


def _row(one: ExportedCollection) -> tuple[object, ...]:
    is_whole = "no" if one.trouble else "yes"
    return one.collection, one.records, one.quarantined, one.duplicates, is_whole


def _format_result(outcome: ExportResult) -> str:
    if outcome.failure:
        return f"the files could not be finished: {outcome.failure}"
    if not outcome.complete:
        return f"INCOMPLETE: {outcome.folder} says so in INCOMPLETE.txt, and why"
    if outcome.since is not None:
        return f"all changes since {outcome.since:%Y-%m-%d %H:%M:%S} UTC are in {outcome.folder}"
    return f"complete, in {outcome.folder}"


for _command in (roster_records.find, roster_records.show, roster_records.edit, roster_records.pin):
    roster.add_command(_command)
