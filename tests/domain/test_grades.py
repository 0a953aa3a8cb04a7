"""Grades as real systems write them become the codes of OneRoster, or stay what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.grades import GRADES, GradeTable, grade_code, grade_number
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Class, Enrollment, User


def student(*grades: str) -> User:
    return User(sourced_id="u", given_name="Ada", family_name="Byron", grades=grades)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        *((code, code) for code in GRADES),
        *((code.lower(), code) for code in GRADES),
        *((f"{number}", f"{number:02d}") for number in range(1, 14)),
        ("5", "05"), ("5.0", "05"), (" 5 ", "05"), ("05th", "05"), ("G5", "05"), ("Gr. 5", "05"),
        ("Grade 5", "05"), ("5th Grade", "05"), ("Fifth grade", "05"), ("fifth grader", "05"),
        ("1st", "01"), ("2nd", "02"), ("3rd", "03"), ("9th", "09"), ("Ninth grade", "09"),
        ("Freshman", "09"), ("Senior", "12"), ("TWELFTH", "12"),
        ("0", "KG"), ("00", "KG"), ("K", "KG"), ("k", "KG"), ("Kindergarten", "KG"),
        ("Grade K", "KG"), ("-1", "PK"), ("Pre-K", "PK"), ("PreK", "PK"), ("T-K", "TK"),
        ("Transitional  Kindergarten", "TK"), ("ungraded", "UG"), ("Preschool", "PR"),
    ],
)  # fmt: skip
def test_what_systems_write_is_known(sent: str, code: str) -> None:
    assert grade_code(sent) == code


@pytest.mark.parametrize(
    "sent",
    [
        "",
        " ",
        "14",
        "99",
        "-2",
        "9-12",
        "K-5",
        "09,10",
        "Year 7",
        "Room 9",
        "x",
        "K" * 41,
        "1" * 5_000,
    ],
)
def test_what_may_mean_anything_is_not_guessed(sent: str) -> None:
    assert grade_code(sent) is None
    assert GradeTable().code(sent) == sent


@given(st.text(max_size=60))
def test_a_code_is_its_own_code_whatever_it_was_made_of(sent: str) -> None:
    code = GradeTable().code(sent)

    assert code == sent or code in GRADES
    assert GradeTable().code(code) == code


def test_a_configuration_adds_words_and_overrides_ours() -> None:
    table = GradeTable({"Nursery  2": "PK", "senior": "13"})

    assert (table.code("nursery 2"), table.code("Senior"), table.code("9")) == ("PK", "13", "09")


def test_what_was_sent_is_kept_beside_the_codes() -> None:
    record = GradeTable().record(student("9th", "09", "x"))

    assert isinstance(record, User)
    assert (record.grades, record.grades_as_sent) == (("09", "x"), ("9th", "09", "x"))


def test_what_is_right_already_is_not_touched() -> None:
    seat = Enrollment(sourced_id="e", user="u", class_="c", school="s", role="student")
    page = Page(rows=(student("09"), student(), seat), fields=frozenset({"grades", "email"}))

    found = GradeTable().page(page)

    assert all(new is old for new, old in zip(found.rows, page.rows, strict=True))
    assert found.fields == frozenset({"grades", "grades_as_sent", "email"})


def test_classes_and_courses_have_grades_as_well() -> None:
    record = GradeTable().record(
        Class(sourced_id="c", title="Maths", course=None, school="s", grades=("Kindergarten",))
    )

    assert isinstance(record, Class)
    assert record.grades == ("KG",)


@pytest.mark.parametrize(
    ("sent", "number"),
    [("PK", "-1"), ("KG", "0"), ("9th", "9"), ("13", "13"), ("UG", None), ("x", None)],
)
def test_timebacks_clients_take_numbers(sent: str, number: str | None) -> None:
    assert grade_number(sent) == number
