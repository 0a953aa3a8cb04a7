"""The steps of the tour: where to look, at what, and what to press. Each line fits 80 cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
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
    Step(
        mode="providers",
        title="Five school systems",
        look="Each is checked every few seconds. How it is has a sign and a word.",
        press="j and k move, enter shows all that is known. F3 and F4: slower, faster.",
    ),
    Step(
        mode="providers",
        title="Asked too often",
        look="roosevelt-lms answers 429 and asks for a pause: ▲ degraded, not down.",
        press="enter: its problem names the pause, and the next check keeps to it.",
        moment="throttled",
        about="roosevelt-lms",
    ),
    Step(
        mode="providers",
        title="An outage",
        look="washington-sis refuses connections: ✗ error, tried again later each time.",
        press="→ says when it is tried next; c tries now, t tries leg by leg.",
        moment="outage",
        about="washington-sis",
    ),
    Step(
        mode="health",
        title="What the outage cost",
        look="Uptime, percentiles, and the course of washington-sis: x is down.",
        press="w is another window of time, c checks now.",
        moment="outage",
        about="washington-sis",
    ),
    Step(
        mode="providers",
        title="A token expires",
        look="jefferson-roster refuses our credentials. Nothing is tried by itself.",
        press="A person has to act. r: a new line obtains a new token, and it is well.",
        moment="expired",
        about="jefferson-roster",
    ),
    Step(
        mode="sync",
        title="Half of a school is gone",
        look="madison-legacy lists half of its students. The guard holds the plan.",
        press="enter says why. Y approves it by its number, A applies without losses.",
        moment="held",
        about="madison-legacy",
    ),
    Step(
        mode="sync",
        title="A conflict",
        look="A name was changed in lincoln-sis and here. Both are kept: somebody decides.",
        press="Press right until Conflicts, then tab. o: ours stands, t: theirs.",
        moment="disputed",
        about="lincoln-sis",
    ),
    Step(
        mode="roster",
        title="The people themselves",
        look="All of them, by name. Whoever still waits for a decision is marked with ask.",
        press="/ finds one, c those in conflict; enter: a record and its history.",
    ),
    Step(
        mode="configuration",
        title="What a system is",
        look="A document with versions. The trouble of this demo stands in it, too.",
        press="e edits: mistakes are named as you type. v: what each version changed.",
        about="washington-sis",
    ),
    Step(
        mode="audit",
        title="Who did what",
        look="All of it, in a chain that shows when an entry was changed afterwards.",
        press="V verifies it; / filters, such as action=roster.edit.",
    ),
    Step(
        mode="diagnostics",
        title="Is anything wrong here?",
        look="Files, provider types, systems, store and audit chain: each right or wrong.",
        press="c looks again, b writes a support bundle. F8 ends the tour.",
    ),
)
"""In this order; what has no screen in this console is left out."""
