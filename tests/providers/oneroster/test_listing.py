"""When a listing goes on, when it ends, and when it may be called complete."""

import json
from collections.abc import Sequence
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.paging import Cursor, Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.oneroster.config import OneRosterConfig
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.fixtures import Here

ANY_LIMIT = 10**6
NO_TOTAL = (
    "the server announces no total, so whether this was all cannot be known; dialect.totals: none"
    " takes the last page for the end, and then nobody can tell a record that slipped by"
)
TWO = {"content-type": "application/json", "x-total-count": "2"}


class Server(ScriptedServer):
    """Lists orgs `0`, `1`, ... in its own way. `totals` are what it tells, page by page."""

    def __init__(
        self,
        count: int,
        *,
        clamp: int = ANY_LIMIT,
        totals: Sequence[int | None] = (None,),
        skips: int = 0,
    ) -> None:
        super().__init__()
        self._count = count
        self._clamp = clamp
        self._totals = list(totals)
        self._skips = skips

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = {name: one[0] for name, one in parse_qs(scope["query_string"].decode()).items()}
        limit, offset = min(int(query["limit"]), self._clamp), int(query["offset"])
        # Rows that move towards the front while we list are seen twice.
        start = max(0, offset - self._skips)
        rows = [org(number) for number in range(start, min(start + limit, self._count))]
        total = self._totals[0] if len(self._totals) == 1 else self._totals.pop(0)
        headers = {"content-type": "application/json"}
        if total is not None:
            headers["x-total-count"] = str(total)
        self._replies = [Reply(200, json.dumps({"orgs": rows}).encode(), headers)]
        await super().__call__(scope, receive, send)


def org(number: int) -> dict[str, str]:
    return {"sourcedId": f"{number:04}", "name": "A", "type": "school"}


async def listed(
    app: ScriptedServer, *, page_size: int = 10, after: str | None = None, **options: object
) -> list[Page[Record]]:
    async with serve(app) as address:
        config = OneRosterConfig.model_validate(
            {
                "name": "a",
                "type": "oneroster",
                "base_url": address,
                "auth": {"type": "jwt", "token": "env:SIS_SECRET"},
                "sync": {"page_size": page_size},
                "rate_limit": {"requests": 100_000},
                **options,
            }
        )
        connector = OneRosterConnector(config, Here().context(), product="any")
        connector._line.open()
        cursor = Cursor(after) if after is not None else None
        try:
            return [page async for page in connector.pages(Collection.ORGS, after=cursor)]
        finally:
            await connector.disconnect()


def ids(pages: list[Page[Record]]) -> list[str]:
    return [row.sourced_id for page in pages for row in page.rows]


@settings(deadline=None, max_examples=30)  # each one is a server
@given(
    count=st.integers(0, 30),
    clamp=st.integers(1, 12),
    page_size=st.integers(1, 12),
    tells=st.booleans(),
)
async def test_no_clamp_loses_anybody(count: int, clamp: int, page_size: int, tells: bool) -> None:
    server = Server(count, clamp=clamp, totals=(count if tells else None,))

    pages = await listed(server, page_size=page_size)

    assert ids(pages) == [f"{number:04}" for number in range(count)]
    assert pages[-1].complete is tells
    assert pages[-1].reason == ("" if tells else NO_TOTAL)
    assert pages[-1].next is None
    assert all(page.next and not page.complete for page in pages[:-1])


async def test_a_short_page_at_the_announced_total_is_the_end() -> None:
    server = Server(15, totals=(15,))

    pages = await listed(server)

    assert pages[-1].complete
    assert len(server.seen) == 2


async def test_a_total_that_is_too_small_loses_nobody() -> None:
    server = Server(45, totals=(20,))

    pages = await listed(server)

    assert len(ids(pages)) == 45
    assert pages[-1].reason == "45 of 20 announced records were listed"


async def test_fewer_than_announced_is_not_complete() -> None:
    pages = await listed(Server(15, totals=(20,)))

    assert not pages[-1].complete
    assert pages[-1].reason == "15 of 20 announced records were listed"


async def test_more_than_announced_is_not_complete() -> None:
    pages = await listed(Server(15, totals=(12,)))

    assert not pages[-1].complete
    assert pages[-1].reason == "15 of 12 announced records were listed"


async def test_a_total_that_changes_is_not_complete() -> None:
    pages = await listed(Server(20, totals=(20, 21, 20)), page_size=8)

    assert not pages[-1].complete
    assert "the total changed" in pages[-1].reason


async def test_pages_that_overlap_list_everybody_once_and_tell_who_came_twice() -> None:
    pages = await listed(Server(20, skips=2, totals=(20,)))

    assert len(ids(pages)) == len(set(ids(pages))) == 20
    assert [duplicate.sourced_id for page in pages for duplicate in page.duplicates] == [
        "0008",
        "0009",
    ]
    assert pages[-1].complete


async def test_an_administrator_may_take_the_end_for_the_end() -> None:
    pages = await listed(Server(25), dialect={"totals": "none"})

    assert len(ids(pages)) == 25
    assert pages[-1].complete


async def test_a_server_that_ignores_the_offset_is_told() -> None:
    same = json.dumps({"orgs": [org(1), org(2)]}).encode()
    server = ScriptedServer(Reply(200, same))

    with pytest.raises(IncompatibleError, match="same page again") as caught:
        await listed(server)

    assert "offset" in caught.value.advice
    assert len(server.seen) == 2


async def test_a_rejected_record_without_an_id_is_not_complete() -> None:
    server = ScriptedServer(
        Reply(200, json.dumps({"orgs": [org(1), {"name": "nameless"}]}).encode()),
        Reply(200, b'{"orgs":[]}'),
    )

    pages = await listed(server)

    assert not pages[-1].complete
    assert "without an id" in pages[-1].reason


async def test_a_rejected_record_with_an_id_is_listed_all_the_same() -> None:
    server = ScriptedServer(
        Reply(200, json.dumps({"orgs": [org(1), {"sourcedId": "2", "status": "?"}]}).encode(), TWO),
        Reply(200, b'{"orgs":[]}', TWO),
    )

    pages = await listed(server)

    assert pages[-1].complete
    assert [rejected.sourced_id for rejected in pages[0].rejected] == ["2"]


async def test_a_total_that_changed_before_a_resume_is_not_complete() -> None:
    pages = await listed(Server(20, totals=(20,)), after="offset=10,total=19")

    assert not pages[-1].complete


async def test_what_may_be_lacking_before_a_resume_is_not_complete() -> None:
    sound = await listed(Server(20, totals=(20,)), after="offset=10,total=20")
    doubtful = await listed(Server(20, totals=(20,)), after="offset=10,total=20,again")

    assert sound[-1].complete
    assert not doubtful[-1].complete
    assert "before it was interrupted" in doubtful[-1].reason


@pytest.mark.parametrize(
    "cursor", ["", "10", "offset=-1", "offset=1;total=2", "offset=٣", f"offset={'9' * 30}"]
)
async def test_a_cursor_of_another_kind_is_refused(cursor: str) -> None:
    with pytest.raises(IncompatibleError, match="cursor"):
        await listed(Server(3), after=cursor)
