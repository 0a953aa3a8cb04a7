"""The plan as bars: in a fixed order, with every part to be seen, and never too wide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan_tally import ChangeTally, PersonRole, PlanTally
from integration_tui.tui.screens.sync.plan_bars import PlanPicture

MINUS = "\N{MINUS SIGN}"
counts = st.integers(0, 2_000_000)
tallies = st.builds(
    ChangeTally,
    created=counts,
    updated=counts,
    deactivated=counts,
    quarantined=counts,
    unchanged=st.none() | counts,
    known=st.none() | counts,
    after=st.none() | counts,
)
plans = st.builds(
    PlanTally,
    collections=st.dictionaries(st.sampled_from(Collection), tallies, max_size=3),
    roles=st.dictionaries(st.sampled_from(PersonRole), tallies, max_size=2),
)


def drawn(tally: PlanTally, width: int = 80, height: int = 30) -> list[str]:
    return [row.plain for row in PlanPicture(tally=tally).draw(width, height)]


@given(
    plans,
    st.integers(76, 250),
    st.integers(1, 60),
    st.lists(st.sampled_from(("a b " * 30, "x" * 200)), max_size=2),
)
def test_no_line_is_too_wide_and_there_are_never_too_many(
    tally: PlanTally, width: int, height: int, incomplete: list[str]
) -> None:
    rows = list(PlanPicture(tally=tally, incomplete=incomplete).draw(width, height))

    assert len(rows) <= height
    assert all(row.cell_length <= width for row in rows)


@given(plans, st.integers(0, 75), st.integers(0, 5))
def test_it_is_drawn_for_any_room(tally: PlanTally, width: int, height: int) -> None:
    assert len(list(PlanPicture(tally=tally).draw(width, height))) <= height


HELD = PlanTally(
    collections={
        Collection.ORGS: ChangeTally(unchanged=2, known=2, after=2),
        Collection.USERS: ChangeTally(
            created=3, deactivated=154, unchanged=146, known=300, after=149
        ),
        Collection.ENROLLMENTS: ChangeTally(deactivated=616, unchanged=544, known=1_160, after=544),
    },
    roles={
        PersonRole.STUDENT: ChangeTally(created=3, deactivated=154, unchanged=127, quarantined=1),
        PersonRole.TEACHER: ChangeTally(unchanged=19),
    },
)


def test_every_part_begins_with_its_sign_in_a_fixed_order() -> None:
    (students,) = [row for row in drawn(HELD) if row.startswith("Students")]
    bar = students[15:].split("  ")[0]

    assert bar[0] == "+"
    assert bar.index("+") < bar.index(MINUS) < bar.index("?")
    assert students.split()[-5:] == ["+3", "·", f"{MINUS}154", "=127", "?1"]


def test_bars_show_what_changes_however_much_stays() -> None:
    some = ChangeTally(updated=2, deactivated=40, unchanged=200_000)
    fewer = ChangeTally(deactivated=21, unchanged=7)
    tally = PlanTally(
        collections={Collection.USERS: some},
        roles={PersonRole.STUDENT: some, PersonRole.TEACHER: fewer},
    )

    students, teachers = drawn(tally)[1:3]

    assert students.count("▆") > 20
    assert "─" not in students
    assert teachers.count("▆") == pytest.approx(students.count("▆") / 2, abs=2)


def test_people_stand_apart_from_everything_else() -> None:
    rows = drawn(HELD)

    assert rows[0] == "People 300 now, 149 after"
    assert "Everything else 1,162 now, 546 after" in rows
    assert [row.split()[0] for row in rows if "=" in row] == [
        "Students",
        "Teachers",
        "Enrollments",
        "Organizations",
    ]


def test_what_is_unchanged_leaves_first_where_there_is_little_room() -> None:
    names = [row.split()[0] for row in drawn(HELD, height=5)]

    assert names[:4] == ["People", "Students", "Everything", "Enrollments"]
    assert "create" in drawn(HELD, height=5)[4]


@pytest.mark.parametrize(("is_past", "word"), [(True, "before"), (False, "now")])
def test_a_past_plan_says_how_many_there_were(is_past: bool, word: str) -> None:
    picture = PlanPicture(tally=HELD, is_past=is_past)

    assert next(iter(picture.draw(80, 30))).plain == f"People 300 {word}, 149 after"
