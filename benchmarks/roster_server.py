"""A OneRoster server that is never the bottleneck: a district of any size, its rows made once.

`python -m benchmarks.roster_server [RECORDS]` has 405,272 records unless told (200 orgs, 7
sessions, 65 courses, 5,000 classes, 100,000 users, 300,000 enrollments), no credentials, loopback
only. Totals stand in the header and in the body, since a peer needs the latter. Below `/few` it
has 10,000 users and their orgs, nothing else.

`GET /night` changes one record of a hundred, spread over all pages, and says how many that are;
the bytes of all others stay. A listing then has the changed records in their places, and whoever
asks with a filter gets those that the last night changed.

Rows lie in files without names, not in memory. Ends with its parent: when standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate
from typing import IO, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from benchmarks.serving import BASE, DISTRICT, FEW, FEW_USERS, NIGHT, PAGE
from integration_tui.domain.roster import ROSTER, Class, Collection, Record
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.slots import DistrictLayout
from integration_tui.sandbox.serializer import LISTS, Encoder

READ: Final = ROSTER
ONE_IN: Final = 100
"""One record of so many changes in a night."""
_KNOWN_ROLES: Final = frozenset({"student", "teacher"})
_ENCODER: Final = Encoder("http://127.0.0.1/ims/oneroster/rostering/v1p2")
_COLLECTIONS: Final = {LISTS[collection]: collection for collection in READ}
_RENAMED: Final = {
    Collection.ORGS: "name",
    Collection.ACADEMIC_SESSIONS: "title",
    Collection.COURSES: "title",
    Collection.CLASSES: "title",
    Collection.USERS: "familyName",
}
"""The field that a change writes. Enrollments get another last day."""
_FRAME: Final = 72
"""Academic sessions and courses: as many in every district."""
_LAST_DAY: Final = date(2027, 1, 1)
"""Of the first night; the others count on, within the school year: no night makes bad data."""
_LAST_DAYS: Final = 150


class SizedLayout(DistrictLayout):
    """The large district with more schools of the same size, or with fewer."""

    def __init__(self, records: int) -> None:
        super().__init__(DistrictSize.LARGE)
        share = max(0, records - _FRAME) / (DISTRICT - _FRAME)
        self.schools = max(len(self._grades), round(self.schools * share))
        most = max(map(len, self._grades))  # a class for each grade of each school
        self.classes = max(most * self.schools, round(self.classes * share))
        self.admins = max(1, round(self.admins * share))
        self.teachers = max(self.schools, round(self.teachers * share))
        self.students = max(1, round(self.students * share))
        self.enrollments = max(self.classes, round(self.enrollments * share))
        self.staff = self.admins + self.teachers
        self.users = self.staff + self.students


class Rows:
    """The rows of one collection, one behind the other in a file, and those of the last night."""

    def __init__(self, district: District, collection: Collection, size: int) -> None:
        self.size = size
        self.changed: list[bytes] = []
        self._district = district
        self._collection = collection
        rows = (_row(_json(record)) for record in district.records(collection, 0, size))
        self._file, self._starts = _written(rows)
        assert len(self._starts) == size + 1, f"not all {collection} are there"

    def between(self, start: int, stop: int) -> bytes:
        """Return rows with a comma behind each."""
        begin, end = self._starts[start], self._starts[stop]
        self._file.seek(begin)
        return self._file.read(end - begin)

    def change(self, night: int) -> int:
        """Write one row of a hundred anew, from the night's own number on; return how many."""
        now = datetime.now(UTC)
        numbers = range(night % ONE_IN, self.size, ONE_IN)
        self.changed = [self._changed(number, night, now) for number in numbers]
        old = self._file
        self._file, self._starts = _written(self._with_changed(numbers))
        old.close()
        return len(numbers)

    def _with_changed(self, numbers: range) -> Iterator[bytes]:
        done = 0
        for number, row in zip(numbers, self.changed, strict=True):
            yield from self._pieces(done, number)
            yield row
            done = number + 1
        yield from self._pieces(done, self.size)

    def _pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield rows as they are, one by one."""
        whole, first = self.between(start, stop), self._starts[start]
        for number in range(start, stop):
            yield whole[self._starts[number] - first : self._starts[number + 1] - first]

    def _changed(self, number: int, night: int, now: datetime) -> bytes:
        """Return a row as it is after this night; a second change takes the first one back."""
        (record,) = self._district.records(self._collection, number, number + 1)
        fields = _json(record)
        fields["dateLastModified"] = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        if name := _RENAMED.get(self._collection):
            if night // ONE_IN % 2 == 0:
                fields[name] = f"Renamed {fields[name]}"
        else:
            fields["endDate"] = (_LAST_DAY + timedelta(days=night % _LAST_DAYS)).isoformat()
        return _row(fields)


def _row(fields: Mapping[str, object]) -> bytes:
    return msgspec.json.encode(fields) + b","


def _written(rows: Iterable[bytes]) -> tuple[IO[bytes], array[int]]:
    """Write rows into a file without a name; return it, and where each begins, and the end."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the rows
    lengths = array("Q")
    for row in rows:
        file.write(row)
        lengths.append(len(row))
    file.flush()
    return file, array("Q", accumulate(lengths, initial=0))


class Server:
    """Answers what is asked for; there is one roster, and the few of `/few`."""

    def __init__(self, records: int) -> None:
        district, few = District(DistrictSize.LARGE), District(DistrictSize.LARGE)
        district.layout = district.timeline.layout = SizedLayout(records)
        self._night = 0
        self._rows = {
            collection: Rows(district, collection, district.count(collection))
            for collection in READ
        }
        self._few = {
            Collection.ORGS: Rows(few, Collection.ORGS, few.count(Collection.ORGS)),
            Collection.USERS: Rows(few, Collection.USERS, FEW_USERS),
        }

    def answer(self, target: str) -> bytes:
        url = urlsplit(target)
        if url.path == NIGHT:
            return self._next_night()
        is_few = url.path.startswith(FEW)
        path = url.path.removeprefix(FEW) if is_few else url.path
        collection = _COLLECTIONS.get(path.removeprefix(f"{BASE}/"))
        if collection is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        query = parse_qs(url.query)
        limit, offset = (int(query.get(name, ["0"])[0]) for name in ("limit", "offset"))
        rows = (self._few if is_few else self._rows).get(collection)
        if rows is None:
            return _page(collection, b"", limit or PAGE, offset, 0)
        total = len(rows.changed) if "filter" in query else rows.size
        stop = min(offset + (limit or PAGE), total)
        start = min(offset, stop)
        if "filter" in query:
            found = b"".join(rows.changed[start:stop])
        else:
            found = rows.between(start, stop)
        return _page(collection, found, limit or PAGE, offset, total)

    def _next_night(self) -> bytes:
        self._night += 1
        changed = sum(rows.change(self._night) for rows in self._rows.values())
        return _http(msgspec.json.encode({"night": self._night, "changed": changed}))


def _page(collection: Collection, rows: bytes, limit: int, offset: int, total: int) -> bytes:
    facts = {
        "totalCount": total,
        "pageCount": -(-total // limit),
        "pageNumber": offset // limit + 1,
        "offset": offset,
        "limit": limit,
    }
    name = LISTS[collection].encode()
    body = b'{"%s":[%s],%s' % (name, rows[:-1], msgspec.json.encode(facts)[1:])
    return _http(body, f"X-Total-Count: {total}\r\n")


def _http(body: bytes, more: str = "") -> bytes:
    """Return a whole HTTP answer."""
    date = format_datetime(datetime.now(UTC), usegmt=True)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}"
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


class Connection(asyncio.Protocol):
    """Answers GET requests one after the other; bodies are never sent to it."""

    def __init__(self, server: Server) -> None:
        self._server = server
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
            self._transport.write(self._server.answer(head.split(b" ", 2)[1].decode()))


async def main() -> None:
    loop = asyncio.get_running_loop()
    roster = Server(int(sys.argv[1]) if len(sys.argv) > 1 else DISTRICT)
    server = await loop.create_server(lambda: Connection(roster), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
