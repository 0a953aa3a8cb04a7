"""The least that a sync can cost in Python: socket, msgspec, and a plain INSERT of every record.

`python -m benchmarks.peers.raw_limit ADDRESS STORE` reads the benchmark's server page by page over
one socket, decodes typed, and inserts into the tables of a store as this program makes them, in
one transaction. No HTTP library, no comparison, no checkpoint, no plan. Prints figures as JSON.
"""

from __future__ import annotations

import json
import resource
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.serving import BASE, PAGE
from integration_tui.store.migrations import runner
from integration_tui.store.sqlite_file import prepare


class Ref(msgspec.Struct, rename="camel", gc=False):
    sourced_id: str


class Wire(msgspec.Struct, rename="camel", gc=False):
    sourced_id: str
    status: str
    date_last_modified: str


class Org(Wire, rename="camel", gc=False):
    name: str
    type: str
    identifier: str | None = None
    parent: Ref | None = None


class Session(Wire, rename="camel", gc=False):
    title: str
    type: str
    start_date: str
    end_date: str
    school_year: str | None = None
    parent: Ref | None = None


class Course(Wire, rename="camel", gc=False):
    title: str
    course_code: str | None = None
    org: Ref | None = None
    grades: msgspec.Raw = msgspec.Raw(b"[]")


class Class(Wire, rename="camel", gc=False):
    title: str
    school: Ref
    course: Ref | None = None
    terms: msgspec.Raw = msgspec.Raw(b"[]")
    class_code: str | None = None
    class_type: str | None = None
    location: str | None = None
    grades: msgspec.Raw = msgspec.Raw(b"[]")


class User(Wire, rename="camel", gc=False):
    given_name: str
    family_name: str
    username: str | None = None
    email: str | None = None
    identifier: str | None = None
    enabled_user: str | bool | None = None
    roles: msgspec.Raw = msgspec.Raw(b"[]")
    grades: msgspec.Raw = msgspec.Raw(b"[]")
    primary_org: Ref | None = None
    middle_name: str | None = None
    sms: str | None = None
    phone: str | None = None


class Enrollment(Wire, rename="camel", gc=False):
    user: Ref
    class_: Ref = msgspec.field(name="class")
    school: Ref = msgspec.field(name="school")
    role: str = ""
    primary: str | bool | None = None
    begin_date: str | None = None
    end_date: str | None = None


HEAD: Final = "tenant_id, id, external_system_id, external_id, status, sync_status"
Ids = dict[str, int]
Row = tuple[object, ...]


class Limit:
    """Ids of ours are counted up; what a record names is looked up in a dict."""

    def __init__(self) -> None:
        self.orgs: Ids = {}
        self.sessions: Ids = {}
        self.courses: Ids = {}
        self.classes: Ids = {}
        self.users: Ids = {}
        self.seats: Ids = {}

    def head(self, ids: Ids, one: Wire) -> Row:
        number = ids[one.sourced_id] = len(ids) + 1
        return ("local", number, "raw", one.sourced_id, "active", "synced")

    def org(self, one: Org) -> Row:
        parent = None if one.parent is None else self.orgs.get(one.parent.sourced_id)
        return (*self.head(self.orgs, one), one.name, one.type, one.identifier, parent)

    def session(self, one: Session) -> Row:
        parent = None if one.parent is None else self.sessions.get(one.parent.sourced_id)
        head = self.head(self.sessions, one)
        return (*head, one.title, one.type, one.start_date, one.end_date, one.school_year, parent)

    def course(self, one: Course) -> Row:
        org = None if one.org is None else self.orgs.get(one.org.sourced_id)
        grades = bytes(one.grades).decode()
        return (*self.head(self.courses, one), one.title, one.course_code, org, grades)

    def class_(self, one: Class) -> Row:
        course = None if one.course is None else self.courses.get(one.course.sourced_id)
        return (
            *self.head(self.classes, one),
            *(one.title, course, self.orgs[one.school.sourced_id], bytes(one.terms).decode()),
            *(one.class_code, one.class_type, one.location, bytes(one.grades).decode()),
        )

    def user(self, one: User) -> Row:
        org = None if one.primary_org is None else self.orgs.get(one.primary_org.sourced_id)
        return (
            *self.head(self.users, one),
            *(one.given_name, one.family_name, one.middle_name, one.username, one.email),
            *(one.identifier, one.enabled_user in {True, "true"}, bytes(one.roles).decode()),
            *(bytes(one.grades).decode(), org, one.sms, one.phone),
        )

    def seat(self, one: Enrollment) -> Row:
        return (
            *self.head(self.seats, one),
            *(self.users[one.user.sourced_id], self.classes[one.class_.sourced_id]),
            *(self.orgs[one.school.sourced_id], one.role, one.primary in {True, "true"}),
            *(one.begin_date, one.end_date),
        )


PLAN: Final[tuple[tuple[str, str, type[Wire], str, str], ...]] = (
    ("orgs", "organizations", Org, "org", "name, type, identifier, parent_id"),
    (
        "academicSessions",
        "academic_sessions",
        Session,
        "session",
        "title, type, starts_on, ends_on, school_year, parent_id",
    ),
    ("courses", "courses", Course, "course", "title, course_code, organization_id, grades"),
    (
        "classes",
        "classes",
        Class,
        "class_",
        "title, course_id, organization_id, terms, class_code, class_type, location, grades",
    ),
    (
        "users",
        "users",
        User,
        "user",
        "given_name, family_name, middle_name, username, email, identifier, enabled, roles,"
        " grades, organization_id, sms, phone",
    ),
    (
        "enrollments",
        "enrollments",
        Enrollment,
        "seat",
        "user_id, class_id, organization_id, role, is_primary, begins_on, ends_on",
    ),
)


class Line:
    """One connection; answers are read into memory whole."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._rest = b""

    def get(self, path: str) -> bytes:
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: raw\r\n\r\n".encode())
        data = self._rest
        while b"\r\n\r\n" not in data:
            data += self._socket.recv(1 << 16)
        head, _, body = data.partition(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        buffer = bytearray(body)
        while len(buffer) < size:
            buffer += self._socket.recv(1 << 18)
        self._rest = bytes(buffer[size:])
        return bytes(buffer[:size])


def pages(line: Line, noun: str, wire: type[Wire], most: int) -> Iterator[list[Wire]]:
    envelope = msgspec.defstruct("Envelope", [(noun, list[wire])])  # type: ignore[valid-type]  # made here
    decoder, offset = msgspec.json.Decoder(envelope), 0
    while offset < most:
        rows: list[Wire] = getattr(decoder.decode(_page(line, noun, offset)), noun)
        yield rows
        offset += len(rows)
        if len(rows) < PAGE:
            return


def _page(line: Line, noun: str, offset: int) -> bytes:
    return line.get(f"{BASE}/{noun}?limit={PAGE}&offset={offset}")


def fill(address: str, store: Path, most: int) -> int:
    prepare(store, read_only=False)
    runner.upgrade(store)
    database = sqlite3.connect(store, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("PRAGMA cache_size = -16000")
    line, limit, count = Line(address), Limit(), 0
    database.execute("BEGIN")
    for noun, table, wire, method, columns in PLAN:
        make: Callable[[Wire], Row] = getattr(limit, method)
        marks = ", ".join("?" * (HEAD.count(",") + columns.count(",") + 2))
        statement = f"INSERT INTO {table} ({HEAD}, {columns}) VALUES ({marks})"  # noqa: S608 - ours
        for rows in pages(line, noun, wire, most):
            database.executemany(statement, map(make, rows))
            count += len(rows)
    database.execute("COMMIT")
    database.close()
    return count


def main() -> None:
    address, store = sys.argv[1], Path(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else sys.maxsize
    began = time.perf_counter()
    count = fill(address, store, most)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "records": count,
        "wall_s": time.perf_counter() - began,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
