"""Edits that are not saved yet: one an integration, kept while somebody looks elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.value import replace

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion


def changes_by_line(before: str, after: str) -> dict[int, str]:
    """Return the lines of a text, from 0, that are added (`+`) or changed (`~`) since before.

    Removed lines count with the line behind them.
    """
    from difflib import SequenceMatcher  # not before somebody edits

    old, new = before.splitlines(), after.splitlines()
    found: dict[int, str] = {}
    for tag, _old_from, _old_to, begin, end in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "delete":
            found.setdefault(min(begin, max(len(new) - 1, 0)), "~")
        elif tag != "equal":
            found |= dict.fromkeys(range(begin, end), "+" if tag == "insert" else "~")
    return found


def changed_lines(before: str, after: str) -> int:
    """Return how many lines differ."""
    return len(changes_by_line(before, after))


class OpenEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A text, and the version that it was made from."""

    base: ConfigVersion
    text: str

    @property
    def is_changed(self) -> bool:
        return self.text != self.base.text


class OpenEdits(msgspec.Struct):
    """What would be lost."""

    _by_id: dict[IntegrationId, OpenEdit] = msgspec.field(
        default_factory=dict[IntegrationId, OpenEdit]
    )

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def get(self, integration_id: IntegrationId) -> OpenEdit | None:
        return self._by_id.get(integration_id)

    def is_edited(self, integration_id: IntegrationId) -> bool:
        return integration_id in self._by_id

    def keep(self, base: ConfigVersion, text: str) -> None:
        """Remember this text; a text that is the same as its version is no edit."""
        open_ = self._by_id.get(base.integration_id) or OpenEdit(base=base, text=text)
        edit = replace(open_, text=text)
        if edit.is_changed:
            self._by_id[base.integration_id] = edit
        else:
            self._by_id.pop(base.integration_id, None)

    def rebase(self, base: ConfigVersion) -> None:
        """Go on from another version: one whose text is that which the edit was made from."""
        if (edit := self._by_id.get(base.integration_id)) is not None:
            self._by_id[base.integration_id] = replace(edit, base=base)

    def take_removed(self, there: Collection[IntegrationId]) -> list[OpenEdit]:
        """Return the edits of integrations that are not there any more, and forget them."""
        gone = [name for name in self._by_id if name not in there]
        return [self._by_id.pop(name) for name in gone]

    def drop(self, integration_id: IntegrationId) -> None:
        self._by_id.pop(integration_id, None)
