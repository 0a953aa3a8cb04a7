"""What Canvas tells of people account by account: administrators, and who teaches or learns."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from integration_tui.domain.paging import RecordFinding
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import (
    CanvasAdmin,
    CanvasPerson,
    CanvasUser,
    RowReader,
    reference,
    text_of,
)
from integration_tui.providers.canvas.people import People, RoleNames, administration
from integration_tui.providers.canvas.records import CanvasFrame, text
from integration_tui.providers.canvas.urls import CanvasUrls
from integration_tui.providers.canvas.walk import REFUSALS

_ADMINS: Final = RowReader(CanvasAdmin)
_USERS: Final = RowReader(CanvasUser)
_TYPES: Final = ("teacher", "ta", "student", "designer")
"""The types of enrollments by which users can be asked for; an observer is no member."""


async def learn_administrators(
    api: CanvasApi, urls: CanvasUrls, frame: CanvasFrame, people: People
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


async def learn_by_type(
    api: CanvasApi, urls: CanvasUrls, account_id: str, names: RoleNames, people: People
) -> AsyncGenerator[None]:
    """Let `people` know who teaches and who learns in an account whose courses are not all read.

    Only for those of whom that is not known: they would lose their role with a course that is
    refused for a day. Yields once a page.
    """
    for kind in _TYPES:
        role = names.of(kind, "")
        if role is None:
            continue
        url = urls.listing(f"accounts/{account_id}/users", [("enrollment_type", kind)])
        try:
            async for page in api.pages(url):
                users = [read.row for read in map(_USERS.read, page.texts) if read.row is not None]
                for user in users:
                    if not people.has(text_of(user.id), role):
                        people.add(text_of(user.id), role, account_id)
                yield
        except REFUSALS:
            return
