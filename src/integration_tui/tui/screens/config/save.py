"""Saves an edit: shows what changes, asks why, and whether to save what nobody answered to."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from integration_tui.domain.quantity import counted
from integration_tui.tui.screens.config.unsaved_edits import changed_lines
from integration_tui.tui.screens.integration_actions import store_asking
from integration_tui.tui.widgets.dialogs import ReasonPrompt
from integration_tui.tui.widgets.diff import diff_content

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.tui.screens.base import ConsoleScreen
    from integration_tui.tui.screens.config.unsaved_edits import OpenEdit


class SaveDialog(ReasonPrompt):
    """What is going to change, and the question why."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "scroll(1)", "Scroll", id="save.down"),
        Binding("pageup", "scroll(-1)", "Up", show=False, id="save.up"),
    ]
    DEFAULT_CSS = """
    SaveDialog {
        & Window { width: 100; }
        & VerticalScroll { height: auto; max-height: 16; margin-bottom: 1; }
        & Static { width: 100%; }
        &.-low VerticalScroll { max-height: 7; }
    }
    """

    def __init__(self, edit: OpenEdit, difference: str) -> None:
        name, number = edit.base.integration_id, edit.base.number
        changes = counted(changed_lines(edit.base.text, edit.text), "line")
        super().__init__(
            f"Save {name} as version {number + 1}?",
            f"{changes} changed. Saving tests the connection, then reconnects. If version"
            f" {number + 1} fails to start, version {number} is restored.",
        )
        self._difference = difference

    def above(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(diff_content(self._difference), id="difference")

    def action_scroll(self, pages: int) -> None:
        pane = self.query_one(VerticalScroll)
        pane.scroll_relative(y=pages * max(pane.size.height - 1, 1), animate=False, immediate=True)


async def save_edit(screen: ConsoleScreen, edit: OpenEdit) -> ConfigVersion | None:
    """Return the new version, `None` where the person thought better of it.

    Raises what `services.config.save` raises; then the edit is still there.
    """
    with screen.shared.expecting_dialog():
        question = SaveDialog(edit, await asyncio.to_thread(_difference, edit))
        reason = await screen.app.push_screen_wait(question)
    if reason is None:
        return None

    async def save(*, untested: bool) -> ConfigVersion:
        return await _save(screen, edit, reason, untested=untested)

    return await store_asking(screen, save)


def _difference(edit: OpenEdit) -> str:
    from integration_tui.config.diff import diff

    before, after = f"version {edit.base.number}", "your changes"
    found = diff(edit.base.text, edit.text, before_name=before, after_name=after)
    return found or "Only line breaks change."


async def _save(
    screen: ConsoleScreen, edit: OpenEdit, reason: str, *, untested: bool
) -> ConfigVersion:
    from integration_tui.services.config import ConfigEdit

    return await screen.services.config.save(
        ConfigEdit(
            integration_id=edit.base.integration_id,
            draft=screen.services.drafts.draft(edit.text, edit.base.format),
            expected=edit.base.number,
            reason=reason,
            actor=screen.actor,
            untested=untested,
        )
    )
