"""What narrows and sorts a list: pure rules."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.tui.widgets.table.cells import Cell, Column, TableRow, TableRows
from integration_tui.tui.widgets.table.filter import is_empty, parse_list_filter
from integration_tui.tui.widgets.table.model import SortOrder, TableModel

COLUMNS = (
    Column(title="Status", width=10),
    Column(title="Name"),
    Column(title="ms", width=5, right=True),
    Column(title="Check/next"),
)
ROWS = (
    ("● active", "Lincoln High", "9", "09:30"),
    ("✗ error", "roosevelt [/x]", "-", ""),
    ("▲ degraded", "Adams\x1b[2J", "1,400", "09:31"),
    ("● active", "adams east", "40", "-"),
)
TEXTS = st.text(st.sampled_from('ab:!<>"1 -.éß\x1bmsname'), max_size=12)


def arranged(
    text: str = "", order: SortOrder | None = None, rows: tuple[tuple[str, ...], ...] = ROWS
) -> list[str]:
    """Return the numbers of the rows that are shown."""
    made = [TableRow(key=f"{at}", cells=tuple(map(Cell, cells))) for at, cells in enumerate(rows)]
    arrangement = TableModel(COLUMNS)
    arrangement.filter = parse_list_filter(text, COLUMNS)
    arrangement.order = order
    arrangement.take(TableRows.of(made))
    assert [made[int(key)] for key in arrangement.keys] == [
        arrangement.row_at(place) for place in range(len(arrangement.keys))
    ]
    return [*arrangement.keys]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "0123"),
        ("ADAMS", "23"),
        ("adams active", "3"),
        ("!adams", "01"),
        ("status:act !name:east", "0"),
        ("check:", "13"),
        ("!check/next:", "02"),
        ("ms:>9", "23"),
        ("ms:>=9 ms:<1,400", "03"),
        ("!ms:>9", "01"),
        ("ms:>", "0123"),
        ('"lincoln high"', "0"),
        ("09:3", "02"),
        ('name:"s e"', "3"),
        ("[/x]", "1"),
        ("␛[2j", "2"),
        ("!", "0123"),
    ],
)
def test_words_and_columns_narrow_a_list(text: str, shown: str) -> None:
    assert arranged(text) == [*shown]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("foo:bar", "there is no column foo; there are status, name, ms, check"),
        ("ms:>fast", "> compares numbers, and fast is none"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_the_rest_counts(text: str, problem: str) -> None:
    assert parse_list_filter(text, COLUMNS).problem == problem
    assert arranged(f"{text} lincoln") == ["0"]


@given(TEXTS, TEXTS)
def test_more_words_never_show_more_and_not_is_the_rest(one: str, other: str) -> None:
    both, single = arranged(f"{one} {other}"), arranged(one)
    word = one.strip()

    assert set(both) <= set(arranged(other)) or '"' in one
    if word.isalnum():
        assert sorted([*single, *arranged(f"!{word}")]) == [*"0123"]


CELLS = st.tuples(*[st.sampled_from(["", "-", "a", "B", "● b", "7", "1,000", "30"])] * 4)


@given(st.lists(CELLS, max_size=8), st.integers(0, 3), st.booleans())
def test_sorting_is_stable_and_what_is_empty_comes_last(
    rows: list[tuple[str, ...]], column: int, is_reversed: bool
) -> None:
    order = SortOrder(column=column, is_reversed=is_reversed)

    shown = arranged(order=order, rows=tuple(rows))

    assert sorted(shown) == sorted(f"{at}" for at in range(len(rows)))
    empty = [is_empty(Cell(rows[int(key)][column])) for key in shown]
    assert empty == sorted(empty)
    texts = [rows[int(key)][column] for key in shown]
    for at, (key, after) in enumerate(pairwise(shown)):
        if texts[at] == texts[at + 1]:
            assert int(key) < int(after)


def test_numbers_are_sorted_as_numbers_and_words_without_their_sign() -> None:
    assert arranged(order=SortOrder(column=2)) == [*"0321"]
    assert arranged(order=SortOrder(column=2, is_reversed=True)) == [*"2301"]
    assert arranged(order=SortOrder(column=0)) == [*"0321"]


def test_what_is_the_same_is_not_made_again() -> None:
    seeds = [object() for _ in range(5)]
    made: list[int] = []

    def make(place: int) -> TableRow:
        made.append(place)
        return TableRow(key=f"{place}", cells=tuple(Cell(f"{place}") for _ in COLUMNS))

    def rows() -> TableRows:
        return TableRows(keys=[*"01234"], make=make, seeds=[*seeds])

    arrangement = TableModel(COLUMNS)
    arrangement.take(rows())
    assert made == []
    arrangement.filter = parse_list_filter("!3", COLUMNS)
    arrangement.take(rows())
    assert made == [0, 1, 2, 3, 4]
    seeds[2] = object()
    arrangement.take(rows())
    assert made == [0, 1, 2, 3, 4, 2]


@pytest.mark.parametrize("typed", ["ශ්රී", "ශ්\u200dරී", "name:ශ්රී", "mül\u00adler", "müller"])
def test_joiners_and_soft_hyphens_are_passed_over(typed: str) -> None:
    rows = (("", "ශ්\u200dරී Müller", "", ""), ("", "ශ්රී Mül\u00adler", "", ""), ("", "x", "", ""))

    assert arranged(typed, rows=rows) == ["0", "1"]
