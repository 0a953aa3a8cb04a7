"""Who administers accounts: asked of Canvas account by account."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from integration_tui.domain.paging import RecordFinding
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import (
    CanvasAdmin,
    CanvasPerson,
    RowReader,
    reference,
)
from integration_tui.providers.canvas.people import People, administration
from integration_tui.providers.canvas.records import Frame, text
from integration_tui.providers.canvas.urls import CanvasUrls
from integration_tui.providers.canvas.walk import REFUSALS

_ADMINS: Final = RowReader(CanvasAdmin)


async def learn_administrators(
    api: CanvasApi, urls: CanvasUrls, frame: Frame, people: People
) -> AsyncGenerator[RecordFinding | None]:
    """Let `people` know who administers each account; yields once an account.

    What is yielded says which account does not show it.
    """
    for account_id in sorted(frame.accounts):
        try:
            async for user_id in _of(api, urls.listing(f"accounts/{account_id}/admins")):
                people.add(user_id, administration(is_root=frame.is_root(account_id)), account_id)
        except REFUSALS:
            yield RecordFinding(
                sourced_id=account_id,
                rule="administrators-hidden",
                message="who administers this account is not shown to this token",
            )
        else:
            yield None


async def _of(api: CanvasApi, url: str) -> AsyncGenerator[str]:
    async for page in api.pages(url):
        for read in map(_ADMINS.read, page.texts):
            admin = read.row
            if admin is None or not isinstance(admin.user, CanvasPerson):
                continue
            user_id = reference(admin.user.id)
            if user_id is not None and text(admin.workflow_state) != "deleted":
                yield user_id
