"""Base of what draws a course line by line: it is cut to columns once, not once a line."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from integration_tui.domain.course import Bucket, Course
from integration_tui.tui.widgets.axis import MARGIN, columns_of

Sign = tuple[str, str]
"""A character, and how it is meant."""


class Drawn(Widget):
    """Shows a course; drawn again only when it is another one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"drawn--{tone}" for tone in ("plain", "good", "weak", "bad", "quiet")
    }
    DEFAULT_CSS = """
    Drawn {
        & > .drawn--plain { color: $primary; }
        & > .drawn--good { color: $success; }
        & > .drawn--weak { color: $warning; }
        & > .drawn--bad { color: $error; }
        & > .drawn--quiet { color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._course: Course | None = None
        self._cut: list[Bucket] = []

    def show(self, course: Course | None) -> None:
        """Show this course; `None` where there is nothing to show yet."""
        if self._is_same(course):
            return
        self._course = course
        self._cut = []
        self.refresh()

    @property
    def columns(self) -> int:
        """How many columns there is room for."""
        return max(self.size.width - MARGIN, 1)

    def buckets(self, course: Course) -> list[Bucket]:
        """Return what each column shows."""
        if len(self._cut) != self.columns:
            self._cut = columns_of(course, self.columns)
        return self._cut

    def strip(self, label: str, signs: Iterable[Sign]) -> Strip:
        """Return a line: the label in the margin, and signs."""
        base = self.rich_style
        head = Segment(f"{label:>{MARGIN - 1}} ", base + self._tone("quiet"))
        parts = [
            Segment("".join(sign for sign, _ in same), base + self._tone(tone))
            for tone, same in groupby(signs, key=lambda sign: sign[1])
        ]
        return Strip([head, *parts]).adjust_cell_length(self.size.width, base)

    def _is_same(self, course: Course | None) -> bool:
        """Say whether nothing that is seen would be other."""
        old = self._course
        if course is None or old is None:
            return course is old
        return (course.since, course.buckets) == (old.since, old.buckets)

    def _tone(self, tone: str) -> Style:
        # Only a whole style has its colour mixed with the ground: a part would be pure white.
        return Style(color=self.get_component_rich_style(f"drawn--{tone}").color)
