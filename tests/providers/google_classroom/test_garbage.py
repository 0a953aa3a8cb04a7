"""Whatever comes as an answer: a page, a rejected record or a sentence, and never a traceback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.roster import Collection
from integration_tui.providers.google_classroom import SPEC
from integration_tui.providers.google_classroom.connector import GoogleClassroomConnector
from tests.providers.google_classroom.fake_server import Content, course, member, person
from tests.providers.google_classroom.fixtures import Domain, domain

PATHS: Final = (
    "/v1/courses",
    "/v1/courses/101",
    "/v1/courses/101/students",
    "/v1/courses/101/teachers",
    "/v1/courses/101/aliases",
    "/v1/userProfiles/a",
    "/admin/directory/v1/users",
    "/admin/directory/v1/users/a",
    "/admin/directory/v1/customers/my_customer",
    "/admin/directory/v1/customer/my_customer/orgunits",
)
KEYS: Final = (
    "courses", "students", "teachers", "aliases", "users", "organizationUnits", "nextPageToken",
    "id", "userId", "name", "profile", "courseState", "ownerId", "updateTime", "alias",
    "orgUnitPath", "orgUnitId", "externalIds", "value", "primaryEmail", "suspended", "error",
    "details", "errors", "message", "postalAddress", "organizationName", "emailAddress",
)  # fmt: skip
texts = st.sampled_from(["", "101", "a", "d:x", "/", "/Schools/x", "0001-01-01T00:00:00+14:00"])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts | st.text()
shapes = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)
lists = st.tuples(st.sampled_from(KEYS[:6]), st.lists(shapes, max_size=3)).map(
    lambda one: dict([one])
)
statuses = st.sampled_from([200, 200, 200, 400, 403, 404, 500])


def content() -> Content:
    found = Content()
    found.lists["/v1/courses"] = ("courses", [course(101), course(102)])
    found.lists["/v1/courses/101/students"] = ("students", [member("a"), member("b")])
    found.lists["/v1/courses/101/teachers"] = ("teachers", [member("9101")])
    found.lists["/v1/courses/101/aliases"] = ("aliases", [{"alias": "d:x"}])
    found.lists["/admin/directory/v1/users"] = ("users", [person("b"), person("9101")])
    return found


@dataclass(frozen=True)
class Kept:
    """One domain for all shapes: a server and an assertion each would take most of the time."""

    runner: asyncio.Runner
    domain: Domain

    def ask(self, path: str, status: int, body: bytes) -> None:
        """Ask for everything while one address answers so."""
        self.domain.sandbox.content.answers = {path: (status, body)}
        self.runner.run(asked(self.domain.connector))


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    more = {"aliases": True, "schools": ["/Schools/*"], "people": {"/Staff": "teacher"}}
    with asyncio.Runner() as runner:
        context = domain(content(), more)
        one = runner.run(context.__aenter__())
        runner.run(one.connector.connect())
        yield Kept(runner, one)
        runner.run(context.__aexit__(None, None, None))


async def asked(connector: GoogleClassroomConnector) -> None:
    with suppress(ProviderError):
        assert isinstance((await connector.check()).detail, str)
    with suppress(ProviderError):
        assert (await connector.metadata()).product
    for collection in SPEC.reading_order:
        with suppress(ProviderError):
            pages = [page async for page in connector.pages(collection)]
            assert pages[-1].next is None
            assert pages[-1].complete or pages[-1].reason
    for collection, text in (
        (Collection.CLASSES, "101"),
        (Collection.USERS, "a"),
        (Collection.ENROLLMENTS, "101:student:a"),
    ):
        with suppress(ProviderError):
            await connector.find(collection, text)


ODD_COURSE = {"courses": [{"id": "a:b", "updateTime": "9999-12-31T23:59:59-14:00"}]}
ODD_MEMBERS: dict[str, list[object]] = {
    "students": [{"userId": "\ud800"}, None, [], {"userId": "x" * 300}]
}
ODD_USERS = {"users": [{"id": "\u0000"}, {"id": "b", "externalIds": {"value": 1}}]}


@given(path=st.sampled_from(PATHS), status=statuses, body=shapes | lists)
@example(path=PATHS[0], status=200, body=ODD_COURSE)
@example(path=PATHS[2], status=200, body=ODD_MEMBERS)
@example(path=PATHS[6], status=200, body=ODD_USERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_shape_of_an_answer_is_a_traceback(
    kept: Kept, path: str, status: int, body: object
) -> None:
    kept.ask(path, status, json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"[" * 100_000, b'{"courses": [', b"null", b'{"courses": null}', b"<html>"],
)
def test_no_bytes_are_a_traceback(kept: Kept, body: bytes) -> None:
    for path in (PATHS[0], PATHS[2], PATHS[6]):
        kept.ask(path, 200, body)
