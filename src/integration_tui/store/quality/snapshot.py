"""A system's roster as it would be after a plan, in temporary tables that are narrow and uniform.

It is put together from three parts: what we hold and the run leaves alone, what it changes, and
what it creates. Only active records are in it. Rules need not know where a record came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import ROSTER, STAFF, Collection
from integration_tui.domain.sync.run import Run
from integration_tui.store.connection import Connection
from integration_tui.store.roster.fields import SHAPES, RecordTable, TableField

_C = Collection


def known(collection: Collection) -> str:
    """Return the ids that lead somewhere, for a `NOT IN`: this system's, and all others'."""
    return (
        f"(SELECT external_id FROM judged_{collection} UNION ALL SELECT m.external_id"  # noqa: S608 - our own names
        " FROM integrations i CROSS JOIN external_system_mappings m ON m.tenant_id = i.tenant_id"
        f" AND m.integration_id = i.id AND m.collection = '{collection}'"
        " WHERE i.tenant_id = :tenant AND i.id <> :integration)"
    )


def checked(column: str) -> str:
    """Return a list in JSON; what is none is taken for an empty one."""
    return f"CASE WHEN json_valid({column}) THEN {column} ELSE '[]' END"


_STAFF: Final = ", ".join(f"'{role}'" for role in sorted(STAFF))
_FIELDS: Final[Mapping[Collection, tuple[str, ...]]] = {
    _C.ORGS: ("name", "identifier", "parent"),
    _C.ACADEMIC_SESSIONS: ("starts_on", "ends_on", "parent"),
    _C.COURSES: ("org", "grades", "school_year"),
    _C.CLASSES: ("title", "course", "school", "terms", "grades"),
    _C.USERS: ("username", "email", "identifier", "roles", "grades", "primary_org", "agents"),
    _C.ENROLLMENTS: ("user", "class_", "role", "begins_on", "ends_on"),
}
"""What rules look at: the fewer, the quicker."""
_ORDER: Final = tuple(sorted(ROSTER, key=lambda collection: collection is _C.ENROLLMENTS))
_BY_ID: Final = "roles"
"""The field of which only the number in `judged_roles` is kept."""
_LOST: Final = "('deactivate', 'remove')"
_CHANGED: Final = "('update', 'link', 'return', 'relink', 'conflict', 'refresh', 'protected')"
_ALL: Final = """
FROM external_system_mappings m JOIN {table} g ON g.tenant_id = m.tenant_id AND g.id = m.internal_id
"""
_SOME: Final = """
FROM context_{collection} w CROSS JOIN external_system_mappings m ON m.internal_id = w.id
CROSS JOIN {table} g ON g.tenant_id = m.tenant_id AND g.id = m.internal_id
"""
_EXISTING: Final = """
INSERT INTO judged_{collection} SELECT g.id, m.external_id, {columns} {source}
WHERE m.tenant_id = :tenant AND m.integration_id = :integration AND m.collection = '{collection}'
    AND g.status = 'active' AND g.id NOT IN (SELECT id FROM {changes}
        WHERE tenant_id = :tenant AND run_id = :run AND kind <> 'create'
            AND (kind IN {changed} OR kind IN {gone}))
"""
_PLANNED: Final = """
INSERT OR IGNORE INTO judged_{collection} SELECT g.id, x.external_id, {columns}
FROM {changes} x JOIN {table} g ON g.tenant_id = x.tenant_id AND g.id = x.id
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create' AND x.kind IN {changed}
    AND COALESCE(json_extract(x.after, '$.status'), g.status) = 'active'
"""
_CREATED: Final = """
INSERT OR IGNORE INTO judged_{collection} SELECT x.id, x.external_id, {columns}
FROM {changes} x WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create'
"""
_PERSON: Final = """
COALESCE((SELECT t.id FROM judged_users t WHERE t.external_id = {ref}),
    (SELECT a.id FROM judged_aliases a WHERE a.external_id = {ref}))
"""
_ALIASES: Final = (
    "CREATE TEMP TABLE judged_aliases (external_id TEXT PRIMARY KEY, id INTEGER)",
    """
    INSERT INTO judged_aliases SELECT s.external_id, s.internal_id FROM shared_external_ids s
    WHERE s.tenant_id = :tenant AND s.integration_id = :integration AND s.collection = 'users'
        AND NOT EXISTS (SELECT 1 FROM user_changes x WHERE x.tenant_id = :tenant
            AND x.run_id = :run AND x.external_id = s.external_id AND x.kind <> 'alias')
    """,
    """
    INSERT OR REPLACE INTO judged_aliases SELECT external_id, id FROM user_changes
    WHERE tenant_id = :tenant AND run_id = :run AND kind <> 'create' AND kind = 'alias'
    """,
)
_ROLES: Final = (
    "CREATE TEMP TABLE judged_known (external_id TEXT PRIMARY KEY)",
    f"INSERT OR IGNORE INTO judged_known SELECT * FROM {known(_C.ORGS)}",  # noqa: S608 - our own names
    """
    CREATE TEMP TABLE judged_roles (id INTEGER PRIMARY KEY, roles TEXT UNIQUE,
        is_student INTEGER, is_staff INTEGER, is_lost INTEGER)
    """,
    """
    INSERT INTO judged_roles (roles) SELECT g.roles FROM {people}
    UNION SELECT roles FROM user_changes WHERE tenant_id = :tenant AND run_id = :run
    """,
    f"""
    UPDATE judged_roles SET (is_student, is_staff, is_lost) = (
        SELECT max(r.value ->> '$.role' = 'student'), max(r.value ->> '$.role' IN ({_STAFF})),
            max(r.value ->> '$.org' NOT IN (SELECT external_id FROM judged_known))
        FROM json_each({checked("judged_roles.roles")}) r)
    """,  # noqa: S608 - our own names
)
"""Few texts tell the roles of many people: what they mean is found out once for each."""
_EVERYBODY: Final = "users g WHERE g.tenant_id = :tenant"
_SOME_PEOPLE: Final = "context_users w CROSS JOIN users g ON g.tenant_id = :tenant AND g.id = w.id"
_FINISH: Final = (
    """
    CREATE TEMP TABLE judged_people (id INTEGER PRIMARY KEY, is_student INTEGER, is_staff INTEGER)
    """,
    """
    INSERT INTO judged_people SELECT j.id, r.is_student, r.is_staff
    FROM judged_users j JOIN judged_roles r ON r.id = j.roles_id
    """,
    "CREATE TEMP TABLE judged_enrolled (id INTEGER PRIMARY KEY)",
    """
    INSERT INTO judged_enrolled SELECT DISTINCT user_id FROM judged_enrollments
    WHERE user_id IS NOT NULL
    """,
    # The few enrolled people of whom something may be said: a look at all of them would cost more.
    """
    CREATE TEMP TABLE judged_odd (id INTEGER PRIMARY KEY, is_staff INTEGER)
    """,
    """
    INSERT INTO judged_odd SELECT e.id, p.is_staff
    FROM judged_enrolled e LEFT JOIN judged_people p ON p.id = e.id
    WHERE p.id IS NULL OR p.is_staff AND NOT p.is_student
    """,
    # Both ids in one number: sorted twice as fast as an index of the columns is made.
    "CREATE TEMP TABLE judged_pairs (pair INTEGER PRIMARY KEY)",
    """
    INSERT INTO judged_pairs SELECT class_id << 32 | user_id FROM judged_enrollments
    WHERE class_id IS NOT NULL AND user_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1
    """,
    "CREATE TEMP TABLE judged_twice (id INTEGER PRIMARY KEY)",
    """
    INSERT INTO judged_twice
    WITH e AS MATERIALIZED (SELECT id, class_id, user_id, role FROM judged_enrollments
        WHERE class_id << 32 | user_id IN (SELECT pair FROM judged_pairs))
    SELECT id FROM e WHERE (class_id, user_id, role) IN (
        SELECT class_id, user_id, role FROM e GROUP BY 1, 2, 3 HAVING count(*) > 1)
    """,
    """
    CREATE TEMP TABLE judged_sizes (id INTEGER PRIMARY KEY, students INTEGER, teachers INTEGER)
    """,
    """
    INSERT INTO judged_sizes SELECT class_id, sum(role = 'student'), sum(role = 'teacher')
    FROM judged_enrollments WHERE class_id IS NOT NULL GROUP BY class_id
    """,
    "CREATE TEMP TABLE judged_terms (terms TEXT PRIMARY KEY, starts_on, ends_on)",
    f"""
    INSERT INTO judged_terms SELECT j.terms, min(s.starts_on), max(s.ends_on)
    FROM (SELECT DISTINCT terms FROM judged_classes) j, json_each({checked("j.terms")}) t
    JOIN judged_academic_sessions s ON s.external_id = t.value GROUP BY 1
    """,  # noqa: S608 - our own names
    """
    CREATE TEMP TABLE judged_rooms (id INTEGER PRIMARY KEY, organization_id, starts_on, ends_on)
    """,
    """
    INSERT INTO judged_rooms SELECT j.id, j.organization_id, t.starts_on, t.ends_on
    FROM judged_classes j LEFT JOIN judged_terms t ON t.terms = j.terms
    """,
)
_OTHERS: Final = (
    *("judged_rooms", "judged_terms", "judged_sizes", "judged_odd", "judged_enrolled"),
    *("judged_twice", "judged_pairs", "judged_people", "judged_roles", "judged_known"),
    "judged_aliases",
)


class RosterSnapshot:
    """Makes the tables `judged_...` inside one transaction, and drops them again."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def make(
        self,
        run: Run,
        more: Iterable[tuple[Collection, str]],
        *,
        partial: AbstractSet[Collection] = frozenset(),
    ) -> None:
        """Put the roster together; `more` are fields that somebody's own rules look at.

        Of collections that are `partial` the records in the tables `context_...` are enough, and
        all that the run changes.
        """
        wanted: dict[Collection, list[str]] = {one: [*names] for one, names in _FIELDS.items()}
        for collection, name in more:
            if name not in wanted[collection]:
                wanted[collection].append(name)
        for statement in _statements(wanted, partial):
            await self._connection.exec_driver_sql(
                statement,
                {"tenant": self._tenant, "integration": run.integration_id, "run": run.id},
            )

    async def drop(self) -> None:
        """Forget all of it."""
        for name in (*_OTHERS, *(f"judged_{collection}" for collection in reversed(_ORDER))):
            await self._connection.exec_driver_sql(f"DROP TABLE temp.{name}")


def _statements(
    wanted: Mapping[Collection, Iterable[str]], partial: AbstractSet[Collection]
) -> Iterator[str]:
    """Yield what makes the tables, with these fields."""
    for collection in _ORDER:
        shape = SHAPES[collection]
        is_partial = collection in partial
        if collection is _C.USERS:
            people = _SOME_PEOPLE if is_partial else _EVERYBODY
            yield from (statement.replace("{people}", people) for statement in _ROLES)
            yield from _ALIASES
        fields = [shape.field(name) for name in wanted[collection]]
        yield from _made(shape, fields, _SOME if is_partial else _ALL)
    yield from _FINISH


def is_lost_sql(field: TableField) -> str:
    """Return a condition on `j`: what the field names is not there, or not any more."""
    target = SHAPES[_target(field)]
    judged = f"judged_{target.collection}"
    external, local = f"j.{field.external_column}", f"j.{field.local_column}"
    return (
        f"({external} <> '' AND {external} NOT IN (SELECT external_id FROM {judged})"  # noqa: S608 - our own names
        f" OR {local} IS NOT NULL AND {local} NOT IN (SELECT id FROM {judged})"
        # What only another system knows is there for it.
        f" AND NOT EXISTS (SELECT 1 FROM {target.table} t WHERE t.tenant_id = :tenant"
        f" AND t.id = j.{field.local_column} AND t.status = 'active' AND t.id NOT IN (SELECT id"
        f" FROM {target.changes} WHERE tenant_id = :tenant AND run_id = :run"
        f" AND kind <> 'create' AND kind IN {_LOST})))"
    )


def _made(shape: RecordTable, fields: list[TableField], source: str) -> Iterable[str]:
    named = {
        "collection": shape.collection.value,
        "table": shape.table,
        "changes": shape.changes,
        "changed": _CHANGED,
        "gone": _LOST,
    }
    columns = [name for field in fields for name in _names(field)]
    yield (
        f"CREATE TEMP TABLE judged_{shape.collection}"
        f" (id INTEGER PRIMARY KEY, external_id, {', '.join(columns)})"
    )
    existing = ", ".join(_existing_sql(field) for field in fields)
    yield _EXISTING.format(**named, columns=existing, source=source.format(**named))
    yield _PLANNED.format(**named, columns=", ".join(_planned(field) for field in fields))
    yield _CREATED.format(**named, columns=", ".join(_created(field, shape) for field in fields))
    if shape.collection is not _C.ENROLLMENTS:
        judged = f"judged_{shape.collection}"
        yield f"CREATE INDEX temp.{judged}_id ON {judged} (external_id)"


def _names(field: TableField) -> tuple[str, ...]:
    """Return the columns of a field; a reference has our id, and the system's where it told."""
    if field.name == _BY_ID:
        return ("roles_id",)
    return (field.local_column, field.external_column) if field.to else (field.local_column,)


def _existing_sql(field: TableField) -> str:
    return f"g.{field.local_column}, NULL" if field.to else _kept(field, f"g.{field.local_column}")


def _planned(field: TableField) -> str:
    path = f"x.after, '$.{field.name}'"
    local = f"g.{field.local_column}"
    value = f"CASE WHEN json_type({path}) IS NULL THEN {local} ELSE json_extract({path}) END"
    return f"{value}, {_one_id(field)}" if field.to else _kept(field, value)


def _created(field: TableField, shape: RecordTable) -> str:
    if field.to is None:
        return _kept(field, f"x.{field.external_column}")
    if field.to is shape.collection:  # it may come behind this one
        return f"NULL, x.{field.external_column}"
    if field.to is _C.USERS:
        return f"{_PERSON.format(ref=f'x.{field.external_column}')}, {_one_id(field)}"
    return (
        f"(SELECT t.id FROM judged_{field.to} t WHERE t.external_id = x.{field.external_column}),"  # noqa: S608 - our own names
        f" x.{field.external_column}"
    )


def _one_id(field: TableField) -> str:
    """Return the id that a system names; none where it is another id of somebody known."""
    if field.to is not _C.USERS:
        return f"x.{field.external_column}"
    return (
        f"CASE WHEN x.{field.external_column} IN (SELECT external_id FROM judged_aliases) THEN NULL"  # noqa: S608 - our own names
        f" ELSE x.{field.external_column} END"
    )


def _kept(field: TableField, value: str) -> str:
    if field.name != _BY_ID:
        return value
    # A column of JSON is compared as a number, which no index of text can answer: hence the plus.
    return f"(SELECT r.id FROM judged_roles r WHERE r.roles = +{value})"  # noqa: S608 - our own names


def _target(field: TableField) -> Collection:
    if field.to is None:
        raise ValueError(f"{field.name} is no reference")
    return field.to
