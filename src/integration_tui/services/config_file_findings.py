"""What was found of configuration files, in sentences that name file and integration."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from integration_tui.domain.config.validation import ConfigProblem
    from integration_tui.domain.ids import IntegrationId


class FileState(StrEnum):
    """What became of a file."""

    ADDED = "added"
    CHANGED = "changed"
    RENAMED = "renamed"
    RESTORED = "restored"
    SAME = "same"
    BROKEN = "broken"
    MISSING = "removed"
    """There was one, and its integration continues without it."""


_NEWS = frozenset({FileState.ADDED, FileState.CHANGED, FileState.RENAMED, FileState.MISSING})


class ConfigFileFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the folder. `problems` says what to fix in a broken one.

    `integration_id` is the one that it is, or seems to be, the configuration of. `version` is
    the active one; 0 where the integration is not registered.
    """

    path: Path
    state: FileState
    integration_id: IntegrationId | None = None
    problems: tuple[ConfigProblem, ...] = ()
    version: int = 0

    @property
    def is_bad(self) -> bool:
        """Whether a person should do something about it."""
        return self.state in {FileState.BROKEN, FileState.MISSING}

    @property
    def is_removed(self) -> bool:
        """Whether the file was removed, and its integration was not."""
        return self.state is FileState.MISSING

    @property
    def is_invalid(self) -> bool:
        """Whether it would be an integration, if it were valid."""
        return self.state is FileState.BROKEN and not self.version

    def is_new(self, before: ConfigFileFinding | None) -> bool:
        """Return whether to tell of it, `before` being what was found of this file last."""
        was_broken = before is not None and before.state is FileState.BROKEN
        if self.state is FileState.BROKEN:
            return before is None or not was_broken or before.problems != self.problems
        if self.state is FileState.MISSING:
            return before is None or before.state is not FileState.MISSING
        return self.state in _NEWS or was_broken

    @property
    def advice(self) -> str:
        """What to do about a bad one."""
        if self.state is FileState.MISSING:
            return (
                "restore the file, or remove the integration: "
                f"integration-tui provider remove {self.integration_id}"
            )
        check = f"integration-tui config validate {self.path}"
        return f"correct the file, then check it: {check}" if self.is_bad else ""

    @property
    def sentence(self) -> str:
        """What happened to the file, and what that means."""
        name, who = self.path.name, self.integration_id
        match self.state:
            case FileState.ADDED:
                return f"{name} was added: {who} is registered"
            case FileState.CHANGED:
                return f"{name} was changed: version {self.version} of {who} is active"
            case FileState.RENAMED:
                return f"{name} is now the file of {who}; its content is unchanged"
            case FileState.MISSING:
                return f"{name} was removed; {who} continues with version {self.version}"
            case FileState.BROKEN:
                return self._broken()
            case _:
                return f"{name} is version {self.version} of {who}"

    def _broken(self) -> str:
        first, *others = self.problems
        more = f" (and {len(others)} more)" if others else ""
        goes_on = f"; {self.integration_id} continues with version {self.version}"
        return f"{self.path.name} is invalid{goes_on if self.version else ''}: {first}{more}"
