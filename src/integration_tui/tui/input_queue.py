"""Keys are taken one after the other, so that none is lost or means something else.

Textual hands a key on before the one in front of it has been acted upon. What is typed fast, or
comes in one piece over a slow line, would start and stop integrations, or stand in a document for
all to see, instead of in the window that was about to open.

See docs/decisions/0021.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

from textual.app import ScreenStackError
from textual.events import Key, Paste
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen
    from textual.widget import Widget

_LONGEST_S: Final = 10.0
"""A window that has not come until then has gone wrong, or takes too long to type blindly."""
_LONGEST_WAIT_S: Final = 3.0
"""What was on its way for so long will not come: something swallowed it."""
_AGAIN_S: Final = 0.01
_AT_ONCE: Final = frozenset({"ctrl+q", "ctrl+c"})


class Barrier(Message):
    """Goes the way of a key, behind it, up to the app. What the key led to is done by then."""

    def __init__(self, *, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds


class InputQueue:
    """The app asks `taken` for the key whose turn it is, acts upon it, and tells `acted`."""

    def __init__(
        self, app: App[None], *, is_early: Callable[[Key | Paste], bool] = lambda _event: False
    ) -> None:
        """`is_early` says of a key that what it acts upon is not there yet: it has to wait."""
        self._app = app
        self._is_early = is_early
        self._kept: deque[Key | Paste] = deque()
        self._passing: tuple[Barrier, Widget, float] | None = None
        self._expected: list[tuple[Screen[object], float]] = []
        self._is_timed = False

    @contextmanager
    def coming(self) -> Generator[None]:
        """A window is on its way: what is typed until it is there is meant for it."""
        one = (self._app.screen, monotonic() + _LONGEST_S)
        self._expected.append(one)
        try:
            yield
        finally:
            self._expected.remove(one)

    def keep(self, event: Key | Paste) -> None:
        """Keep it until it is its turn."""
        if _is_at_once(event):
            self.forget()
        self._kept.append(event)

    def forget(self) -> None:
        """What is waiting was meant for something that does not come."""
        self._kept.clear()

    def taken(self) -> Key | Paste | None:
        """Return the one whose turn it is; `None` where none is, or it has to wait."""
        if not self._kept:
            return None
        first = self._kept[0]
        if (self._has_to_wait or self._is_early(first)) and not _is_at_once(first):
            self._check_again_soon()
            return None
        return self._kept.popleft()

    def acted(self, *, rounds: int = 2) -> None:
        """Wait until what has been acted upon has come through, with all that it led to."""
        marker = Barrier(rounds=rounds)
        target = self._target()
        if target is not None and target.post_message(marker):
            self._passing = (marker, target, monotonic() + _LONGEST_WAIT_S)

    def passed(self, marker: Barrier) -> None:
        """One that was waited for came through."""
        if self._passing is None or self._passing[0] is not marker:
            return
        self._passing = None
        if marker.rounds > 1:
            self.acted(rounds=marker.rounds - 1)

    @property
    def _has_to_wait(self) -> bool:
        now = monotonic()
        if self._passing is not None:
            _marker, target, until = self._passing
            if target.is_running and now < until:
                return True
        try:
            screen = self._app.screen
        except ScreenStackError:
            return True
        is_expected = any(one is screen and now < until for one, until in self._expected)
        return is_expected or not screen.is_mounted

    def _target(self) -> Widget | None:
        try:
            return self._app.focused or self._app.screen
        except ScreenStackError:
            return None

    def _check_again_soon(self) -> None:
        if not self._is_timed:
            self._is_timed = True
            self._app.set_timer(_AGAIN_S, self._check_again)

    def _check_again(self) -> None:
        self._is_timed = False
        self._app.post_message(Barrier(rounds=0))


def _is_at_once(event: Key | Paste) -> bool:
    return isinstance(event, Key) and event.key in _AT_ONCE
