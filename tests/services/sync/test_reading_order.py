"""What a system reads first, hears again after a rest, and cannot be asked."""

from pathlib import Path

import pytest

from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_export import LAST, ExportRequest
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Mode, RunStatus
from integration_tui.services.roster_files import RosterService
from tests.engine.fake_clock import now
from tests.engine.fake_connectors import ANA
from tests.services.sync.fixtures import kinds
from tests.services.sync.listed_system import (
    REFUSED,
    ListedSystem,
    Office,
    office,
    person,
    room,
    school,
    seat,
)

C, K = Collection, ChangeKind
ORDER = (C.ORGS, C.CLASSES, C.ENROLLMENTS, C.USERS)


def classroom() -> ListedSystem:
    system = ListedSystem("classroom", reading_order=ORDER, lists_changes=False)
    system.put(C.ORGS, school())
    for name in ("c1", "c2", "c3"):
        system.put(C.CLASSES, room(name, title=f"Class {name}"))
        system.put(C.USERS, person(f"u-{name}", f"Ann {name}"))
        system.put(C.ENROLLMENTS, seat(f"u-{name}", name, role="teacher"))
    return system


def listed(system: ListedSystem) -> list[str]:
    return [entry[1] for entry in system.log if entry[0] == "list"]


def files(someone: Office) -> RosterService:
    world = someone.world
    return RosterService(world.database, world.engine, world.dependencies.documents, clock=now)


async def test_collections_are_read_in_the_order_of_their_type_and_planned_in_the_usual_one(
    tmp_path: Path,
) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        report = await someone.bring(system)

        assert listed(system) == [
            "orgs", "classes", "enrollments", "users", "academic_sessions", "courses"
        ]  # fmt: skip
        assert [listing.collection for listing in report.listings] == [*C][:6]
        assert kinds(report, C.ENROLLMENTS) == {K.CREATE: 3}


async def test_files_are_read_in_this_order_and_told_in_the_usual_one(tmp_path: Path) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        request = ExportRequest(integration_id=system.name, folder=tmp_path / "out")
        outcome = await files(someone).pull(request, actor=ANA)

        assert listed(system)[:4] == ["orgs", "classes", "enrollments", "users"]
        assert [one.collection for one in outcome.collections] == [*C][:6]
        assert outcome.complete


async def test_what_was_stored_before_a_rest_is_heard_again(tmp_path: Path) -> None:
    system = classroom()
    system.breaks_at = "c3"
    async with office(tmp_path, system) as someone:
        broken = await someone.plan(system)
        assert broken.run.status is RunStatus.FAILED
    system.breaks_at = ""
    system.log.clear()
    async with office(tmp_path, system) as someone:
        await someone.sync.resume(broken.run.id, actor=ANA)
        report = await someone.sync.wait(broken.run.id)

        assert report.run.status is RunStatus.PLANNED
        assert kinds(report, C.ENROLLMENTS) == {K.CREATE: 3}
        assert system.log == [
            ("replay", "orgs", "s1"),
            ("replay", "classes", "c1", "c2", "c3"),
            ("replay", "enrollments", "c1:u-c1"),
            ("replay", "enrollments", "c2:u-c2"),
            ("list", "enrollments", "whole"),
            ("page", "c3"),
            ("list", "users", "whole"),
            ("list", "academic_sessions", "whole"),
            ("list", "courses", "whole"),
        ]


@pytest.mark.parametrize(
    ("lessons", "heard"),
    [
        ({"c1": "one", "c2": "t\u00f8"}, [("relearn", "enrollments", "one", "t\u00f8", "after 2")]),
        ({"c1": "one"}, []),
        ({}, []),
    ],
)
async def test_what_was_learned_before_a_rest_is_heard_again_if_all_of_it_is_known(
    lessons: dict[str, str], heard: list[tuple[str, ...]], tmp_path: Path
) -> None:
    system = classroom()
    system.lessons, system.breaks_at = lessons, "c3"
    async with office(tmp_path, system) as someone:
        broken = await someone.plan(system)
    system.breaks_at = ""
    system.log.clear()
    async with office(tmp_path, system) as someone:
        await someone.sync.resume(broken.run.id, actor=ANA)
        await someone.sync.wait(broken.run.id)

    assert [entry for entry in system.log if entry[0] == "relearn"] == heard


async def test_nothing_is_heard_again_where_nothing_was_read(tmp_path: Path) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        await someone.bring(system)

        assert not [entry for entry in system.log if entry[0] == "replay"]


async def test_a_class_skipped_before_a_rest_is_still_told_after_it(tmp_path: Path) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        system.forbidden, system.breaks_at = {"c1"}, "c3"
        broken = await someone.plan(system)
        assert broken.run.status is RunStatus.FAILED
    system.breaks_at = ""
    async with office(tmp_path, system) as someone:
        await someone.sync.resume(broken.run.id, actor=ANA)
        report = await someone.sync.wait(broken.run.id)

        assert kinds(report, C.ENROLLMENTS) == {K.KEPT: 1}
        assert [part.name for part in report.skipped] == ["Class c1"]


async def test_a_system_that_knows_no_changes_is_read_whole_and_the_run_says_why(
    tmp_path: Path,
) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        await someone.bring(system)
        system.drop(C.ENROLLMENTS, "c1:u-c1")
        system.log.clear()

        report = await someone.plan(system, mode=Mode.INCREMENTAL)

        assert all(entry[2] == "whole" for entry in system.log if entry[0] == "list")
        assert report.remarks == ("Classroom has no incremental reads: everything was read",)
        assert kinds(report, C.ENROLLMENTS) == {}, "absence means nothing in such a run"


async def test_files_of_changes_are_whole_for_such_a_system_and_say_why(tmp_path: Path) -> None:
    system = classroom()
    async with office(tmp_path, system) as someone:
        request = ExportRequest(integration_id=system.name, folder=tmp_path / "out", since=LAST)
        outcome = await files(someone).pull(request, actor=ANA)

        assert outcome.since is None
        assert outcome.complete
        assert outcome.remarks == ("Classroom has no incremental reads: everything was read",)
        assert not (tmp_path / "out" / "DELTA.txt").exists()


async def test_files_say_which_class_could_not_be_read(tmp_path: Path) -> None:
    system = classroom()
    system.forbidden = {"c2"}
    async with office(tmp_path, system) as someone:
        request = ExportRequest(integration_id=system.name, folder=tmp_path / "out")
        outcome = await files(someone).pull(request, actor=ANA)

        seats = next(one for one in outcome.collections if one.collection is C.ENROLLMENTS)
        told = f"the class Class c2 could not be read ({REFUSED}): its members stay as they are"
        assert (seats.records, seats.skipped, seats.complete) == (2, 1, True)
        assert told in seats.remarks
        assert not outcome.complete
        assert told in (tmp_path / "out" / "INCOMPLETE.txt").read_text()
