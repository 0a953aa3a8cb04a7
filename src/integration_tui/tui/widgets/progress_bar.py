"""One line that tells how far something long is, and how it ended; it is not there otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager

from textual.widgets import Static

from integration_tui.domain.errors import ConsoleError
from integration_tui.tui.sanitize import safe

_EVERY_S = 0.1


class ProgressLine(Static):
    """Escape is the screen's: it cancels the worker that tells."""

    DEFAULT_CSS = "ProgressLine { height: auto; display: none; }"

    def show_text(self, text: str) -> None:
        """Show this; nothing takes the line away."""
        self.display = bool(text)
        self.update(safe(text))

    @contextmanager
    def showing(self, stopped: str) -> Generator[Callable[[str], None]]:
        """Show how far something is, a few times a second; say so where it was stopped."""
        now = asyncio.get_running_loop().time
        shown_at = -_EVERY_S

        def show_progress(text: str) -> None:
            nonlocal shown_at
            if now() - shown_at >= _EVERY_S:
                shown_at = now()
                self.show_text(f"{text}  esc stops")

        try:
            yield show_progress
        except asyncio.CancelledError:
            self.show_text(stopped)
            raise
        except ConsoleError:
            self.show_text("")
            raise
