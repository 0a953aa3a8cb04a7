"""How a demo is put on: its time can be paused and hurried, it may be led through, and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec


class DemoControls(Protocol):
    """Simulated time, as who presents a demo steers it."""

    @property
    def elapsed_s(self) -> float:
        """Simulated seconds since the story began."""
        ...

    @property
    def speed(self) -> float:
        """Simulated seconds in one real second, when it is not paused."""
        ...

    @property
    def is_paused(self) -> bool:
        """Whether time stands still."""
        ...

    def pause(self) -> None:
        """Have time stand still; what is under way is brought to its end."""
        ...

    def resume(self) -> None:
        """Have time go on."""
        ...

    def run_at(self, speed: float) -> None:
        """Go so many times as fast as real time from now on."""
        ...


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a demo has that the console over a store of one's own has not.

    `moments` say what happens when, in simulated seconds. `has_tour`: whoever presents it is led
    step by step from the start. `record_to`: a file that is not there yet, for all that is sent
    to the terminal.
    """

    time: DemoControls
    moments: Mapping[str, float]
    has_tour: bool = False
    record_to: Path | None = None
