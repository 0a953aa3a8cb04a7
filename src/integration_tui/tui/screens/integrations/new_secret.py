"""Stores a new secret for an integration, wherever its configuration says that one belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tui.domain.config.form import FieldKind
from integration_tui.domain.config.version import Draft
from integration_tui.tui.screens.config.editor import secret_name
from integration_tui.tui.screens.config.secret_dialog import SecretDialog
from integration_tui.tui.widgets.select_list import ChoiceDialog, SelectOption

if TYPE_CHECKING:
    from integration_tui.domain.config.form import FormField
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.tui.screens.base import ConsoleScreen


async def store_new_secret(screen: ConsoleScreen, integration_id: IntegrationId) -> str:
    """Ask for the secret and store it; return what was done, nothing where nothing was.

    Where it is kept under another reference than before, that is saved as the next version.
    """
    services = screen.services
    version = await services.config.active(integration_id)
    draft = services.drafts.draft(version.text, version.format)
    fields = [field for field in services.forms.fields(draft) if field.kind is FieldKind.SECRET]
    if not fields:
        return f"{integration_id} uses no secret. Press r to reconnect."
    field = await _chosen(screen, integration_id, fields)
    if field is None:
        return ""
    name = secret_name(version.text, field.path)
    dialog = SecretDialog(
        screen.shared, integration_id, current=field.text, name=name, is_renewing=True
    )
    reference = await screen.ask(dialog)
    if reference is None:
        return ""
    if reference != field.text:
        await _save(screen, version, services.forms.changed(draft, field.path, reference))
    return f"Secret stored. Press s to start {integration_id}."


async def _chosen(
    screen: ConsoleScreen, integration_id: IntegrationId, fields: list[FormField]
) -> FormField | None:
    """Return the field that is meant: the only one that is in use, or the one that is chosen."""
    used = [field for field in fields if field.text] or fields
    if len(used) == 1:
        return used[0]
    options = [SelectOption(value=".".join(field.path)) for field in used]
    chosen = await screen.ask(ChoiceDialog(f"Which secret of {integration_id}?", options))
    return next((field for field in used if ".".join(field.path) == chosen), None)


async def _save(screen: ConsoleScreen, version: ConfigVersion, draft: Draft) -> None:
    from integration_tui.services.config import ConfigEdit

    edit = ConfigEdit(
        integration_id=version.integration_id,
        draft=draft,
        expected=version.number,
        reason="new secret stored",
        actor=screen.actor,
        untested=True,
    )
    await screen.services.config.save(edit)
