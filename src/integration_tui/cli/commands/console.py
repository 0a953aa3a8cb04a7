"""The console, on the user's own store or on a demo."""

from __future__ import annotations

import sys

from integration_tui.cli.output import ExitCode, note
from integration_tui.cli.session import Glance, Opening, Session
from integration_tui.domain.actor import Door


def open_console(session: Session) -> int:
    """Open the console on the user's own store; return the exit code."""
    return show(
        session,
        lambda: session.services(with_engine=True, door=Door.CONSOLE),
        instead="integration-tui health --once",
        glance=session.last_seen,
    )


def show(
    session: Session, opening: Opening, *, instead: str, title: str = "", glance: Glance = list
) -> int:
    """Show the console, or say which command works here where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        note(f"the console needs a terminal; without one, use `{instead}`")
        return ExitCode.BAD_INPUT
    return session.show(opening, session.actor(Door.CONSOLE), title, glance)
