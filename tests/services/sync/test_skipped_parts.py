"""Classes that a system refuses: the rest is synced, and what is known of them stays."""

from pathlib import Path

import pytest

from integration_tui.domain.paging import Skipped
from integration_tui.domain.roster import Collection, Owner
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import RunStatus
from tests.services.sync.fixtures import kinds, sentences
from tests.services.sync.listed_system import (
    REFUSED,
    ListedSystem,
    course,
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


async def test_sections_of_one_course_are_told_once_and_very_many_are_counted(
    tmp_path: Path,
) -> None:
    system = classroom(rooms=30)
    system.forbidden = {f"c{number:02}" for number in range(25)}
    told = "the class Biology could not be read (no): its members stay as they are"
    system.reasons = {f"c{number:02}": told for number in range(4)}
    async with office(tmp_path, system) as someone:
        report = await someone.plan(system)

        assert report.notices[0] == told
        assert len(report.notices) == 11
        assert report.notices[-1] == "12 more parts could not be read"


async def test_what_belongs_to_a_course_or_a_school_stays_as_well(tmp_path: Path) -> None:
    system = classroom()
    system.put(C.ORGS, school(sourced_id="s2", name="Madison"))
    system.put(C.COURSES, course("k1", title="Art"))
    system.put(C.CLASSES, room("d1"), room("d2", of="s2"))
    system.change(C.CLASSES, "d1", course="k1")
    for who, where, of in (("x1", "d1", "s1"), ("x2", "d2", "s2")):
        system.put(C.USERS, person(who, f"Given {who}", of=of))
        system.put(C.ENROLLMENTS, seat(who, where, of=of))
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        system.drop(C.CLASSES, "d1", "d2")
        system.drop(C.USERS, "x1", "x2", "a00")
        system.drop(C.ENROLLMENTS, "d1:x1", "d2:x2", "c00:a00")
        system.skipped = [(C.COURSES, "k1"), (C.ORGS, "s2")]

        report = await someone.plan(system)

        assert kinds(report, C.CLASSES) == {K.KEPT: 2}
        assert kinds(report, C.USERS) == {K.KEPT: 2, K.DEACTIVATE: 1}
        assert kinds(report, C.ENROLLMENTS) == {K.KEPT: 2, K.DEACTIVATE: 1}
        assert report.run.holds == ()
        assert [part.sentence for part in report.skipped] == [
            f"the {what} could not be read ({REFUSED}): what belongs to it stays as it is"
            for what in ("course Art", "organization Madison")
        ]


def two_systems() -> tuple[ListedSystem, ListedSystem]:
    """A student system, and a learning system that has the same under other ids."""
    sis, lms = ListedSystem("sis"), ListedSystem("lms")
    sis.put(C.CLASSES, room("c1", title="Art 1"), room("c2", title="Music"))
    sis.put(C.USERS, person("a1", "Ann Lee"))
    lms.put(C.CLASSES, room("lms-c1", "c1", title="Art 1"), room("lms-c2", title="Music"))
    lms.put(C.USERS, person("lms-a1", "Ann Lee", "a1"))
    for system, prefix in ((sis, ""), (lms, "lms-")):
        system.put(C.ORGS, school())
        system.put(C.COURSES, course(f"{prefix}k1", title="Art"))
        system.change(C.CLASSES, f"{prefix}c1", course=f"{prefix}k1")
        system.put(C.ENROLLMENTS, seat(f"{prefix}a1", f"{prefix}c1"))
    return sis, lms


async def test_what_could_not_be_read_itself_stays_as_well(tmp_path: Path) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        system.forbidden, system.skipped = {"c03"}, [(C.CLASSES, "c03")]
        system.drop(C.CLASSES, "c03", "c04")
        system.drop(C.ENROLLMENTS, "c03:a03", "c03:b03", "c04:a04", "c04:b04")

        report = await someone.plan(system)

        assert kinds(report, C.CLASSES) == {K.KEPT: 1, K.DEACTIVATE: 1}
        assert kinds(report, C.ENROLLMENTS) == {K.KEPT: 2, K.DEACTIVATE: 2}


@pytest.mark.parametrize(
    "refused", ["class", "course"], ids=["the class is refused", "its course is refused"]
)
async def test_what_a_second_system_refuses_is_not_taken_for_deleted_there(
    refused: str, tmp_path: Path
) -> None:
    sis, lms = two_systems()
    more = dict.fromkeys(
        ("sis", "lms"),
        "sync: {grace: {sweeps: 1, days: 0}, match: {rules: [claim]},"
        " guard: {skipped_share: 0.9}, conflicts: {default: local}, quality: {max_drop: 100}}",
    )
    async with office(tmp_path, sis, lms, more=more) as someone:
        await someone.bring(sis)
        await someone.bring(lms)
        assert frozenset({"sis:c1:a1", "lms:lms-c1:lms-a1"}) in await someone.known_as(
            C.ENROLLMENTS
        )
        if refused == "class":
            lms.forbidden = {"lms-c1"}
        else:
            lms.skipped = [(C.COURSES, "lms-k1")]
            lms.drop(C.CLASSES, "lms-c1")
        report = await someone.bring(lms)

        assert kinds(report, C.ENROLLMENTS) == {K.KEPT: 1}
        assert kinds(report, C.CLASSES) == ({} if refused == "class" else {K.KEPT: 1})

        sis.drop(C.ENROLLMENTS, "c1:a1")
        await someone.bring(sis)

        status = await someone.rows("SELECT status FROM enrollments")
        assert status == [("active",)], "the learning system has the seat"


@pytest.mark.parametrize(
    "part",
    [
        "no part",
        Skipped(owner="c01", reason="no"),  # type: ignore[arg-type]  # as a connector may have it
        Skipped(owner=Owner(collection=C.CLASSES, sourced_id=7), reason="no"),  # type: ignore[arg-type]
        Skipped(owner=Owner(collection=C.CLASSES, sourced_id="c01"), reason=None),  # type: ignore[arg-type]
    ],
)
async def test_a_part_that_is_none_is_the_providers_bug(tmp_path: Path, part: Skipped) -> None:
    system = classroom()
    system.odd = part
    async with office(tmp_path, system) as someone:
        report = await someone.plan(system)

        listing = next(one for one in report.listings if one.collection is C.ENROLLMENTS)
        assert not listing.complete
        assert "pages returned a Page with a wrong field" in listing.reason


async def test_what_the_system_says_is_bounded_and_names_nobody(tmp_path: Path) -> None:
    system = classroom()
    system.forbidden = {"c01"}
    system.reasons = {"c01": "ann.lee@example.org may not \x1b[31m " + "x" * 5_000}
    async with office(tmp_path, system) as someone:
        (part,) = (await someone.plan(system)).skipped

        assert len(part.reason) <= 500
        assert "example.org" not in part.reason
        assert "\x1b" not in part.reason
