"""The OneRoster sandbox by its own promises; the official document judges it elsewhere."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Demographics,
    Enrollment,
    Org,
    Record,
    RecordStatus,
    Role,
    User,
    UserId,
)
from integration_tui.domain.text_damage import damage_of
from integration_tui.domain.value import replace
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.oneroster.page_records import read_record
from integration_tui.sandbox.oneroster import BASE_PATH, Dialect, OneRosterSandbox
from integration_tui.sandbox.serializer import Encoder
from integration_tui.sandbox.server import serve
from tests.providers.http.fixtures import Here, client
from tests.providers.oneroster.fixtures import ROSTER

SIGNS = st.characters(exclude_categories=["C"], exclude_characters="\ufffd")
NAMES = (  # what is damaged is corrected as it is read
    st.text(SIGNS, min_size=1, max_size=20)
    .map(str.strip)
    .filter(lambda text: bool(text) and damage_of(text) is None)
)
MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
GRADES = st.lists(st.sampled_from(["K", "9", "10"]), max_size=3).map(tuple)
ROLES = st.sampled_from(["student", "teacher", "principal", "ext:coach"])
WORDS = NAMES
MAYBE = st.none() | WORDS


def of(kind: type[Record], **fields: st.SearchStrategy[object]) -> st.SearchStrategy[Record]:
    return st.builds(
        kind,
        sourced_id=NAMES,
        status=st.sampled_from(RecordStatus),
        modified_at=MOMENTS,
        **fields,
    )


RECORDS = {
    Collection.ORGS: of(Org, name=NAMES, type=NAMES, identifier=MAYBE.filter(bool), parent=MAYBE),
    Collection.ACADEMIC_SESSIONS: of(
        AcademicSession,
        title=NAMES,
        type=NAMES,
        starts_on=DAYS,
        ends_on=DAYS,
        school_year=st.just("2027"),
        parent=MAYBE,
    ),
    Collection.COURSES: of(
        Course,
        title=NAMES,
        course_code=MAYBE.filter(bool),
        org=MAYBE,
        grades=GRADES,
        subjects=GRADES,
        subject_codes=GRADES,
        school_year=MAYBE,
    ),
    Collection.CLASSES: of(
        Class,
        title=NAMES,
        course=MAYBE,
        school=NAMES,
        terms=st.lists(NAMES, max_size=2, unique=True).map(tuple),
        class_code=MAYBE,
        grades=GRADES,
        location=MAYBE,
        subjects=GRADES,
        subject_codes=GRADES,
        periods=GRADES,
    ),
    Collection.USERS: of(
        User,
        given_name=NAMES,
        family_name=NAMES,
        username=MAYBE,
        email=MAYBE,
        identifier=MAYBE,
        enabled=st.booleans(),
        roles=st.lists(
            st.builds(
                Role,
                role=ROLES,
                org=NAMES,
                type=st.sampled_from(["primary", "secondary"]),
                begins_on=st.none() | DAYS,
                ends_on=st.none() | DAYS,
            ),
            max_size=3,
        ).map(tuple),
        grades=GRADES,
        primary_org=MAYBE,
        middle_name=MAYBE,
        preferred_given_name=MAYBE,
        preferred_middle_name=MAYBE,
        preferred_family_name=MAYBE,
        pronouns=MAYBE,
        sms=MAYBE,
        phone=MAYBE,
        agents=st.lists(WORDS, max_size=2, unique=True).map(tuple),
        user_ids=st.lists(st.builds(UserId, type=WORDS, identifier=WORDS), max_size=2).map(tuple),
        master_identifier=MAYBE,
    ),
    Collection.ENROLLMENTS: of(
        Enrollment,
        user=NAMES,
        class_=NAMES,
        school=NAMES,
        role=ROLES,
        primary=st.none() | st.booleans(),
        begins_on=st.none() | DAYS,
        ends_on=st.none() | DAYS,
    ),
    Collection.DEMOGRAPHICS: of(
        Demographics,
        birth_date=st.none() | DAYS,
        sex=st.none() | st.sampled_from(["male", "female", "unspecified", "other"]),
        asian=st.none() | st.booleans(),
        white=st.none() | st.booleans(),
        hispanic_or_latino_ethnicity=st.none() | st.booleans(),
        city_of_birth=MAYBE,
        public_school_residence_status=MAYBE,
    ),
}


@given(st.sampled_from(Collection).flatmap(lambda value: st.tuples(st.just(value), RECORDS[value])))
def test_what_is_encoded_is_read_as_it_was(drawn: tuple[Collection, Record]) -> None:
    collection, record = drawn

    raw = msgspec.json.encode(Encoder("https://a.test").encode(record))

    assert read_record(collection, raw) == record


@asynccontextmanager
async def asking(
    dialect: Dialect | None = None,
) -> AsyncGenerator[tuple[OneRosterSandbox, str]]:
    sandbox = OneRosterSandbox(ROSTER, monotonic=Here().clock.monotonic, dialect=dialect)
    async with serve(sandbox.app) as address:
        yield sandbox, f"{address}{BASE_PATH}"


async def get(sandbox: OneRosterSandbox, url: str) -> Response:
    token = msgspec.json.decode(sandbox.issuer.grant(sandbox.issuer.scopes).body)["access_token"]
    request = replace(Request.get(url), headers={"Authorization": f"Bearer {token}"})
    async with client() as http:
        return await http.send(request)


async def ids(path: str) -> list[str]:
    async with asking() as (sandbox, base):
        answer = await get(sandbox, f"{base}/{path}")
    (rows,) = msgspec.json.decode(answer.body).values()
    return [row["sourcedId"] for row in rows]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("schools", ["school"]),
        ("terms", ["term"]),
        ("gradingPeriods", []),
        ("teachers", []),
        ("students?limit=2&offset=1", ["user-01", "user-02"]),
    ],
)
async def test_there_are_the_lists_that_follow_from_others(path: str, expected: list[str]) -> None:
    assert await ids(path) == expected


async def test_a_page_tells_the_total_and_the_next_one() -> None:
    async with asking() as (sandbox, base):
        first = await get(sandbox, f"{base}/users?limit=20")
        last = await get(sandbox, f"{base}/users?limit=20&offset=20")

    assert first.headers["x-total-count"] == "25"
    assert f'<{base}/users?limit=20&offset=20>; rel="next"' in first.headers["link"]
    assert 'rel="next"' not in last.headers["link"]
    assert f'<{base}/users?limit=20&offset=0>; rel="prev"' in last.headers["link"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "filter=name='x'"])
async def test_a_wrong_query_is_refused_as_the_specification_says(query: str) -> None:
    async with asking() as (sandbox, base):
        answer = await get(sandbox, f"{base}/users?{query}")

    body = msgspec.json.decode(answer.body)
    assert answer.status == 400
    assert body["imsx_codeMajor"] == "failure"
    assert body["imsx_CodeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"]


async def test_an_unknown_id_is_404_and_a_missing_token_401() -> None:
    async with asking() as (sandbox, base), client() as http:
        unknown = await get(sandbox, f"{base}/users/nobody")
        anonymous = await http.send(Request.get(f"{base}/users"))

    assert unknown.status == 404
    assert anonymous.status == 401


async def test_a_token_without_a_roster_scope_is_403() -> None:
    async with asking() as (sandbox, base):
        sandbox.issuer.scopes = ("something-else",)
        answer = await get(sandbox, f"{base}/users")

    assert answer.status == 403
