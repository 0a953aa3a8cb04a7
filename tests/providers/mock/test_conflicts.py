"""Conflicts to practise on: a deterministic sample, each with three different values."""

from integration_tui.domain.roster import Collection, User
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.conflicts import conflicts
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.factories import quick
from tests.providers.mock.world import World


def test_about_the_asked_share_is_in_conflict() -> None:
    district = District(DistrictSize.MID)

    found = [*conflicts(district, share=0.02)]

    assert 120 < len(found) < 280
    assert found == [*conflicts(district, share=0.02)]


def test_a_share_of_nothing_is_nothing_and_of_all_is_all() -> None:
    district = District(DistrictSize.SMALL)

    assert [*conflicts(district, share=0)] == []
    assert len([*conflicts(district, share=1)]) == 300


def test_both_sides_have_left_what_they_had_in_common() -> None:
    for one in conflicts(District(DistrictSize.SMALL), share=1):
        assert len({one.base, one.ours, one.theirs}) == 3


async def test_theirs_is_what_the_system_shows() -> None:
    connector = await World().connected(quick(conflict_share=0.1, changes_per_hour=3600))

    for one in connector.conflicts():
        user = await connector.find(Collection.USERS, one.sourced_id)
        assert isinstance(user, User)
        assert getattr(user, one.field) == one.theirs
