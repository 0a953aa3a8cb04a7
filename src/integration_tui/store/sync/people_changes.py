"""Counts what a plan does to people: their roles, their school and grade, whose values they get."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.change_effects import (
    Effect,
    GradeMove,
    Promotion,
    role_effect,
    weighed,
)
from integration_tui.domain.sync.run import Run
from integration_tui.domain.sync.thresholds import Thresholds
from integration_tui.store.quality.snapshot import checked
from integration_tui.store.roster.fields import SHAPES, RecordTable

School = int | None
"""Our id of a school; `None` for records of none."""
Counts = Mapping[tuple[Effect, str], Counter[School]]
"""By effect and field: how many records of each school."""

CHANGED_KINDS: Final = "('update', 'link', 'relink')"
# Those who return have no school to lose, but may come back as somebody else.
WITH_RETURNS: Final = "('update', 'link', 'relink', 'return')"
_ROWS: Final = """
FROM {changes} x INDEXED BY ix_{changes}_run_id
CROSS JOIN {table} g ON g.tenant_id = x.tenant_id AND g.id = x.id
"""
_WHERE: Final = """
WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind <> 'create' AND x.kind IN {kinds}
"""


def is_empty(value: str) -> str:
    """Return a condition for a field without a value; a flag that is off has none either."""
    return f"ifnull({value}, '') IN ('', '[]', 0)"


class ChangeQueries:
    """Asks for the changed rows of one plan inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def _ask(
        self, statement: str, shape: RecordTable, *, kinds: str = CHANGED_KINDS, **values: object
    ) -> list[tuple[object, ...]]:
        """Run a statement in which `{rows}` and `{where}` stand for the changed rows."""
        filled = statement.replace("{rows}", _ROWS).replace("{where}", _WHERE)
        names = {"{changes}": shape.changes, "{table}": shape.table, "{kinds}": kinds}
        for mark, name in names.items():
            filled = filled.replace(mark, name)
        found = await self._connection.execute(
            text(filled),
            {
                "tenant": self._tenant,
                "run": self._run.id,
                "integration": self._run.integration_id,
                **values,
            },
        )
        return [tuple(row) for row in found.all()]


_SHAPE: Final = SHAPES[Collection.USERS]
_HELD_ROLES: Final = checked("g.roles")
_NEW_ROLES: Final = checked("COALESCE(json_extract(x.after, '$.roles'), g.roles)")


def _role_set(roles: str) -> str:
    return (
        "(SELECT json_group_array(role) FROM (SELECT DISTINCT r.value ->> '$.role' AS role"  # noqa: S608 - our own names
        f" FROM json_each({roles}) r ORDER BY 1))"
    )


_ROLES: Final = f"""
SELECT g.organization_id, {_role_set(_HELD_ROLES)}, {_role_set(_NEW_ROLES)}, count(*)
{{rows}} {{where}} AND json_type(x.before, '$.roles') IS NOT NULL GROUP BY 1, 2, 3
"""
_LEAVES: Final = f"""
CASE WHEN json_extract(x.after, '$.primary_org') IS NOT NULL
    OR json_type(x.after, '$.primary_org') IS NULL AND g.organization_id IS NOT NULL
    OR {_NEW_ROLES} <> '[]' THEN 'change_school' ELSE 'lose_school' END
"""
# Roles name a school by its id in the system.
_MOVES: Final = f"""
SELECT g.organization_id, g.grades, COALESCE(json_extract(x.after, '$.grades'), g.grades), CASE
        WHEN ifnull(json_type(x.before, '$.primary_org'), 'null') = 'null' THEN NULL
        WHEN (SELECT m.external_id FROM external_system_mappings m WHERE m.tenant_id = :tenant
            AND m.collection = 'orgs' AND m.internal_id = g.organization_id
            AND m.integration_id = :integration)
            IN (SELECT r.value ->> '$.org' FROM json_each({_NEW_ROLES}) r) THEN NULL
        ELSE {_LEAVES} END, count(*)
{{rows}} {{where}} AND (json_type(x.before, '$.grades') IS NOT NULL
    OR json_type(x.before, '$.primary_org') IS NOT NULL) GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - our own names
_OTHER_SCHOOLS: Final = f"""
SELECT m.internal_id, {_LEAVES}, count(DISTINCT x.id)
{{rows}} CROSS JOIN json_each({_HELD_ROLES}) r
CROSS JOIN external_system_mappings m ON m.tenant_id = x.tenant_id
    AND m.integration_id = :integration AND m.collection = 'orgs'
    AND m.external_id = r.value ->> '$.org'
{{where}} AND json_type(x.before, '$.roles') IS NOT NULL AND m.internal_id IS NOT g.organization_id
    AND m.internal_id IS NOT json_extract(x.after, '$.primary_org')
    AND m.external_id NOT IN (SELECT n.value ->> '$.org' FROM json_each({_NEW_ROLES}) n)
GROUP BY 1, 2
"""  # noqa: S608 - our own names
_GRADED: Final = """
SELECT count(*) FROM users WHERE tenant_id = :tenant AND status = 'active' AND grades <> '[]'
"""
# Of one who is gone in the same run a value may be given on as well. INDEXED BY: else SQLite reads
# all of a run for each person.
_REASSIGNED: Final = """
SELECT count(*) {rows} {where} AND json_type(x.before, '$.{field}') IS NOT NULL AND EXISTS (
    SELECT 1 FROM users o INDEXED BY ix_users_{field}
    CROSS JOIN user_changes y INDEXED BY ix_user_changes_id
        ON y.tenant_id = :tenant AND y.id = o.id AND y.run_id = :run
        AND y.kind <> 'create'
    WHERE o.tenant_id = :tenant AND o.{field} = json_extract(x.after, '$.{field}')
        AND o.{field} <> '' AND o.id <> x.id AND (json_type(y.before, '$.{field}') = 'text'
            OR y.kind IN ('deactivate', 'missing', 'remove')))
"""
_SWAPPED: Final = """
SELECT count(*) {rows} {where} AND g.{one} IS NOT g.{other}
    AND json_extract(x.after, '$.{one}') = g.{other}
    AND json_extract(x.after, '$.{other}') = g.{one}
"""
_REASSIGNABLE: Final = ("email", "username", "identifier")
_SWAPPABLE: Final = (("given_name", "family_name"), ("username", "email"), ("email", "identifier"))
_names: Final = msgspec.json.Decoder(list[str | None]).decode
_grades: Final = msgspec.json.Decoder(tuple[str, ...]).decode


class PeopleChanges(ChangeQueries):
    """Counts the people of one plan inside one transaction.

    `many` are the fields that change for so many people that they may hold the plan.
    """

    async def count(
        self,
        counts: defaultdict[tuple[Effect, str], Counter[School]],
        many: AbstractSet[str],
        limits: Thresholds,
    ) -> Promotion:
        """Add who changes role, grade or school; return whether that is a new school year."""
        for (effect, school), count in (await self._roles()).items():
            counts[effect, ""][school] += count
        if not many & {"grades", "primary_org", "roles"}:
            return Promotion()
        moves = [*await self._moves(), *await self._other_schools()]
        graded = await self._ask(_GRADED, _SHAPE)
        promotion, odd = weighed(moves, graded=int(str(graded[0][0])), limits=limits)
        for (effect, school), count in odd.items():
            # Those without a grade cannot change it.
            name = "grades" if effect is Effect.CHANGE_GRADE else ""
            counts[effect, name][school] += count
        return promotion

    async def reassigned(self, many: AbstractSet[str]) -> Mapping[str, int]:
        """Return by field how many people get what another person had until now."""
        found: dict[str, int] = {}
        for name in _REASSIGNABLE:
            if name in many:
                rows = await self._ask(_REASSIGNED.replace("{field}", name), _SHAPE)
                found[name] = int(str(rows[0][0]))
        return found

    async def swapped(self, many: AbstractSet[str]) -> Mapping[tuple[str, str], int]:
        """Return by two fields in how many people these change places."""
        found: dict[tuple[str, str], int] = {}
        for one, other in _SWAPPABLE:
            if one in many and other in many:
                statement = _SWAPPED.replace("{one}", one).replace("{other}", other)
                found[one, other] = int(str((await self._ask(statement, _SHAPE))[0][0]))
        return found

    async def _roles(self) -> Mapping[tuple[Effect, School], int]:
        found: Counter[tuple[Effect, School]] = Counter()
        for school, before, after, count in await self._ask(_ROLES, _SHAPE, kinds=WITH_RETURNS):
            effect = role_effect(_role_names(before), _role_names(after))
            if effect is not None:
                found[effect, _id(school)] += int(str(count))
        return found

    async def _moves(self) -> list[GradeMove]:
        return [
            GradeMove(
                school=_id(school),
                before=_grades(str(before)),
                after=_grades(str(after)),
                leaves=None if leaves is None else Effect(str(leaves)),
                count=int(str(count)),
            )
            for school, before, after, leaves, count in await self._ask(_MOVES, _SHAPE)
        ]

    async def _other_schools(self) -> list[GradeMove]:
        """Return who leaves a school that was not their first one."""
        return [
            GradeMove(
                school=_id(school),
                before=(),
                after=(),
                leaves=Effect(str(leaves)),
                count=int(str(count)),
            )
            for school, leaves, count in await self._ask(_OTHER_SCHOOLS, _SHAPE)
        ]


def _role_names(stored: object) -> frozenset[str]:
    return frozenset(name for name in _names(str(stored)) if name)


def _id(value: object) -> School:
    return value if isinstance(value, int) else None
