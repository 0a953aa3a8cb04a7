"""Old beside new: what differs is marked, and nothing is wider than there is room for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from integration_tui.tui.widgets.diff import FieldDiff, diff_content, field_lines, marked
from integration_tui.tui.widgets.roles import STYLES

TITLES = ("Now", "After")


def marks(content: Content, role: str) -> list[str]:
    """Return the pieces of a text that have this role."""
    plain = content.plain
    return [
        plain[span.start : span.end] for span in content.spans if f"{span.style}" == STYLES[role]
    ]


def test_only_the_characters_that_differ_are_marked() -> None:
    old, new = marked("s.everhart@prairieview.example", "s.everhart-rivera@prairieview.example")

    assert marks(old, "old-mark") == []
    assert marks(new, "new-mark") == ["-rivera"]
    assert (old.plain, new.plain) == (
        "s.everhart@prairieview.example",
        "s.everhart-rivera@prairieview.example",
    )


def test_texts_that_are_little_alike_are_marked_whole() -> None:
    old, new = marked("Lincoln Elementary", "Madison Middle School")

    assert marks(old, "old-mark") == ["Lincoln Elementary"]
    assert marks(new, "new-mark") == ["Madison Middle School"]


@pytest.mark.parametrize(("old", "new"), [(None, "555-0142"), ("", "555-0142")])
def test_a_value_that_was_not_there_is_empty(old: str | None, new: str) -> None:
    before, after = marked(old, new)

    assert before.plain == "(empty)"
    assert marks(after, "new-mark") == [new]


def test_fields_stand_side_by_side_where_there_is_room() -> None:
    changes = [
        FieldDiff(name="Grade", old="5", new="6"),
        FieldDiff(name="Username", old="severhart", new="severhart"),
    ]

    head, grade, username = field_lines(changes, 80, titles=TITLES)

    assert head.plain.split() == ["Now", "After"]
    assert grade.plain.split() == ["Grade", "5", "→", "6"]
    assert username.plain.split() == ["Username", "severhart", "=", "severhart"]
    assert head.plain.index("After") == grade.plain.index("6")


def test_old_stands_above_new_where_there_is_none() -> None:
    changes = [
        FieldDiff(name="Grade", old="5", new="6"),
        FieldDiff(name="Phone", old=None, new="555-0142"),
    ]

    rows = [row.plain.split() for row in field_lines(changes, 60, titles=TITLES)]

    assert rows == [
        ["Grade", "\N{MINUS SIGN}", "5"],
        ["+", "6"],
        ["Phone", "+", "555-0142"],
    ]


UNIFIED = """\
--- version 1
+++ your changes
@@ -3,4 +3,4 @@
 auth:
-  timeout_s: 20
+  timeout_s: 25
 seed: 7
@@ -20 +20,2 @@
+--- a list
"""


def test_a_difference_has_numbers_signs_and_the_letters_that_differ() -> None:
    shown = diff_content(UNIFIED)

    assert [row.split(maxsplit=1) for row in shown.plain.split("\n")] == [
        ["version", "1 → your changes"],
        ["3", "auth:"],
        ["4", "\N{MINUS SIGN}   timeout_s: 20"],
        ["4", "+   timeout_s: 25"],
        ["5", "seed: 7"],
        ["…"],
        ["20", "+ --- a list"],
    ]
    assert marks(shown, "old-mark") == ["0"]
    assert marks(shown, "new-mark") == ["5"]


def test_a_sentence_in_place_of_a_difference_stands_as_it_is() -> None:
    assert diff_content("Only line breaks change.").plain == "Only line breaks change."


texts = st.none() | st.text(max_size=60)


@given(
    st.lists(st.builds(FieldDiff, name=st.text(min_size=1, max_size=30), old=texts, new=texts)),
    st.integers(20, 200),
)
def test_no_line_is_wider_than_there_is_room(changes: list[FieldDiff], width: int) -> None:
    for row in field_lines(changes, width, titles=TITLES):
        assert "\n" not in row.plain
        assert row.cell_length <= max(width, 36)
