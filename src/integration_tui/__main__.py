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
    from pathlib import Path

    from integration_tui.cli.context import ConsoleOptions
    from integration_tui.domain.demo_controls import DemoOptions
    from integration_tui.domain.diagnostics import CheckResult


def main() -> None:
    """Run the command line; the exit code is 0 for fine, 1 for trouble, 2 for bad input."""
    if sys.argv[1:] == ["--version"] and _has_printed_version():
        return
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


def _run() -> int:
    from integration_tui.cli.main import run

    return run(show_console, check_home)


def _open_console() -> int:
    """Open the console without the command tree: it is what people wait for."""
    gc.disable()  # until the first frame stands: looking for garbage is a tenth of the time
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
    from integration_tui.tui.preferences import UserFolder

    app = ConsoleApp(
        showing.opening,
        actor=showing.actor,
        title=showing.title,
        glance=showing.load_snapshot,
        own=UserFolder(home=showing.home, state=showing.state),
    )
    app.run(mouse=showing.mouse)
    if app.lost:
        raise app.lost
    return app.return_code or 0


def _show_demo(showing: ConsoleOptions, staging: DemoOptions) -> int:
    from integration_tui.tui.demo_app import DemoApp, recorded
    from integration_tui.tui.preferences import UserFolder

    with recorded(staging.record_to) as recording:
        app = DemoApp(
            showing.opening,
            actor=showing.actor,
            staging=staging,
            own=UserFolder(home=showing.home, state=showing.state),
            recording=recording,
        )
        app.run(mouse=showing.mouse)
    return app.return_code or 0


if __name__ == "__main__":
    main()
