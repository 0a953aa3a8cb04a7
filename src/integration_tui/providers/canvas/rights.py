"""What a token may see of a Canvas, for whoever tests a connection."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.text import visible
from integration_tui.providers.canvas.frame import FrameReader
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import (
    CanvasAccount,
    CanvasUser,
    RowReader,
    reference,
    text_of,
)
from integration_tui.providers.canvas.records import text
from integration_tui.providers.canvas.urls import CanvasUrls
from integration_tui.providers.canvas.walk import REFUSALS

_USERS: Final = RowReader(CanvasUser)


class TokenRights:
    """Asks what the token may see."""

    def __init__(self, api: CanvasApi, urls: CanvasUrls, frames: FrameReader) -> None:
        self._api = api
        self._urls = urls
        self._frames = frames

    async def seen(self) -> str:
        """Return the account that is read, or why there is none, in words."""
        try:
            return _account(await self._frames.top())
        except REFUSALS as error:
            return error.message

    async def look(self) -> str:
        """Return what is seen, and what is missing. Raises where no account is seen."""
        top = await self._frames.top()
        account_id = text_of(top.id)
        found = [_account(top), await self._sis_ids(account_id), await self._reports(account_id)]
        return "; ".join(part for part in found if part)

    async def _sis_ids(self, account_id: str) -> str:
        """Return whether users have SIS ids, as far as their first page shows it."""
        url = self._urls.listing(f"accounts/{account_id}/users", [("sort", "id")])
        try:
            async for page in self._api.pages(url):
                users = [read.row for read in map(_USERS.read, page.texts) if read.row is not None]
                if any(user.sis_user_id is not UNSET for user in users):
                    return "SIS IDs are shown"
                return 'SIS IDs are hidden: give its role "SIS data: read"' if users else ""
        except REFUSALS:
            pass
        return "users are not shown"

    async def _reports(self, account_id: str) -> str:
        try:
            async for _ in self._api.pages(self._urls.listing(f"accounts/{account_id}/reports")):
                return "reports may be ordered"
        except (*REFUSALS, IncompatibleError):
            pass
        return "no reports: the roster is read by listing"


def _account(top: CanvasAccount) -> str:
    name = visible(text(top.name) or text_of(top.id), limit=100)
    is_root = reference(top.parent_account_id) is None
    return f"{name} {'and all below it' if is_root else 'only, a part of the district'}"
