"""Notices within seconds that configuration files were edited, while the engine runs.

The folder is polled: a few stat calls a second cost nothing, work on network drives as well, and
need no library. What is being written is left alone until it is at rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.events import Event, FilesChanged
from integration_tui.engine.tasks import finish

if TYPE_CHECKING:
    from integration_tui.domain.clock import Sleep
    from integration_tui.services.config_files import FileService

EVERY_S: Final = 1.0
_LOOKS: Final = 3
"""Files that change again and again are taken as they are after so many looks."""

Signature = tuple[tuple[str, int, int, int], ...] | str


class FileWatcher:
    """Looks every `every_s`; what changed is brought in once it is the same at the next look."""

    def __init__(
        self,
        files: FileService,
        publish: Callable[[Event], None],
        *,
        sleep: Sleep,
        every_s: float = EVERY_S,
    ) -> None:
        self._files = files
        self._publish = publish
        self._sleep = sleep
        self._every_s = every_s
        self._seen: Signature | None = None

    async def run(self) -> None:
        """Look for ever. What was changed since the files were brought in is found at once."""
        while True:
            found = await asyncio.to_thread(self._signature)
            if found != self._seen:
                found = await self._at_rest(found)
                if await finish(self._files.notice(actor=ENGINE)):
                    self._publish(FilesChanged())
                self._seen = found
            await self._sleep(self._every_s)

    async def _at_rest(self, found: Signature) -> Signature:
        for _ in range(_LOOKS if self._seen is not None else 0):
            before = found
            await self._sleep(self._every_s / 2)
            found = await asyncio.to_thread(self._signature)
            if found == before:
                break
        return found

    def _signature(self) -> Signature:
        try:
            return tuple(map(_stamped, self._files.files()))
        except ConfigError as error:
            return error.message


def _stamped(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:  # gone since it was listed, or a link to nothing
        return (path.name, 0, 0, 0)
    return (path.name, found.st_mtime_ns, found.st_size, found.st_ino)
