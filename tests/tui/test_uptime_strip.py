"""The strip: the worst of each stretch, and a gap where nobody looked."""

from __future__ import annotations

from datetime import timedelta

from integration_tui.domain.health import HealthReport, HealthStatus
from integration_tui.tui.widgets.uptime_strip import Window, bar_glyphs, strip_glyphs
from tests.tui.standin import LINCOLN, NOW

_H = HealthStatus


def report(
    seconds_ago: float, status: HealthStatus = _H.HEALTHY, ms: float | None = 5.0
) -> HealthReport:
    at = NOW - timedelta(seconds=seconds_ago)
    return HealthReport(integration_id=LINCOLN, status=status, checked_at=at, latency_ms=ms)


def strip(reports: list[HealthReport], count: int, length_s: int = 100) -> str:
    window = Window(until=NOW, length_s=length_s)
    return "".join(sign for sign, _tone in strip_glyphs(window.buckets(reports, count)))


def test_a_stretch_shows_the_worst_it_saw() -> None:
    assert strip([report(95), report(94, _H.DOWN), report(45), report(44, _H.DEGRADED)], 2) == "x▒"


def test_nobody_looked_is_not_down_and_not_up() -> None:
    assert strip([], 4) == "····"
    assert strip([report(90)], 10)[:3] == "·█·"


def test_a_check_counts_until_the_next_but_not_over_a_long_gap() -> None:
    reports = [report(ago) for ago in (100, 90, 80, 70, 20, 10)]

    assert strip(reports, 20) == "███████·········████"


def test_the_newest_report_is_in_the_last_stretch() -> None:
    assert strip([report(50), report(0, _H.DOWN)], 10)[-1] == "x"


def test_reports_from_before_are_left_out() -> None:
    assert strip([report(500, _H.DOWN), report(495, _H.DOWN), report(1), report(0)], 4)[-1] == "█"


def test_bars_are_relative_to_the_slowest_and_no_answer_is_a_gap() -> None:
    buckets = [[report(1, ms=100.0)], [report(1, ms=50.0)], [report(1, _H.DOWN, None)]]

    assert "".join(sign for sign, _ in bar_glyphs(buckets)) == "█▅·"


def test_every_state_has_a_sign_of_its_own() -> None:
    signs = {strip([report(1, status), report(0, status)], 1) for status in HealthStatus}

    assert len(signs) == len(HealthStatus)
