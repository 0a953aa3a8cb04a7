"""What is sent, or written as JSON lines, is OneRoster 1.2 and reads the same."""

import string
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.roster import (
    RECORD_TYPES,
    Collection,
    Course,
    Enrollment,
    Record,
    Role,
    User,
    UserId,
)
from integration_tui.domain.text_damage import damage_of
from integration_tui.providers.oneroster.page_records import read_record
from integration_tui.providers.oneroster.serializer import encode

WORD = st.text(string.ascii_letters + "éß'<>", min_size=1, max_size=8).filter(
    lambda text: damage_of(text) is None  # what is damaged is corrected as it is read
)
MOMENT = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis wants naive bounds
    lambda aware_datetime: aware_datetime.replace(
        microsecond=aware_datetime.microsecond // 1000 * 1000
    )
)
BY_TYPE = {
    str: WORD,
    str | None: st.none() | WORD,
    tuple[str, ...]: st.lists(WORD, max_size=3).map(tuple),
    datetime | None: st.none() | MOMENT,
}


def records(collection: Collection) -> st.SearchStrategy[Record]:
    kind = RECORD_TYPES[collection]
    fields = {
        field.name: BY_TYPE[field.type]
        for field in msgspec.structs.fields(kind)
        # What a grade was before it became a code is ours alone; OneRoster has no claims.
        if field.type in BY_TYPE and field.name not in {"school_year", "grades_as_sent", "claims"}
    }
    return st.builds(kind, **fields)


@given(st.sampled_from(Collection).flatmap(lambda value: st.tuples(st.just(value), records(value))))
def test_what_is_encoded_is_read_as_it_was(drawn: tuple[Collection, Record]) -> None:
    collection, record = drawn

    raw = msgspec.json.encode(encode(record))

    assert read_record(collection, raw) == record


def test_a_person_is_spelled_as_the_specification_has_it() -> None:
    user = User(
        sourced_id="u1",
        given_name="Ann",
        family_name="O'Neil",
        enabled=False,
        roles=(Role(role="student", org="o1", begins_on=date(2026, 8, 17)),),
        agents=("u9",),
        user_ids=(UserId(type="SIS", identifier="17"),),
        primary_org="o1",
        preferred_given_name="Annie",
        master_identifier="m1",
    )

    found = encode(user)

    assert found == {
        "sourcedId": "u1",
        "status": "active",
        "givenName": "Ann",
        "familyName": "O'Neil",
        "enabledUser": "false",
        "roles": [
            {
                "roleType": "primary",
                "role": "student",
                "org": {"sourcedId": "o1"},
                "beginDate": "2026-08-17",
            }
        ],
        "agents": [{"sourcedId": "u9"}],
        "userIds": [{"type": "SIS", "identifier": "17"}],
        "primaryOrg": {"sourcedId": "o1"},
        "preferredFirstName": "Annie",
        "userMasterIdentifier": "m1",
    }


@pytest.mark.parametrize(
    ("record", "name", "value"),
    [
        (Course(sourced_id="c", title="A", school_year="y1"), "schoolYear", {"sourcedId": "y1"}),
        (
            Enrollment(sourced_id="e", user="u", class_="c", school="s", role="student"),
            "class",
            {"sourcedId": "c"},
        ),
        (
            Enrollment(
                sourced_id="e", user="u", class_="c", school="s", role="student", primary=True
            ),
            "primary",
            "true",
        ),
    ],
)
def test_references_and_flags_are_spelled_as_in_1_2(
    record: Record, name: str, value: object
) -> None:
    assert encode(record)[name] == value
