"""A small OneRoster server whose every quirk is a function, and a connector to it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from starlette.types import Receive, Scope, Send

from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.oneroster.config import OneRosterConfig
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.fixtures import Here

BASE = "/ims/oneroster/rostering/v1p2"
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: `path` is below the base, without a slash at its end."""

    whole: str
    path: str
    query: Mapping[str, str]

    @property
    def has_slash(self) -> bool:
        return self.whole.endswith("/")

    @property
    def filter(self) -> str:
        return self.query.get("filter", "")


Quirk = Callable[[Asked], Reply | None]
"""Answers in its own way; `None` where it has none."""


def ref(sourced_id: str) -> Json:
    return {"sourcedId": sourced_id}


def org(name: str, kind: str = "school") -> Json:
    return {"sourcedId": name, "name": name, "type": kind}


def user(name: str, role: str, school: str = "s1", **more: object) -> Json:
    roles = [{"roleType": "primary", "role": role, "org": ref(school)}]
    return {"sourcedId": name, "givenName": "A", "familyName": "B", "roles": roles, **more}


def class_(name: str, school: str = "s1", course: str = "k1", term: str = "t1") -> Json:
    told = {"sourcedId": name, "title": name, "school": ref(school), "course": ref(course)}
    return {**told, "terms": [ref(term)]}


def enrollment(name: str, who: str, where: str, school: str = "s1") -> Json:
    told = {"sourcedId": name, "user": ref(who), "class": ref(where), "school": ref(school)}
    return {**told, "role": "student"}


ROWS: Mapping[str, Sequence[Json]] = {
    "orgs": [org("d", "district"), org("s1"), org("s2")],
    "academicSessions": [
        {"sourcedId": literal, "title": literal, "type": "term", "startDate": "2026-08-01",
         "endDate": "2026-12-20"}
        for literal in ("t1", "t2")
    ],
    "courses": [
        {"sourcedId": "k1", "title": "k1", "org": ref("s1")},
        {"sourcedId": "k2", "title": "k2", "org": ref("s2")},
    ],
    "classes": [class_("c1"), class_("c2", "s2", "k2", "t2"), class_("c3", "s1", "k2", "t2")],
    "users": [
        *(user(f"u{number:02}", "student", f"s{1 + number % 2}") for number in range(20)),
        user("t1", "teacher"), user("t2", "teacher", "s2"), user("g1", "guardian"),
    ],
    "enrollments": [
        enrollment("e1", "u00", "c1"), enrollment("e2", "u01", "c2", "s2"),
        enrollment("e3", "u00", "c3"), enrollment("e4", "t1", "c1"),
    ],
    "demographics": [{"sourcedId": "u00", "birthDate": "2012-03-04"}],
}  # fmt: skip


def refuse(status: int, words: str = "no", minor: str = "") -> Reply:
    """Return a refusal as OneRoster 1.2 spells it."""
    field_ = {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": minor}
    body = {
        "imsx_codeMajor": "failure",
        "imsx_description": words,
        "imsx_CodeMinor": {"imsx_codeMinorField": [field_] if minor else []},
    }
    return Reply(status, json.dumps(body).encode())


class Quirky(ScriptedServer):
    """By the book, but for its quirks. `largest` clamps in silence."""

    def __init__(
        self,
        *quirks: Quirk,
        rows: Mapping[str, Sequence[Json]] = ROWS,
        base: str = BASE,
        totals: bool = True,
        largest: int = 10**6,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.quirks = [*quirks]
        self.rows = {name: [*some] for name, some in rows.items()}
        self.asked: list[Asked] = []
        self._base, self._totals, self._largest = base, totals, largest
        self._headers = headers or {}

    @property
    def paths(self) -> list[str]:
        """The requests as path and filter, without the way there."""
        return [
            f"{asked.path}?{asked.filter}" if asked.filter else asked.path for asked in self.asked
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        whole = scope["raw_path"].decode()
        query = {name: one[0] for name, one in parse_qs(scope["query_string"].decode()).items()}
        path = whole.removeprefix(self._base).strip("/")
        asked = Asked(whole=whole, path=path, query=query)
        self.asked.append(asked)
        told = (quirk(asked) for quirk in self.quirks)
        reply = next((reply for reply in told if reply is not None), None)
        self._replies = [reply or self._answer(asked)]
        await super().__call__(scope, receive, send)

    def _answer(self, asked: Asked) -> Reply:
        if not asked.whole.startswith(self._base + "/") or asked.has_slash:
            return refuse(404, minor="unknownobject")
        found = self._found([unquote(text) for text in asked.path.split("/")], asked)
        if found is None:
            return refuse(404, minor="unknownobject")
        key, rows = found
        limit = min(int(asked.query.get("limit", 100)), self._largest)
        offset = int(asked.query.get("offset", 0))
        headers = {"content-type": "application/json", **self._headers}
        if self._totals:
            headers["x-total-count"] = str(len(rows))
        return Reply(200, json.dumps({key: rows[offset : offset + limit]}).encode(), headers)

    def _found(self, names: Sequence[str], asked: Asked) -> tuple[str, Sequence[Json]] | None:
        match names:
            case [name] if (kind := _whole(name)) is not None:
                key, keep = kind
                rows = [row for row in self.rows[key] if keep(row)]
                return key, [row for row in rows if _matches(row, asked.filter)]
            case ["schools", owner, name] if (kind := _whole(name)) is not None:
                key, keep = kind
                rows = [row for row in self.rows[key] if keep(row) and f'"{owner}"' in _text(row)]
                return (key, rows) if owner in {"s1", "s2"} else None
            case ["courses" | "terms", owner, "classes"]:
                return "classes", [row for row in self.rows["classes"] if owner in _text(row)]
            case _:
                return None


def _whole(name: str) -> tuple[str, Callable[[Json], bool]] | None:
    if name in {"students", "teachers"}:
        return "users", lambda item: f'"{name[:-1]}"' in _text(item)
    if name == "schools":
        return "orgs", lambda item: item["type"] == "school"
    return (name, lambda _: True) if name in ROWS else None


def _text(one: Json) -> str:
    return json.dumps(one)


def _matches(one: Json, text: str) -> bool:
    if not text:
        return True
    found = re.fullmatch(r"([\w.]+)(>=|>|=)'([^']*)'", text)
    assert found, text
    value: object = one
    for name in found[1].split("."):
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    told = str(value)
    return {"=": told == found[3], ">": told > found[3], ">=": told >= found[3]}[found[2]]


@dataclass(slots=True, kw_only=True)
class World:
    """A connector to a quirky server, connected."""

    server: Quirky
    connector: OneRosterConnector
    address: str
    here: Here = field(default_factory=Here)


@asynccontextmanager
async def world(
    server: Quirky, *, connect: bool = True, root: str = "", **options: object
) -> AsyncGenerator[World]:
    here = Here()
    async with serve(server) as address:
        written: dict[str, object] = {
            "name": "a",
            "type": "oneroster",
            "schema_version": 2,
            "base_url": f"{address}{root}",
            "auth": {"type": "jwt", "token": "env:SIS_SECRET"},
            "rate_limit": {"requests": 100_000},
        }
        config = OneRosterConfig.model_validate(written | options)
        connector = OneRosterConnector(config, here.context(), product="any")
        try:
            if connect:
                await connector.connect()
                server.asked.clear()
            yield World(server=server, connector=connector, address=address, here=here)
        finally:
            await connector.disconnect()


async def listed(one: World, collection: Collection) -> list[Page[Record]]:
    return [page async for page in one.connector.pages(collection)]


def ids(pages: Sequence[Page[Record]]) -> list[str]:
    return [row.sourced_id for page in pages for row in page.rows]
