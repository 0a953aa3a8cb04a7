"""`demo`: a mock district with five integrations of different characters."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import click

from integration_tui.cli.commands.console import show
from integration_tui.cli.commands.health import HEADERS, row
from integration_tui.cli.output import as_json, table
from integration_tui.cli.session import Session, Showing
from integration_tui.domain.actor import Actor, Door

if TYPE_CHECKING:
    from integration_tui.domain.overview import Overview
    from integration_tui.services import Services


@click.command()
@click.option("--once", is_flag=True, help="Make one round of checks, print it and exit.")
@click.option("--json", "json_", is_flag=True, help="Print JSON (with --once).")
@click.pass_obj
def demo(session: Session, *, once: bool, json_: bool) -> int:
    """Open the console on a mock district; nothing of it is kept.

    One integration is healthy, one slow, one comes and goes, one has lost its credentials and
    one is down. With --once, no terminal is needed, and trouble is no failure.
    """
    if json_ and not once:
        raise click.UsageError("--json goes with --once")
    if not once:
        return show(
            session,
            Showing(
                opening=lambda: open_district(session.actor(Door.CONSOLE)),
                actor=session.actor(Door.CONSOLE),
                title="demo",
                home=session.home(),
                mouse=session.mouse,
            ),
            instead="integration-tui demo --once",
        )
    overviews = asyncio.run(_one_round(session))
    if json_:
        as_json([_described(one) for one in overviews])
    else:
        table(HEADERS, map(row, overviews))
    return 0


def open_district(actor: Actor) -> AbstractAsyncContextManager[Services]:
    """Return the services over the mock district, to be entered."""
    from integration_tui.bootstrap import open_demo  # after the first paint: it is heavy

    return open_demo(actor=actor)


async def _one_round(session: Session) -> list[Overview]:
    from integration_tui.bootstrap import open_demo

    async with open_demo(actor=session.actor(), with_engine=False) as services:
        await services.health.check_all()
        return await services.integrations.overview()


def _described(overview: Overview) -> dict[str, object]:
    """Return what a script wants to know of one integration."""
    report = overview.report
    problem = overview.integration.problem
    return {
        "name": overview.integration.id,
        "title": overview.integration.title,
        "type": overview.integration.provider,
        "status": overview.integration.status,
        "health": report.status if report else "unknown",
        "latency_ms": report.latency_ms if report else None,
        "problem": problem.message if problem else "",
        "advice": problem.advice if problem else "",
    }
