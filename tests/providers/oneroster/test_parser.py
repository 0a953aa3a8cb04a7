"""OneRoster JSON as servers really send it, and as it must never be taken."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.domain.errors import IncompatibleError, RecordError
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
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.oneroster.page_records import read_record
from integration_tui.providers.oneroster.responses import ParsedPage, read_page, read_single

REQUEST = Request.get("https://sis.example.org/users")
PERSON = {"sourcedId": "u1", "givenName": "Ann", "familyName": "O'Neil"}


def record(collection: Collection, **fields: object) -> Record:
    return read_record(collection, json.dumps(fields).encode())


def user(**fields: object) -> User:
    found = record(Collection.USERS, **{**PERSON, **fields})
    assert isinstance(found, User)
    return found


def page(body: object, **headers: str) -> ParsedPage:
    named = {"content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Response(status=200, headers=named, body=raw, url=REQUEST.url)
    return read_page(Collection.USERS, answer, REQUEST)


@pytest.mark.parametrize(
    ("value", "enabled"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("false", False),
        ("TRUE", True),
        ("False", False),
        (None, True),
        ("yes", True),
        ("no", False),
        (1, True),
        (0, False),
        ("0", False),
        (["false"], False),
        ({"#text": "false"}, False),
    ],
)
def test_booleans_come_as_values_and_as_words(value: object, enabled: bool) -> None:
    assert user(enabledUser=value).enabled is enabled


def test_roles_of_1_2_are_read() -> None:
    found = user(roles=[{"roleType": "secondary", "role": "aide", "org": {"sourcedId": "o1"}}])

    assert found.roles == (Role(role="aide", org="o1", type="secondary"),)


def test_role_and_orgs_of_1_1_become_roles() -> None:
    found = user(role="teacher", orgs=[{"sourcedId": "o1", "type": "org"}, {"sourcedId": "o2"}])

    assert found.roles == (
        Role(role="teacher", org="o1", type="primary"),
        Role(role="teacher", org="o2", type="secondary"),
    )


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        (["9", "10"], ("9", "10")),
        ([9, -1], ("9", "-1")),
        ("9, 10", ("9", "10")),
        (None, ()),
        ("", ()),
        (["", "K"], ("K",)),
    ],
)
def test_grades_come_in_several_forms(grades: object, expected: tuple[str, ...]) -> None:
    assert user(grades=grades).grades == expected


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("active", RecordStatus.ACTIVE),
        ("ACTIVE", RecordStatus.ACTIVE),
        (None, RecordStatus.ACTIVE),
        ("", RecordStatus.ACTIVE),
        ("tobedeleted", RecordStatus.TO_BE_DELETED),
        ("inactive", RecordStatus.TO_BE_DELETED),
    ],
)
def test_a_status_is_one_of_two(written: str | None, status: RecordStatus) -> None:
    assert user(status=written).status is status


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-08-27T10:00:00.123Z", datetime(2026, 8, 27, 10, 0, 0, 123000, UTC)),
        ("2026-08-27T12:00:00+02:00", datetime(2026, 8, 27, 10, 0, tzinfo=UTC)),
        ("2026-08-27T10:00:00", datetime(2026, 8, 27, 10, 0, tzinfo=UTC)),
        ("2026-08-27", datetime(2026, 8, 27, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_in_utc_or_not_known(written: str | None, moment: datetime | None) -> None:
    assert user(dateLastModified=written).modified_at == moment


def test_timebacks_dates_and_years_are_read() -> None:
    found = record(
        Collection.ACADEMIC_SESSIONS,
        sourcedId="t1",
        title="Fall",
        type="term",
        startDate="2026-08-17T00:00:00.000Z",
        endDate="2026-12-19",
        schoolYear=2027,
        parent={"sourcedId": "y1"},
    )

    assert found == AcademicSession(
        sourced_id="t1",
        title="Fall",
        type="term",
        starts_on=date(2026, 8, 17),
        ends_on=date(2026, 12, 19),
        school_year="2027",
        parent="y1",
    )


def test_every_collection_takes_the_least_that_servers_send() -> None:
    school = {"sourcedId": "o1"}

    assert record(Collection.ORGS, sourcedId="o1", name="A", type="ext:hub") == Org(
        sourced_id="o1", name="A", type="ext:hub"
    )
    assert record(Collection.COURSES, sourcedId="c1", title="Art") == Course(
        sourced_id="c1", title="Art"
    )
    assert record(Collection.CLASSES, sourcedId="k1", title="Art 1", school=school) == Class(
        sourced_id="k1", title="Art 1", course=None, school="o1"
    )
    enrollment = {"user": {"sourcedId": "u1"}, "class": {"sourcedId": "k1"}, "school": school}
    assert record(
        Collection.ENROLLMENTS, sourcedId="e1", role="student", beginDate=None, **enrollment
    ) == Enrollment(sourced_id="e1", user="u1", class_="k1", school="o1", role="student")


def test_unknown_fields_are_left_alone() -> None:
    assert user(metadata={"ext": 1}, agents=[{"x": 1}], novel=[[]]) == user()


def test_what_else_is_told_of_a_person_is_read() -> None:
    found = user(
        middleName="Mary",
        preferredFirstName="Annie",
        preferredLastName="Neil",
        pronouns="she/her",
        phone=5551234,
        agents=[{"sourcedId": "u9", "type": "user"}],
        userIds=[{"type": "SIS", "identifier": 17}, {"type": "LDAP", "identifier": ""}],
        userMasterIdentifier="m1",
    )

    assert (found.middle_name, found.preferred_given_name) == ("Mary", "Annie")
    assert (found.preferred_family_name, found.pronouns) == ("Neil", "she/her")
    assert (found.phone, found.agents, found.master_identifier) == ("5551234", ("u9",), "m1")
    assert found.user_ids == (UserId(type="SIS", identifier="17"),)


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("Student", "student"),
        ("DISTRICTADMINISTRATOR", "districtAdministrator"),
        (" teacher ", "teacher"),
        ("administrator", "administrator"),
        ("ext:Coach", "ext:Coach"),
    ],
)
def test_a_role_has_the_specifications_spelling(written: str, role: str) -> None:
    of_1_2 = user(roles=[{"role": written, "org": {"sourcedId": "o1"}}])
    of_1_1 = user(role=written, orgs=[{"sourcedId": "o1"}])

    assert of_1_2.roles == of_1_1.roles == (Role(role=role, org="o1"),)


def test_demographics_are_the_users_and_flags_come_as_words() -> None:
    found = record(
        Collection.DEMOGRAPHICS,
        sourcedId="u1",
        birthDate="2014-03-01",
        sex="female",
        asian="true",
        white="false",
        hispanicOrLatinoEthnicity=None,
    )

    assert found == Demographics(
        sourced_id="u1", birth_date=date(2014, 3, 1), sex="female", asian=True, white=False
    )


BAD: list[dict[str, object]] = [
    {},
    {**PERSON, "sourcedId": ""},
    {**PERSON, "sourcedId": None},
    {**PERSON, "sourcedId": "  "},
    {**PERSON, "sourcedId": True},
    {**PERSON, "sourcedId": "\u200b"},
    {**PERSON, "sourcedId": "x" * 1001},
    {**PERSON, "status": "gone"},
]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_bad_record_is_rejected_and_its_neighbours_are_not(bad: dict[str, object]) -> None:
    listed = page({"users": [PERSON, bad, {**PERSON, "sourcedId": "u2"}]})

    assert [row.sourced_id for row in listed.rows] == ["u1", "u2"]
    assert len(listed.rejected) == 1
    assert listed.rejected[0].reason
    assert listed.received == 3


def test_what_is_kept_of_a_rejected_record_is_bounded_and_holds_no_password() -> None:
    bad = {
        "sourcedId": "u9",
        "password": "canary-1",
        "userProfiles": [{"credentials": [{"password": "canary-2"}]}],
        "metadata": {"password": "canary-3"},
        "status": "\x1b[2J" * 1000,
    }

    rejected = page({"users": [bad]}).rejected[0]

    assert rejected.sourced_id == "u9"
    assert "canary" not in f"{rejected}"
    assert len(rejected.raw) <= 500
    assert rejected.raw.isprintable()
    assert rejected.reason.isprintable()


@pytest.mark.parametrize("one", ["7", "null", "[]", '"x"'])
def test_a_record_that_is_no_object_is_rejected(one: str) -> None:
    listed = page(f'{{"users":[{one}]}}'.encode())

    assert len(listed.rejected) == 1
    assert listed.rejected[0].sourced_id == ""


@pytest.mark.parametrize("body", [{}, {"orgs": []}, {"users": None}, {"users": {}}, {"users": 7}])
def test_an_answer_without_the_list_is_told(body: object) -> None:
    with pytest.raises(IncompatibleError, match="without a list called users") as caught:
        page(body)

    assert caught.value.advice


@pytest.mark.parametrize(
    ("headers", "body", "total"),
    [
        ({"x_total_count": "42"}, {}, 42),
        ({}, {"totalCount": 42}, 42),
        ({"x_total_count": " 7 "}, {"totalCount": 42}, 7),
        ({"x_total_count": "many"}, {}, None),
        ({"x_total_count": "-1"}, {}, None),
        ({"x_total_count": "²"}, {}, None),
        ({"x_total_count": "9" * 5000}, {}, None),
        ({}, {"totalCount": None}, None),
        ({}, {"totalCount": "x"}, None),
        ({}, {}, None),
    ],
)
def test_a_total_is_taken_from_where_the_server_tells_it(
    headers: dict[str, str], body: dict[str, object], total: int | None
) -> None:
    assert page({"users": [], **body}, **headers).total == total


def single(body: object) -> Record:
    answer = Response(status=200, headers={}, body=json.dumps(body).encode(), url=REQUEST.url)
    return read_single(Collection.USERS, answer, REQUEST)


def test_a_single_record_is_in_its_own_envelope() -> None:
    assert single({"user": PERSON}) == user()
    with pytest.raises(IncompatibleError, match="without user"):
        single({"users": [PERSON]})
    with pytest.raises(RecordError, match="sourcedId is missing"):
        single({"user": {"givenName": "Ann"}})


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_no_value_of_any_field_breaks_a_page(value: object) -> None:
    fields = ["status", "givenName", "enabledUser", "roles", "grades", "primaryOrg", "orgs"]
    people = [{**PERSON, field: value} for field in fields]

    assert page({"users": people}).received == len(fields)
