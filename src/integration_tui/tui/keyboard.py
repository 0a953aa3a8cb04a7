"""Keys from terminals that send no UTF-8: a byte that is none is a letter of theirs.

Textual's own driver ends the program at the first one.
"""

from __future__ import annotations

import sys
from codecs import lookup
from typing import TYPE_CHECKING

from textual.app import App

if TYPE_CHECKING:
    from textual.driver import Driver


class KeyboardApp(App[None]):
    """An app that no byte from the keyboard can stop."""

    def get_driver_class(self) -> type[Driver]:
        driver = super().get_driver_class()
        return _steady() if driver.__name__ == "LinuxDriver" else driver


def _steady() -> type[Driver]:
    from textual._xterm_parser import XTermParser
    from textual.drivers.linux_driver import LinuxDriver

    class SteadyDriver(LinuxDriver):
        """Reads on behind bytes that are no UTF-8."""

        def run_input_thread(self) -> None:
            while True:
                try:
                    super().run_input_thread()
                except UnicodeDecodeError as error:
                    self._take(error.object)
                else:
                    return

        def _take(self, sent: bytes) -> None:
            """Read it in the terminal's own encoding, with signs for what is not in that."""
            name = lookup(sys.__stdout__.encoding if sys.__stdout__ else "ascii").name
            for event in XTermParser().feed(sent.decode(name, "replace")):
                self.process_message(event)

    return SteadyDriver
