"""What commands say of configuration files: those that are not valid, and what happens to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from integration_tui.cli.output import note
from integration_tui.domain.events import Event, FilesChanged, LoopFailed

if TYPE_CHECKING:
    from integration_tui.services import Services
    from integration_tui.services.config_file_findings import ConfigFileFinding


def note_files(findings: Sequence[ConfigFileFinding]) -> None:
    """Note what is wrong with the file of the integration that the command names.

    Where a command is about all integrations, it counts the files that are invalid or were
    removed, unless it lists them itself. No other command repeats what `doctor` lists.
    """
    import click  # the console, which says nothing here, starts without it

    context = click.get_current_context(silent=True)
    if context is None:
        return
    name = str(context.params.get("name") or "")
    for finding in findings:
        if finding.is_bad and finding.integration_id == name and not finding.is_invalid:
            note(f"{finding.sentence}. Fix: {finding.advice}")
    if context.command_path.endswith(" health") and not name:
        _note_counts([finding for finding in findings if finding.is_bad])
    if context.command_path.endswith(" provider list"):
        _note_counts([finding for finding in findings if finding.is_removed])


def _note_counts(bad: Sequence[ConfigFileFinding]) -> None:
    for word, is_removed in (("invalid", False), ("removed", True)):
        names = [finding.path.name for finding in bad if finding.is_removed is is_removed]
        if names:
            more = ", ..." if len(names) > _MOST_NAMES else ""
            files = "1 configuration file" if len(names) == 1 else f"{len(names)} files"
            shown = ", ".join(names[:_MOST_NAMES])
            note(f"{files} {word} ({shown}{more}). Details: integration-tui doctor")


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
