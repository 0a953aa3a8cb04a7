"""A course as signs and as a chart: what was seen at its worst, and no data is never a zero."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from textual.app import ComposeResult

from integration_tui.domain.health.timeseries import Bucket, TimeSeries
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.themes import ThemedApp
from integration_tui.tui.widgets.chart import (
    MARGIN,
    Drawn,
    LatencyChart,
    latency_label,
    time_ticks,
    top_of,
)
from integration_tui.tui.widgets.uptime_strip import UptimeStrip

SINCE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
GOOD = Bucket(checks=4, p50_ms=50, p95_ms=100)
WEAK = Bucket(checks=4, is_weak=True, p50_ms=50, p95_ms=100)
SOME = Bucket(checks=4, failures=1, is_weak=True, p50_ms=50, p95_ms=100)
DOWN = Bucket(checks=4, failures=4)
NONE = Bucket()


def course(*buckets: Bucket, width_s: int = 60) -> TimeSeries:
    return TimeSeries(
        integration_id=IntegrationId("lincoln"),
        since=SINCE,
        until=SINCE + timedelta(seconds=width_s * len(buckets)),
        width_s=width_s,
        buckets=buckets,
    )


async def drawn(
    widget: Drawn, shown: TimeSeries | None, *, columns: int, height: int = 1
) -> list[str]:
    """Return the lines of a widget with so many columns, without the margin."""

    class Alone(ThemedApp):
        def compose(self) -> ComposeResult:
            yield widget

    async with Alone().run_test(size=(columns + MARGIN, height)) as pilot:
        widget.styles.height = height
        await pilot.pause()
        widget.show(shown)
        strips = [widget.render_line(y) for y in range(height)]
        texts = ["".join(part.text for part in strip) for strip in strips]
        return [text.ljust(columns + MARGIN)[MARGIN:] for text in texts]


async def strip(*buckets: Bucket, columns: int | None = None) -> str:
    (line,) = await drawn(UptimeStrip(), course(*buckets), columns=columns or len(buckets))
    return line


async def test_every_state_has_a_sign_of_its_own() -> None:
    assert await strip(GOOD, WEAK, SOME, DOWN) == "█▒!x"


async def test_buckets_that_share_a_column_show_their_worst() -> None:
    assert await strip(GOOD, SOME, WEAK, GOOD, DOWN, GOOD, columns=3) == "!▒x"


async def test_nobody_looked_is_not_down_and_not_up() -> None:
    assert await strip(NONE, GOOD, NONE, NONE, NONE) == "·█···"


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ((GOOD, NONE, GOOD, NONE, WEAK, NONE), "████▒▒"),
        ((GOOD, GOOD, GOOD, NONE, NONE, NONE, GOOD), "███···█"),
    ],
)
async def test_a_check_counts_until_the_next_but_not_over_a_long_gap(
    seen: Sequence[Bucket], shown: str
) -> None:
    assert await strip(*seen) == shown


async def test_a_chart_has_two_series_told_apart_by_their_shape() -> None:
    both = Bucket(checks=4, p50_ms=90, p95_ms=95)
    high, low, axis = await drawn(
        LatencyChart(), course(GOOD, both, DOWN, NONE, NONE, NONE), columns=6, height=3
    )

    assert (high, low) == ("─╤    ", "██x   ")
    assert axis == f"┴{SINCE.astimezone():%H:%M}"


async def test_a_chart_without_an_answer_says_so() -> None:
    lines = await drawn(LatencyChart(), course(*[DOWN] * 30), columns=30, height=4)
    nothing = await drawn(LatencyChart(), course(*[NONE] * 30), columns=30, height=4)

    assert lines[1].strip() == "no check was answered"
    assert lines[2] == "x" * 30
    assert nothing[1].strip() == "no check in this time"
    assert await drawn(LatencyChart(), None, columns=30, height=2) == [" " * 30] * 2


def test_time_is_labelled_at_whole_hours_and_days_of_the_wall_clock() -> None:
    hours = [tick.label for tick in time_ticks(course(*[GOOD] * 24, width_s=3600), 48)]
    days = [tick.label for tick in time_ticks(course(*[GOOD] * 60, width_s=43_200), 60)]

    midnight = (SINCE + timedelta(days=1)).astimezone()
    assert f"{midnight:%m-%d}" in hours
    assert all(label.endswith(":00") for label in hours if ":" in label)
    assert len(days) > 2
    assert not [label for label in days if ":" in label]


@pytest.mark.parametrize(
    ("slowest", "top", "label"),
    [(0.4, 1, "1 ms"), (95, 100, "100 ms"), (501, 1000, "1 s"), (12_000, 20_000, "20 s")],
)
def test_a_scale_ends_at_a_round_number(slowest: float, top: float, label: str) -> None:
    assert top_of(slowest) == top
    assert latency_label(top) == label
