"""A OneRoster server that is never the bottleneck: a large district, its pages kept as bytes.

405,200 records (200 orgs, 5,000 classes, 100,000 users, 300,000 enrollments), no credentials,
loopback only. Totals stand in the header and in the body, since the peer needs the latter.
Ends with its parent: when standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from functools import cache
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from integration_tui.domain.roster import ROSTER, Class, Collection, Record
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
from integration_tui.sandbox.encode import LISTS, Encoder

BASE: Final = "/ims/oneroster/rostering/v1p2"
READ: Final = ROSTER
PAGE: Final = 1000
_KNOWN_ROLES: Final = frozenset({"student", "teacher"})
_DISTRICT: Final = District(DistrictSize.LARGE)
_ENCODER: Final = Encoder("http://127.0.0.1/ims/oneroster/rostering/v1p2")
_COLLECTIONS: Final = {LISTS[one]: one for one in READ}


@cache
def page(collection: Collection, limit: int, offset: int) -> bytes:
    """Return a whole HTTP answer."""
    total = _DISTRICT.count(collection)
    rows = [_json(one) for one in _DISTRICT.records(collection, offset, min(offset + limit, total))]
    envelope = {
        LISTS[collection]: rows,
        "totalCount": total,
        "pageCount": -(-total // limit),
        "pageNumber": offset // limit + 1,
        "offset": offset,
        "limit": limit,
    }
    body = msgspec.json.encode(envelope)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Total-Count: {total}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


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
    collection = _COLLECTIONS.get(url.path.removeprefix(f"{BASE}/"))
    if collection is None:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    query = parse_qs(url.query)
    limit, offset = (int(query.get(name, ["0"])[0]) for name in ("limit", "offset"))
    return page(collection, limit or PAGE, offset)


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
    for collection in READ:
        for offset in range(0, _DISTRICT.count(collection), PAGE):
            page(collection, PAGE, offset)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
