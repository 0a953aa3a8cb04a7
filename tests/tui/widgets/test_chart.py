"""The chart: nothing outside, nothing above the top, and a gap stays a gap."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import ComposeResult
from textual.geometry import Region

from integration_tui.domain.health.incident import incidents_of
from integration_tui.domain.health.timeseries import Bucket, TimeSeries
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Transition
from integration_tui.tui.themes import ThemedApp
from integration_tui.tui.widgets.chart import (
    MARGIN,
    ChartData,
    LatencyChart,
    chart_data,
    chart_rows,
)
from integration_tui.tui.widgets.chart_canvas import (
    HIGH,
    Band,
    Canvas,
    Line,
    Mark,
    Tick,
    axis_lines,
    height_of,
    nice_top,
    resampled,
    scale,
    time_ticks,
)
from integration_tui.tui.widgets.formats import latency

SINCE = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
_S = IntegrationStatus

milliseconds = st.floats(min_value=0, max_value=600_000, allow_nan=False)
values = st.lists(st.none() | milliseconds, max_size=300)
shares = st.floats(min_value=-1, max_value=2, allow_nan=False)


def data(*latencies: float | None, bands: Sequence[Band] = (), **more: float) -> ChartData:
    return ChartData(
        since=SINCE,
        end=SINCE + DAY,
        p95s_ms=latencies,
        p50s_ms=tuple(value and value / 2 for value in latencies),
        bands=tuple(bands),
        limit_ms=more.get("limit_ms"),
    )


def texts(rows: Sequence[Sequence[Mark]]) -> list[str]:
    return ["".join(mark.sign for mark in row) for row in rows]


def braille(rows: Sequence[Sequence[Mark]]) -> set[tuple[int, int]]:
    """Return the cells, without the margin, in which there are dots."""
    return {
        (y, x - MARGIN)
        for y, row in enumerate(rows)
        for x, mark in enumerate(row)
        if "\u2800" < mark.sign <= "\u28ff"
    }


@given(
    values,
    st.lists(st.tuples(shares, shares, st.booleans()), max_size=4),
    st.integers(min_value=12, max_value=160),
    st.integers(min_value=4, max_value=40),
)
def test_a_chart_fills_just_its_room(
    latencies: list[float | None],
    bands: list[tuple[float, float, bool]],
    width: int,
    height: int,
) -> None:
    drawn = [Band(start=start, end=end, is_bad=is_bad) for start, end, is_bad in bands]

    rows = chart_rows(data(*latencies, bands=drawn, limit_ms=250.0), width, height)

    assert len(rows) == height
    assert {len(row) for row in rows} == {width}
    assert all(len(mark.sign) == 1 for row in rows for mark in row)


@given(milliseconds)
def test_no_value_is_above_the_top(value: float) -> None:
    top = nice_top(value)

    assert value <= top * (1 + 1e-9)
    assert top <= max(4.0, value * 2.1)
    for high in (1, 2, 7, 40):
        assert 0 <= height_of(value, top, high) < high * HIGH


@given(values, st.integers(min_value=1, max_value=200))
def test_of_values_that_share_a_place_the_greatest_stays(
    latencies: list[float | None], count: int
) -> None:
    drawn = resampled(latencies, count)

    assert len(drawn) == count
    assert set(drawn) <= {None, *latencies}
    known = [value for value in latencies if value is not None]
    if known:
        assert max(value for value in drawn if value is not None) == max(known)
    else:
        assert set(drawn) == {None}


@given(st.integers(0, 47), st.integers(1, 48), st.integers(40, 130))
def test_a_gap_stays_a_gap(first: int, length: int, width: int) -> None:
    latencies: list[float | None] = [100.0] * 48
    latencies[first : first + length] = [None] * len(latencies[first : first + length])
    if all(value is None for value in latencies):
        return

    rows = chart_rows(data(*latencies), width, 12)

    wide = width - MARGIN
    columns = {x for _, x in braille(rows)}
    for x in range(wide):
        shown = {latencies[dot * 48 // (2 * wide)] for dot in (2 * x, 2 * x + 1)}
        assert (x in columns) == (shown != {None})


def test_nothing_answered_is_said_and_is_not_zero() -> None:
    nobody = ChartData(since=SINCE, end=SINCE + DAY, p95s_ms=(None,) * 9, is_checked=False)

    silent, unchecked = (
        "\n".join(texts(chart_rows(one, 60, 10))) for one in (data(*[None] * 9), nobody)
    )

    assert "No check was answered" in silent
    assert "No checks in this window" in unchecked
    assert not braille(chart_rows(nobody, 60, 10))


@given(shares, shares, st.integers(1, 200))
def test_a_band_has_a_column_and_none_outside(start: float, end: float, wide: int) -> None:
    columns = Band(start=start, end=end).columns(wide)

    assert 0 <= columns.start < columns.stop <= wide


def test_bands_are_tinted_with_their_sign_on_top_and_the_worst_wins() -> None:
    bands = (Band(start=0.4, end=0.8, is_bad=False), Band(start=0.6, end=1.0))

    rows = chart_rows(data(*[10.0] * 40, bands=bands), MARGIN + 40, 9)

    grounds = [mark.ground for mark in rows[3][MARGIN:]]
    assert grounds == [""] * 16 + ["warn-ground"] * 8 + ["bad-ground"] * 16
    assert [mark.sign for mark in rows[0][MARGIN:] if mark.sign in "▲✗"] == ["▲", "✗"]
    assert rows[0][MARGIN + 16].sign == "▲"
    assert rows[0][MARGIN + 24].sign == "✗"


def test_a_limit_is_drawn_only_where_it_is_in_range() -> None:
    near = chart_rows(data(900.0, None, limit_ms=800.0), 60, 14)
    far = chart_rows(data(90.0, None, limit_ms=800.0), 60, 14)

    (row,) = [row for row in near if _limit(row)]
    assert sum(mark.tone == "limit" for mark in row) > 20
    assert not any(_limit(row) for row in far)


def _limit(row: Sequence[Mark]) -> bool:
    return any(mark.tone == "limit" for mark in row)


@pytest.mark.parametrize(
    ("slowest", "labels"),
    [
        (3, ["0 ms", "1 ms", "2 ms", "3 ms", "4 ms"]),
        (231, ["0 ms", "60 ms", "120 ms", "180 ms", "240 ms"]),
        (1150, ["0 ms", "300 ms", "600 ms", "900 ms", "1.2 s"]),
        (4600, ["0 ms", "2.5 s", "5.0 s"]),
    ],
)
def test_a_scale_has_round_numbers_with_units(slowest: float, labels: list[str]) -> None:
    found = scale(nice_top(slowest), 15)

    assert [latency(found[row]) for row in sorted(found, reverse=True)] == labels


@given(milliseconds, st.integers(2, 40))
def test_a_scale_has_two_to_five_numbers_from_zero_to_the_top(value: float, high: int) -> None:
    top = nice_top(value)

    found = scale(top, high)

    assert 2 <= len(found) <= 5
    assert found[high - 1] == 0
    assert found[0] == pytest.approx(top)
    assert all(0 <= row < high for row in found)


@given(
    st.floats(min_value=60, max_value=40 * 86400, allow_nan=False),
    st.integers(min_value=10, max_value=230),
    st.integers(min_value=0, max_value=10**7),
)
def test_labels_of_time_never_touch(length_s: float, wide: int, offset_s: int) -> None:
    since = SINCE + timedelta(seconds=offset_s)
    ticks = list(time_ticks(since, since + timedelta(seconds=length_s), wide))

    axis, labels = axis_lines(ticks, wide, MARGIN)

    assert (len(axis), len(labels)) == (wide, wide + MARGIN)
    assert all(0 <= tick.share <= 1 for tick in ticks)
    shown = {tick.label for tick in ticks}
    rest = labels
    for label in sorted(shown, key=len, reverse=True):
        rest = rest.replace(label, "")
    assert not rest.strip(), labels


def test_ticks_are_round_local_times_and_midnight_has_its_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "America/Chicago")
    time.tzset()
    try:
        labels = [tick.label for tick in time_ticks(SINCE, SINCE + DAY, 118)]
        days = [tick.label for tick in time_ticks(SINCE, SINCE + 7 * DAY, 118)]
        month = [tick.label for tick in time_ticks(SINCE, SINCE + 30 * DAY, 118)]
    finally:
        monkeypatch.undo()
        time.tzset()

    assert labels == [
        *("02:00", "04:00", "06:00", "08:00", "10:00", "12:00", "14:00", "16:00"),
        *("18:00", "20:00", "22:00", "Tue 00:00"),
    ]
    assert days[:2] == ["Tue 6", "Wed 7"]
    assert month[0].endswith(" Oct")


def test_a_label_that_has_no_room_leaves_its_tick_out() -> None:
    axis, labels = axis_lines([Tick(0.5, "12:00"), Tick(0.52, "12:10")], 40, MARGIN)

    assert axis.count("┴") == 1
    assert labels.split() == ["12:00"]


def test_a_cell_belongs_to_the_line_that_came_last() -> None:
    canvas = Canvas(4, 3)
    canvas.plot(Line(values=[1.0] * 8, tone="p50", fill="area"), 1.0)
    canvas.plot(Line(values=[1.0] * 8, tone="p95"), 1.0)

    assert {canvas.mark(0, x) for x in range(4)} == {Mark("⠉", "p95")}
    assert {canvas.mark(2, x) for x in range(4)} == {Mark("⣿", "area")}


def test_below_six_rows_there_is_one_line() -> None:
    low, high = (chart_rows(data(*[10.0, 90.0] * 20), 60, height) for height in (7, 8))

    assert {mark.tone for row in low for mark in row} & {"p50", "p95", "area"} == {"p50", "area"}
    assert {mark.tone for row in high for mark in row} >= {"p50", "p95"}


def course(*buckets: Bucket) -> TimeSeries:
    return TimeSeries(
        integration_id=IntegrationId("lincoln"),
        since=SINCE,
        until=SINCE + timedelta(minutes=len(buckets)),
        width_s=60,
        buckets=buckets,
    )


def change(after: IntegrationStatus, minute: float) -> Transition:
    at = SINCE + timedelta(minutes=minute)
    return Transition(integration_id=IntegrationId("lincoln"), before=_S.ACTIVE, after=after, at=at)


def test_incidents_become_bands_of_the_part_that_is_seen() -> None:
    steps = [
        *(change(_S.DEGRADED, -5), change(_S.ACTIVE, 2), change(_S.ERROR, 4)),
        *(change(_S.ACTIVE, 5), change(_S.ERROR, 9)),
    ]

    found = chart_data(course(*[Bucket(checks=1, p50_ms=1, p95_ms=2)] * 10), incidents_of(steps))

    assert [(band.start, band.end, band.is_bad) for band in found.bands] == [
        (0.0, pytest.approx(0.2), False),
        (pytest.approx(0.4), pytest.approx(0.5), True),
        (pytest.approx(0.9), 1.0, True),
    ]


class Watched(LatencyChart):
    """Notes what is drawn again."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn_again: list[Region] = []

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        self.drawn_again += regions
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


async def test_only_what_has_changed_is_drawn_again() -> None:
    chart = Watched()

    class Alone(ThemedApp):
        def compose(self) -> ComposeResult:
            yield chart

    async with Alone().run_test(size=(90, 16)) as pilot:
        chart.show(data(*[100.0] * 80, 50.0))
        await pilot.pause()
        assert [chart.render_line(y).text for y in range(16)] == texts(chart.rows())

        chart.show(data(*[100.0] * 80, 50.0))
        assert chart.drawn_again == []

        chart.show(data(*[100.0] * 80, 60.0))
        assert chart.drawn_again
        assert {region.height for region in chart.drawn_again} == {1}
        assert min(region.x for region in chart.drawn_again) > 80


def test_one_drawing_takes_less_than_ten_milliseconds_of_the_processor() -> None:
    latencies = [100.0 + 80 * (place % 37) for place in range(288)]
    wanted = data(*latencies, bands=[Band(start=0.3, end=0.4)], limit_ms=2000.0)
    took: list[float] = []
    for _ in range(7):
        begun = time.process_time()
        chart_rows(wanted, 118, 17)
        took.append(time.process_time() - begun)

    assert min(took) < 0.010


@pytest.mark.parametrize("height", range(7, 40))
def test_labels_of_a_scale_are_equally_far_from_each_other(height: int) -> None:
    rows = chart_rows(data(*[231.0] * 40), 60, height)

    assert len(rows) == height
    labelled = [y for y, row in enumerate(rows) if row[MARGIN - 1].sign == "┤"]
    assert len({below - above for above, below in pairwise(labelled)}) == 1, labelled
