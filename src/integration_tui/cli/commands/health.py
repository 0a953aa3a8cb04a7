"""`health`: how every integration is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import click

from integration_tui.cli import event_loop
from integration_tui.cli.context import CliContext
from integration_tui.cli.health_report import (
    DAY_S,
    HealthReportText,
    ReportWindow,
    moment_of,
    print_report,
    print_statistics,
    read_story,
    window_of,
)
from integration_tui.cli.output import ExitCode, as_json, as_json_line, note, table
from integration_tui.cli.output import row as print_row
from integration_tui.cli.remarks import read_problems, read_remarks
from integration_tui.domain.health.status import HealthReport, HealthStatistics
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration_overview import START_ENGINE

if TYPE_CHECKING:
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.services import Services

HEADERS = ("name", "type", "status", "latency ms", "problem")
_REPORT = ("at", "name", "health", "latency ms", "detail")


def row(overview: Overview, remark: str) -> tuple[object, ...]:
    """Return the cells of one integration, in the order of `HEADERS`; `remark` is what is wrong."""
    integration, report = overview.integration, overview.report
    return (
        integration.id,
        integration.provider,
        integration.status.word,
        report.latency_ms if report else None,
        remark,
    )


@click.command()
@click.argument("name", default="")
@click.option("--once", is_flag=True, help="Check every integration now.")
@click.option("--watch", is_flag=True, help="Print every new result until stopped.")
@click.option("--window", callback=window_of, help="Statistics over this time, e.g. 15m, 6h, 30d.")
@click.option("--until", callback=moment_of, help="End of that time, e.g. 2026-11-23T09:30.")
@click.option(
    "--json", "json_", is_flag=True, help="Print JSON; with --watch, one line per result."
)
@click.pass_obj
def health(
    session: CliContext,
    /,
    name: str,
    *,
    once: bool,
    watch: bool,
    json_: bool,
    **span: Unpack[ReportWindow],
) -> int:
    """Show the health of every integration.

    Exit code 1 when one has a problem, or no engine runs to check it.

    With NAME, show one integration over a time (the last 24 hours): statistics, latency, incidents,
    and why checks failed. With --window alone, show the statistics of all.
    """
    if once and watch:
        raise click.UsageError("use --once or --watch, not both")
    if watch and (name or any(span.values())):
        raise click.UsageError("--watch is for all integrations: leave out name and time")
    if watch:
        event_loop.run(_watch(session, json_=json_))
        return ExitCode.FINE
    if name:
        return _of_one(session, name, span, once=once, json_=json_)
    if any(span.values()):
        return _figures(session, span, once=once, json_=json_)
    return _of_all(session, once=once, json_=json_)


def _of_one(
    session: CliContext, name: str, span: ReportWindow, *, once: bool, json_: bool
) -> ExitCode:
    async def read(services: Services) -> tuple[HealthReportText, list[str]]:
        integration_id, until = IntegrationId(name), span["until"]
        if once:
            await services.health.check_now(integration_id)
        story = await read_story(services, name, span["window"] or DAY_S, until)
        return story, [] if until else await read_problems(services, integration_id)

    story, problems = (session.ask if once else session.look)(read)
    print_report(story, problems, json_=json_)
    return ExitCode.TROUBLE if story.has_trouble else ExitCode.FINE


def _figures(session: CliContext, span: ReportWindow, *, once: bool, json_: bool) -> ExitCode:
    async def read(services: Services) -> tuple[list[Overview], list[HealthStatistics]]:
        overviews = await (_checked if once else _known)(services)
        window_s = span["window"] or DAY_S
        return overviews, await services.health.statistics(window_s=window_s, until=span["until"])

    overviews, figures = (session.ask if once else session.look)(read)
    print_statistics(figures, json_=json_)
    return _code(session, overviews)


def _of_all(session: CliContext, *, once: bool, json_: bool) -> ExitCode:
    async def read(services: Services) -> tuple[list[Overview], list[str]]:
        overviews = await (_checked if once else _known)(services)
        return overviews, await read_remarks(services, [] if json_ else overviews)

    overviews, remarks = (session.ask if once else session.look)(read)
    if json_:
        as_json(overviews)
    elif overviews:
        table(HEADERS, map(row, overviews, remarks))
    return _code(session, overviews)


def _code(session: CliContext, overviews: Sequence[Overview]) -> ExitCode:
    if not overviews:
        note(f"No integrations yet. Save a file in {session.settings().integrations_dir}")
    if not all(overview.is_checked for overview in overviews):
        note(START_ENGINE)
    has_trouble = any(overview.has_trouble for overview in overviews)
    return ExitCode.TROUBLE if has_trouble else ExitCode.FINE


async def _known(services: Services) -> list[Overview]:
    return await services.integrations.overview()


async def _checked(services: Services) -> list[Overview]:
    await services.health.check_all()
    return await services.integrations.overview()


async def _watch(session: CliContext, *, json_: bool) -> None:
    """Run the engine, unless another process does, and print what is new in the store."""
    from integration_tui.domain.events import HealthChanged, StoreChanged

    async with session.services(with_engine=True) as services:
        seen: dict[str, HealthReport] = {}
        with services.events.subscribe(HealthChanged, StoreChanged) as changes:
            while True:
                latest = await services.health.latest()
                _print_new(
                    [report for report in latest if seen.get(report.integration_id) != report],
                    json_,
                )
                seen = {report.integration_id: report for report in latest}
                await changes.batch()


def _print_new(reports: Sequence[HealthReport], json_: bool) -> None:
    for report in reports:
        if json_:
            as_json_line(report)
        else:
            said = report.checked_at, report.integration_id, report.status, report.latency_ms
            print_row(_REPORT, (*said, report.detail), "{}  {}  {:<9}  {}  {}")
