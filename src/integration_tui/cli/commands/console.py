"""The console, on the user's own store or on a demo."""

from __future__ import annotations

import sys
from typing import Final

from integration_tui.cli.context import CliContext, ConsoleOptions
from integration_tui.cli.output import ExitCode, note, speak
from integration_tui.cli.streams import takes_utf_8
from integration_tui.domain.actor import Interface

_NO_UTF_8: Final = (
    "This terminal does not support UTF-8: the console uses ASCII signs, and some letters become ?."
    " Set LC_ALL=C.UTF-8 to see them all, or use --plain."
)


def open_console(session: CliContext) -> int:
    """Open the console on the user's own store; return the exit code."""
    return show(
        session,
        ConsoleOptions(
            opening=lambda: session.services(with_engine=True, door=Interface.CONSOLE),
            actor=session.actor(Interface.CONSOLE),
            load_snapshot=session.last_seen,
            home=session.home(),
            state=session.state(),
            integrations=session.home() / "integrations",
            mouse=session.mouse,
            is_ascii=session.is_ascii,
        ),
        instead="integration-tui health --once",
    )


def show(session: CliContext, showing: ConsoleOptions, *, instead: str) -> int:
    """Show the console, or its linear twin where that was asked for.

    Without a terminal, say which command works there.
    """
    if session.is_plain:
        from integration_tui.cli import event_loop
        from integration_tui.cli.plain_console import follow

        speak(linear=True)
        return event_loop.run(follow(session, showing))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        note(f"The console needs a terminal. Without one, use: {instead}, or --plain.")
        return ExitCode.BAD_INPUT
    if not takes_utf_8(sys.stderr.encoding):  # what the console is written to
        note(_NO_UTF_8)
    return session.show(showing)
