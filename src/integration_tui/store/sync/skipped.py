"""The parts of a run's listings that could not be read, and what stays as it is for them.

See docs/decisions/0029.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.paging import Skipped
from integration_tui.domain.roster import ROSTER, Collection, Owner
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Run, SkippedPart
from integration_tui.domain.text import visible
from integration_tui.store.column_types import storable
from integration_tui.store.connection import Connection, Value
from integration_tui.store.roster.fields import SHAPES, RecordTable

NAMED: Final = 1_000
"""So many skipped parts of a run are told one by one; all of them are counted."""
_LONGEST_NAME: Final = 100
_ABSENT: Final = ", ".join(f"'{kind.value}'" for kind in (*ChangeKind.losses(), ChangeKind.REFRESH))
"""What may become of a record that is not listed; it is refreshed where another system has it."""
_ADD: Final = """
INSERT OR IGNORE INTO sync_skipped
    (tenant_id, run_id, collection, owner_collection, owner_id, reason) VALUES (?, ?, ?, ?, ?, ?)
"""
_FORGET: Final = "DELETE FROM sync_skipped WHERE tenant_id = ? AND run_id = ?"
_COUNTS: Final = """
SELECT owner_collection, count(DISTINCT owner_id) FROM sync_skipped
WHERE tenant_id = :tenant AND run_id = :run GROUP BY 1
"""
_ALL: Final = """
SELECT s.collection, s.owner_collection, s.owner_id, s.reason, {name} AS name FROM sync_skipped s
WHERE s.tenant_id = :tenant AND s.run_id = :run ORDER BY s.owner_collection, s.owner_id LIMIT :limit
"""
# What a part belongs to, and the classes that are within it: those of a school, of a course.
_UNREAD: Final = """
WITH unread AS MATERIALIZED (
    SELECT DISTINCT s.owner_collection AS collection, m.internal_id AS id FROM sync_skipped s
    JOIN external_system_mappings m ON m.tenant_id = s.tenant_id
        AND m.integration_id = :integration AND m.collection = s.owner_collection
        AND m.external_id = s.owner_id
    WHERE s.tenant_id = :tenant AND s.run_id = :run),
rooms AS MATERIALIZED (
    SELECT id FROM unread WHERE collection = 'classes'
    UNION SELECT g.id FROM unread CROSS JOIN classes g INDEXED BY ix_classes_course_id
        ON g.tenant_id = :tenant AND g.course_id = unread.id WHERE unread.collection = 'courses'
    UNION SELECT g.id FROM classes g WHERE g.tenant_id = :tenant AND {said} IN (
        SELECT id FROM unread WHERE collection = 'courses')
    UNION SELECT g.id FROM unread CROSS JOIN classes g INDEXED BY ix_classes_organization_id
        ON g.tenant_id = :tenant AND g.organization_id = unread.id
        WHERE unread.collection = 'orgs')
UPDATE {changes} AS x SET kind = 'kept', note = '{note}', after = NULL
WHERE tenant_id = :tenant AND run_id = :run AND NOT listed AND kind <> 'create'
    AND kind IN ({absent}) AND EXISTS (SELECT 1 FROM {table} g
        WHERE g.tenant_id = x.tenant_id AND g.id = x.id AND {within})
"""
_SITS_THERE: Final = """
EXISTS (SELECT 1 FROM enrollments e INDEXED BY ix_enrollments_user_id
    JOIN external_system_mappings m ON m.tenant_id = e.tenant_id AND m.collection = 'enrollments'
        AND m.internal_id = e.id AND m.integration_id = :integration AND m.listed
    WHERE e.tenant_id = g.tenant_id AND e.user_id = g.id AND e.status = 'active'
        AND e.class_id IN (SELECT id FROM rooms))
"""
_SAID: Final = """json_extract(g.sync_metadata, '$."' || :integration || '".{name}[0]')"""
"""What this system says of a field, where another one decides what it is."""
_OF: Final = """
(g.{column} IN (SELECT id FROM unread WHERE collection = '{owner}')
    OR {said} IN (SELECT id FROM unread WHERE collection = '{owner}'))
"""


class SkippedRepository:
    """Reads and writes them inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(self, run_id: RunId, collection: Collection, parts: Iterable[Skipped]) -> int:
        """Note parts of a listing; return how many of them were not noted before."""
        rows = [
            (
                *(self._tenant, run_id, collection.value, part.owner.collection.value),
                *(storable(part.owner.sourced_id), part.reason),
            )
            for part in parts
        ]
        if not rows:
            return 0
        return int((await self._connection.exec_driver_sql(_ADD, rows)).rowcount)

    async def counts(self, run_id: RunId) -> Mapping[Collection, int]:
        """Return how many classes, and whatever else, a run could not read."""
        found = await self._connection.exec_driver_sql(
            _COUNTS, {"tenant": self._tenant, "run": run_id}
        )
        counts = {Collection(owner): int(count) for owner, count in found.all()}
        return {owner: counts[owner] for owner in ROSTER if owner in counts}

    async def all(self, run_id: RunId) -> tuple[SkippedPart, ...]:
        """Return the parts that a run could not read with their names, `NAMED` at most."""
        found = await self._connection.exec_driver_sql(
            _ALL.format(name=_name_sql()),
            {"tenant": self._tenant, "run": run_id, "limit": NAMED},
        )
        return tuple(
            SkippedPart(
                collection=Collection(row.collection),
                owner=Owner(collection=Collection(row.owner_collection), sourced_id=row.owner_id),
                name=visible(row.name or row.owner_id, limit=_LONGEST_NAME),
                reason=row.reason,
            )
            for row in found.all()
        )

    async def forget(self, run_id: RunId) -> None:
        """Have a run begin anew."""
        await self._connection.exec_driver_sql(_FORGET, (self._tenant, run_id))

    async def keep(self, run: Run, collection: Collection) -> None:
        """Have the records stay that are not listed, but belong to what could not be read."""
        values: dict[str, Value] = {
            "tenant": self._tenant,
            "run": run.id,
            "integration": storable(run.integration_id),
        }
        if not await self.counts(run.id):
            return
        shape = SHAPES[collection]
        for note, within in _within(shape):
            statement = _UNREAD.format(
                changes=shape.changes,
                table=shape.table,
                absent=_ABSENT,
                note=note,
                within=within,
                said=_SAID.format(name="course"),
            )
            await self._connection.exec_driver_sql(statement, values)


def _within(shape: RecordTable) -> Iterator[tuple[str, str]]:
    """Yield why records of a collection stay, with a condition on `g` for those that do."""
    itself = f"g.id IN (SELECT id FROM unread WHERE collection = '{shape.collection}')"  # noqa: S608 - our own names
    yield "it could not be read itself", itself
    if shape.collection is Collection.ENROLLMENTS:
        yield "its class could not be read", "g.class_id IN (SELECT id FROM rooms)"
        yield "its person could not be read", _of(shape, "user_id", Collection.USERS)
    if shape.collection is Collection.USERS:
        yield "its class could not be read", _SITS_THERE
    if shape.collection is Collection.CLASSES:
        yield "its course could not be read", _of(shape, "course_id", Collection.COURSES)
    if shape.school is not None:
        yield "its school could not be read", _of(shape, shape.school, Collection.ORGS)


def _of(shape: RecordTable, column: str, owner: Collection) -> str:
    """Return a condition on `g`: that a column, or what the system says of it, was not read."""
    name = next(field.name for field in shape.references if field.local_column == column)
    return _OF.format(column=column, owner=owner.value, said=_SAID.format(name=name))


def _name_sql() -> str:
    """Return an expression for what an owner is called: as the run read it, or as it is held."""
    return " ".join(["CASE s.owner_collection", *map(_named_sql, _NAMED_OWNERS), "END"])


_NAMED_OWNERS: Final = (
    Collection.ORGS,
    Collection.ACADEMIC_SESSIONS,
    Collection.COURSES,
    Collection.CLASSES,
)
"""People are named by the id of their system: what is told of a run names nobody."""


def _named_sql(collection: Collection) -> str:
    shape = SHAPES[collection]
    return (
        f"WHEN '{collection}' THEN COALESCE((SELECT x.{shape.label} FROM {shape.changes} x"  # noqa: S608 - our own names
        " WHERE x.tenant_id = s.tenant_id AND x.run_id = s.run_id AND x.external_id = s.owner_id),"
        f" (SELECT g.{shape.label} FROM sync_runs r CROSS JOIN external_system_mappings m"
        " ON m.tenant_id = r.tenant_id AND m.integration_id = r.integration_id"
        f" AND m.collection = '{collection}' AND m.external_id = s.owner_id"
        f" CROSS JOIN {shape.table} g ON g.tenant_id = m.tenant_id AND g.id = m.internal_id"
        " WHERE r.tenant_id = s.tenant_id AND r.id = s.run_id))"
    )
