"""The screens that were looked at, one after the other, as a browser keeps its pages."""

from __future__ import annotations

import msgspec

_LONGEST = 100


class NavigationHistory(msgspec.Struct):
    """Going back and then elsewhere forgets what lay ahead."""

    _modes: list[str] = msgspec.field(default_factory=list[str])
    _at: int = -1

    @property
    def mode(self) -> str:
        """The screen that is looked at."""
        return self._modes[self._at] if self._modes else ""

    @property
    def is_fresh(self) -> bool:
        """Whether nobody has gone anywhere yet."""
        return len(self._modes) <= 1

    def visit(self, mode: str) -> None:
        """Remember that this screen is looked at now."""
        if mode == self.mode:
            return
        self._modes = [*self._modes[: self._at + 1], mode][-_LONGEST:]
        self._at = len(self._modes) - 1

    def step(self, steps: int) -> str | None:
        """Return the screen so many steps ahead (or back), and stand there; `None` at an end."""
        if not 0 <= self._at + steps < len(self._modes):
            return None
        self._at += steps
        return self._modes[self._at]
