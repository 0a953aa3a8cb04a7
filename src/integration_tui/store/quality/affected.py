"""Finds what of a roster has to be judged again where a run changes little of it.

That is what was found before, what the run changes, and what hangs on that; all others had no
finding and have none now. To judge it takes others beside it: those who share an address, a
person's enrollments, a class's members. Temporary tables `affected_...` name what is judged,
`context_...` the same with what stands beside it.

What the tables say of people, classes and enrollments is proven only for a tenant with one system
that knows every record, and for changes whose effects are bounded: else everything is judged.

See docs/decisions/0033.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from integration_tui.domain.ids import RunId, TenantId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.quality_rules import KEPT_OUT, QualityCheck
from integration_tui.domain.sync.run import Run
from integration_tui.store.connection import Connection, Value
from integration_tui.store.quality.rules import CHECKS
from integration_tui.store.quality.snapshot import checked
from integration_tui.store.roster.fields import SHAPES

_C = Collection
_PART: Final = 5
"""Everything is judged where more than one record of so many is affected."""
JUDGED_IN_PART: Final = (_C.CLASSES, _C.USERS, _C.ENROLLMENTS)
"""The others are few, and judged whole."""
COUNTED: Final = (_C.USERS, _C.ENROLLMENTS)
"""Of these only a part is put together, and how many there are is reckoned."""
_TARGETS: Final = (_C.ORGS, _C.ACADEMIC_SESSIONS, _C.COURSES, _C.CLASSES, _C.USERS)
"""What others name."""
SIZE_RULES: Final = tuple(name for name, one in CHECKS[_C.CLASSES].items() if one.of_sizes)
"""The rules of classes that only their enrollments break."""
_KEPT_OUT: Final = ", ".join(f"'{status}'" for status in KEPT_OUT)
_RUN: Final = "x.tenant_id = :tenant AND x.run_id = :run"
_STAYS: Final = "('update', 'refresh', 'conflict', 'protected', 'missing', 'kept', 'quarantine')"
"""Kinds by which nobody comes or goes, unless the status changes."""
_GONE: Final = "('deactivate', 'remove')"
_CHANGED: Final = "('update', 'return', 'conflict', 'refresh', 'protected')"


def _moved(*names: str, new: bool = True) -> str:
    """Return a condition on `x`: it comes, goes, or changes one of these fields."""
    touched = " OR ".join(
        f"json_type(x.before, '$.{name}') IS NOT NULL" for name in ("status", *names)
    )
    return f"(x.kind NOT IN {_STAYS} OR {touched}){'' if new else _NOT_NEW}"


_NOT_NEW: Final = " AND x.kind <> 'create'"
_IS_ALONE: Final = """
SELECT NOT EXISTS (SELECT 1 FROM integrations i WHERE i.tenant_id = :tenant
        AND i.id <> :integration AND EXISTS (SELECT 1 FROM external_system_mappings m
            WHERE m.tenant_id = i.tenant_id AND m.integration_id = i.id))
    AND NOT EXISTS (SELECT 1 FROM shared_external_ids WHERE tenant_id = :tenant)
"""
_ALL_KNOWN: Final = """
SELECT (SELECT count(*) FROM {table} WHERE tenant_id = :tenant)
    = (SELECT count(*) FROM external_system_mappings WHERE tenant_id = :tenant
        AND integration_id = :integration AND collection = '{collection}')
"""
# Enrollments there were, and there are some that the run leaves alone.
_HAS_SEATS: Final = f"""
SELECT EXISTS (SELECT 1 FROM external_system_mappings m
    CROSS JOIN enrollments g ON g.tenant_id = m.tenant_id AND g.id = m.internal_id
    WHERE m.tenant_id = :tenant AND m.integration_id = :integration
        AND m.collection = 'enrollments' AND g.status = 'active' AND g.id NOT IN (
            SELECT x.id FROM enrollment_changes x WHERE {_RUN} AND {_moved(new=False)}))
"""  # noqa: S608 - our own names
_ALL_KEPT: Final = f"""
SELECT NOT EXISTS (SELECT 1 FROM sync_findings n WHERE n.tenant_id = :tenant
    AND n.run_id = :before AND n.rule NOT IN ({_KEPT_OUT}) AND n.count <> (
        SELECT count(*) FROM sync_found f WHERE f.tenant_id = n.tenant_id
            AND f.run_id = n.judged_by AND f.collection = n.collection AND f.rule = n.rule))
"""  # noqa: S608 - our own names
_UNBOUNDED: Final[Mapping[Collection, str]] = {
    # Of orgs and courses new ones are nothing to those who named none of them before.
    _C.ORGS: _moved(new=False),
    _C.COURSES: _moved(new=False),
    _C.ACADEMIC_SESSIONS: _moved("starts_on", "ends_on"),
    **dict.fromkeys(JUDGED_IN_PART, "x.kind IN ('link', 'relink', 'alias')"),
}
"""Changes that are something to records without number, or to ones that nobody can tell."""
_IS_BOUNDED: Final = f"SELECT NOT EXISTS (SELECT 1 FROM {{changes}} x WHERE {_RUN} AND {{moved}})"  # noqa: S608 - our own names
_ENOUGH: Final = """
SELECT count(*) * :part <= ifnull((SELECT records FROM sync_scores WHERE tenant_id = :tenant
    AND run_id = :before AND collection = '{collection}'), 0) FROM {rows}
"""
_NAMES: Final = (
    *("affected_classes", "affected_sizes", "affected_users", "affected_enrollments"),
    *("context_users", "context_enrollments", "named_users"),
)
_SHARED: Final = ("email", "identifier", "username")
_ADD: Final = "INSERT OR IGNORE INTO"
_FOUND: Final = """
SELECT m.internal_id FROM sync_findings n
CROSS JOIN sync_found f ON f.tenant_id = n.tenant_id AND f.run_id = n.judged_by
    AND f.collection = n.collection AND f.rule = n.rule
CROSS JOIN external_system_mappings m ON m.tenant_id = n.tenant_id
    AND m.integration_id = :integration AND m.collection = n.collection
    AND m.external_id = f.external_id
WHERE n.tenant_id = :tenant AND n.run_id = :before AND n.collection = '{collection}'
"""
_OLD: Final = f"""
SELECT g.{{column}} FROM enrollment_changes x
CROSS JOIN enrollments g ON g.tenant_id = x.tenant_id AND g.id = x.id
WHERE {_RUN} AND x.kind <> 'create' AND {{moved}}
"""  # noqa: S608 - our own names
_NEW: Final = f"""
SELECT COALESCE(json_extract(x.after, '$.{{field}}'), g.{{column}}) FROM enrollment_changes x
CROSS JOIN enrollments g ON g.tenant_id = x.tenant_id AND g.id = x.id
WHERE {_RUN} AND x.kind <> 'create' AND {{moved}}
UNION ALL SELECT m.internal_id FROM enrollment_changes x
CROSS JOIN external_system_mappings m ON m.tenant_id = x.tenant_id
    AND m.integration_id = :integration AND m.collection = '{{target}}'
    AND m.external_id = x.{{ref}}
WHERE {_RUN} AND x.kind = 'create'
"""  # noqa: S608 - our own names
_SEATS: Final = """
SELECT e.id FROM {rows} CROSS JOIN enrollments e INDEXED BY ix_enrollments_{column}
    ON e.tenant_id = :tenant AND e.{column} = {id}
"""
_SEATED: Final = """
SELECT g.user_id FROM affected_enrollments a
CROSS JOIN enrollments g ON g.tenant_id = :tenant AND g.id = a.id
"""
_SITTING: Final = ("user", "class_", "role")
"""The fields of an enrollment that are something to other records."""


def _steps() -> Iterator[str]:
    """Yield the statements that fill the tables, those first that others read."""
    for name in _NAMES:
        yield f"CREATE TEMP TABLE {name} (id INTEGER PRIMARY KEY)"
    for collection in JUDGED_IN_PART:
        into = f"{_ADD} affected_{collection}"
        yield f"{into} SELECT x.id FROM {SHAPES[collection].changes} x WHERE {_RUN}"  # noqa: S608 - our own names
        yield f"{into} {_FOUND.format(collection=collection)} AND n.rule NOT IN ({_KEPT_OUT})"
    yield from _beside_enrollments()
    yield from _beside_users()
    yield f"{_ADD} context_enrollments SELECT id FROM affected_enrollments"  # noqa: S608 - our own names
    for rows, column in (
        ("affected_users", "user_id"),
        (f"(SELECT DISTINCT user_id AS id FROM ({_SEATED}))", "user_id"),  # noqa: S608 - our own names
        ("affected_sizes", "class_id"),
    ):
        seats = _SEATS.format(rows=f"{rows} r", column=column, id="r.id")
        yield f"{_ADD} context_enrollments {seats}"


def _beside_enrollments() -> Iterator[str]:
    sits = _moved(*_SITTING)
    named = _NEW.format(field="user", column="user_id", target=_C.USERS, ref="user_ref", moved=sits)
    yield f"{_ADD} named_users {named}"
    left = _OLD.format(column="user_id", moved=_moved("user"))
    yield f"{_ADD} affected_users {left}"
    for moved in (
        _OLD.format(column="class_id", moved=_moved("class_", "role")),
        _NEW.format(
            field="class_",
            column="class_id",
            target=_C.CLASSES,
            ref="class_ref",
            moved=_moved("class_", "role"),
        ),
        f"SELECT x.id FROM class_changes x WHERE {_RUN} AND {_moved()}",  # noqa: S608 - our own names
    ):
        yield f"{_ADD} affected_sizes {moved}"
    yield f"{_ADD} affected_classes SELECT id FROM affected_sizes"  # noqa: S608 - our own names
    # What is asked of an enrollment goes by its person's roles, and by the dates of its class.
    for rows, column, id_ in (
        (
            f"(SELECT x.id FROM user_changes x WHERE {_RUN} AND {_moved('roles')})",  # noqa: S608 - our own names
            "user_id",
            "r.id",
        ),
        (
            f"(SELECT x.id FROM class_changes x WHERE {_RUN} AND {_moved('terms')})",  # noqa: S608 - our own names
            "class_id",
            "r.id",
        ),
        ("named_users", "user_id", "r.id"),
    ):
        seats = _SEATS.format(rows=f"{rows} r", column=column, id=id_)
        yield f"{_ADD} affected_enrollments {seats}"


def _beside_users() -> Iterator[str]:
    # Values that somebody comes to have; those who shared one before were all found.
    yield "CREATE TEMP TABLE shared_values (field, value, PRIMARY KEY (field, value))"
    for name in _SHARED:
        yield from _sharing(name)
    lost = f"SELECT x.external_id FROM user_changes x WHERE {_RUN} AND {_moved(new=False)}"  # noqa: S608 - our own names
    yield (
        f"{_ADD} affected_users SELECT g.id FROM users g CROSS JOIN json_each({checked('g.agents')}) a"  # noqa: E501, S608 - our own names
        f" WHERE EXISTS ({lost}) AND g.tenant_id = :tenant AND g.agents <> '[]'"
        f" AND a.value IN ({lost})"
    )
    for rows in ("affected_users", "named_users"):
        yield f"{_ADD} context_users SELECT id FROM {rows}"  # noqa: S608 - our own names
    yield f"{_ADD} context_users {_SEATED}"
    known = (
        "CROSS JOIN external_system_mappings m ON m.tenant_id = :tenant"
        " AND m.integration_id = :integration AND m.collection = 'users' AND m.external_id = e.value"  # noqa: E501
    )
    held = (
        "SELECT m.internal_id FROM affected_users a CROSS JOIN users g ON g.tenant_id = :tenant"  # noqa: S608 - our own names
        f" AND g.id = a.id CROSS JOIN json_each({checked('g.agents')}) e {known}"
        " WHERE g.agents <> '[]'"
    )
    told = (
        f"SELECT m.internal_id FROM user_changes x CROSS JOIN json_each({checked('x.agents')}) e"  # noqa: S608 - our own names
        f" {known} WHERE {_RUN} AND x.agents <> '[]'"
    )
    for agents in (held, told):
        yield f"{_ADD} context_users {agents}"


def _sharing(name: str) -> Iterator[str]:
    yield (
        f"{_ADD} shared_values SELECT '{name}', lower(value) FROM (SELECT CASE"  # noqa: S608 - our own names
        f" WHEN x.kind = 'create' THEN x.{name} WHEN json_type(x.after, '$.{name}') IS NULL"
        f" THEN g.{name} ELSE json_extract(x.after, '$.{name}') END AS value FROM user_changes x"
        " LEFT JOIN users g ON g.tenant_id = x.tenant_id AND g.id = x.id"
        f" WHERE {_RUN} AND {_moved(name)}) WHERE value <> ''"
    )
    yield (
        f"{_ADD} affected_users SELECT g.id FROM users g INDEXED BY ix_users_{name}"  # noqa: S608 - our own names
        f" CROSS JOIN shared_values v ON v.field = '{name}' AND v.value = lower(g.{name})"
        f" WHERE EXISTS (SELECT 1 FROM shared_values WHERE field = '{name}')"
        f" AND g.tenant_id = :tenant AND g.{name} <> ''"
    )


class AffectedRecords:
    """Finds what a run affects, inside one transaction; `before` is the run judged last."""

    def __init__(self, connection: Connection, tenant: TenantId, run: Run, before: RunId) -> None:
        self._connection = connection
        self._values: dict[str, Value] = {
            "tenant": tenant,
            "integration": run.integration_id,
            "run": run.id,
            "before": before,
            "part": _PART,
        }

    async def find(self, written: Iterable[QualityCheck]) -> bool:
        """Make the tables; return whether they are enough to go by. `written`: somebody's rules."""
        if any(map(_is_unbounded, written)) or not await self._all_hold(_grounds()):
            return False
        for statement in _steps():
            await self._ask(statement)
        if await self._all_hold(_shares("affected_{}")):
            return True
        await self.drop()
        return False

    async def moved(self, collection: Collection) -> int:
        """Return how many more records of a collection are active after the run."""
        shape = SHAPES[collection]
        rows = await self._ask(_DELTA.format(changes=shape.changes, table=shape.table))
        return rows[0]

    async def drop(self) -> None:
        """Forget the tables."""
        for name in (*_NAMES, "shared_values"):
            await self._connection.exec_driver_sql(f"DROP TABLE temp.{name}")

    async def _all_hold(self, conditions: Iterable[str]) -> bool:
        for condition in conditions:
            if not (await self._ask(condition))[0]:
                return False
        return True

    async def _ask(self, statement: str) -> list[int]:
        done = await self._connection.exec_driver_sql(statement, self._values)
        return [int(row[0] or 0) for row in done.all()] if done.returns_rows else []


_DELTA: Final = f"""
SELECT (SELECT count(*) FROM {{changes}} x WHERE {_RUN} AND x.kind = 'create')
    + (SELECT total(CASE WHEN x.kind IN {_GONE} THEN 0 WHEN x.kind IN {_CHANGED}
        THEN COALESCE(json_extract(x.after, '$.status'), g.status) = 'active'
        ELSE g.status = 'active' END - (g.status = 'active'))
    FROM {{changes}} x CROSS JOIN {{table}} g ON g.tenant_id = x.tenant_id AND g.id = x.id
    WHERE {_RUN} AND x.kind <> 'create')
"""  # noqa: S608 - our own names


def _grounds() -> Iterator[str]:
    """Yield what has to be true before anything is looked for, the cheapest first."""
    yield from _shares("")
    yield _IS_ALONE
    for collection in ROSTER:
        changes = SHAPES[collection].changes
        yield _IS_BOUNDED.format(changes=changes, moved=_UNBOUNDED[collection])
    yield _HAS_SEATS
    yield _ALL_KEPT
    for collection in _TARGETS:
        yield _ALL_KNOWN.format(table=SHAPES[collection].table, collection=collection)


def _shares(table: str) -> Iterator[str]:
    for collection in COUNTED:
        rows = table.format(collection) if table else f"{SHAPES[collection].changes} x WHERE {_RUN}"
        yield _ENOUGH.format(collection=collection, rows=rows)


def _is_unbounded(rule: QualityCheck) -> bool:
    """Return whether a rule goes by more than its record, or is named like one of `SIZE_RULES`."""
    return SHAPES[rule.collection].field(rule.field).to is not None or rule.rule.name in SIZE_RULES


def affected(collection: Collection, looked_at: AbstractSet[Collection]) -> str:
    """Return a condition on `j` for the records that are judged."""
    if collection not in looked_at:
        return "1"
    return f"j.id IN (SELECT id FROM affected_{collection})"  # noqa: S608 - our own names
