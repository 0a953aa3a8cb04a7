"""The frame of a roster: the accounts that the token sees, and the terms of their root."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.errors import ForbiddenError, RemoteNotFoundError
from integration_tui.domain.text import visible
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.gathering import Gathered
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import (
    CanvasAccount,
    CanvasTerm,
    ReadRow,
    RowReader,
    reference,
    text_of,
)
from integration_tui.providers.canvas.records import CanvasFrame, org_of, session_of, text
from integration_tui.providers.canvas.urls import CanvasUrls, escape

KEPT_S: Final = 3600.0
"""A frame is read anew with each sweep; a single look may use one that is so old."""
TERMS: Final = "enrollment_terms"
_ACCOUNTS: Final = RowReader(CanvasAccount)
_TERMS: Final = RowReader(CanvasTerm)
_REFUSALS: Final = (ForbiddenError, RemoteNotFoundError)


class RosterFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame with the records that it is made of, and why these are not all."""

    frame: CanvasFrame
    orgs: Gathered
    orgs_reason: str
    sessions: Gathered
    sessions_reason: str


class _Rows(msgspec.Struct):
    """All rows of a short listing."""

    read: list[ReadRow[CanvasAccount]] = msgspec.field(default_factory=list[ReadRow[CanvasAccount]])
    reason: str = ""


class FrameReader:
    """Reads the frame, and keeps it for an hour."""

    def __init__(
        self, api: CanvasApi, urls: CanvasUrls, config: CanvasConfig, *, monotonic: Monotonic
    ) -> None:
        self._api = api
        self._urls = urls
        self._config = config
        self._monotonic = monotonic
        self._kept: tuple[float, RosterFrame] | None = None

    def forget(self) -> None:
        """Read it anew next time."""
        self._kept = None

    async def get(self) -> RosterFrame:
        """Return the frame. Raises `ForbiddenError` where the token sees no account."""
        if self._kept is None or self._monotonic() - self._kept[0] > KEPT_S:
            self._kept = (self._monotonic(), await self._read())
        return self._kept[1]

    async def top(self) -> CanvasAccount:
        """Return the topmost account that is read."""
        if self._config.account is not None:
            url = self._urls.single(f"accounts/{escape(self._config.account)}")
            return await self._api.one(url, CanvasAccount)
        seen = [account async for account in self._seen()]
        if not seen:
            raise ForbiddenError(
                f"the token of {self._config.name} sees no account of Canvas",
                advice="use the token of an administrator of the account",
            )
        # The root has no parent; of several others the oldest is taken.
        top = min(seen, key=lambda account: (_parent(account) is not None, int_of(account)))
        if top.default_time_zone is not UNSET:
            return top
        return await self._api.one(self._urls.single(f"accounts/{text_of(top.id)}"), CanvasAccount)

    async def _seen(self) -> AsyncGenerator[CanvasAccount]:
        async for page in self._api.pages(self._urls.listing("accounts")):
            for row in map(_ACCOUNTS.read, page.texts):
                if row.row is not None:
                    yield row.row

    async def _read(self) -> RosterFrame:
        top = await self.top()
        below = await self._below(text_of(top.id))
        accounts = [read.row for read in below.read if read.row is not None]
        zone = self.zone(top)
        sessions, reason, terms = await self._sessions(top, zone)
        frame = CanvasFrame(
            top=top,
            accounts=frozenset(text_of(account.id) for account in (top, *accounts)),
            terms=terms,
            zone=zone,
        )
        return RosterFrame(
            frame=frame,
            orgs=_orgs(frame, below),
            orgs_reason=below.reason or part_sentence(frame),
            sessions=sessions,
            sessions_reason=reason,
        )

    async def _below(self, top_id: str) -> _Rows:
        url = self._urls.listing(f"accounts/{top_id}/sub_accounts", [("recursive", "true")])
        found = _Rows()
        async for page in self._api.pages(url):
            found.read += map(_ACCOUNTS.read, page.texts)
            found.reason = page.reason
        return found

    async def _sessions(
        self, top: CanvasAccount, zone: ZoneInfo
    ) -> tuple[Gathered, str, frozenset[str] | None]:
        root = reference(top.root_account_id) or text_of(top.id)
        found, reason = Gathered(), ""
        try:
            async for page in self._api.pages(
                self._urls.listing(f"accounts/{root}/terms"), key=TERMS
            ):
                for read in map(_TERMS.read, page.texts):
                    if (term := found.take(read)) is not None:
                        found.add(session_of(term, zone))
                reason = page.reason
        except _REFUSALS as error:
            return Gathered(), f"terms are not shown to this token: {error.message}", None
        return found, reason, frozenset(row.sourced_id for row in found.rows)

    def zone(self, top: CanvasAccount) -> ZoneInfo:
        """Return where days begin: as configured, else as the account says."""
        if "timezone" in self._config.sync.model_fields_set:
            return ZoneInfo(self._config.sync.timezone)
        try:
            return ZoneInfo(text(top.default_time_zone) or "UTC")
        except (ValueError, OSError, KeyError):
            return ZoneInfo(self._config.sync.timezone)


def part_sentence(frame: CanvasFrame) -> str:
    """Return why orgs and users are not complete, where only a part of the district is seen."""
    if frame.is_whole:
        return ""
    name = visible(text(frame.top.name) or frame.top_id, limit=100)
    return f"the token sees the account {name} only: nobody elsewhere is judged"


def int_of(account: CanvasAccount) -> int:
    """Return an account's number, without its shard."""
    return int(text_of(account.id).rpartition("~")[2])


def _parent(account: CanvasAccount) -> str | None:
    return reference(account.parent_account_id)


def _orgs(frame: CanvasFrame, below: _Rows) -> Gathered:
    found = Gathered()
    found.add(org_of(frame.top, frame))
    for read in below.read:
        if (account := found.take(read)) is not None:
            found.add(org_of(account, frame))
    return found
