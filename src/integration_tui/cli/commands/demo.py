"""`demo`: five school systems with scripted trouble, in simulated time, and nothing is kept."""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from integration_tui.cli import event_loop
from integration_tui.cli.commands.console import show
from integration_tui.cli.commands.health import HEADERS, row
from integration_tui.cli.context import CliContext, ConsoleOptions
from integration_tui.cli.output import as_json, note, table
from integration_tui.cli.remarks import read_remarks
from integration_tui.demo.clock import FASTEST, SLOWEST, DemoClock
from integration_tui.demo.districts import LAST_SEED, MOMENTS, SEED, START, DemoDistricts, Size
from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.demo_controls import DemoOptions

if TYPE_CHECKING:
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.services import Services


class _Options(TypedDict):
    """How the demo is put on."""

    district: str
    seed: int
    speed: float
    tour: bool
    record: Path | None


@click.command()
@click.option(
    "--district",
    type=click.Choice([size.value for size in Size]),
    default=Size.SMALL.value,
    show_default=True,
    help="Size of the largest district: 300, 10,000 or 100,000 people.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, LAST_SEED),
    default=SEED,
    show_default=True,
    help="Seed of the random data. The same seed gives the same story.",
)
@click.option(
    "--speed",
    type=click.FloatRange(SLOWEST, FASTEST),
    default=1.0,
    show_default=True,
    help="Simulated seconds per real second.",
)
@click.option("--tour", is_flag=True, help="Start with a guided tour.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Record the terminal as an asciicast (version 2).",
)
@click.option("--once", is_flag=True, help="Check every system once, print the result and exit.")
@click.option("--json", "json_", is_flag=True, help="Print JSON (with --once).")
@click.pass_obj
def demo(session: CliContext, *, once: bool, json_: bool, **options: Unpack[_Options]) -> int:
    """Open the console on mock districts. Nothing is kept.

    The systems have a week of history. Within the first minute one is rate limited, one has an
    outage of 30 s, one needs new credentials, one lists half of its students, and one changes a
    name that was changed here, too. F2 pauses the clock, F3 and F4 change its speed, F9 sums up
    what happened. With --once, no terminal is needed, and trouble is no failure.
    """
    if json_ and not once:
        raise click.UsageError("--json goes with --once")
    if not once:
        code = show(session, _showing(session, options), instead="integration-tui demo --once")
        file = options["record"]
        if file is not None and file.is_file():
            note(f"Recorded to {file}")
            note(f"Play it with: asciinema play {quote(str(file))}")
        return code
    overviews, remarks = event_loop.run(_one_round(session))
    if json_:
        as_json([_described(overview) for overview in overviews])
    else:
        table(HEADERS, map(row, overviews, remarks))
    return 0


def open_district(
    actor: Actor,
    *,
    clock: DemoClock | None = None,
    cast: DemoDistricts | None = None,
    speed: float = 1.0,
) -> AbstractAsyncContextManager[Services]:
    """Return the services over the mock districts, to be entered."""
    from integration_tui.demo.bootstrap import open_demo  # after the first paint: it is heavy

    return open_demo(actor=actor, clock=clock or _clock(), cast=cast, speed=speed)


def _showing(session: CliContext, options: _Options) -> ConsoleOptions:
    clock, actor = _clock(), session.actor(Interface.CONSOLE)
    cast = DemoDistricts(size=Size(options["district"]), seed=options["seed"])
    return ConsoleOptions(
        opening=lambda: open_district(actor, clock=clock, cast=cast, speed=options["speed"]),
        actor=actor,
        title="demo",
        home=session.home(),
        mouse=session.mouse,
        is_ascii=session.is_ascii,
        staging=DemoOptions(
            time=clock,
            moments=MOMENTS,
            has_tour=options["tour"],
            record_to=options["record"],
        ),
    )


def _clock() -> DemoClock:
    return DemoClock(START, time.monotonic)


async def _one_round(session: CliContext) -> tuple[list[Overview], list[str]]:
    from integration_tui.demo.bootstrap import open_paused

    async with open_paused(actor=session.actor()) as services:
        await services.health.check_all()
        overviews = await services.integrations.overview()
        return overviews, await read_remarks(services, overviews)


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
        "reason": overview.reason,
        "advice": problem.advice if problem else "",
    }
