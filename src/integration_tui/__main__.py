"""Entry point: joins command line and console, which do not know each other.

Nothing heavy is imported here: asking for the version costs next to nothing.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Final

from integration_tui.version import VERSION

COMPLETION: Final = "_INTEGRATION_TUI_COMPLETE"
"""By this a shell asks for completions, without any word on the command line."""

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from integration_tui.cli.context import ConsoleOptions
    from integration_tui.domain.demo_controls import DemoOptions
    from integration_tui.domain.diagnostics import CheckResult
    from integration_tui.tui.preferences import UserFolder


def main() -> None:
    """Run the command line; the exit code is 0 for fine, 1 for trouble, 2 for bad input."""
    if sys.argv[1:] == ["--version"] and _has_printed_version():
        return
    gc.disable()  # until the work begins: what is made before stays, and is a fifth of the time
    is_console = not sys.argv[1:] and COMPLETION not in os.environ
    code = _open_console() if is_console else _run()
    from integration_tui.cli.exit_codes import leave

    leave(code)


def _has_printed_version() -> bool:
    """Write the version. Where that cannot be done, the command line says why."""
    try:
        os.write(1, f"integration-tui {VERSION}\n".encode())
    except OSError:
        return False
    return True


def _run(words: Sequence[str] | None = None) -> int:
    from integration_tui.cli.main import run

    return run(show_console, check_home, words)


def _open_console() -> int:
    """Open the console without the command tree: it is what people wait for."""
    from integration_tui.cli.commands.console import open_console
    from integration_tui.cli.context import CliContext
    from integration_tui.cli.exit_codes import ended

    return ended(lambda: open_console(CliContext(show=show_console, check_home=check_home)))


def check_home(home: Path) -> list[CheckResult]:
    """Check the themes and keys that a person made for the console."""
    from integration_tui.tui.own_files import check_files

    return check_files(home)


def show_console(showing: ConsoleOptions) -> int:
    """Show the console over what is opened, and return its exit code."""
    if showing.staging is not None:
        return _show_demo(showing, showing.staging)
    from integration_tui.tui.app import ConsoleApp

    app = ConsoleApp(
        showing.opening,
        actor=showing.actor,
        title=showing.title,
        glance=showing.load_snapshot,
        own=_own(showing),
    )
    app.run(mouse=showing.mouse)
    if app.lost:
        raise app.lost
    if app.is_demo_wanted:
        return _run(["demo"])
    return app.return_code or 0


def _own(showing: ConsoleOptions) -> UserFolder:
    from integration_tui.tui.preferences import UserFolder
    from integration_tui.tui.widgets.glyphs import wants_ascii

    encoding = sys.__stderr__.encoding if sys.__stderr__ else "utf-8"
    is_ascii = showing.is_ascii or wants_ascii(os.environ, encoding)
    return UserFolder(
        home=showing.home,
        state=showing.state,
        integrations=showing.integrations,
        is_ascii=is_ascii,
    )


def _show_demo(showing: ConsoleOptions, staging: DemoOptions) -> int:
    from integration_tui.tui.demo_app import DemoApp, recorded

    with recorded(staging.record_to) as recording:
        app = DemoApp(
            showing.opening,
            actor=showing.actor,
            staging=staging,
            own=_own(showing),
            recording=recording,
        )
        app.run(mouse=showing.mouse)
    return app.return_code or 0


if __name__ == "__main__":
    main()
