"""Servers as they are: their listings count as complete where the proof is there."""

import json
from typing import Any

import pytest

from integration_tui.domain.paging import Duplicate
from integration_tui.domain.roster import Collection
from integration_tui.testing.http_server import Reply
from tests.providers.http.auth.test_base import line
from tests.providers.http.fixtures import Here, raw_server, read_request
from tests.providers.oneroster.fake_servers import ROWS, Asked, Quirky, ids, listed, org, world

JSON = {"content-type": "application/json"}
BEARER = {"type": "jwt", "token": "env:SIS_SECRET"}
SIZE: dict[str, Any] = {"sync": {"page_size": 5, "ahead": 0}}


def everything(asked: Asked) -> Reply | None:
    """Know neither limit nor offset."""
    if asked.path not in ROWS:
        return None
    rows = ROWS[asked.path]
    headers = JSON | {"x-total-count": f"{len(rows)}"}
    return Reply(200, json.dumps({asked.path: rows}).encode(), headers)


async def test_a_server_that_sends_everything_at_once_is_asked_once_and_complete() -> None:
    async with world(Quirky(everything), **SIZE) as one:
        pages = await listed(one, Collection.USERS)

    assert len(ids(pages)) == len(ROWS["users"])
    assert pages[-1].complete
    assert one.server.paths == ["users"]


async def test_it_is_complete_also_where_a_collection_is_smaller_than_a_page() -> None:
    async with world(Quirky(everything), **SIZE) as one:
        pages = await listed(one, Collection.ORGS)

    assert (len(ids(pages)), pages[-1].complete) == (3, True)


async def test_an_empty_page_whose_next_link_names_another_host_is_not_the_end() -> None:
    """A server behind a proxy may not know its own address, but it knows that more comes."""

    def hidden(asked: Asked) -> Reply | None:
        if asked.path != "users" or asked.query.get("offset") != "5":
            return None
        link = '<http://roster.internal:8080/users?offset=10>; rel="next"'
        return Reply(200, b'{"users": []}', {**JSON, "link": link})

    server = Quirky(hidden, totals=False)
    async with world(server, **SIZE, dialect={"totals": "none"}) as one:
        pages = await listed(one, Collection.USERS)

    everybody = [row["sourcedId"] for row in ROWS["users"]]
    assert ids(pages) == [*everybody[:5], *everybody[10:]]


def refusing_behind(count: int, status: int) -> Quirky:
    def quirk(asked: Asked) -> Reply | None:
        if int(asked.query.get("offset", 0)) < count or asked.path != "users":
            return None
        return Reply(status, b"" if status == 204 else b'{"imsx_codeMajor":"failure"}', JSON)

    return Quirky(quirk, totals=False)


@pytest.mark.parametrize("status", [204, 400, 404, 416])
async def test_a_refusal_behind_the_last_page_is_the_end_and_base_url_is_not_blamed(
    status: int,
) -> None:
    count = len(ROWS["users"])
    async with world(refusing_behind(count, status), **SIZE, dialect={"totals": "none"}) as one:
        pages = await listed(one, Collection.USERS)
    async with world(refusing_behind(count, status), **SIZE) as one:
        unproven = await listed(one, Collection.USERS)
        asked = len(one.server.asked)

    assert len(ids(pages)) == len(ids(unproven)) == count
    assert pages[-1].complete
    assert "dialect.totals: none" in unproven[-1].reason
    assert "base_url" not in unproven[-1].reason
    assert asked == 6


async def test_a_total_in_a_header_that_comes_twice_is_one() -> None:
    async with world(Quirky(headers={"x-total-count": "23, 23"}, totals=False), **SIZE) as one:
        pages = await listed(one, Collection.USERS)

    assert pages[-1].complete


async def test_headers_that_come_twice_alike_are_one() -> None:
    async def talk(reader, writer):  # type: ignore[no-untyped-def]  # as asyncio has it
        await read_request(reader)
        writer.write(
            b"HTTP/1.1 200 OK\r\nX-Total-Count: 13\r\nX-Total-Count: 13\r\nX-A: 1\r\nX-A: 2\r\n"
            b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"
        )

    async with raw_server(talk) as address, line(address, BEARER, Here()) as one:
        answer, _ = await one.ask(address)

    assert answer.headers["x-total-count"] == "13"
    assert answer.headers["x-a"] == "1, 2"


async def test_records_under_one_id_are_named_by_it() -> None:
    rows = {"orgs": [*ROWS["orgs"], org("s1"), {**org("d"), "name": "Another"}]}
    server = Quirky(rows={**ROWS, **rows})
    async with world(server) as one:
        [*_, last] = pages = await listed(one, Collection.ORGS)

    assert ids(pages) == ["d", "s1", "s2"]
    assert [double for page in pages for double in page.duplicates] == [
        Duplicate(sourced_id="s1"),
        Duplicate(sourced_id="d", differs=True),
    ]
    assert not last.complete
    assert last.reason == "orgs d came twice and differ: two of them may share an id"
