"""Messages as administrators read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tui.services.authorization import require_admin

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.message import Message, TerminalAlerts
    from integration_tui.store.database import Database


class MessageService:
    """What happened that somebody should hear of. Who may only look marks nothing as read."""

    def __init__(self, database: Database, *, alerts: TerminalAlerts) -> None:
        """Take how the console tells its terminal of them, as the settings have it."""
        self._database = database
        self.alerts = alerts

    async def messages(
        self, *, unread_only: bool = False, before: int | None = None, limit: int = 100
    ) -> list[Message]:
        """Return messages older than the number `before`, newest first."""
        async with self._database.reading() as rows:
            return await rows.messages.page(unread_only=unread_only, before=before, limit=limit)

    async def unread(self) -> int:
        """Return how many were not read yet."""
        async with self._database.reading() as rows:
            return await rows.messages.unread()

    async def mark_read(self, *, actor: Actor, up_to: int | None = None) -> int:
        """Have all up to a number count as read, all by default; return how many those were.

        Raises `NotAllowedError`.
        """
        require_admin(actor)
        async with self._database.transaction() as transaction:
            return await transaction.messages.mark_read(up_to)
