"""Writes what goes to the terminal into an asciicast: a file that players show again as a film.

The format is https://docs.asciinema.org/manual/asciicast/v2/. Each line is whole with one write,
so that the file is good up to its last line whenever the program dies.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from textual.driver import Driver

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.errors import UsageError
from integration_tui.files.atomic import created


class Recording:
    """Times are real seconds since the recording was made. `problem` says why it ended early."""

    def __init__(self, path: Path, *, title: str, size: tuple[int, int], real: Monotonic) -> None:
        """Make the file. Raises `UsageError` where it is there already, or cannot be made."""
        self.problem = ""
        self._path = path
        self._real = real
        self._begun = real()
        self._writing = threading.Lock()
        self._size = size
        try:
            self._file = created(path)
        except FileExistsError:
            raise UsageError(
                f"{path} already exists", advice="choose another file, or delete the existing one"
            ) from None
        except OSError as error:
            raise UsageError(f"{path} cannot be created: {error.strerror}") from error
        width, height = size
        self._write({"version": 2, "width": width, "height": height, "title": title})

    def add(self, data: str) -> None:
        """Record what is sent to the terminal."""
        self._event("o", data)

    def resize(self, width: int, height: int) -> None:
        """Record that the terminal has another size now."""
        if (width, height) != self._size:
            self._size = (width, height)
            self._event("r", f"{width}x{height}")

    def close(self) -> None:
        """End the recording. May be called twice."""
        with self._writing:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _event(self, kind: str, data: str) -> None:
        self._write([round(self._real() - self._begun, 6), kind, data])

    def _write(self, line: object) -> None:
        with self._writing:
            if self._file < 0 or self.problem:
                return
            try:
                os.write(self._file, f"{json.dumps(line, ensure_ascii=False)}\n".encode())
            except OSError as error:  # a full disk must not end the demo
                self.problem = f"{self._path} recording stopped: {error.strerror}"


def recording_driver(recording: Recording) -> type[Driver]:
    """Return a driver for this kind of terminal that records what it sends."""
    try:
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError:
        raise UsageError("recording requires a Unix terminal") from None

    class RecordingDriver(LinuxDriver):
        def write(self, data: str) -> None:
            recording.add(data)  # first: what was seen is in the recording
            super().write(data)

    return RecordingDriver
