"""`serve`: the console in a browser."""

from __future__ import annotations

import asyncio
import signal
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import click

from integration_tui.cli import event_loop
from integration_tui.cli.commands.demo import open_district
from integration_tui.cli.context import CliContext, ConsoleOptions
from integration_tui.cli.output import ExitCode, data, note
from integration_tui.domain.actor import Interface
from integration_tui.domain.config.types import is_loopback
from integration_tui.domain.errors import UsageError
from integration_tui.domain.extras import how_to_install

if TYPE_CHECKING:
    from integration_tui.web.process import ConsoleCommand
    from integration_tui.web.server import ConsoleSite
    from integration_tui.web.sessions import SessionLimits

_NEEDED: Final = ("aiohttp", "textual_serve")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--behind-proxy",
    "proxy",
    metavar="URL",
    help="https address of a reverse proxy that adds TLS; required for other hosts.",
)
@click.option("--write", is_flag=True, help="Allow changes. Without it, browsers are read-only.")
@click.option(
    "--sessions",
    type=click.IntRange(1, 100),
    default=4,
    show_default=True,
    help="Most consoles at once.",
)
@click.option(
    "--idle",
    "idle_minutes",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    help="Minutes without a key press before a console closes; 0 never.",
)
@click.option("--demo", is_flag=True, help="Serve the mock district. Nothing is kept.")
@click.option("--lifeline", type=int, hidden=True, help="For the consoles that a server starts.")
@click.pass_obj
def serve(  # noqa: PLR0913 - one for each option
    session: CliContext,
    *,
    host: str,
    port: int,
    proxy: str | None,
    write: bool,
    sessions: int,
    idle_minutes: float,
    demo: bool,
    lifeline: int | None,
) -> int:
    """Serve the console to browsers on this machine, until Ctrl-C or SIGTERM.

    Prints the address to open. Anyone who has it can read, and with --write change things.
    """
    if lifeline is not None:
        return _console(session, lifeline, demo=demo)
    _require_extra()
    _require_safe(host, proxy)
    from integration_tui import logging_setup
    from integration_tui.bootstrap import collect_garbage
    from integration_tui.web.server import ConsoleSite
    from integration_tui.web.sessions import SessionLimits

    settings = session.settings()
    logging_setup.configure(settings.log_path, settings.log_level)
    site = ConsoleSite(host=host, port=port, public_url=proxy)
    limits = SessionLimits(sessions=sessions, idle_s=idle_minutes * 60)
    start = _start(session, readonly=session.readonly or not write, demo=demo)
    collect_garbage()
    return event_loop.run(_serve(site, start, limits))


def _console(session: CliContext, lifeline: int, *, demo: bool) -> int:
    """Be the console of one browser; the terminal is the pipes that we were started with."""
    from integration_tui.web.process import hold

    hold(lifeline)
    return session.show(_district(session) if demo else _own(session))


def _district(session: CliContext) -> ConsoleOptions:
    actor = session.actor(Interface.CONSOLE)
    return ConsoleOptions(opening=lambda: open_district(actor), actor=actor, title="demo")


def _own(session: CliContext) -> ConsoleOptions:
    """Show the user's own store. How a browser leaves its console is not kept."""
    return ConsoleOptions(
        opening=lambda: session.services(with_engine=True, door=Interface.CONSOLE),
        actor=session.actor(Interface.CONSOLE),
        load_snapshot=session.last_seen,
        home=session.home(),
    )


def _require_extra() -> None:
    if not all(map(find_spec, _NEEDED)):
        raise UsageError(
            "serve needs two more libraries: aiohttp and textual-serve",
            advice=how_to_install("web"),
        )


def _require_safe(host: str, proxy: str | None) -> None:
    """Refuse what would send the token, and rosters, over a network in clear text."""
    if proxy is None and not is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines, and this server has no TLS",
            advice="leave out --host, or name the reverse proxy that adds TLS:"
            " --behind-proxy https://...",
        )


def _start(session: CliContext, *, readonly: bool, demo: bool) -> ConsoleCommand:
    """Return how a console is started. The store's address may hold a password: no argument."""
    from integration_tui.web.process import ConsoleCommand

    words = [sys.executable, "-P", "-m", "integration_tui"]
    words += ["--readonly"] if readonly else []
    words += ["serve", *(["--demo"] if demo else []), "--lifeline"]
    return ConsoleCommand(words=words, environment=session.variables())


async def _serve(site: ConsoleSite, start: ConsoleCommand, limits: SessionLimits) -> int:
    from integration_tui.web.server import served

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with served(site, start, limits, tell=note) as access:
        data(access.address)  # whole, however long
        note("Open this address in a browser. Anyone who has it gets in. Ctrl-C stops the server.")
        await stopped.wait()
        note("stopping")
    note("stopped")
    return ExitCode.FINE
