"""The tour: a few lines on every screen that lead whoever presents the demo through it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from textual.content import Content
from textual.events import Click

from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.static_text import StaticLines, index_at


@dataclass(frozen=True, slots=True, kw_only=True)
class TourStep:
    """One step, shown on the screen `mode` with the cursor on `about`.

    `moment` names what it waits for, if anything.
    """

    mode: str
    title: str
    look: str
    press: str
    moment: str = ""
    about: str = ""


STEPS: Final = (
    TourStep(
        mode="integrations",
        title="Five school systems",
        look="Each is checked every few seconds. How it is has a sign and a word.",
        press="j and k move, enter shows all that is known. F3 and F4: slower, faster.",
    ),
    TourStep(
        mode="integrations",
        title="Rate limited",
        look="roosevelt-lms answers 429 and asks for a pause: ▲ degraded, not down.",
        press="enter: its problem names the pause, and the next check keeps to it.",
        moment="throttled",
        about="roosevelt-lms",
    ),
    TourStep(
        mode="integrations",
        title="An outage",
        look="washington-sis refuses connections: ✗ error, tried again later each time.",
        press="→ says when it is tried next; c tries now, t tries step by step.",
        moment="outage",
        about="washington-sis",
    ),
    TourStep(
        mode="health",
        title="What the outage cost",
        look="Uptime, percentiles, and the course of washington-sis: x is down.",
        press="w is another window of time, c checks now.",
        moment="outage",
        about="washington-sis",
    ),
    TourStep(
        mode="integrations",
        title="A token expires",
        look="jefferson-roster refuses our credentials. Nothing is tried by itself.",
        press="A person has to act. r: a new line obtains a new token, and it is well.",
        moment="expired",
        about="jefferson-roster",
    ),
    TourStep(
        mode="sync",
        title="Half of a school is gone",
        look="madison-legacy lists half of its students. The guard holds the plan.",
        press="enter says why. Y approves it by its number, A applies without losses.",
        moment="held",
        about="madison-legacy",
    ),
    TourStep(
        mode="sync",
        title="A conflict",
        look="A name was changed in lincoln-sis and here. Both are kept: somebody decides.",
        press="Press right until Conflicts, then tab. o: ours stands, t: theirs.",
        moment="disputed",
        about="lincoln-sis",
    ),
    TourStep(
        mode="roster",
        title="The people themselves",
        look="All of them, by name. Whoever still waits for a decision is marked with ask.",
        press="/ finds one, c those in conflict; enter: a record and its history.",
    ),
    TourStep(
        mode="configuration",
        title="What a system is",
        look="A document with versions. The trouble of this demo stands in it, too.",
        press="e edits: mistakes are named as you type. v: what each version changed.",
        about="washington-sis",
    ),
    TourStep(
        mode="audit",
        title="Who did what",
        look="All of it, in a chain that shows when an entry was changed afterwards.",
        press="V verifies it; / filters, such as action=roster.edit.",
    ),
    TourStep(
        mode="diagnostics",
        title="Is anything wrong here?",
        look="Files, provider types, systems, store and audit chain: each right or wrong.",
        press="c looks again, b writes a support bundle. F8 ends the tour.",
    ),
)
"""In this order; what has no screen in this console is left out."""


# Textual leaves the types of its App open.
# pyright: reportUnknownMemberType=false


_SOON_S = 1.0
_KEYS = {"F6 back": "step_tour(-1)", "F7 next": "step_tour(1)", "F8 leave": "tour"}
"""What stands at the right end of the first line, and what a click on it does."""


class TourLines(StaticLines):
    """Stands above the keys and takes no room where there is no tour."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Screen.-led ToastRack { margin-bottom: 4; }
    TourLines { height: auto; max-height: 5; padding: 0 1; background: $boost;
        color: $foreground; }
    """

    def on_click(self, event: Click) -> None:
        """Do what the keys do that stand there."""
        texts = [f"  {text}" for text in _KEYS]
        start = self.content_size.width - sum(map(len, texts))
        place = index_at(texts, event.x - 1 - start) if event.y == 0 and event.x > start else None
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
    def steps(self) -> list[TourStep]:
        return [tour_step for tour_step in STEPS if tour_step.mode in self.modes]

    @property
    def step(self) -> TourStep:
        return self.steps[self.number]

    def move(self, by: int) -> None:
        """Go so many steps on, or back; it stops at its ends."""
        self.number = min(max(self.number + by, 0), len(self.steps) - 1)

    def content(self, width: int) -> Content:
        """Return the three lines as they are to be shown now."""
        step = self.step
        left = Content.assemble(
            (f"{self.number + 1}/{len(self.steps)} ", "$muted"),
            (plain(step.title), "bold $accent"),
            (self._when(step), "bold $warning"),
        )
        keys = Content.styled("  ".join(_KEYS), "$muted")
        gap = " " * max(width - left.cell_length - keys.cell_length, 1)
        first = Content.assemble(left, gap, keys).truncate(width, ellipsis=True)
        return Content("\n").join([first, Content(step.look), Content(step.press)])

    def _when(self, step: TourStep) -> str:
        left_s = self.moments.get(step.moment, 0.0) - self.elapsed_s()
        return f"  begins in {left_s:.0f} s" if left_s >= _SOON_S else ""
