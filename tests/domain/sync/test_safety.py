"""The guard's numbers: at or above holds, the floor never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress
from integration_tui.domain.sync.safety import CollectionStats, School, safety_holds
from integration_tui.domain.sync.thresholds import Thresholds

K = ChangeKind
LIMITS = Thresholds()


def judged(
    known: int, *, schools: tuple[School, ...] = (), rekeyed: int = 0, **counts: int
) -> CollectionStats:
    listing = CollectionProgress(
        collection=Collection.USERS,
        known=known,
        counts={K(kind): count for kind, count in counts.items()},
    )
    return CollectionStats(listing=listing, schools=schools, rekeyed=rekeyed)


def format_stats(one: CollectionStats) -> str:
    return " | ".join(hold.sentence for hold in safety_holds([one], LIMITS))


@pytest.mark.parametrize(
    ("known", "lost", "is_held"),
    [
        (100, 9, False),
        (100, 10, True),
        (20_000, 499, False),
        (20_000, 500, True),
        (10, 3, False),
        (3, 3, False),
        (4, 4, True),
        (10, 4, True),
        (0, 0, False),
    ],
)
def test_losses(known: int, lost: int, is_held: bool) -> None:
    assert bool(format_stats(judged(known, deactivate=lost))) is is_held


def test_everybody_is_said_so() -> None:
    assert format_stats(judged(40, missing=40)) == "all 40 people missing from source (limit 10%)"


@pytest.mark.parametrize(("lost", "is_held"), [(24, False), (25, True)])
def test_a_quarter_of_a_school(lost: int, is_held: bool) -> None:
    school = School(org="Lincoln", known=100, lost=lost)

    found = format_stats(judged(10_000, schools=(school,), deactivate=lost))

    assert ("Lincoln" in found) is is_held


def test_a_school_of_four_may_lose_three() -> None:
    assert not format_stats(
        judged(1000, schools=(School(org="tiny", known=4, lost=3),), deactivate=3)
    )


@pytest.mark.parametrize(
    ("counts", "is_held"),
    [
        ({"update": 74}, False),
        ({"update": 75}, True),
        ({"create": 49}, False),
        ({"create": 50}, True),
    ],
)
def test_changes(counts: dict[str, int], is_held: bool) -> None:
    listing = CollectionProgress(
        collection=Collection.USERS,
        known=100,
        counts={K(kind): count for kind, count in counts.items()},
    )

    found = safety_holds([CollectionStats(listing=listing)], LIMITS)

    assert bool(found) is is_held
    assert not any(found_one.is_loss for found_one in found)


def test_a_first_run_may_create_and_change_everything() -> None:
    assert not safety_holds([judged(0, create=100_000, update=5)], LIMITS)


def test_the_same_people_under_other_ids() -> None:
    found = format_stats(judged(1000, rekeyed=60, missing=80))

    assert found.startswith("60 of 80 missing people came back under other IDs")


def test_protected_and_kept_are_no_losses() -> None:
    assert not safety_holds([judged(10, protected=9, kept=9, quarantine=9)], LIMITS)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_more_losses_are_never_held_less(known: int, lost: int) -> None:
    if format_stats(judged(known, deactivate=lost)):
        assert format_stats(judged(known, deactivate=lost + 1))


def test_a_district_of_schools_is_not_a_list_of_them() -> None:
    schools = tuple(School(org=f"s{number}", known=100, lost=50 + number) for number in range(20))

    found = [
        hold.sentence
        for hold in safety_holds([judged(2000, schools=schools, deactivate=100)], LIMITS)
    ]

    assert "69 of 100 people of s19 missing from source (69%, limit 25%)" in found
    assert "a large part of the people of 17 more schools missing from source (limit 25%)" in found
    assert len(found) == 4
