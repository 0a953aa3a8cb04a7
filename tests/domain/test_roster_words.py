"""What fields and codes of roster records are called by people."""

from __future__ import annotations

import pytest

from integration_tui.domain.roster import RECORD_TYPES, Collection
from integration_tui.domain.roster_words import (
    code_words,
    day_words,
    field_label,
    fields_sentence,
    grade_words,
    role_words,
    value_words,
)
from integration_tui.domain.sync.plan import Value


def test_no_field_of_any_record_is_shown_in_snake_case() -> None:
    for collection in Collection:
        for name in RECORD_TYPES[collection].__struct_fields__:
            label = field_label(name)

            assert "_" not in label
            assert label[:1].isupper()


def test_the_number_of_a_student_is_called_so() -> None:
    assert field_label("identifier", role="student") == "Student no."
    assert field_label("identifier", role="teacher") == "Identifier"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("schoolYear", "School year"),
        ("school_year", "School year"),
        ("districtAdministrator", "District administrator"),
        ("homeroom", "Homeroom"),
        ("", ""),
        ("__", ""),
    ],
)
def test_codes_are_words(code: str, words: str) -> None:
    assert code_words(code) == words


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ("06", "6"),
        ("KG", "K"),
        ("06 07 08", "6-8"),
        ("06 07", "6, 7"),
        ("06 08 09", "6, 8, 9"),
        ("KG 01 02", "K, 1, 2"),
        ("00", "00"),
        ("Other", "other"),
        ("", ""),
    ],
)
def test_grades_are_written_as_schools_do(codes: str, words: str) -> None:
    assert grade_words(codes) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("enabled", 1, "yes"),
        ("enabled", 0, "no"),
        ("primary", None, ""),
        ("subjects", "[]", ""),
        ("subjects", '["Art","Music"]', "Art, Music"),
        ("grades", '["06","07","08"]', "6-8"),
        ("type", "gradingPeriod", "Grading period"),
        ("begins_on", "2026-08-17", "17 Aug 2026"),
        ("begins_on", "2026-02-31", "2026-02-31"),
        ("email", "[a]@example.org", "[a]@example.org"),
        ("grades", "[1", "[1"),
        ("subjects", "[\ud800", "[\ud800"),
        ("user_ids", '[{"type":"state","identifier":"9"}]', "state: 9"),
    ],
)
def test_values_are_written_as_people_do(name: str, value: Value, words: str) -> None:
    assert value_words(name, value) == words


def test_roles_name_their_schools() -> None:
    roles = '[{"role":"student","org":"s1","type":"primary"},{"role":"aide","org":"s2"}]'

    assert value_words("roles", roles, {"s1": "Lincoln"}) == "Student at Lincoln, Aide at s2"
    assert role_words("student,siteAdministrator") == "Student, Site administrator"


def test_fields_make_a_sentence() -> None:
    assert fields_sentence(["email"]) == "Email"
    assert fields_sentence(["email", "grades", "primary_org"]) == "Email, grades and school"
    assert fields_sentence(["phone", "master_identifier"]) == "Phone and master ID"
    assert fields_sentence([]) == ""
    assert day_words("no day") == "no day"
