"""Strips and sparklines for cells of tables: the worst is seen, and no data is never a zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.health.day import IntervalState
from integration_tui.tui.widgets.glyphs import ascii_twin
from integration_tui.tui.widgets.sparkline import sparkline, sparkline_parts
from integration_tui.tui.widgets.table.cells import CellStyle
from integration_tui.tui.widgets.uptime_strip import cells_for, legend, strip, strip_parts

_I, _C = IntervalState, CellStyle
STATES = [_I.NONE, _I.OK, _I.OK, _I.SLOW, _I.OK, _I.BAD]
latencies = st.lists(
    st.none() | st.floats(min_value=0, max_value=1e6, allow_nan=False), max_size=99
)


def test_every_state_has_a_sign_of_its_own() -> None:
    assert strip(STATES, 6).plain == "·▮▮▴▮✗"
    assert ascii_twin(strip(STATES, 6).plain) == ".||^|x"


def test_intervals_that_share_a_cell_show_their_worst() -> None:
    assert strip(STATES, 3).plain == "▮▴✗"


def test_a_cell_of_a_table_has_the_same_with_its_tones() -> None:
    assert strip_parts(STATES, 6) == (
        ("·", _C.FAINT),
        ("▮▮", _C.GOOD),
        ("▴", _C.WEAK),
        ("▮", _C.GOOD),
        ("✗", _C.BAD),
    )


@pytest.mark.parametrize(("width", "cells"), [(60, 12), (80, 16), (120, 24), (180, 48), (250, 48)])
def test_a_strip_grows_with_its_pane(width: int, cells: int) -> None:
    assert cells_for(width) == cells


def test_the_legend_names_all_signs() -> None:
    assert legend("degraded", "15 min").plain == (
        "▮ ok  ▴ degraded  ✗ failed  · no data   one cell = 15 min"
    )


@given(latencies, st.integers(min_value=1, max_value=40))
def test_a_sparkline_is_as_wide_as_its_cell(values: list[float | None], width: int) -> None:
    parts = sparkline_parts(values, width)

    assert len(sparkline(values, width)) == width
    assert sum(len(text) for text, _ in parts) == width
    assert {len(text) > 0 for text, _ in parts} == {True}


@given(latencies.filter(lambda values: any(value is not None for value in values)))
def test_the_greatest_is_full_and_the_smallest_is_seen(values: list[float | None]) -> None:
    shown = "".join(text for text, _ in sparkline_parts(values, 50))

    dots = [ord(sign) - 0x2800 for sign in shown if sign != "·"]
    assert dots
    assert 0 not in dots
    if max(value or 0.0 for value in values) > 0:
        assert any(dot & 0x09 for dot in dots)  # the topmost dot of either half


def test_a_gap_is_a_gap() -> None:
    assert sparkline([4.0, 4.0, None, None, 1.0, None], 3) == "⣿·⡀"
    assert sparkline([], 3) == "···"


def test_latencies_above_the_limit_are_amber() -> None:
    values = [10.0, 10.0, 50.0, 10.0, None, None, 10.0, 10.0]

    parts = sparkline_parts(values, 4, limit=40.0)

    assert [(len(text), tone) for text, tone in parts] == [
        (1, _C.DATA),
        (1, _C.WEAK),
        (1, _C.FAINT),
        (1, _C.DATA),
    ]


def test_many_values_keep_their_peaks() -> None:
    ((shown, _),) = sparkline_parts([1.0] * 47 + [9.0], 12)

    assert shown == "⣀" * 11 + "⣸"
