"""A program in a real pseudo-terminal: what it sends, byte by byte, and what that draws."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte


class Terminal:
    """Run `python ARGUMENTS` in a terminal of `width` by `height` cells."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        width: int = 100,
        height: int = 30,
        environ: Mapping[str, str] | None = None,
        draws: bool = True,
        program: str = sys.executable,
    ) -> None:
        """With `draws` off, nothing is drawn: `raw` alone tells what came, and when."""
        self.raw = bytearray()
        self._draws = draws
        self._is_gone = False
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.process = subprocess.Popen(
            [program, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**_own_environ(), "TERM": "xterm-256color", **(environ or {})},
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Be gone, as a closed window is."""
        if not self._is_gone:
            self._is_gone = True
            os.close(self._master)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def press(self, keys: str) -> None:
        self.press_bytes(keys.encode())

    def press_bytes(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait_for(self, condition: Callable[[], bool], *, patience_s: float = 15.0) -> None:
        """Read until something is so."""
        end = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > end or not self.read(0.05):
                assert condition(), f"never came:\n{self.text}"
                return

    def wait_for_text(self, text: str) -> None:
        self.wait_for(lambda: text in self.text)

    def wait_for_end(self, *, patience_s: float = 15.0) -> int:
        """Read until the program has ended; return its exit code."""
        end = time.monotonic() + patience_s
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        return self.process.wait(timeout=10)

    def read(self, wait_s: float) -> bool:
        """Read what there is; say whether the program is still there."""
        ready, _, _ = select.select([self._master], [], [], wait_s)
        if not ready:
            return True
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # how Linux says that the other end is closed
            return False
        self.raw += data
        if self._draws:
            self._stream.feed(data)
        return bool(data)


def _own_environ() -> dict[str, str]:
    """Leave out what would tell the program of another terminal's size."""
    return {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
