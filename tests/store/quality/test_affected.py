"""What is found where only the affected records are judged is what is found where all are.

Rosters with all kinds of flaws change at random, run after run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from random import Random
from typing import Final

import pytest
from msgspec.structs import replace as changed

from integration_tui.domain.config.sync_policy import (
    CustomQualityRule,
    GracePolicy,
    QualityPolicy,
)
from integration_tui.domain.roster import (
    ROSTER,
    AcademicSession,
    Class,
    Course,
    Enrollment,
    Org,
    Record,
    RecordStatus,
    Role,
    User,
)
from integration_tui.domain.sync.run import Run
from integration_tui.store.database import Database
from integration_tui.store.sync.plan import PlanContext
from tests.store.fixtures import NOON
from tests.store.roster_fixtures import FALL, WINTER, Desk, seat, user

STEPS: Final = 4
PEOPLE: Final = 90
POLICY: Final = QualityPolicy(
    max_class_size=14,
    rules=(
        CustomQualityRule(name="own-number", field="users.identifier", matches="no-.*"),
        CustomQualityRule(name="own-title", field="classes.title", matches="Room .*"),
        CustomQualityRule(name="own-end", field="enrollments.ends_on", matches="20.*"),
    ),
)
_GRADES: Final = (("07",), ("08",), ("seven",), ())
_TERMS: Final = (("t0",), ("t1",), ("t0", "t1"), ("t9",), ())
Records = dict[str, Record]


def roster(chance: Random) -> Records:
    """Return a roster of three schools in which little is wrong."""
    found: list[Record] = [
        *(Org(sourced_id=f"o{one}", name=f"School {one}", type="school") for one in range(3)),
        *(_session(one) for one in range(3)),
        *(_course(chance, one) for one in range(4)),
        *(_class(chance, one) for one in range(12)),
        *(_person(chance, one) for one in range(PEOPLE)),
        *(_seat(chance, one) for one in range(PEOPLE * 3)),
    ]
    return {record.sourced_id: record for record in found}


def _session(one: int) -> Record:
    ends_on = date(2026, 11, 30) if one == 1 else WINTER
    return AcademicSession(
        sourced_id=f"t{one}", title=f"Term {one}", type="term", starts_on=FALL, ends_on=ends_on
    )


def _course(chance: Random, one: int) -> Record:
    org = f"o{chance.randrange(3)}"
    return Course(sourced_id=f"k{one}", title=f"Course {one}", org=org, school_year="t0")


def _class(chance: Random, one: int) -> Record:
    return Class(
        sourced_id=f"c{one}",
        title=f"Room {one}",
        course=f"k{chance.randrange(4)}",
        school=f"o{chance.randrange(3)}",
        terms=("t0",),
        grades=("07",),
    )


def _person(chance: Random, one: int) -> Record:
    org = f"o{chance.randrange(3)}"
    role = "teacher" if one % 9 == 0 else "student"
    person = user(f"p{one}", role=Role(role=role, org=org))
    agents = (f"p{chance.randrange(PEOPLE)}",) if one % 3 == 0 else ()
    grades = () if role == "teacher" else ("07",)
    return changed(person, primary_org=org, grades=grades, agents=agents)


def _seat(chance: Random, one: int) -> Record:
    number = one % PEOPLE
    role = "teacher" if number % 9 == 0 else "student"
    found = seat(f"e{one}", f"p{number}", role, f"c{(number + one // PEOPLE) % 12}")
    return changed(found, school=f"o{chance.randrange(3)}", ends_on=WINTER)


def _change_user(chance: Random, one: User) -> Record:
    other = f"p{chance.randrange(PEOPLE)}"
    org = chance.choice(("o0", "o1", "o2", "o9"))
    changes: tuple[dict[str, object], ...] = (
        {"family_name": f"Roe {chance.random()}"},
        {"email": chance.choice((f"{other.upper()}@school.example", None, "no address"))},
        {"username": chance.choice((other, other.upper(), None))},
        {"identifier": chance.choice((f"NO-{other}", f"no-{other}", None))},
        {"roles": (Role(role=chance.choice(("student", "teacher")), org=org),)},
        {"roles": ()},
        {"grades": chance.choice(_GRADES)},
        {"primary_org": org},
        {"agents": chance.choice(((other,), (other, "nobody"), ()))},
        {"status": chance.choice((RecordStatus.ACTIVE, RecordStatus.TO_BE_DELETED))},
    )
    return changed(one, **chance.choice(changes))


def _change_seat(chance: Random, one: Enrollment) -> Record:
    changes: tuple[dict[str, object], ...] = (
        {"ends_on": chance.choice((WINTER, date(2031, 6, 30), date(2020, 1, 1)))},
        {"begins_on": chance.choice((FALL, WINTER, None))},
        {"role": chance.choice(("student", "teacher"))},
        {"user": chance.choice((f"p{chance.randrange(PEOPLE)}", "nobody"))},
        {"class_": f"c{chance.randrange(13)}"},
        {"status": chance.choice((RecordStatus.ACTIVE, RecordStatus.TO_BE_DELETED))},
    )
    return changed(one, **chance.choice(changes))


def _change_class(chance: Random, one: Class) -> Record:
    changes: tuple[dict[str, object], ...] = (
        {"title": chance.choice((f"Room {chance.random()}", "Hall"))},
        {"terms": chance.choice(_TERMS)},
        {"grades": chance.choice(_GRADES)},
        {"course": chance.choice(("k0", "k1", "k9"))},
        {"school": chance.choice(("o0", "o1"))},
    )
    return changed(one, **chance.choice(changes))


def _change_few(chance: Random, one: Record) -> Record:
    """Change a school, a term or a course."""
    if isinstance(one, Org):
        return changed(one, name=f"School {chance.randrange(3)}")
    if isinstance(one, AcademicSession):
        more: dict[str, object] = {"title": f"Term {chance.random()}"}
        if chance.random() < 0.2:
            more = {"ends_on": date(2026, 12, 24)}
        return changed(one, **more)
    return changed(one, title=f"Course {chance.random()}")


def _changed(chance: Random, one: Record) -> Record:
    match one:
        case User():
            return _change_user(chance, one)
        case Enrollment():
            return _change_seat(chance, one)
        case Class():
            return _change_class(chance, one)
        case _:
            return _change_few(chance, one)


def _new(chance: Random, records: Records, number: int) -> Record:
    """Return a record that was not there before: some are copies of others."""
    make: Callable[[Random, int], Record] = chance.choice((_person, _seat, _seat, _class))
    one = make(chance, 100 + number)
    twins = [twin for twin in records.values() if isinstance(twin, Enrollment)]
    if isinstance(one, Enrollment) and chance.random() < 0.4:
        return changed(chance.choice(twins), sourced_id=one.sourced_id)
    if isinstance(one, User) and chance.random() < 0.4:
        return changed(one, username=f"P{chance.randrange(PEOPLE)}")
    return one


def _without_seats(chance: Random, records: Records) -> Records:
    """Return the roster in which somebody has left every class, or goes to one only."""
    person = f"p{chance.randrange(PEOPLE)}"
    seats = [
        one.sourced_id
        for one in records.values()
        if isinstance(one, Enrollment) and one.user == person
    ]
    gone = set(seats[chance.randrange(2) :])
    return {name: one for name, one in records.items() if name not in gone}


def _step(chance: Random, records: Records, number: int) -> Records:
    """Return the roster with some changes, additions and losses."""
    found = dict(records)
    found["p0"] = changed(found["p0"], phone=f"{number}")  # where nothing changed, nobody looks
    if chance.random() < 0.4:
        found = _without_seats(chance, found)
    weights = {"o": 1, "t": 1, "k": 1, "c": 3, "p": 1, "e": 1}
    for place in range(chance.randrange(1, 7)):
        chosen = chance.choice(
            [name for name in found if chance.random() < weights[name[0]] / 3] or [*found]
        )
        if chance.random() < 0.15:
            one = _new(chance, found, number * 10 + place)
            found[one.sourced_id] = one
        elif chance.random() < 0.15 and chosen[0] in {"p", "e", "c", "k"} and chosen != "p0":
            del found[chosen]
        else:
            found[chosen] = _changed(chance, found[chosen])
    return found


async def plan(desk: Desk, records: Records, base: int) -> Run:
    run = await desk.read(records.values(), base=base)
    grace = GracePolicy(sweeps=1, days=0)
    ground = PlanContext(run=run, now=NOON, grace=grace, protected_roles=())
    async with desk.database.transaction() as transaction:
        for collection in ROSTER:
            await transaction.plans.plan_deactivations(ground, collection)
    await desk.decide(run)
    return run


def said_of(database: Database, run: Run) -> dict[str, list[tuple[object, ...]]]:
    """Return all that is said of a run's quality."""
    found = (
        "SELECT n.collection, n.rule, f.external_id, f.label, f.school, f.detail"
        " FROM sync_findings n JOIN sync_found f ON f.run_id = n.judged_by"
        " AND f.collection = n.collection AND f.rule = n.rule WHERE n.run_id = ? ORDER BY 1, 2, 3"
    )
    findings = (
        "SELECT collection, rule, severity, count, samples, schools FROM sync_findings"
        " WHERE run_id = ? ORDER BY 1, 2"
    )
    scores = (
        "SELECT collection, records, score_percent FROM sync_scores WHERE run_id = ? ORDER BY 1"
    )
    with closing(sqlite3.connect(database.path)) as connection:
        return {
            statement: connection.execute(statement, (run.id,)).fetchall()
            for statement in (found, findings, scores)
        }


async def judged_anew(desk: Desk, run: Run) -> dict[str, list[tuple[object, ...]]]:
    """Have all of a run judged as if nothing had been judged before."""
    for table in ("sync_findings", "sync_found", "sync_scores"):
        await desk.change(f"DELETE FROM {table} WHERE run_id = ?", run.id)  # noqa: S608 - our own names
    await desk.change("UPDATE sync_scores SET rules = 'others'")
    await desk.judge(run, POLICY)
    return said_of(desk.database, run)


@pytest.mark.parametrize("seed", range(3))
async def test_part_of_a_roster_is_judged_like_all_of_it(lincoln: Database, seed: int) -> None:
    chance, desk = Random(seed), Desk(lincoln)  # noqa: S311 - a test's chance
    records = roster(chance)
    for number in range(STEPS):
        run = await plan(desk, records, number)
        await desk.judge(run, POLICY)
        in_part = said_of(lincoln, run)

        assert in_part == await judged_anew(desk, run)

        await desk.apply(run)
        records = _step(chance, records, number)


ODD = "UPDATE users SET email = 'none' WHERE external_id = 'p5'"
"""Nobody may do that: it shows who has looked."""


async def _second(desk: Desk, **changes: object) -> Run:
    """Return a run that changes one person, and whatever else is told, after a first one."""
    records = roster(Random(7))  # noqa: S311 - a test's chance
    first = await plan(desk, records, 0)
    await desk.judge(first, POLICY)
    await desk.apply(first)
    await desk.change(ODD)
    records["p1"] = changed(records["p1"], family_name="Roe")
    records["t0"] = changed(records["t0"], **changes)
    return await plan(desk, records, 1)


async def test_only_what_a_change_affects_is_looked_at(lincoln: Database) -> None:
    desk = Desk(lincoln)
    run = await _second(desk, title="Autumn")

    await desk.judge(run, POLICY)

    assert "users-email" not in await desk.found(run)
    async with lincoln.reading() as rows:
        scores = await rows.quality.scores(run.id)
    assert [score.records for score in scores] == [3, 3, 4, 12, PEOPLE, PEOPLE * 3]


@pytest.mark.parametrize(
    "reason",
    [
        "DELETE FROM external_system_mappings WHERE external_id = 'k3'",
        "DELETE FROM sync_found WHERE external_id = 'c3'",
        "INSERT INTO shared_external_ids SELECT tenant_id, integration_id, collection, 'p5b',"
        " internal_id, 1, '[]', NULL, 'matched' FROM external_system_mappings"
        " WHERE external_id = 'p5'",
    ],
)
async def test_all_is_judged_where_more_may_hang_on_a_change(
    lincoln: Database, reason: str
) -> None:
    desk = Desk(lincoln)
    run = await _second(desk, title="Autumn")
    await desk.change(reason)

    await desk.judge(run, POLICY)

    assert (await desk.found(run))["users-email"] == {"p5"}


async def test_all_is_judged_where_a_term_moves(lincoln: Database) -> None:
    desk = Desk(lincoln)
    run = await _second(desk, ends_on=date(2026, 12, 24))

    await desk.judge(run, POLICY)

    counts = {finding.rule: finding.count for finding in await desk.findings(run)}
    assert (counts["users-email"], counts["enrollments-term"]) == (1, PEOPLE * 3)
