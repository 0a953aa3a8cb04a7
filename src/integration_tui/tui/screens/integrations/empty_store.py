"""What to do first: shown where there is no integration yet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Center, Middle
from textual.content import Content
from textual.widget import Widget

from integration_tui.tui.widgets.drawn import DrawnText
from integration_tui.tui.widgets.roles import line, text


class EmptyStore(Widget):
    """Three lines on what this is, three keys, and the folder that is read."""

    DEFAULT_CSS: ClassVar[str] = """
    EmptyStore { height: 1fr; width: 1fr; hatch: "·" $faint;
        & Center { height: auto; }
        & DrawnText { width: 76; max-width: 96%; height: 15; background: $surface;
            border: round $edge; padding: 1 2; }
    }
    """

    def __init__(self, folder: Path | None) -> None:
        super().__init__(id="empty")
        self._folder = folder

    def compose(self) -> ComposeResult:
        with Middle(), Center():
            yield DrawnText(self._lines)

    def _lines(self, _width: int, _height: int) -> Iterable[Content]:
        yield text("No integrations yet", "title")
        yield Content("")
        yield text("An integration connects one system: a OneRoster server, TimeBack,")
        yield text("Google Classroom, Canvas or a folder of CSV files.")
        yield Content("")
        yield line(("n", "key"), " new integration, step by step")
        yield line(("d", "key"), " try it with a demo district in this terminal")
        yield line(("?", "key"), " help")
        if self._folder is not None:
            yield Content("")
            yield line(("Configuration files are read from ", "muted"))
            yield text(str(self._folder))
