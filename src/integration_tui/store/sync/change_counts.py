"""Counts what a plan changes by school: what safety checks on changes go by.

The rows of a plan are read once, field by field. What takes longer is asked only where so many
records change that it may hold the plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.change_checks import LONG_SHIFT_DAYS, ChangeStats
from integration_tui.domain.sync.change_effects import Effect, SchoolChange
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.thresholds import Thresholds
from integration_tui.store.roster.fields import SHAPES, RecordTable
from integration_tui.store.sync.id_resolution import resolved
from integration_tui.store.sync.people_changes import (
    ChangeQueries,
    Counts,
    PeopleChanges,
    School,
    is_empty,
)

_C = Collection
_LOSSES: Final = ", ".join(f"'{loss.value}'" for loss in ChangeKind.losses())


def _in_order(items: str) -> str:
    return (
        f"(SELECT json_group_array(value) FROM (SELECT value FROM json_each({items}) ORDER BY 1))"  # noqa: S608 - our own names
    )


_FIELDS: Final = f"""
SELECT {{school}} AS school, b.key AS field, CASE
        WHEN {is_empty("b.value")} THEN 'filled'
        WHEN {is_empty("json_extract(x.after, '$.' || b.key)")} THEN 'cleared'
        WHEN lower(b.value) = lower(json_extract(x.after, '$.' || b.key)) THEN 'spelled'
        WHEN b.key IN ('agents', 'user_ids') AND {_in_order("b.value")}
            = {_in_order("json_extract(x.after, '$.' || b.key)")} THEN 'ordered'
        ELSE 'changed' END AS effect, count(*)
{{rows}} CROSS JOIN json_each(x.before) b {{where}} AND b.key <> 'status' GROUP BY 1, 2, 3
"""
_LONG_SHIFTS: Final = """
SELECT count(*) {rows} {where} AND (
    abs(julianday(json_extract(x.after, '$.starts_on')) - julianday(g.starts_on)) > :days
    OR abs(julianday(json_extract(x.after, '$.ends_on')) - julianday(g.ends_on)) > :days)
"""
_BECOME_TEACHER: Final = """
SELECT g.organization_id, count(*) {rows} {where} AND g.role = 'student'
    AND json_extract(x.after, '$.role') IN ('teacher', 'administrator') GROUP BY 1
"""
# A class that is lost itself needs no teacher.
_LOSE_TEACHERS: Final = """
WITH touched AS MATERIALIZED (SELECT x.id AS id FROM enrollment_changes x
        INDEXED BY ix_enrollment_changes_run_id
    CROSS JOIN enrollments g ON g.tenant_id = x.tenant_id AND g.id = x.id
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create'
        AND g.role = 'teacher' AND g.status = 'active' AND (x.kind IN ({losses})
            OR json_type(x.before, '$.role') IS NOT NULL
            OR json_type(x.before, '$.class_') IS NOT NULL)),
taught AS MATERIALIZED (
    SELECT json_extract(x.after, '$.class_') AS id FROM enrollment_changes x
        INDEXED BY ix_enrollment_changes_run_id
    CROSS JOIN enrollments g ON g.tenant_id = x.tenant_id AND g.id = x.id
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create'
        AND x.kind IN ('update', 'link', 'relink')
        AND COALESCE(json_extract(x.after, '$.role'), g.role) = 'teacher'
    UNION SELECT g.class_id FROM enrollment_changes x INDEXED BY ix_enrollment_changes_run_id
    CROSS JOIN enrollments g ON g.tenant_id = x.tenant_id AND g.id = x.id
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create'
        AND x.kind IN ('update', 'link', 'relink', 'return')
        AND json_type(x.before, '$.class_') IS NULL
        AND COALESCE(json_extract(x.after, '$.role'), g.role) = 'teacher'
    UNION SELECT {class_id} FROM enrollment_changes x
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create' AND x.role = 'teacher')
SELECT c.organization_id, count(*) FROM classes c WHERE c.tenant_id = :tenant
    AND c.status = 'active' AND c.id IN (SELECT g.class_id FROM touched t
        CROSS JOIN enrollments g ON g.tenant_id = :tenant AND g.id = t.id)
    AND c.id NOT IN (SELECT id FROM taught WHERE id IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM enrollments e INDEXED BY ix_enrollments_class_id
        WHERE e.tenant_id = :tenant AND e.class_id = c.id AND e.role = 'teacher'
            AND e.status = 'active' AND e.id NOT IN (SELECT id FROM touched))
    AND c.id NOT IN (SELECT id FROM class_changes WHERE tenant_id = :tenant AND run_id = :run
        AND kind <> 'create' AND kind IN ({losses}))
GROUP BY 1
"""
_TAUGHT_CLASSES: Final = """
SELECT e.organization_id, count(DISTINCT e.class_id) FROM enrollments e
WHERE e.tenant_id = :tenant AND e.role = 'teacher' AND e.status = 'active'
    AND e.organization_id IN (SELECT value FROM json_each(:schools)) GROUP BY 1
"""
_KNOWN: Final = """
SELECT {school} AS school, {columns} FROM {table} g
WHERE g.tenant_id = :tenant AND g.status = 'active' AND {where} GROUP BY 1
"""
_ACTIVE: Final = """
SELECT count(*) FROM academic_sessions WHERE tenant_id = :tenant AND status = 'active'
"""
_ORG_NAMES: Final = """
SELECT id, name FROM organizations
WHERE tenant_id = :tenant AND id IN (SELECT value FROM json_each(:schools))
"""
_OWN_CHECKS: Final = frozenset({"roles", "primary_org"})
"""Fields of people of whom more is known than that they change."""
_NOT_CLEARED: Final = frozenset({"primary"})
_WATCHED: Final[Mapping[Collection, frozenset[str]]] = {
    _C.ORGS: frozenset({"name", "type", "identifier", "parent"}),
    _C.ACADEMIC_SESSIONS: frozenset({"type", "parent"}),
    _C.COURSES: frozenset({"org"}),
    _C.CLASSES: frozenset({"school", "course"}),
    _C.USERS: frozenset(
        {
            "given_name", "family_name", "username", "email", "identifier", "master_identifier",
            "user_ids", "agents", "phone", "sms",
        }
    ),
    _C.ENROLLMENTS: frozenset({"user", "class_", "school", "role"}),
}  # fmt: skip
"""Fields that say who somebody is, or where a record belongs: many never change at once."""
_json: Final = msgspec.json.Encoder().encode


class ChangeCounts(ChangeQueries):
    """Counts the changes of one plan inside one transaction."""

    async def of(self, collection: Collection, limits: Thresholds) -> ChangeStats:
        """Return what the plan changes of a collection, as far as it may hold the plan."""
        shape = SHAPES[collection]
        counts: defaultdict[tuple[Effect, str], Counter[School]] = defaultdict(Counter)
        fields: Counter[str] = Counter()
        for school, name, effect, count in await self._by_field(shape):
            fields[name] += count
            if (found := _effect(collection, name, effect)) is not None:
                counts[found, "" if found is Effect.DISABLED else name][school] += count
        many = frozenset(name for name, count in fields.items() if count > limits.floor)
        if collection is _C.USERS:
            people = PeopleChanges(self._connection, self._tenant, self._run)
            promotion = await people.count(counts, many, limits)
            return ChangeStats(
                collection=collection,
                schools=await self._known(shape, counts, limits),
                promotion=promotion,
                reassigned=await people.reassigned(many),
                swapped=await people.swapped(many),
            )
        if collection is _C.ACADEMIC_SESSIONS and fields:
            return await self._of_sessions(shape, counts, limits)
        schools: list[SchoolChange] = []
        if collection is _C.ENROLLMENTS:
            schools = await self._teachers(shape, counts, many, limits)
        return ChangeStats(
            collection=collection, schools=[*schools, *await self._known(shape, counts, limits)]
        )

    async def _by_field(self, shape: RecordTable) -> list[tuple[School, str, str, int]]:
        statement = _FIELDS.replace("{school}", _school(shape))
        rows = await self._ask(statement, shape)
        return [(_id(row[0]), str(row[1]), str(row[2]), int(str(row[3]))) for row in rows]

    async def _of_sessions(
        self, shape: RecordTable, counts: Counts, limits: Thresholds
    ) -> ChangeStats:
        shifted = await self._ask(_LONG_SHIFTS, shape, days=LONG_SHIFT_DAYS)
        sessions = await self._ask(_ACTIVE, shape)
        return ChangeStats(
            collection=shape.collection,
            schools=await self._known(shape, counts, limits),
            long_shifts=int(str(shifted[0][0])),
            sessions=int(str(sessions[0][0])),
        )

    async def _teachers(
        self,
        shape: RecordTable,
        counts: defaultdict[tuple[Effect, str], Counter[School]],
        many: frozenset[str],
        limits: Thresholds,
    ) -> list[SchoolChange]:
        """Count students who become teachers of their class; return who has no teacher then."""
        if "role" in many:
            for school, count in await self._ask(_BECOME_TEACHER, shape):
                counts[Effect.BECOME_TEACHER, ""][_id(school)] += int(str(count))
        class_id = resolved(shape.field("class_"), "x")
        statement = _LOSE_TEACHERS.format(losses=_LOSSES, class_id=class_id)
        found = {
            _id(school): int(str(count)) for school, count in await self._ask(statement, shape)
        }
        losing = {school: count for school, count in found.items() if count > limits.floor}
        if not losing:
            return []
        names, schools = await self._names(losing), _json(list(losing)).decode()
        known = await self._ask(_TAUGHT_CLASSES, shape, schools=schools)
        taught = {_id(school): int(str(count)) for school, count in known}
        return [
            SchoolChange(
                effect=Effect.LOSE_TEACHERS,
                school=names.get(school, ""),
                count=count,
                known=taught.get(school, count),
            )
            for school, count in losing.items()
        ]

    async def _known(
        self, shape: RecordTable, counts: Counts, limits: Thresholds
    ) -> list[SchoolChange]:
        """Return the counts with what each school has, as far as a check may go by them."""
        wanted = {
            key: schools for key, schools in counts.items() if sum(schools.values()) > limits.floor
        }
        if not wanted:
            return []
        ids = {school for schools in wanted.values() for school in schools}
        fields = sorted({name for _, name in wanted if name})
        known = await self._sizes(shape, ids, fields)
        names = await self._names(ids)
        return [
            SchoolChange(
                effect=effect,
                field=name,
                school=names.get(school, ""),
                count=count,
                known=known.get((school, name), count),
            )
            for (effect, name), schools in wanted.items()
            for school, count in schools.items()
        ]

    async def _sizes(
        self, shape: RecordTable, ids: Iterable[School], fields: list[str]
    ) -> Mapping[tuple[School, str], int]:
        """Return how many active records a school has, and how many of them a value of a field."""
        school = _school(shape)
        held = [f"sum(NOT {is_empty(f'g.{shape.field(name).local_column}')})" for name in fields]
        where = "1"
        if shape.school is not None:
            where = f"{school} IN (SELECT value FROM json_each(:schools))"  # noqa: S608 - our own names
        if shape.school is not None and None in ids:
            where = f"({where} OR {school} IS NULL)"
        columns = ", ".join(["count(*)", *held])
        statement = _KNOWN.format(school=school, columns=columns, where=where, table=shape.table)
        schools = _json([record_id for record_id in ids if record_id is not None]).decode()
        return {
            (_id(row[0]), name): int(str(count))
            for row in await self._ask(statement, shape, schools=schools)
            for name, count in zip(["", *fields], row[1:], strict=True)
        }

    async def _names(self, ids: Iterable[School]) -> Mapping[School, str]:
        schools = _json([record_id for record_id in ids if record_id is not None]).decode()
        rows = await self._ask(_ORG_NAMES, SHAPES[_C.ORGS], schools=schools)
        return {_id(school): str(name) for school, name in rows}


def _effect(collection: Collection, name: str, effect: str) -> Effect | None:
    if collection is _C.USERS and name in _OWN_CHECKS:
        return None
    if name == "enabled":
        return Effect.DISABLED if effect == "cleared" else None
    if effect == "cleared":
        return None if name in _NOT_CLEARED else Effect.CLEARED
    return Effect.CHANGED if effect == "changed" and name in _WATCHED[collection] else None


def _school(shape: RecordTable) -> str:
    return f"g.{shape.school}" if shape.school else "NULL"


def _id(value: object) -> School:
    return value if isinstance(value, int) else None
