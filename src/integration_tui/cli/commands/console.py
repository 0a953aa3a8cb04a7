"""The console, on the user's own store or on a demo."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from integration_tui.cli.output import ExitCode, note
from integration_tui.cli.session import Session
from integration_tui.domain.actor import Actor, Door

if TYPE_CHECKING:
    from integration_tui.services import Services

Opening = Callable[[], AbstractAsyncContextManager["Services"]]


def open_console(session: Session) -> int:
    """Open the console on the user's own store; return the exit code."""
    return show(
        lambda: session.services(with_engine=not session.readonly, door=Door.CONSOLE),
        session.actor(Door.CONSOLE),
        instead="integration-tui health --once",
    )


def show(opening: Opening, actor: Actor, *, instead: str, title: str = "") -> int:
    """Show the console, or say which command works here where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        note(f"the console needs a terminal; without one, use `{instead}`")
        return ExitCode.BAD_INPUT
    from integration_tui.tui.app import ConsoleApp

    app = ConsoleApp(opening, actor=actor, title=title)
    app.run()
    return app.return_code or ExitCode.FINE
