"""Histograms can be added up in any order, and their percentiles are near the exact ones."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.health.latency import LatencyHistogram, bucket_of

LATENCIES = st.floats(0.02, 600_000, allow_nan=False)
MANY = st.lists(LATENCIES, max_size=60)


def exact(latencies: list[float], share: float) -> float:
    return sorted(latencies)[max(1, math.ceil(share * len(latencies))) - 1]


@given(st.lists(LATENCIES, min_size=1, max_size=200), st.floats(0, 1))
def test_a_percentile_is_within_5_percent(latencies: list[float], share: float) -> None:
    found = LatencyHistogram.of(latencies).percentiles(share)[0]

    assert found == pytest.approx(exact(latencies, share), rel=0.05)


@given(MANY, MANY, MANY)
def test_adding_does_not_depend_on_the_order(
    a: list[float], b: list[float], c: list[float]
) -> None:
    one, two, three = map(LatencyHistogram.of, (a, b, c))

    assert (one + two) + three == one + (two + three) == three + one + two


@given(MANY, MANY)
def test_a_sum_is_the_histogram_of_both(a: list[float], b: list[float]) -> None:
    assert LatencyHistogram.of(a) + LatencyHistogram.of(b) == LatencyHistogram.of(a + b)


@given(MANY)
def test_nothing_is_lost(latencies: list[float]) -> None:
    assert LatencyHistogram.of(latencies).count == len(latencies)


@given(st.lists(LATENCIES, min_size=1), st.lists(st.floats(0, 1), min_size=1))
def test_percentiles_together_are_those_one_by_one(
    latencies: list[float], shares: list[float]
) -> None:
    histogram = LatencyHistogram.of(latencies)

    assert list(histogram.percentiles(*shares)) == [
        histogram.percentiles(share)[0] for share in shares
    ]


def test_without_latencies_there_is_no_percentile() -> None:
    assert LatencyHistogram().percentiles(0.5) == (None,)
    assert LatencyHistogram().percentiles(0.5, 0.99) == (None, None)


@pytest.mark.parametrize("latency_ms", [0.0, -1.0, 0.01, 1e-300])
def test_a_clock_that_stands_still_makes_a_smallest_latency(latency_ms: float) -> None:
    assert bucket_of(latency_ms) == bucket_of(0.01)
