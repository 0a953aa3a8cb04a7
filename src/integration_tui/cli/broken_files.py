"""What commands say of configuration files: those that are not valid, and what happens to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from integration_tui.cli.output import note
from integration_tui.domain.events import Event, FilesChanged, LoopFailed

if TYPE_CHECKING:
    from integration_tui.services import Services
    from integration_tui.services.file_findings import FileFinding


def asked_about() -> str:
    """Return the integration that the command names; empty where it names none."""
    context = click.get_current_context(silent=True)
    return str((context.params.get("name") if context else None) or "")


def note_files(broken: Sequence[FileFinding], name: str) -> None:
    """Say what is wrong with the file of the integration; of others, only that there are some."""
    for finding in broken:
        if finding.integration_id == name and not finding.is_invalid:
            note(finding.sentence)
    others = [finding for finding in broken if finding.integration_id != name]
    if others:
        files = "1 configuration file is" if len(others) == 1 else f"{len(others)} files are"
        names = ", ".join(finding.path.name for finding in others[:_MOST_NAMES])
        more = ", ..." if len(others) > _MOST_NAMES else ""
        note(f"{files} invalid ({names}{more}): see integration-tui doctor")


_MOST_NAMES = 3


NEWS = (FilesChanged, LoopFailed)
"""What `FileNews` tells of."""


class FileNews:
    """Says what happens to configuration files, and to the engine's own loops, while it runs."""

    def __init__(self, services: Services) -> None:
        self._files = services.files
        self._number, _ = services.files.news_since(0)
        for finding in services.files.findings:
            if finding.is_bad:
                note(finding.sentence)

    def note(self, events: Sequence[Event]) -> None:
        """Say what these events are about; others say nothing."""
        for event in events:
            if isinstance(event, LoopFailed):
                note(event.sentence)
        self._number, news = self._files.news_since(self._number)
        for finding in news:
            note(finding.sentence)
