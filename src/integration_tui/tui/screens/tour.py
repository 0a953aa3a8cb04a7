"""The tour: a few lines on every screen that lead whoever presents the demo through it."""

# Textual leaves the types of its App open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click

from integration_tui.tui.screens.tour_steps import STEPS, Step
from integration_tui.tui.text import plain
from integration_tui.tui.widgets.lines import Lines, place_at

_SOON_S = 1.0
_KEYS = {"F6 back": "step_tour(-1)", "F7 next": "step_tour(1)", "F8 leave": "tour"}
"""What stands at the right end of the first line, and what a click on it does."""


class TourLines(Lines):
    """Stands above the keys and takes no room where there is no tour."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Screen.-led ToastRack { margin-bottom: 4; }
    TourLines { height: auto; max-height: 5; padding: 0 1; background: $boost;
        color: $foreground; }
    """

    def on_click(self, event: Click) -> None:
        """Do what the keys do that stand there."""
        texts = [f"  {one}" for one in _KEYS]
        start = self.content_size.width - sum(map(len, texts))
        place = place_at(texts, event.x - 1 - start) if event.y == 0 and event.x > start else None
        if place is not None:
            self.call_later(self.app.run_action, list(_KEYS.values())[place])


@dataclass(slots=True)
class Tour:
    """Which step it is at. `modes` are the screens there are, `moments` when things happen."""

    modes: Collection[str]
    moments: Mapping[str, float]
    elapsed_s: Callable[[], float]
    number: int = 0

    @property
    def steps(self) -> list[Step]:
        return [one for one in STEPS if one.mode in self.modes]

    @property
    def step(self) -> Step:
        return self.steps[self.number]

    def move(self, by: int) -> None:
        """Go so many steps on, or back; it stops at its ends."""
        self.number = min(max(self.number + by, 0), len(self.steps) - 1)

    def content(self, width: int) -> Content:
        """Return the three lines as they are to be shown now."""
        step = self.step
        left = Content.assemble(
            (f"{self.number + 1}/{len(self.steps)} ", "$text-muted"),
            (plain(step.title), "bold $accent"),
            (self._when(step), "bold $warning"),
        )
        keys = Content.styled("  ".join(_KEYS), "$text-muted")
        gap = " " * max(width - left.cell_length - keys.cell_length, 1)
        first = Content.assemble(left, gap, keys).truncate(width, ellipsis=True)
        return Content("\n").join([first, Content(step.look), Content(step.press)])

    def _when(self, step: Step) -> str:
        left_s = self.moments.get(step.moment, 0.0) - self.elapsed_s()
        return f"  begins in {left_s:.0f} s" if left_s >= _SOON_S else ""
