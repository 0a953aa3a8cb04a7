"""What is written is read again: all of a record in 1.2, in 1.1 what that version can carry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
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
from integration_tui.domain.text_damage import damage_of, means_nothing, without_invisible
from integration_tui.providers.oneroster.user_parsing import ROLES
from integration_tui.providers.oneroster_csv.roster import Roster, read
from integration_tui.providers.oneroster_csv.tables import Version
from tests.providers.oneroster_csv.fixtures import roster, write

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@sum",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "'=1",
    "''x",
]
TEXTS = (
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
    | st.sampled_from(FORMULAS)
).filter(lambda text: not text.isspace() and not means_nothing(damage_of(text)))
"""What stands for nothing, such as #N/A, comes back as nothing."""
NAMES = TEXTS | st.just("")
IDS = TEXTS.filter(lambda text: text.strip() == text == without_invisible(text))
"""Blanks around ids, and characters that nobody sees, are taken off."""
IDENTIFIERS = TEXTS.filter(lambda text: text == without_invisible(text))
LISTS = st.lists(IDS, max_size=3).map(tuple)
MOMENTS = st.datetimes(timezones=st.just(UTC))
DATES = st.dates(min_value=date(1000, 1, 1))
ROLE_WORDS = st.sampled_from(sorted(ROLES.values())) | st.just("ext:coach")
FIRST = {"sourced_id": IDS, "status": st.sampled_from(RecordStatus), "modified_at": MOMENTS}
NONE = st.none()
ROLE = st.builds(
    Role,
    role=ROLE_WORDS.filter(lambda word: word != "administrator"),  # a word of 1.1 alone
    org=IDS,
    type=st.sampled_from(["primary", "secondary"]),
    begins_on=NONE | DATES,
    ends_on=NONE | DATES,
)
USER_ID = st.builds(
    UserId,
    type=IDS.filter(lambda text: not set(text) & set(":{}")),
    identifier=IDS.filter(lambda text: "}" not in text),
)
USER = st.builds(
    User,
    **FIRST,
    given_name=NAMES,
    family_name=NAMES,
    username=NONE | IDENTIFIERS,
    email=NONE | IDENTIFIERS,
    identifier=NONE | IDENTIFIERS,
    enabled=st.booleans(),
    roles=st.lists(ROLE, max_size=3).map(tuple),
    grades=LISTS,
    primary_org=NONE | IDS,
    middle_name=NONE | TEXTS,
    preferred_given_name=NONE | TEXTS,
    preferred_middle_name=NONE | TEXTS,
    preferred_family_name=NONE | TEXTS,
    pronouns=NONE | TEXTS,
    sms=NONE | IDENTIFIERS,
    phone=NONE | IDENTIFIERS,
    agents=LISTS,
    user_ids=st.lists(USER_ID, max_size=2).map(tuple),
    master_identifier=NONE | IDENTIFIERS,
)
FLAGS = {
    text: NONE | st.booleans()
    for text in Demographics.__struct_fields__
    if Demographics.__annotations__.get(text) == "bool | None"
}
RECORDS: dict[Collection, st.SearchStrategy[Record]] = {
    Collection.ORGS: st.builds(
        Org,
        **FIRST,
        name=NAMES,
        type=st.sampled_from(["school", "district", "ext:camp"]),
        identifier=NONE | IDENTIFIERS,
        parent=NONE | IDS,
    ),
    Collection.ACADEMIC_SESSIONS: st.builds(
        AcademicSession,
        **FIRST,
        title=NAMES,
        type=st.sampled_from(["term", "schoolYear"]),
        starts_on=DATES,
        ends_on=DATES,
        school_year=NONE | st.integers(1900, 2199).map(str),
        parent=NONE | IDS,
    ),
    Collection.COURSES: st.builds(
        Course,
        **FIRST,
        title=NAMES,
        course_code=NONE | IDENTIFIERS,
        org=NONE | IDS,
        grades=LISTS,
        subjects=LISTS,
        subject_codes=LISTS,
        school_year=NONE | IDS,
    ),
    Collection.CLASSES: st.builds(
        Class,
        **FIRST,
        title=NAMES,
        course=NONE | IDS,
        school=IDS,
        terms=LISTS,
        class_code=NONE | IDENTIFIERS,
        class_type=st.sampled_from(["homeroom", "scheduled"]),
        grades=LISTS,
        location=NONE | TEXTS,
        subjects=LISTS,
        subject_codes=LISTS,
        periods=LISTS,
    ),
    Collection.USERS: USER,
    Collection.ENROLLMENTS: st.builds(
        Enrollment,
        **FIRST,
        user=IDS,
        class_=IDS,
        school=IDS,
        role=ROLE_WORDS,
        primary=NONE | st.booleans(),
        begins_on=NONE | DATES,
        ends_on=NONE | DATES,
    ),
    Collection.DEMOGRAPHICS: st.builds(
        Demographics,
        **FIRST,
        birth_date=NONE | DATES,
        sex=NONE | st.sampled_from(["male", "other"]),
        **FLAGS,
        country_of_birth_code=NONE | TEXTS,
        state_of_birth_abbreviation=NONE | TEXTS,
        city_of_birth=NONE | TEXTS,
        public_school_residence_status=NONE | TEXTS,
    ),
}


def read_all(folder: Path, collection: Collection) -> list[Record]:
    roster = Roster(folder)
    files = [roster.open(stem) for stem in roster.stems(collection)]
    assert files[0] is not None
    found = [
        csv_record.record for csv_record in read(files[0], files[1] if len(files) > 1 else None)
    ]
    for file in files:
        if file is not None:
            file.raw.close()
    roster.close()
    return [found_one for found_one in found if found_one is not None]


def travelled(
    collection: Collection, records: Sequence[Record], *, version: Version = "1.2", delta: bool
) -> list[Record]:
    """Write records, and read them again."""
    with TemporaryDirectory() as folder:
        write(Path(folder), {collection: records}, version=version, delta=delta)
        return read_all(Path(folder), collection)


@pytest.mark.parametrize("collection", Collection)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_1_2_carries_every_field_of_every_record(
    collection: Collection, data: st.DataObject
) -> None:
    records = data.draw(
        st.lists(RECORDS[collection], max_size=3, unique_by=lambda record: record.sourced_id)
    )

    assert travelled(collection, records, delta=True) == records


@settings(max_examples=40, deadline=None)
@given(USER)
def test_1_1_carries_a_user_but_for_what_is_new_in_1_2(user: User) -> None:
    same = tuple(
        msgspec.structs.replace(
            one, role="aide", org=f"o{number}", type="secondary" if number else "primary",
            begins_on=None, ends_on=None,
        )
        for number, one in enumerate(user.roles)
    )  # fmt: skip
    user = msgspec.structs.replace(
        user,
        roles=same,
        primary_org=None,
        preferred_given_name=None,
        preferred_middle_name=None,
        preferred_family_name=None,
        pronouns=None,
        master_identifier=None,
    )

    assert travelled(Collection.USERS, [user], version="1.1", delta=True) == [user]


def test_a_bulk_roster_comes_back_as_it_was(tmp_path: Path) -> None:
    records = roster()

    write(tmp_path, records)

    for collection, rows in records.items():
        assert read_all(tmp_path, collection) == rows


def test_a_bulk_file_leaves_out_status_and_moment_and_who_is_gone(tmp_path: Path) -> None:
    stays = Org(
        sourced_id="a", name="A", type="school", modified_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    gone = Org(sourced_id="b", name="B", type="school", status=RecordStatus.TO_BE_DELETED)

    writer = write(tmp_path, {Collection.ORGS: [stays, gone]})

    assert (tmp_path / "orgs.csv").read_text().splitlines()[1] == '"a","","","A","school","",""'
    assert [record.sourced_id for record in read_all(tmp_path, Collection.ORGS)] == ["a"]
    assert [finding.file for finding in writer.findings.kept] == ["orgs.csv"]
