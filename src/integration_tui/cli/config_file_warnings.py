"""What commands say of configuration files: those that are not valid, and what happens to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from integration_tui.cli.output import note
from integration_tui.domain.events import Event, FilesChanged, LoopFailed

if TYPE_CHECKING:
    from integration_tui.services import Services
    from integration_tui.services.config_file_findings import ConfigFileFinding


def note_files(broken: Sequence[ConfigFileFinding]) -> None:
    """Note what is wrong with the file of the integration that the command names.

    Where a command is about all integrations and does not list the invalid ones itself, it says
    which there are. No other command repeats what `doctor` and `provider list` tell.
    """
    context = click.get_current_context(silent=True)
    name = str((context.params.get("name") if context else None) or "")
    for finding in broken:
        if finding.integration_id == name and not finding.is_invalid:
            note(finding.sentence)
    if broken and context is not None and context.info_name == "health" and not name:
        files = "1 configuration file is" if len(broken) == 1 else f"{len(broken)} files are"
        names = ", ".join(finding.path.name for finding in broken[:_MOST_NAMES])
        more = ", ..." if len(broken) > _MOST_NAMES else ""
        note(f"{files} invalid ({names}{more}): see integration-tui doctor")


_MOST_NAMES: Final = 3


EVENTS = (FilesChanged, LoopFailed)
"""What `FileNews` tells of."""


class FileChanges:
    """Says what happens to configuration files, and to the engine's own loops, while it runs."""

    def __init__(self, services: Services) -> None:
        self._files = services.files
        self._number, _ = services.files.findings_since(0)
        for finding in services.files.findings:
            if finding.is_bad:
                note(finding.sentence)

    def note(self, events: Sequence[Event]) -> None:
        """Say what these events are about; others say nothing."""
        for event in events:
            if isinstance(event, LoopFailed):
                note(event.sentence)
        self._number, news = self._files.findings_since(self._number)
        for finding in news:
            note(finding.sentence)
