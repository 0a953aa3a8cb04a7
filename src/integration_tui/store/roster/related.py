"""What stands beside a record: its classes, its people, who may act for it. One statement each.

Every statement goes by an index to the parts of one record, so that it does not matter how many
records there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.ids import IntegrationId, RecordId, RunId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RelatedRecord
from integration_tui.store.column_types import moment
from integration_tui.store.connection import Connection, NamedRow
from integration_tui.store.connection import Value as Bound
from integration_tui.store.roster.labels import LABELS

_C = Collection
_GRADES: Final = "(SELECT group_concat(r.value, ' ') FROM json_each(p.grades) r)"
_NAME: Final = LABELS[_C.USERS].replace("g.", "p.")
_TEACHERS: Final = f"""
(SELECT group_concat({_NAME}, ', ')
    FROM enrollments t INDEXED BY ix_enrollments_class_id
    JOIN users p ON p.tenant_id = t.tenant_id AND p.id = t.user_id
    WHERE t.tenant_id = g.tenant_id AND t.class_id = g.id AND t.role = 'teacher'
        AND t.status = 'active')
"""  # noqa: S608 - our own names
_CLASS: Final = f"""
SELECT g.id, g.title AS label, g.status, g.class_type AS kind, '' AS role, {_TEACHERS} AS about,
    g.periods FROM classes g WHERE g.tenant_id = :tenant AND g.id IN (
        SELECT c.id FROM classes c INDEXED BY {{index}} WHERE c.tenant_id = :tenant
            AND c.{{column}} = :id ORDER BY c.title, c.id LIMIT :limit) ORDER BY g.title, g.id
"""  # noqa: S608 - our own names
_ROLES: Final = (
    "(SELECT group_concat(DISTINCT json_extract(r.value, '$.role')) FROM json_each(p.roles) r)"
)
_RELATED: Final[Mapping[Collection, tuple[Collection, str]]] = {
    _C.USERS: (
        _C.CLASSES,
        f"""
        SELECT g.id, g.title AS label, g.status, g.class_type AS kind, e.role,
            {_TEACHERS} AS about, g.periods
        FROM enrollments e INDEXED BY ix_enrollments_user_id
        JOIN classes g ON g.tenant_id = e.tenant_id AND g.id = e.class_id
        WHERE e.tenant_id = :tenant AND e.user_id = :id AND e.status = 'active'
        ORDER BY g.class_type IS NOT 'homeroom', g.title, g.id LIMIT :limit
        """,  # noqa: S608 - our own names
    ),
    _C.CLASSES: (
        _C.USERS,
        f"""
        SELECT p.id, {_NAME} AS label, p.status, '' AS kind, e.role,
            {_GRADES} AS about, '' AS periods
        FROM enrollments e INDEXED BY ix_enrollments_class_id
        JOIN users p ON p.tenant_id = e.tenant_id AND p.id = e.user_id
        WHERE e.tenant_id = :tenant AND e.class_id = :id AND e.status = 'active'
        ORDER BY e.role <> 'teacher', e.role, p.family_name, p.given_name, p.id LIMIT :limit
        """,  # noqa: S608 - our own names
    ),
    _C.COURSES: (
        _C.CLASSES,
        _CLASS.format(index="ix_classes_course_id", column="course_id"),
    ),
    _C.ORGS: (
        _C.ORGS,
        "SELECT g.id, g.name AS label, g.status, g.type AS kind, '' AS role, g.identifier AS about,"
        " '' AS periods FROM organizations g INDEXED BY ix_organizations_parent_id"
        " WHERE g.tenant_id = :tenant AND g.parent_id = :id ORDER BY g.name, g.id LIMIT :limit",
    ),
    _C.ACADEMIC_SESSIONS: (
        _C.ACADEMIC_SESSIONS,
        "SELECT g.id, g.title AS label, g.status, g.type AS kind, '' AS role,"
        " g.starts_on || ' ' || g.ends_on AS about, '' AS periods"
        " FROM academic_sessions g INDEXED BY ix_academic_sessions_parent_id"
        " WHERE g.tenant_id = :tenant AND g.parent_id = :id"
        " ORDER BY g.starts_on, g.id LIMIT :limit",
    ),
}
"""What stands beside a record of a collection, and how the first of it are read."""
_CLASSES_OF_ORG: Final = _CLASS.format(index="ix_classes_organization_id", column="organization_id")
_COUNT: Final[Mapping[Collection, str]] = {
    _C.USERS: "enrollments o INDEXED BY ix_enrollments_user_id WHERE o.status = 'active'"
    " AND o.user_id",
    _C.CLASSES: "enrollments o INDEXED BY ix_enrollments_class_id WHERE o.status = 'active'"
    " AND o.class_id",
    _C.COURSES: "classes o INDEXED BY ix_classes_course_id WHERE o.course_id",
    _C.ORGS: "organizations o INDEXED BY ix_organizations_parent_id WHERE o.parent_id",
    _C.ACADEMIC_SESSIONS: "academic_sessions o INDEXED BY ix_academic_sessions_parent_id"
    " WHERE o.parent_id",
}
_COUNT_CLASSES: Final = "classes o INDEXED BY ix_classes_organization_id WHERE o.organization_id"
_ORG_COUNTS: Final = """
SELECT json_extract(r.value, '$.role') AS what, count(DISTINCT u.id) AS n
FROM users u INDEXED BY ix_users_organization_id, json_each(u.roles) r
WHERE u.tenant_id = :tenant AND u.organization_id = :id AND u.status = 'active' GROUP BY 1
UNION ALL SELECT 'classes', count(*) FROM classes c INDEXED BY ix_classes_organization_id
WHERE c.tenant_id = :tenant AND c.organization_id = :id AND c.status = 'active'
UNION ALL SELECT 'courses', count(*) FROM courses c INDEXED BY ix_courses_organization_id
WHERE c.tenant_id = :tenant AND c.organization_id = :id AND c.status = 'active'
"""
_CLASS_COUNTS: Final = """
SELECT e.role AS what, count(*) AS n FROM enrollments e INDEXED BY ix_enrollments_class_id
WHERE e.tenant_id = :tenant AND e.class_id = :id AND e.status = 'active' GROUP BY 1
"""
_COUNTS: Final = {_C.ORGS: _ORG_COUNTS, _C.CLASSES: _CLASS_COUNTS}
_IDS_HERE: Final = """
SELECT m.external_id, m.internal_id, m.integration_id FROM external_system_mappings m
WHERE m.tenant_id = :tenant AND m.integration_id IN (SELECT value FROM json_each(:systems))
    AND m.collection = :collection AND m.external_id IN (SELECT value FROM json_each(:ids))
"""
_PEOPLE: Final = f"""
SELECT p.id, {_NAME} AS label, p.status, '' AS kind, {_ROLES} AS role, p.email AS about,
    '' AS periods
FROM users p WHERE p.tenant_id = :tenant AND p.id IN (SELECT value FROM json_each(:ids))
ORDER BY p.family_name, p.given_name, p.id
"""  # noqa: S608 - our own names
_SESSIONS: Final = """
SELECT g.id, g.title AS label, g.status, g.type AS kind, '' AS role,
    g.starts_on || ' ' || g.ends_on AS about, '' AS periods FROM academic_sessions g
WHERE g.tenant_id = :tenant AND g.id IN (SELECT value FROM json_each(:ids))
ORDER BY g.starts_on, g.id
"""
_ABOVE: Final = """
SELECT p.name FROM organizations g JOIN organizations p ON p.tenant_id = g.tenant_id
    AND p.id = g.parent_id WHERE g.tenant_id = :tenant AND g.id = :id
"""
_CREATED: Final = """
SELECT COALESCE(r.ended_at, r.updated_at) AS at FROM sync_runs r
WHERE r.tenant_id = :tenant AND r.id = :run
"""
_LAST_SEEN: Final = """
SELECT k.integration_id, COALESCE(l.read_at, r.updated_at) AS at FROM sync_marks k
JOIN sync_runs r ON r.tenant_id = k.tenant_id AND r.id = k.run_id
LEFT JOIN sync_listings l ON l.tenant_id = k.tenant_id AND l.run_id = k.run_id
    AND l.collection = k.collection
WHERE k.tenant_id = :tenant AND k.collection = :collection
    AND k.integration_id IN (SELECT value FROM json_each(:systems))
"""
_encode: Final = msgspec.json.Encoder().encode
_list: Final = msgspec.json.Decoder(tuple[str, ...]).decode


class RelatedRepository:
    """Reads what stands beside one record, inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def of(
        self, collection: Collection, record_id: RecordId, *, limit: int
    ) -> tuple[list[RelatedRecord], int]:
        """Return the first records beside one, and how many there are."""
        if collection not in _RELATED:
            return [], 0
        to, statement = _RELATED[collection]
        count = await self._count(_COUNT[collection], record_id)
        if collection is _C.ORGS and not count:
            to, statement = _C.CLASSES, _CLASSES_OF_ORG
            count = await self._count(_COUNT_CLASSES, record_id)
        rows = await self._rows(statement, id=record_id, limit=limit)
        return [_related(to, row) for row in rows], count

    async def _count(self, source: str, record_id: RecordId) -> int:
        statement = f"SELECT count(*) AS n FROM {source} = :id AND o.tenant_id = :tenant"  # noqa: S608 - our own names
        rows = await self._rows(statement, id=record_id)
        return int(rows[0]["n"])

    async def counts(self, collection: Collection, record_id: RecordId) -> Mapping[str, int]:
        """Return how many active people and other parts a class or an organization has."""
        if collection not in _COUNTS:
            return {}
        rows = await self._rows(_COUNTS[collection], id=record_id)
        return {str(row["what"]): int(row["n"]) for row in rows if row["n"]}

    async def ids_here(
        self, systems: Sequence[IntegrationId], collection: Collection, ids: Iterable[str]
    ) -> Mapping[str, RecordId]:
        """Return our IDs of what the first of these systems that knows them has for them."""
        rows = await self._rows(
            _IDS_HERE, systems=_json(systems), collection=collection.value, ids=_json(list(ids))
        )
        order = {system: place for place, system in enumerate(systems)}
        last_first = sorted(rows, key=lambda row: -order[row["integration_id"]])
        return {row["external_id"]: RecordId(row["internal_id"]) for row in last_first}

    async def people(self, ids: Sequence[RecordId]) -> tuple[RelatedRecord, ...]:
        """Return people with their roles and addresses, by name."""
        rows = await self._rows(_PEOPLE, ids=_json(ids))
        return tuple(_related(_C.USERS, row) for row in rows)

    async def sessions(self, ids: Sequence[RecordId]) -> tuple[RelatedRecord, ...]:
        """Return academic sessions with their first and last days."""
        rows = await self._rows(_SESSIONS, ids=_json(ids))
        return tuple(_related(_C.ACADEMIC_SESSIONS, row) for row in rows)

    async def above(self, org: RecordId) -> str:
        """Return the name of the organization above one; nothing where there is none."""
        rows = await self._rows(_ABOVE, id=org)
        return str(rows[0]["name"]) if rows else ""

    async def created_at(self, run_id: RunId) -> datetime | None:
        """Return when a run ended that created records; `None` where it is no longer kept."""
        rows = await self._rows(_CREATED, run=run_id)
        return moment(rows[0]["at"]) if rows else None

    async def last_seen(
        self, collection: Collection, systems: Sequence[IntegrationId]
    ) -> Mapping[IntegrationId, datetime]:
        """Return when each of these systems was read for the last run that was applied."""
        rows = await self._rows(_LAST_SEEN, collection=collection.value, systems=_json(systems))
        return {IntegrationId(row["integration_id"]): moment(row["at"]) for row in rows}

    async def _rows(self, statement: str, **values: Bound) -> Sequence[NamedRow]:
        found = await self._connection.exec_driver_sql(statement, {"tenant": self._tenant} | values)
        return found.mappings().all()


def _json(values: Sequence[object]) -> str:
    return _encode(values).decode()


def _related(to: Collection, row: NamedRow) -> RelatedRecord:
    return RelatedRecord(
        collection=to,
        id=RecordId(row["id"]),
        label=str(row["label"] or ""),
        status=row["status"],
        kind=row["kind"] or "",
        role=row["role"] or "",
        about=row["about"] or "",
        periods=_list(row["periods"]) if row["periods"] else (),
    )
