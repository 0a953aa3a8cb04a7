"""`health`: how every integration is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from integration_tui.cli.output import ExitCode, as_json, as_json_line, line, note, table
from integration_tui.cli.session import Session
from integration_tui.domain.health import HealthReport

if TYPE_CHECKING:
    from integration_tui.domain.overview import Overview
    from integration_tui.services import Services

HEADERS = ("name", "type", "status", "latency ms", "problem")


def row(overview: Overview) -> tuple[object, ...]:
    """Return the cells of one integration, in the order of `HEADERS`."""
    integration, report = overview.integration, overview.report
    problem = integration.problem
    return (
        integration.id,
        integration.provider,
        integration.status,
        report.latency_ms if report else None,
        f"{problem.message}; {problem.advice}".rstrip("; ") if problem else "",
    )


@click.command()
@click.option("--once", is_flag=True, help="Check every integration now instead of looking it up.")
@click.option("--watch", is_flag=True, help="Print every new report until stopped.")
@click.option("--json", "json_", is_flag=True, help="Print JSON; with --watch, a line a report.")
@click.pass_obj
def health(session: Session, *, once: bool, watch: bool, json_: bool) -> int:
    """Show how every integration is. Exit code 1 when one of them has a problem."""
    if once and watch:
        raise click.UsageError("--once and --watch exclude each other")
    if watch:
        asyncio.run(_watch(session, json_=json_))
        return ExitCode.FINE
    overviews = session.ask(_checked if once else _known)
    if json_:
        as_json(overviews)
    elif overviews:
        table(HEADERS, map(row, overviews))
    else:
        note(f"no integrations yet; put a file into {session.settings().integrations_dir}")
    has_trouble = any(one.integration.problem for one in overviews)
    return ExitCode.TROUBLE if has_trouble else ExitCode.FINE


async def _known(services: Services) -> list[Overview]:
    return await services.integrations.overview()


async def _checked(services: Services) -> list[Overview]:
    await services.health.check_all()
    return await services.integrations.overview()


async def _watch(session: Session, *, json_: bool) -> None:
    """Run the engine, unless another process does, and print what is new in the store."""
    from integration_tui.domain.events import HealthChanged, StoreChanged

    async with session.services(with_engine=True) as services:
        seen: dict[str, HealthReport] = {}
        with services.events.subscribe(HealthChanged, StoreChanged) as changes:
            while True:
                latest = await services.health.latest()
                _print_new([one for one in latest if seen.get(one.integration_id) != one], json_)
                seen = {one.integration_id: one for one in latest}
                await changes.batch()


def _print_new(reports: Sequence[HealthReport], json_: bool) -> None:
    for report in reports:
        if json_:
            as_json_line(report)
        else:
            status = f"{report.status:<9}"
            line(report.checked_at, report.integration_id, status, report.latency_ms, report.detail)
