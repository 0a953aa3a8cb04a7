"""The tour: a few lines on every screen that lead whoever presents the demo through it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

import msgspec
from textual.content import Content
from textual.events import Click

from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.static_text import StaticLines, index_at


class TourStep(msgspec.Struct, frozen=True, kw_only=True):
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
        look="Each is checked every few seconds. State, reason and key stand in its row.",
        press="j and k move, ⏎ shows the details. F3 and F4: time slower, faster.",
    ),
    TourStep(
        mode="health",
        title="A week of history",
        look="Latency, uptime and incidents with cause and duration, as far back as they go.",
        press="w: another window of time.  c: check now.",
        about="washington-sis",
    ),
    TourStep(
        mode="integrations",
        title="Rate limited",
        look="roosevelt-lms answers HTTP 429 and asks for a pause: ▲ degraded, not down.",
        press="⏎ shows when the next check is due. No action needed.",
        moment="throttled",
        about="roosevelt-lms",
    ),
    TourStep(
        mode="integrations",
        title="An outage",
        look="washington-sis refuses connections: ✗ down, retried with growing pauses.",
        press="c: check now.  t: test the connection step by step.",
        moment="outage",
        about="washington-sis",
    ),
    TourStep(
        mode="health",
        title="What the outage cost",
        look="Uptime, percentiles and the incident of washington-sis.",
        press="w: another window of time.  ⏎ shows the last checks.",
        moment="outage",
        about="washington-sis",
    ),
    TourStep(
        mode="integrations",
        title="Credentials expire",
        look="jefferson-roster refuses the token. Not retried until a new secret is stored.",
        press="Press r to reconnect with a new token.",
        moment="expired",
        about="jefferson-roster",
    ),
    TourStep(
        mode="messages",
        title="Nothing is missed",
        look="What went down, was held or failed, with its cause and what to do about it.",
        press="⏎ opens the source.  r: mark all as read.",
    ),
    TourStep(
        mode="sync",
        title="Half of a school is missing",
        look="madison-legacy lists half of its students. The safety check holds the plan.",
        press="⏎ shows why.  Y: approve, with the number.  A: apply without deactivations.",
        moment="held",
        about="madison-legacy",
    ),
    TourStep(
        mode="sync",
        title="A conflict",
        look="A name changed in lincoln-sis and here. Both values are kept until you decide.",
        press="→ for Conflicts.  o: keep local.  t: take source.",
        moment="disputed",
        about="lincoln-sis",
    ),
    TourStep(
        mode="roster",
        title="People",
        look="All people by name. Those with an open conflict are marked.",
        press="/ finds a name.  c: those in conflict.  ⏎ opens a person.",
    ),
    TourStep(
        mode="configuration",
        title="What an integration is",
        look="A document with versions. The trouble of this demo is written in it, too.",
        press="e: edit, mistakes are named while you type.  v: what each version changed.",
        about="washington-sis",
    ),
    TourStep(
        mode="audit",
        title="Who did what",
        look="Entries are hash-chained: tampering is detected.",
        press="V: verify the chain.  / filters, for example action=roster.edit.",
    ),
    TourStep(
        mode="diagnostics",
        title="Is this installation sound?",
        look="Files, types, systems, store and audit chain: each OK or failed, with a fix.",
        press="c: check again.  F9: what happened, on one page.  F8: end the tour.",
    ),
)
"""In this order; what has no screen in this console is left out."""


# Textual leaves the types of its App open.
# pyright: reportUnknownMemberType=false


_SOON_S = 1.0
_KEYS = {"F6 back": "step_tour(-1)", "F7 next": "step_tour(1)", "F8 end": "tour"}
"""What stands at the right end of the first line, and what a click on it does."""


class TourLines(StaticLines):
    """Stands above the keys and takes no room where there is no tour."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Screen.-led ToastRack { margin-bottom: 4; }
    TourLines { height: auto; max-height: 5; padding: 0 1; background: $surface;
        color: $foreground; }
    """

    def on_click(self, event: Click) -> None:
        """Do what the keys do that stand there."""
        texts = [f"  {text}" for text in _KEYS]
        start = self.content_size.width - sum(map(len, texts))
        place = index_at(texts, event.x - 1 - start) if event.y == 0 and event.x > start else None
        if place is not None:
            self.call_later(self.app.run_action, list(_KEYS.values())[place])


class Tour(msgspec.Struct):
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
            (plain(step.title), "bold $primary"),
            (self._when(step), "bold $warn"),
        )
        keys = Content("  ").join([_key(text) for text in _KEYS])
        gap = " " * max(width - left.cell_length - keys.cell_length, 1)
        first = Content.assemble(left, gap, keys).truncate(width, ellipsis=True)
        return Content("\n").join([first, Content(step.look), Content(step.press)])

    def _when(self, step: TourStep) -> str:
        left_s = self.moments.get(step.moment, 0.0) - self.elapsed_s()
        return f"  in {left_s:.0f} s" if left_s >= _SOON_S else ""


def _key(text: str) -> Content:
    """Return a key with what it does; the text stays what it is, so that a click finds it."""
    key, _, label = text.partition(" ")
    return line((key, "key"), (f" {label}", "muted"))
