"""Incidents are told from changes of status: when, how long, how bad, why."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from integration_tui.domain.health.incident import incidents_of
from integration_tui.domain.health.status import percentage
from integration_tui.domain.health.timeseries import Bucketing
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus as S
from integration_tui.domain.integration import Transition
from integration_tui.domain.text import duration

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def path(*statuses: S) -> list[Transition]:
    """One change a minute, from noon on; the reason is the status that it leads to."""
    return [
        Transition(
            integration_id=IntegrationId("lincoln"),
            before=before,
            after=after,
            at=NOON + timedelta(minutes=minute),
            reason=f"became {after}",
        )
        for minute, (before, after) in enumerate(pairwise(statuses))
    ]


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ((S.INACTIVE, S.CONNECTING, S.ACTIVE), []),
        ((S.ACTIVE, S.DEGRADED, S.ACTIVE), [(0, 1, S.DEGRADED, S.ACTIVE)]),
        ((S.ACTIVE, S.DEGRADED, S.ERROR, S.DEGRADED, S.ACTIVE), [(0, 3, S.ERROR, S.ACTIVE)]),
        (
            (S.ACTIVE, S.ERROR, S.CONNECTING, S.ERROR, S.CONNECTING, S.ACTIVE),
            [(0, 4, S.ERROR, S.ACTIVE)],
        ),
        ((S.ACTIVE, S.ERROR, S.INACTIVE), [(0, 1, S.ERROR, S.INACTIVE)]),
        ((S.ACTIVE, S.ERROR, S.CONNECTING), [(0, None, S.ERROR, None)]),
        (
            (S.ACTIVE, S.ERROR, S.ACTIVE, S.DEGRADED),
            [(0, 1, S.ERROR, S.ACTIVE), (2, None, S.DEGRADED, None)],
        ),
    ],
)
def test_an_incident_is_from_worse_until_it_works_or_is_not_wanted(
    statuses: Sequence[S], told: list[tuple[int, int | None, S, S | None]]
) -> None:
    found = incidents_of(path(*statuses))

    minutes = [
        (
            (found_one.began_at - NOON).seconds // 60,
            (found_one.ended_at - NOON).seconds // 60 if found_one.ended_at else None,
            found_one.worst,
            found_one.ended_as,
        )
        for found_one in found
    ]
    assert minutes == told
    assert [found_one.reason for found_one in found] == [
        f"became {found_one.worst}" for found_one in found
    ]


def test_one_that_lasts_grows() -> None:
    (found,) = incidents_of(path(S.ACTIVE, S.ERROR))

    assert not found.is_over
    assert found.length(NOON + timedelta(hours=1)) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (12, "12 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (86_400, "1 d")],
)
def test_a_duration_has_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_no_share_is_rounded_up_to_all() -> None:
    assert [percentage(number) for number in (1, 0.99999, 0.5, None)] == [
        "100.00%",
        "99.99%",
        "50.00%",
        "-",
    ]


@pytest.mark.parametrize("most", [30, 60, 100])
@pytest.mark.parametrize("window_s", [900, 3600, 6 * 3600, 86_400, 7 * 86_400, 30 * 86_400])
def test_edges_of_buckets_stay_when_time_goes_on(window_s: int, most: int) -> None:
    length = timedelta(seconds=window_s)
    now = NOON + timedelta(seconds=7.5)
    cut = Bucketing.of(now - length, now, most=most)
    later = Bucketing.of(now + timedelta(seconds=1) - length, now + timedelta(seconds=1), most=most)

    assert cut.count <= most + 1
    assert cut.since <= now - length < cut.since + timedelta(seconds=cut.width_s)
    assert cut.bucket_index(now) == cut.count - 1
    assert cut.width_s == later.width_s
    assert (later.since - cut.since).total_seconds() % cut.width_s == 0
