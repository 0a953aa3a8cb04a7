"""Differences between the SIS and what people keep by hand: who they are, and how many."""

import pytest

from integration_tui.domain.roster import Collection, Enrollment, Owner, Record, User
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.sandbox.district_differences import Differences, DifferingSource
from integration_tui.sandbox.source import Snapshot, belonging
from tests.sandbox.fixtures import district

SOME = Differences(without_address=0.1, renamed=0.05, added=0.02)


def every(snapshot: Snapshot, collection: Collection) -> dict[str, Record]:
    found = (snapshot.at(collection, place) for place in range(snapshot.size(collection)))
    return {record.sourced_id: record for record in found if record is not None}


def differing(
    differences: Differences = SOME,
    *,
    system: str = "canvas",
    size: DistrictSize = DistrictSize.SMALL,
) -> DifferingSource:
    return DifferingSource(district(size), differences, system=system)


def test_without_differences_it_is_the_district_itself() -> None:
    one = differing(Differences())

    for collection in Collection:
        assert every(one.snapshot(), collection) == every(one.base.snapshot(), collection)


def test_who_differs_is_told_and_nobody_else_does() -> None:
    one = differing(size=DistrictSize.MID)
    ours, sis = (every(source.snapshot(), Collection.USERS) for source in (one, one.base))
    pairs = [(ours[key], sis[key]) for key in one.report()["renamed"]]
    changed = {key for key in sis if ours[key] != sis[key]}
    told = one.report()

    assert changed == {*told["renamed"], *told["without_address"]}
    assert all(
        isinstance(user, User) and user.email is None
        for user in map(ours.get, told["without_address"])
    )
    assert all(
        a.family_name != b.family_name
        for a, b in pairs
        if isinstance(a, User) and isinstance(b, User)
    )
    assert 0.08 < len(told["without_address"]) / len(sis) < 0.12
    assert 0.03 < len(told["renamed"]) / len(sis) < 0.07


def test_members_that_were_added_are_new_to_their_classes() -> None:
    one = differing(size=DistrictSize.MID)
    ours, sis = (every(source.snapshot(), Collection.ENROLLMENTS) for source in (one, one.base))
    added = [ours[key] for key in one.report()["added"]]
    seats = {(seat.user, seat.class_) for seat in sis.values() if isinstance(seat, Enrollment)}

    assert len(added) == 600
    assert {key for key in ours if key not in sis} == {seat.sourced_id for seat in added}
    assert {seat.role for seat in added if isinstance(seat, Enrollment)} == {"student", "teacher"}
    assert not any(
        (seat.user, seat.class_) in seats for seat in added if isinstance(seat, Enrollment)
    )


@pytest.mark.parametrize("owners", [Collection.ORGS, Collection.CLASSES, Collection.USERS])
def test_added_members_are_found_through_what_they_belong_to(owners: Collection) -> None:
    snapshot = differing().snapshot()

    for sourced_id in [*every(snapshot, owners)][:60]:
        owner = Owner(collection=owners, sourced_id=sourced_id)
        found = [
            place
            for place in snapshot.part(Collection.ENROLLMENTS, owner)
            if snapshot.at(Collection.ENROLLMENTS, place) is not None
        ]
        assert sorted(found) == list(belonging(snapshot, Collection.ENROLLMENTS, owner))


def test_each_system_differs_in_its_own_way_and_always_in_the_same() -> None:
    assert differing().report() == differing().report()
    assert differing().report() != differing(system="google_classroom").report()


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_a_share_has_bounds(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        Differences(renamed=share)
