"""Users of an account, each with the roles and agents that enrollments and accounts tell."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from msgspec import UNSET

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.canvas.account_people import learn_administrators, learn_by_type
from integration_tui.providers.canvas.enrollments import BREATH_S, EnrollmentListing
from integration_tui.providers.canvas.frame import KEPT_S, part_sentence
from integration_tui.providers.canvas.gathering import Gathered, Gathering
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import (
    CanvasUser,
    RowReader,
)
from integration_tui.providers.canvas.people import Knowledge, RoleNames
from integration_tui.providers.canvas.place import Place
from integration_tui.providers.canvas.records import CanvasFrame, user_of
from integration_tui.providers.canvas.urls import CanvasUrls

FIELDS: Final = frozenset({"given_name", "family_name", "enabled", "roles", "agents"})
_USERS: Final = RowReader(CanvasUser)


class UserListing:
    """Lists the users of an account. Without `learns` nobody has a role: for a quick look."""

    def __init__(
        self,
        api: CanvasApi,
        urls: CanvasUrls,
        enrollments: EnrollmentListing,
        knowledge: Knowledge,
        names: RoleNames,
        *,
        monotonic: Monotonic,
    ) -> None:
        self.learns = True
        self._api = api
        self._urls = urls
        self._enrollments = enrollments
        self._knowledge = knowledge
        self._names = names
        self._monotonic = monotonic

    def first_url(self, account_id: str) -> str:
        """Return where the users of an account are listed; by id, since Canvas slows others."""
        return self._urls.listing(
            f"accounts/{account_id}/users", [("include[]", "email"), ("sort", "id")]
        )

    async def pages(
        self, place: Place | None, frame: CanvasFrame, gathering: Gathering
    ) -> AsyncGenerator[Page[Record]]:
        """Yield the pages of users from a place on."""
        gathering.doubt(part_sentence(frame))
        start = place or Place(Collection.USERS, self.first_url(frame.top_id))
        found = Gathered()
        async with aclosing(self._learning(frame, found)) as lessons:
            async for _ in lessons:
                yield gathering.page(Gathered(), start, frozenset())
        async with aclosing(self._api.pages(start.page)) as pages:
            async for linked in pages:
                fields = self._take(linked.texts, found, frame)
                gathering.doubt(linked.reason)
                behind = Place(Collection.USERS, linked.next) if linked.next else None
                page = gathering.page(found, behind, fields)
                yield page
                if page.next is None:
                    return
                found = Gathered()

    def _take(
        self, texts: tuple[bytes, ...], found: Gathered, frame: CanvasFrame
    ) -> frozenset[str]:
        """Take in the users of a page; return the fields that at least one of them has."""
        fields = {*FIELDS}
        for text_ in texts:
            user = found.take(_USERS.read(text_))
            if user is None:
                continue
            found.add(user_of(user, self._knowledge.people, frame.top_id))
            fields |= {"email"} if user.email is not UNSET else set()
            fields |= {"username"} if user.login_id is not UNSET else set()
        return frozenset(fields)

    async def _learning(self, frame: CanvasFrame, found: Gathered) -> AsyncGenerator[None]:
        """Learn what people are, where that is not known; yields now and then on the way."""
        begun = self._monotonic()
        async with aclosing(self._lessons(frame, found)) as lessons:
            async for _ in lessons:
                if self._monotonic() - begun > BREATH_S:
                    begun = self._monotonic()
                    yield

    async def _lessons(self, frame: CanvasFrame, found: Gathered) -> AsyncGenerator[None]:
        known = self._knowledge
        if self.learns and not known.is_whole(self._monotonic(), kept_s=KEPT_S):
            unheard = Gathering(Collection.ENROLLMENTS, recall=None)
            async with aclosing(self._enrollments.pages(None, frame, unheard)) as pages:
                async for _ in pages:
                    yield
        if not self.learns or known.knows_accounts:
            return
        async for finding in learn_administrators(self._api, self._urls, frame, known.people):
            found.findings += [finding] if finding is not None else []
            yield
        for account_id in sorted(known.unread):
            async for _ in learn_by_type(
                self._api, self._urls, account_id, self._names, known.people
            ):
                yield
        known.knows_accounts = True
