"""A OneRoster server that is never the bottleneck: a large district, its pages kept as bytes.

405,272 records (200 orgs, 7 sessions, 65 courses, 5,000 classes, 100,000 users, 300,000
enrollments), no credentials, loopback only. Totals stand in the header and in the body, since a
peer needs the latter. Below `/few` it has 10,000 users and their orgs, nothing else. Whoever
asks with a filter gets one record of a hundred, changed just now. Ends with its parent: when
standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from benchmarks.serving import BASE, FEW, FEW_USERS, PAGE
from integration_tui.domain.roster import ROSTER, Class, Collection, Record
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
from integration_tui.sandbox.serializer import LISTS, Encoder

READ: Final = ROSTER
ONE_IN: Final = 100
"""One record of so many is changed for those who ask for what changed."""
_KNOWN_ROLES: Final = frozenset({"student", "teacher"})
_DISTRICT: Final = District(DistrictSize.LARGE)
_ENCODER: Final = Encoder("http://127.0.0.1/ims/oneroster/rostering/v1p2")
_COLLECTIONS: Final = {LISTS[collection]: collection for collection in READ}
_SIZES: Final = {collection: _DISTRICT.count(collection) for collection in READ}
_FEW_SIZES: Final = {Collection.ORGS: _SIZES[Collection.ORGS], Collection.USERS: FEW_USERS}
_CHANGED: Final[dict[Collection, tuple[str, str]]] = {
    Collection.ORGS: ("name", "Renamed School"),
    Collection.ACADEMIC_SESSIONS: ("title", "Renamed Term"),
    Collection.COURSES: ("title", "Renamed Course"),
    Collection.CLASSES: ("title", "Renamed Class"),
    Collection.USERS: ("familyName", "Renamed"),
    Collection.ENROLLMENTS: ("endDate", "2031-06-30"),
}
"""A field of each, and what it is changed to."""


@cache
def page(collection: Collection, limit: int, offset: int, total: int) -> bytes:
    """Return a whole HTTP answer."""
    rows = [
        _json(record)
        for record in _DISTRICT.records(collection, offset, min(offset + limit, total))
    ]
    return _answer(collection, rows, limit, offset, total)


def changed(collection: Collection, limit: int, offset: int, size: int) -> bytes:
    """Return a page of those that changed, a moment ago."""
    field, value = _CHANGED[collection]
    total = size // ONE_IN
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    rows = [
        {**_json(record), field: value, "dateLastModified": now}
        for number in range(offset, min(offset + limit, total))
        for record in _DISTRICT.records(collection, number * ONE_IN, number * ONE_IN + 1)
    ]
    return _answer(collection, rows, limit, offset, total)


def _answer(
    collection: Collection, rows: list[dict[str, object]], limit: int, offset: int, total: int
) -> bytes:
    envelope = {
        LISTS[collection]: rows,
        "totalCount": total,
        "pageCount": -(-total // limit),
        "pageNumber": offset // limit + 1,
        "offset": offset,
        "limit": limit,
    }
    body = msgspec.json.encode(envelope)
    date = format_datetime(datetime.now(UTC), usegmt=True)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Total-Count: {total}\r\n"
    return f"{head}Date: {date}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _json(record: Record) -> dict[str, object]:
    """Return a record as the peer reads it: it wants `org` in a class, and 1.1's role words."""
    fields = _ENCODER.encode(record)
    if isinstance(record, Class):
        fields["org"] = fields["school"]
    for role in msgspec.convert(fields.get("roles", []), list[dict[str, object]]):
        if role["role"] not in _KNOWN_ROLES:
            fields["roles"] = [{**role, "role": "administrator"}]
    return fields


def answer(target: str) -> bytes:
    url = urlsplit(target)
    is_few = url.path.startswith(FEW)
    sizes = _FEW_SIZES if is_few else _SIZES
    path = url.path.removeprefix(FEW) if is_few else url.path
    collection = _COLLECTIONS.get(path.removeprefix(f"{BASE}/"))
    if collection is None:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    query = parse_qs(url.query)
    limit, offset = (int(query.get(name, ["0"])[0]) for name in ("limit", "offset"))
    find = changed if "filter" in query else page
    return find(collection, limit or PAGE, offset, sizes.get(collection, 0))


class Connection(asyncio.Protocol):
    """Answers GET requests one after the other; bodies are never sent to it."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._transport.write(answer(head.split(b" ", 2)[1].decode()))


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0)
    for collection, size in _SIZES.items():
        for offset in range(0, size, PAGE):
            page(collection, PAGE, offset, size)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
