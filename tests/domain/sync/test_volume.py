"""Seeing suddenly less is said, whatever the numbers; anything else is not."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.volume import VolumeSnapshot, format_volume_drop, volume_dropped
from integration_tui.domain.value import replace

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
COUNT = st.integers(0, 1_000_000)


def census(records: int, **more: object) -> VolumeSnapshot:
    one = VolumeSnapshot(
        integration_id=IntegrationId("sis"),
        collection=Collection.USERS,
        records=records,
        complete=True,
        at=NOON,
    )
    return replace(one, **more)  # type: ignore[arg-type]  # fields of it


@given(COUNT, COUNT)
def test_a_tenth_and_more_than_three_records_less_is_told(before: int, now: int) -> None:
    lost = before - now

    assert volume_dropped(census(before), census(now)) == (lost > 3 and lost * 10 >= before)


@given(COUNT, COUNT)
def test_growing_is_never_shrinking(before: int, more: int) -> None:
    assert not volume_dropped(census(before), census(before + more))


@pytest.mark.parametrize(
    "now", [census(0, complete=False), census(0, since=NOON)], ids=["unfinished", "delta"]
)
def test_only_whole_pulls_are_compared(now: VolumeSnapshot) -> None:
    assert not volume_dropped(census(1232), now)
    assert not volume_dropped(replace(now, records=1232), census(0))
    assert not volume_dropped(None, census(0))


def test_the_sentence_has_both_counts_and_names_the_lost_rights() -> None:
    sentence = format_volume_drop(
        census(1232, scopes=("all", "some")), census(308, scopes=("some",))
    )

    assert sentence == (
        "fewer records than before: 308 people instead of 1,232 (25%); narrower credentials or a"
        " smaller school scope have the same effect; no longer granted: all"
    )
