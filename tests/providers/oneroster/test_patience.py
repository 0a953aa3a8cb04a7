"""Records as servers really send them: a null, a wrong kind or a damaged text costs the field."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.paging import RecordFinding
from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Demographics,
    Enrollment,
    Org,
    Record,
    Role,
    User,
    UserId,
)
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.oneroster.page_records import ParsingContext
from integration_tui.providers.oneroster.responses import ParsedPage, read_page

REQUEST = Request.get("https://sis.example.org/users")
Json = Mapping[str, object]
PERSON: Json = {"sourcedId": "u1", "givenName": "Ann", "familyName": "O'Neil"}
ROLE: Json = {"roleType": "primary", "role": "student", "org": {"sourcedId": "s1"}}
SEATS: Json = {"sourcedId": "e1", "user": {"sourcedId": "u1"}, "class": {"sourcedId": "k1"},
               "school": {"sourcedId": "s1"}, "role": "student"}  # fmt: skip
TERM: Json = {"sourcedId": "t1", "title": "Fall", "type": "term", "startDate": "2026-08-15",
              "endDate": "2026-12-20", "schoolYear": "2027"}  # fmt: skip
ROOM: Json = {"sourcedId": "k1", "title": "Algebra", "course": {"sourcedId": "c1"},
              "school": {"sourcedId": "s1"}}  # fmt: skip
KEYS = {Collection.ACADEMIC_SESSIONS: "academicSessions"}


def page(
    *records: object, of: Collection = Collection.USERS, zone: str = "", **headers: str
) -> ParsedPage:
    """Return a page as it is read; bytes are the whole body."""
    key = KEYS.get(of, of.value)
    first = records[0] if records else None
    body = first if isinstance(first, bytes) else json.dumps({key: records}).encode()
    named = {"content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    answer = Response(status=200, headers=named, body=body, url=REQUEST.url)
    return read_page(of, answer, REQUEST, ParsingContext(ZoneInfo(zone) if zone else None))


def one(record: object, of: Collection = Collection.USERS, zone: str = "") -> Record:
    listed = page(record, of=of, zone=zone)
    assert listed.rejected == ()
    assert len(listed.rows) == 1
    return listed.rows[0]


def user(**fields: object) -> User:
    found = one({**PERSON, **fields})
    assert isinstance(found, User)
    return found


def seat(**fields: object) -> Enrollment:
    found = one({**SEATS, **fields}, Collection.ENROLLMENTS)
    assert isinstance(found, Enrollment)
    return found


def rules(listed: ParsedPage) -> list[tuple[str, str]]:
    return [(finding.rule, finding.field) for finding in listed.findings]


ONE_ROLE = (Role(role="student", org="s1"),)
NULLS: list[tuple[Json, Json, tuple[str, str]]] = [
    ({"grades": [None]}, {"grades": ()}, ("null-inside", "grades")),
    ({"grades": [None, "9"]}, {"grades": ("9",)}, ("null-inside", "grades")),
    ({"agents": [None]}, {"agents": ()}, ("null-inside", "agents")),
    ({"agents": [{}, {"sourcedId": "u2"}]}, {"agents": ("u2",)},
     ("reference-without-id", "agents")),
    ({"roles": [None]}, {"roles": ()}, ("null-inside", "roles")),
    ({"roles": [{**ROLE, "role": None}]}, {"roles": ()}, ("role-without-role", "roles.role")),
    ({"roles": [{**ROLE, "org": None}]}, {"roles": ()}, ("role-without-org", "roles.org")),
    ({"roles": [{**ROLE, "org": None}, ROLE]}, {"roles": ONE_ROLE},
     ("role-without-org", "roles.org")),
    ({"roles": [{"role": "student"}]}, {"roles": ()}, ("role-without-org", "roles.org")),
    ({"roles": ["student"]}, {"roles": ()}, ("wrong-kind", "roles")),
    ({"role": "student", "orgs": [None]}, {"roles": ()}, ("role-without-org", "orgs")),
    ({"role": "student"}, {"roles": ()}, ("role-without-org", "orgs")),
    ({"familyName": None}, {"family_name": ""}, ("required-missing", "familyName")),
    ({"givenName": None}, {"given_name": ""}, ("required-missing", "givenName")),
    ({"userIds": [None, {"type": "SIS", "identifier": None}]}, {"user_ids": ()},
     ("null-inside", "userIds")),
    ({"dateLastModified": "Anna"}, {"modified_at": None}, ("not-a-moment", "dateLastModified")),
    ({"enabledUser": "perhaps"}, {"enabled": True}, ("not-a-flag", "enabledUser")),
    ({"email": {"address": "a@b"}}, {"email": None}, ("wrong-kind", "email")),
    ({"email": ["a@b.test", "c@d.test"]}, {"email": "a@b.test"}, ("several-values", "email")),
    ({"primaryOrg": [{"sourcedId": "s1"}, {"sourcedId": "s2"}]}, {"primary_org": "s1"},
     ("several-values", "primaryOrg")),
    ({"primaryOrg": {"href": "https://x.test/orgs/s%201?a=1"}}, {"primary_org": "s 1"},
     ("reference-by-href", "primaryOrg")),
    ({"primaryOrg": {"sourcedId": " s1 "}}, {"primary_org": "s1"},
     ("blanks-around", "primaryOrg")),
    ({"sourcedId": " u1\n"}, {"sourced_id": "u1"}, ("blanks-around", "sourcedId")),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "read", "finding"), NULLS, ids=lambda case: str(case)[:50])
def test_what_is_missing_costs_the_field_and_is_reported(
    sent: Json, read: Json, finding: tuple[str, str]
) -> None:
    listed = page({**PERSON, **sent})

    assert listed.rejected == ()
    assert {name: getattr(listed.rows[0], name) for name in read} == read
    assert finding in rules(listed)
    assert {found.sourced_id for found in listed.findings} == {"u1"}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"roles": ROLE}, {"roles": ONE_ROLE}),
        ({"roles": {"role": ROLE}}, {"roles": ONE_ROLE}),
        ({"roles": {"role": [ROLE]}}, {"roles": ONE_ROLE}),
        ({"roles": [{**ROLE, "org": "s1"}]}, {"roles": ONE_ROLE}),
        ({"roles": None, "role": ["student"], "orgs": {"sourcedId": "s1"}}, {"roles": ONE_ROLE}),
        ({"role": "student", "orgs": "s1"}, {"roles": ONE_ROLE}),
        ({"role": {"#text": "student"}, "orgs": ["s1"]}, {"roles": ONE_ROLE}),
        ({"grades": {"grade": ["9", 10]}}, {"grades": ("9", "10")}),
        ({"grades": 9}, {"grades": ("9",)}),
        ({"grades": "9, 10"}, {"grades": ("9", "10")}),
        ({"agents": {"sourcedId": "u2"}}, {"agents": ("u2",)}),
        ({"agents": "u2,u3"}, {"agents": ("u2", "u3")}),
        ({"agents": [7]}, {"agents": ("7",)}),
        ({"sourcedId": 7}, {"sourced_id": "7"}),
        ({"sourcedId": 7.0}, {"sourced_id": "7"}),
        ({"identifier": 12345678901234567890123}, {"identifier": "12345678901234567890123"}),
        ({"phone": 0}, {"phone": "0"}),
        ({"email": ["a@b.test"]}, {"email": "a@b.test"}),
        ({"email": {"@xsi:nil": "true"}}, {"email": None}),
        ({"middleName": ""}, {"middle_name": None}),
        ({"userIds": {"type": "SIS", "identifier": 5}},
         {"user_ids": (UserId(type="SIS", identifier="5"),)}),
        ({"status": ["active"]}, {"enabled": True}),
        ({"metadata": [[[None]]], "novel": {"x": None}}, {"given_name": "Ann"}),
    ],
    ids=str,
)  # fmt: skip
def test_what_loses_nothing_is_read_without_a_word(sent: Json, read: Json) -> None:
    listed = page({**PERSON, **sent})

    assert {name: getattr(listed.rows[0], name) for name in read} == read
    assert listed.findings == ()


def test_flags_of_all_kinds_are_understood() -> None:
    flags = [True, "TRUE", "yes", 1, "1", "Y", "t", "on", [True]]
    opposite = [False, "False", "no", 0, "0", "N", "f", "off", {"value": "false"}]

    assert {seat(primary=value).primary for value in flags} == {True}
    assert {user(enabledUser=value).enabled for value in opposite} == {False}


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"user": None}, "user names no id"),
        ({"class": {}}, "class names no id"),
        ({"sourcedId": None}, "sourcedId is missing"),
    ],
)
def test_an_enrollment_is_of_a_user_and_a_class(missing: Json, reason: str) -> None:
    listed = page({**SEATS, **missing}, of=Collection.ENROLLMENTS)

    assert listed.rows == ()
    assert listed.rejected[0].reason == reason


def test_an_enrollment_without_its_role_is_still_one() -> None:
    listed = page({**SEATS, "role": None}, of=Collection.ENROLLMENTS)

    assert isinstance(listed.rows[0], Enrollment)
    assert listed.rows[0].role == ""
    assert rules(listed) == [("required-missing", "role")]


def test_other_records_lack_what_they_lack() -> None:
    assert one(
        {"sourcedId": "o1", "name": None, "type": None, "parent": "d"}, Collection.ORGS
    ) == Org(sourced_id="o1", name="", type="", parent="d")
    assert one({"sourcedId": "c1", "schoolYear": 2027}, Collection.COURSES) == Course(
        sourced_id="c1", title=""
    )
    assert one(
        {**ROOM, "terms": {"sourcedId": "t1"}, "grades": [None]}, Collection.CLASSES
    ) == Class(sourced_id="k1", title="Algebra", course="c1", school="s1", terms=("t1",))
    assert one(
        {"sourcedId": "u1", "asian": 1, "white": "no", "birthDate": None}, Collection.DEMOGRAPHICS
    ) == Demographics(sourced_id="u1", asian=True, white=False)
    listed = page({**TERM, "endDate": None}, of=Collection.ACADEMIC_SESSIONS)
    assert listed.rejected[0].reason == "endDate is no date"


@pytest.mark.parametrize(
    ("zone", "written", "day"),
    [
        ("Europe/Berlin", "2026-08-14T22:00:00.000Z", date(2026, 8, 15)),
        ("America/Chicago", "2026-08-15T05:00:00Z", date(2026, 8, 15)),
        ("America/Chicago", "2026-12-21T04:59:59Z", date(2026, 12, 20)),
        ("America/Chicago", "2026-08-17T00:00:00.000Z", date(2026, 8, 17)),
        ("America/Chicago", "2026-08-17T00:00:00-05:00", date(2026, 8, 17)),
        ("America/Chicago", "2026-08-17T08:30:00", date(2026, 8, 17)),
        ("", "2026-08-17 00:00:00", date(2026, 8, 17)),
        ("", "2026/8/17", date(2026, 8, 17)),
        ("", "8/17/2026", date(2026, 8, 17)),
        ("", "17.8.2026", date(2026, 8, 17)),
        ("", "20260817", date(2026, 8, 17)),
    ],
)
def test_a_day_is_the_one_that_is_meant(zone: str, written: str, day: date) -> None:
    found = one({**TERM, "startDate": written}, Collection.ACADEMIC_SESSIONS, zone)

    assert isinstance(found, AcademicSession)
    assert found.starts_on == day


def test_a_time_is_never_cut_off_in_silence() -> None:
    listed = page({**TERM, "startDate": "2026-08-14T22:00:00Z"}, of=Collection.ACADEMIC_SESSIONS)

    assert isinstance(listed.rows[0], AcademicSession)
    assert listed.rows[0].starts_on == date(2026, 8, 14)
    assert rules(listed) == [("time-behind-day", "startDate")]
    assert listed.findings[0].is_loss
    assert "sync.timezone" in listed.findings[0].message


@pytest.mark.parametrize("written", ["8/9/2026", "Anna", "2026-13-45", "0", "99999-01-01T05:00Z"])
def test_a_date_that_is_none_costs_the_date(written: str) -> None:
    listed = page({**SEATS, "beginDate": written}, of=Collection.ENROLLMENTS)

    assert isinstance(listed.rows[0], Enrollment)
    assert listed.rows[0].begins_on is None
    assert rules(listed) == [("not-a-date", "beginDate")]


@pytest.mark.parametrize("year", ["next", "26-27", "20270", "0000", 27])
def test_a_school_year_that_is_none_is_kept_and_reported(year: object) -> None:
    listed = page({**TERM, "schoolYear": year}, of=Collection.ACADEMIC_SESSIONS)

    assert isinstance(listed.rows[0], AcademicSession)
    assert listed.rows[0].school_year == str(year)
    assert rules(listed) == [("not-a-year", "schoolYear")]


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u00ad", "\u2060", "\u200e", "\u200f"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_characters_that_nobody_sees_are_taken_out_of_ids(sign: str, ascii_only: bool) -> None:
    sent = {**PERSON, "sourcedId": f"u{sign}1", "email": f"a@b{sign}.test",
            "primaryOrg": {"sourcedId": f"{sign}s1"}, "middleName": f"A{sign}"}  # fmt: skip
    listed = page(json.dumps({"users": [sent]}, ensure_ascii=ascii_only).encode())

    found = listed.rows[0]
    assert isinstance(found, User)
    assert (found.sourced_id, found.email, found.primary_org) == ("u1", "a@b.test", "s1")
    assert found.middle_name == f"A{sign}"
    assert sorted(rules(listed)) == [
        ("invisible-characters", field) for field in ("email", "primaryOrg", "sourcedId")
    ]


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("givenName", "Jos\u00c3\u00a9", "decoded-twice"),
        ("givenName", "Jos\ufffd", "letters-lost"),
        ("familyName", "NULL", "null-word"),
        ("email", "NULL", "null-word"),
        ("email", "#N/A", "spreadsheet-error"),
        ("middleName", "\\N", "null-word"),
        ("identifier", "1.00235E+11", "shortened-number"),
        ("sourcedId", "1.00235E+11", "shortened-number"),
        ("sourcedId", "NULL", "null-word"),
        ("givenName", "A\x00nn", "control-characters"),
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_damage_that_proves_itself_is_reported(
    field: str, text: str, rule: str, ascii_only: bool
) -> None:
    listed = page(
        json.dumps({"users": [{**PERSON, field: text}]}, ensure_ascii=ascii_only).encode()
    )

    assert (rule, field) in rules(listed)
    messages = [found.message for found in listed.findings]
    assert rule == "null-word" or text not in repr(messages)


def test_people_may_be_called_null_and_nobody_has_that_address() -> None:
    found = user(familyName="NULL", email="NULL", phone="#REF!", grades=["NULL", "9"])

    assert (found.family_name, found.email, found.phone) == ("NULL", None, None)
    assert found.grades == ("9",)


def test_texts_without_end_are_cut_and_ids_refused() -> None:
    long = page({**PERSON, "familyName": "x" * 10_001, "middleName": "y" * 20_000})
    refused = page({**PERSON, "sourcedId": "x" * 1001})
    dropped = page({**PERSON, "primaryOrg": {"sourcedId": "x" * 1001}})

    assert isinstance(long.rows[0], User)
    assert len(long.rows[0].family_name) == len(long.rows[0].middle_name or "") == 10_000
    assert rules(long) == [("too-long", "familyName"), ("too-long", "middleName")]
    assert refused.rows == ()
    assert refused.rejected[0].reason == "sourcedId has more than 1,000 characters"
    assert rules(dropped) == [("too-long", "primaryOrg")]


def raw(text: bytes, *, before: Json = PERSON, behind: Json | None = None) -> bytes:
    """Return a page in which `text` stands between two sound people."""
    second = {**PERSON, "sourcedId": "u3"} if behind is None else behind
    return b'{"users":[%b,%b,%b]}' % (
        json.dumps(before).encode(), text, json.dumps(second).encode()
    )  # fmt: skip


NAMED = b'{"sourcedId":"u2","familyName":"B","givenName":%b}'


@pytest.mark.parametrize(
    ("value", "name", "rule"),
    [
        (b'"Jos\\ud83d"', "Jos\ufffd", "half-a-character"),
        (b'"\\ude00Jos"', "\ufffdJos", "half-a-character"),
        (b'"Jos\xe9"', "Jos\u00e9", "not-utf-8"),
        (b'"Jos\x81"', "Jos\ufffd", "not-utf-8"),
        (b'"A\x01nn"', "A\x01nn", "control-characters"),
        (b"NaN", "", "wrong-kind"),
        (b"-Infinity", "", "wrong-kind"),
        (b"1e999", "1e999", ""),
        (b"9" * 5000, "9" * 5000, ""),
        (b"01", "", "wrong-kind"),
        (b'"\\x"', "", "wrong-kind"),
        (b'"A\tB"', "A\tB", ""),
    ],
)
def test_damaged_bytes_cost_one_field_of_one_record(value: bytes, name: str, rule: str) -> None:
    listed = page(raw(NAMED % value))

    assert listed.rejected == ()
    assert [row.sourced_id for row in listed.rows] == ["u1", "u2", "u3"]
    assert isinstance(listed.rows[1], User)
    assert listed.rows[1].given_name == name
    assert {found.sourced_id for found in listed.findings} <= {"u2"}
    assert not rule or rule in {found.rule for found in listed.findings}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b'{"sourcedId":"u2","x":%b%b}' % (b"[" * 100_000, b"]" * 100_000),
         "it is nested too deeply"),
        (b'{"sourcedId":"u2","givenName":"A","givenName":"B","familyName":"C"}',
         "a member comes twice"),
        (b'{"sourcedId":"u2","sourcedId":"u9","givenName":"A","familyName":"C"}',
         "a member comes twice"),
        (b'{"sourcedId":"u2","givenName":"A","familyName":"C",'
         b'"primaryOrg":{"sourcedId":"a","sourcedId":"b"}}', "a member comes twice"),
        (b'{"sourcedId":"u2","givenName":NaN,"givenName":"B"}', "a member comes twice"),
        (b'{"sourcedId":"u2" "givenName":"B"}', "sourcedId is missing"),
        (b'{"sourcedId":"u2","givenName" "B"}', "it is no JSON object"),
    ],
    ids=lambda case: str(case)[:60],
)  # fmt: skip
def test_one_bad_record_costs_no_other(record: bytes, reason: str) -> None:
    listed = page(raw(record))

    assert [row.sourced_id for row in listed.rows] == ["u1", "u3"]
    assert [(found.sourced_id, found.reason) for found in listed.rejected] in (
        [("u2", reason)], [("", reason)]
    )  # fmt: skip
    assert listed.received == 3


def test_members_that_come_twice_are_found_among_many_alike() -> None:
    people = [
        {**PERSON, "sourcedId": f"u{number}", "agents": [{"sourcedId": "g"}] * (number % 4),
         **({"middleName": "M"} if number % 3 else {}), **({"phone": "1"} if number % 5 else {})}
        for number in range(200)
    ]  # fmt: skip
    text = json.dumps({"users": people}).replace(
        '"sourcedId": "u150"', '"sourcedId": "u150", "familyName": "Twice"'
    )

    listed = page(text.encode())

    assert [found.sourced_id for found in listed.rejected] == ["u150"]
    assert len(listed.rows) == 199


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("application/json; charset=ISO-8859-1", "latin-1"),
        ("application/json;charset=windows-1252", "cp1252"),
        ('application/json; charset="Windows-1250"', "cp1250"),
        ("application/json; charset=utf-16", "utf-16"),
        ("application/json; charset=utf-16le", "utf-16-le"),
        ("application/json", "utf-16"),
        ("application/json", "utf-16-be"),
        ("application/json", "utf-32"),
        ("application/json", "utf-8-sig"),
        ("application/json; charset=ISO-8859-1", "utf-8"),
        ("application/json; charset=x-unheard-of", "utf-8"),
        ("application/json; charset=utf8mb4", "utf-8"),
        ("application/json; charset=zlib", "utf-8"),
        ("application/json; charset=", "utf-8"),
        ("application/json; charset=shift_jis", "utf-8"),
        ("text/plain;charset=UTF-8", "utf-8"),
        ("text/html", "utf-8"),
        ("", "utf-8"),
        ("application/octet-stream", "utf-8-sig"),
    ],
)
def test_a_body_is_read_in_the_encoding_it_is_in(content_type: str, encoding: str) -> None:
    text = json.dumps({"users": [{**PERSON, "givenName": "José"}]}, ensure_ascii=False)

    listed = page(text.encode(encoding), content_type=content_type)

    assert isinstance(listed.rows[0], User)
    if "shift_jis" not in content_type:
        assert listed.rows[0].given_name == "José"
        assert listed.findings == ()


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_only_the_bytes_that_are_not_utf_8_are_windows_1252(content_type: str) -> None:
    body = raw(b'{"sourcedId":"u2","givenName":"Jos\xe9","familyName":"Nov\xc3\xa1k\x92s"}')

    listed = page(body, content_type=content_type)

    assert isinstance(listed.rows[1], User)
    assert listed.rows[1].given_name == "José"
    assert listed.rows[1].family_name == "Novák\u2019s"
    assert listed.findings == (
        RecordFinding(
            sourced_id="u2",
            rule="not-utf-8",
            message="has bytes that are not UTF-8; read as Windows-1252",
        ),
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"users":[' + b"[" * 100_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"users":[{"sourcedId":"Anna"}]', "cut off"),
        (b'{"users":[{"sourcedId":"Anna"}}]}', "byte"),
        (b'Anna {"users":[]}', "byte 0"),
        (b"", "empty"),
        (b'["Anna"]', "structure"),
    ],
    ids=lambda case: str(case)[:30],
)
def test_a_damaged_envelope_is_told_by_its_place(body: bytes, place: str) -> None:
    with pytest.raises(IncompatibleError) as caught:
        page(body)

    assert place in str(caught.value)
    assert "Anna" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"users":[],"users":[%b]}',
        b'{"users":[%b],"users":[]}',
        b'{"users":[%b],"users":[%b]}',
        b'{"users":[%b],"totalCount":1,"users":null}',
    ],
)
def test_of_two_lists_none_is_taken(body: bytes) -> None:
    people = json.dumps(PERSON).encode()

    with pytest.raises(IncompatibleError, match="duplicate member"):
        page(body.replace(b"%b", people))


def test_a_comma_behind_the_last_is_no_record() -> None:
    listed = page(b'{"users":[{"sourcedId":"u1","givenName":"Ann","familyName":"B",},],}')

    assert [row.sourced_id for row in listed.rows] == ["u1"]
    assert listed.received == 1


@pytest.mark.parametrize("rest", [b"x", b"<br/>", b'{"users":[]}', b"]"])
def test_what_stands_behind_the_end_is_reported(rest: bytes) -> None:
    listed = page(json.dumps({"users": [PERSON]}).encode() + rest)

    assert [row.sourced_id for row in listed.rows] == ["u1"]
    assert rules(listed) == [("bytes-behind-end", "")]


@pytest.mark.parametrize("body", [{"users": PERSON}, {"users": {"user": PERSON}},
                                  {"users": {"user": [PERSON]}}])  # fmt: skip
def test_a_list_of_one_may_be_an_object(body: object) -> None:
    assert page(json.dumps(body).encode()).rows == (user(),)


def test_neither_reasons_nor_shapes_nor_findings_hold_values() -> None:
    secret = "Canary"
    bad = [
        {**PERSON, "sourcedId": "u2", "status": secret},
        {**SEATS, "sourcedId": "u3", "status": [{secret: secret}]},
        {**PERSON, "sourcedId": {"x": secret}, "givenName": secret},
        {**PERSON, "sourcedId": "u4", "dateLastModified": secret, "enabledUser": secret,
         "roles": secret, "agents": [[secret]], "grades": {secret: [secret]}, "email": [secret, 1]},
    ]  # fmt: skip

    listed = page(*bad)

    assert len(listed.rejected) == 3
    assert "canary" not in repr([found.reason for found in listed.rejected]).lower()
    assert "canary" not in repr(listed.findings).lower()
    assert listed.rejected[0].raw == (
        "{sourcedId: text, givenName: text, familyName: text, status: text}"
    )


def test_a_page_tells_which_fields_it_has() -> None:
    listed = page(
        {**PERSON, "email": None, "roles": [], "preferredFirstName": ""},
        {**PERSON, "sourcedId": "u2", "phone": 5, "grades": [None], "enabledUser": True},
    )

    assert listed.fields == frozenset({
        "sourced_id", "given_name", "family_name", "email", "roles", "preferred_given_name",
        "phone", "grades", "enabled",
    })  # fmt: skip
    assert page({**PERSON, "role": "student", "orgs": ["s1"]}).fields == frozenset({
        "sourced_id", "given_name", "family_name", "roles",
    })  # fmt: skip
    assert page(of=Collection.COURSES).fields == frozenset()


def test_a_field_of_the_last_record_alone_is_a_field_of_the_page() -> None:
    people = [{**PERSON, "sourcedId": f"u{number}"} for number in range(300)]

    assert "sms" not in (page(*people).fields or ())
    assert "sms" in (page(*people, {**PERSON, "sourcedId": "last", "sms": None}).fields or ())


def test_rows_of_one_person_that_differ_only_in_their_schools_are_one() -> None:
    rows = [
        {**PERSON, "role": "teacher", "orgs": [{"sourcedId": "s1"}],
         "dateLastModified": "2026-08-01T00:00:00Z"},
        {**PERSON, "sourcedId": "u2", "role": "student", "orgs": [{"sourcedId": "s1"}]},
        {**PERSON, "role": "principal", "orgs": [{"sourcedId": "s2"}],
         "dateLastModified": "2026-08-02T00:00:00Z"},
        {**PERSON, "role": "teacher", "orgs": [{"sourcedId": "s3"}, {"sourcedId": "s1"}]},
    ]  # fmt: skip

    listed = page(*rows)

    assert isinstance(listed.rows[0], User)
    assert listed.rows[0].roles == (
        Role(role="teacher", org="s1"),
        Role(role="principal", org="s2", type="secondary"),
        Role(role="teacher", org="s3", type="secondary"),
    )
    assert listed.rows[0].modified_at == datetime(2026, 8, 2, tzinfo=UTC)
    assert [double.sourced_id for double in listed.duplicates] == ["u1", "u1"]
    assert not any(double.differs for double in listed.duplicates)
    assert listed.received == 4


def test_rows_that_differ_in_more_may_be_two_people() -> None:
    one_, other = (
        {**PERSON, "role": "aide", "orgs": ["s1"]},
        {**PERSON, "role": "aide", "orgs": ["s2"]},
    )

    listed = page(one_, {**other, "familyName": "Smith"})

    assert len(listed.rows) == 2
    assert listed.duplicates == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(
        ["NULL", "s1", "2026-08-15", "true", "student", "\ud800", "\x00", " x "]
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["sourcedId", "role", "org", "href", "#text", "x"]), inner,
                      max_size=3),
    max_leaves=6,
)  # fmt: skip
MEMBERS = {
    Collection.USERS: (PERSON, ["roles", "role", "orgs", "grades", "agents", "email", "userIds",
                                "enabledUser", "givenName", "primaryOrg", "dateLastModified"]),
    Collection.ENROLLMENTS: (SEATS, ["role", "primary", "beginDate", "endDate"]),
    Collection.CLASSES: (ROOM, ["title", "terms", "course", "periods", "classType", "location"]),
    Collection.COURSES: ({"sourcedId": "c"}, ["title", "org", "schoolYear", "subjects"]),
    Collection.ORGS: ({"sourcedId": "o"}, ["name", "type", "identifier", "parent"]),
    Collection.DEMOGRAPHICS: ({"sourcedId": "u"}, ["birthDate", "sex", "asian", "cityOfBirth"]),
}  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([*MEMBERS]), st.data())
def test_no_optional_value_costs_a_record(of: Collection, data: st.DataObject) -> None:
    record, names = MEMBERS[of]
    found = data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))

    listed = page({**record, **found}, of=of)

    assert listed.rejected == ()
    assert len(listed.rows) == 1
    assert found.keys() <= record.keys() | {*names}


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=60), st.integers(0, 200))
def test_no_bytes_raise_anything_but_an_incompatible_answer(noise: bytes, place: int) -> None:
    body = json.dumps({"users": [PERSON, {**PERSON, "sourcedId": "u2"}]}).encode()

    try:
        listed = page(body[:place] + noise + body[place:])
    except IncompatibleError:
        return

    assert listed.received <= len(body)


def test_a_damaged_page_is_still_read_in_no_time() -> None:
    people = [json.dumps({**PERSON, "sourcedId": f"u{number}"}).encode() for number in range(1000)]
    people[500] = NAMED % b'"Jos\\ud83d"'

    begun = time.perf_counter()
    listed = page(b'{"users":[%b]}' % b",".join(people))

    assert time.perf_counter() - begun < 10.0
    assert len(listed.rows) == 1000
