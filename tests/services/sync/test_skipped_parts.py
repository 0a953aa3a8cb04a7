"""Classes that a system refuses: the rest is synced, and what is known of them stays."""

from pathlib import Path

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import RunStatus
from tests.services.sync.fixtures import kinds, sentences
from tests.services.sync.listed_system import (
    REFUSED,
    ListedSystem,
    office,
    person,
    room,
    school,
    seat,
)

C, K = Collection, ChangeKind


def classroom(rooms: int = 12) -> ListedSystem:
    """A system with two people in each class, and nobody in two."""
    system = ListedSystem("classroom")
    system.put(C.ORGS, school())
    for number in range(rooms):
        name = f"c{number:02}"
        system.put(C.CLASSES, room(name, title=f"Class {number}"))
        for letter in ("a", "b"):
            who = f"{letter}{number:02}"
            system.put(C.USERS, person(who, f"Given{letter} Family{number}"))
            system.put(C.ENROLLMENTS, seat(who, name))
    return system


async def test_one_class_that_is_refused_keeps_its_members_and_nobody_else(tmp_path: Path) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        system.forbidden = {"c03"}
        system.drop(C.USERS, "a03", "b03", "a05")
        system.drop(C.ENROLLMENTS, "c05:a05")

        report = await someone.plan(system)

        assert report.run.status is RunStatus.PLANNED
        assert kinds(report, C.ENROLLMENTS) == {K.KEPT: 2, K.DEACTIVATE: 1}
        assert kinds(report, C.USERS) == {K.KEPT: 2, K.DEACTIVATE: 1}
        listing = next(one for one in report.listings if one.collection is C.ENROLLMENTS)
        assert (listing.complete, listing.skipped, listing.reason) == (True, 1, "")
        (part,) = report.skipped
        assert part.sentence == (
            f"the class Class 3 could not be read ({REFUSED}): its members stay as they are"
        )
        changes = await someone.plans.changes(report.run.id, C.USERS, kind=K.KEPT)
        assert [(change.external_id, change.note) for change in changes] == [
            ("a03", "its class could not be read"),
            ("b03", "its class could not be read"),
        ]


async def test_who_sits_in_a_class_that_is_read_as_well_is_no_exception(tmp_path: Path) -> None:
    system = classroom()
    system.put(C.ENROLLMENTS, seat("a03", "c04"))
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        system.forbidden = {"c03"}
        system.drop(C.ENROLLMENTS, "c04:a03")

        report = await someone.plan(system)

        assert kinds(report, C.ENROLLMENTS) == {K.KEPT: 2, K.DEACTIVATE: 1}
        assert kinds(report, C.USERS) == {}


async def test_a_class_that_can_be_read_again_is_judged_again(tmp_path: Path) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        system.forbidden = {"c03"}
        assert kinds(await someone.bring(system), C.ENROLLMENTS) == {K.KEPT: 2}
        system.forbidden = set()
        assert kinds(await someone.bring(system), C.ENROLLMENTS) == {}
        system.drop(C.ENROLLMENTS, "c03:a03")

        report = await someone.bring(system)

        assert kinds(report, C.ENROLLMENTS) == {K.DEACTIVATE: 1}
        assert report.skipped == ()


async def test_too_many_classes_that_are_refused_hold_the_plan(tmp_path: Path) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        system.forbidden = {"c03", "c04"}

        report = await someone.plan(system)

        assert report.run.status is RunStatus.HELD
        assert sentences(report) == "2 of 12 classes could not be read (17%, limit 10%)"
        assert report.run.holds[0].short == "17% of classes could not be read, limit 10%."


async def test_the_share_that_holds_a_plan_is_the_districts_choice(tmp_path: Path) -> None:
    system = classroom()
    more = {"classroom": "sync: {grace: {sweeps: 1, days: 0}, guard: {skipped_share: 0.2}}"}
    async with office(tmp_path, system, more=more) as someone:
        await someone.bring(system)
        system.forbidden = {"c03", "c04"}

        report = await someone.plan(system)

        assert report.run.status is RunStatus.PLANNED


async def test_a_new_class_that_is_refused_has_its_own_name_and_nobody_to_keep(
    tmp_path: Path,
) -> None:
    system = classroom()
    system.forbidden = {"c03"}
    async with office(tmp_path, system) as someone:
        report = await someone.bring(system)

        assert kinds(report, C.ENROLLMENTS) == {K.CREATE: 22}
        assert [part.name for part in report.skipped] == ["Class 3"]
