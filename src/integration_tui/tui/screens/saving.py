"""Saves an edit: asks why, and whether to save what nobody answered to."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tui.domain.errors import ProviderError
from integration_tui.tui.widgets.dialogs import AskReason, Confirm

if TYPE_CHECKING:
    from integration_tui.domain.config import ConfigVersion
    from integration_tui.tui.screens.base import ConsoleScreen
    from integration_tui.tui.screens.edits import OpenEdit


async def save_edit(screen: ConsoleScreen, edit: OpenEdit) -> ConfigVersion | None:
    """Return the new version, `None` where the person thought better of it.

    Raises what `services.config.save` raises; then the edit is still there.
    """
    name = edit.base.integration_id
    question = AskReason(f"Save {name}", "The connection is tried before anything is stored.")
    reason = await screen.app.push_screen_wait(question)
    if reason is None:
        return None
    try:
        return await _save(screen, edit, reason, untested=False)
    except ProviderError as error:
        if not await _may_save_untested(screen, edit, error):
            raise
    return await _save(screen, edit, reason, untested=True)


async def _may_save_untested(screen: ConsoleScreen, edit: OpenEdit, error: ProviderError) -> bool:
    current = await screen.services.config.active(edit.base.integration_id)
    if current.number != edit.base.number:
        return False  # it was stored, did not come up, and was rolled back: nothing is left to try
    return await screen.app.push_screen_wait(
        Confirm("Save it untested?", f"{error}\n\nIt would be stored, and tried again later.")
    )


async def _save(
    screen: ConsoleScreen, edit: OpenEdit, reason: str, *, untested: bool
) -> ConfigVersion:
    from integration_tui.services.config import Edit

    return await screen.services.config.save(
        Edit(
            integration_id=edit.base.integration_id,
            draft=screen.services.drafts.draft(edit.text, edit.base.format),
            expected=edit.base.number,
            reason=reason,
            actor=screen.actor,
            untested=untested,
        )
    )
