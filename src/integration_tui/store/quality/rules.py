"""What is expected of rosters, as conditions in SQL on the tables of `quality_roster`.

A condition is true of a record that breaks its rule. No rule here keeps a record out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec

from integration_tui.domain.grades import GRADES
from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.quality_rules import QualityCheck
from integration_tui.domain.sync.run import Run
from integration_tui.store.connection import Connection
from integration_tui.store.quality.snapshot import checked, is_lost_sql, known
from integration_tui.store.roster.fields import SHAPES, ColumnKind, TableField

_C = Collection


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's condition on `j`; `detail` is an expression for what of `j` breaks it.

    `of_seats`: it says nothing of a roster in which nobody is enrolled anywhere. `of_sizes`: only
    who is enrolled in a class breaks it.
    """

    broken: str
    detail: str = "''"
    of_seats: bool = False
    of_sizes: bool = False


FROM: Final[Mapping[Collection, str]] = {
    _C.ORGS: "judged_orgs j",
    _C.ACADEMIC_SESSIONS: "judged_academic_sessions j",
    _C.COURSES: "judged_courses j",
    _C.CLASSES: "judged_classes j LEFT JOIN judged_sizes z ON z.id = j.id",
    _C.USERS: "judged_users j LEFT JOIN judged_roles r ON r.id = j.roles_id",
    _C.ENROLLMENTS: "judged_enrollments j LEFT JOIN judged_odd p ON p.id = j.user_id"
    " LEFT JOIN judged_rooms c ON c.id = j.class_id",
}
_SCHOOL: Final = {
    _C.COURSES: "j.organization_id",
    _C.CLASSES: "j.organization_id",
    _C.USERS: "j.organization_id",
    _C.ENROLLMENTS: "c.organization_id",
}
_GRADES: Final = ", ".join(f"'{grade_code}'" for grade_code in GRADES)
_BAD_SIGNS: Final = " OR ".join(
    f"instr(j.email, {sign})"
    for sign in ("' '", "','", "';'", "'<'", "'>'", "'('", "')'", "char(9)", "char(10)", "char(13)")
)
# Sets in a GLOB cost five times as much as looking for one sign after the other.
_ODD_ADDRESS: Final = (
    "j.email <> '' AND (j.email NOT GLOB '?*@?*.?*' OR j.email GLOB '*@*@*'"
    " OR instr(j.email, '..') OR instr(j.email, '@.') OR substr(j.email, -1) = '.'"
    f" OR {_BAD_SIGNS})"
)


def label(collection: Collection) -> str:
    """Return an expression for what people call the record `j`."""
    if collection is not _C.ENROLLMENTS:
        return _label(collection, "j.id", "j.external_id")
    person = _label(_C.USERS, "j.user_id", "j.user_ref")
    room = _label(_C.CLASSES, "j.class_id", "j.class_ref")
    return f"{person} || ' in ' || {room} || ' as ' || j.role"


def school(collection: Collection) -> str:
    """Return an expression for the name of the school of `j`; empty where it has none."""
    if collection not in _SCHOOL:
        return "''"
    org = _SCHOOL[collection]
    return (
        f"COALESCE((SELECT o.name FROM judged_orgs o WHERE o.id = {org}),"  # noqa: S608 - our own names
        f" (SELECT o.name FROM organizations o WHERE o.tenant_id = :tenant AND o.id = {org}), '')"
    )


def _label(collection: Collection, id_: str, external_id: str) -> str:
    shape = SHAPES[collection]
    return (
        f"COALESCE((SELECT {shape.label} FROM {shape.table} WHERE tenant_id = :tenant AND id = {id_}),"  # noqa: S608, E501 - our own names
        f" (SELECT {shape.label} FROM {shape.changes} WHERE tenant_id = :tenant AND run_id = :run"
        f" AND external_id = {external_id}), {external_id}, '')"
    )


def _lost(collection: Collection, *names: str) -> str:
    shape = SHAPES[collection]
    return " OR ".join(is_lost_sql(shape.field(name)) for name in names)


def _lost_in_list(collection: Collection, column: str, to: Collection) -> str:
    return (
        f"j.{column} <> '[]' AND j.{column} IN (SELECT d.{column} FROM (SELECT DISTINCT {column}"  # noqa: S608 - our own names
        f" FROM judged_{collection}) d, json_each({checked(f'd.{column}')}) e"
        f" WHERE e.value NOT IN {known(to)})"
    )


def _odd_grades(collection: Collection) -> str:
    return (
        f"j.grades <> '[]' AND j.grades IN (SELECT d.grades FROM (SELECT DISTINCT grades"  # noqa: S608 - our own names
        f" FROM judged_{collection}) d, json_each({checked('d.grades')}) e"
        f" WHERE e.value NOT IN ({_GRADES}))"
    )


def _same(collection: Collection, column: str) -> str:
    """Compare without regard to case, as systems do that people sign in to."""
    return (
        f"j.{column} <> '' AND lower(j.{column}) IN (SELECT lower({column})"  # noqa: S608 - our own names
        f" FROM judged_{collection} WHERE {column} <> ''"
        " GROUP BY 1 HAVING count(*) > 1)"
    )


CHECKS: Final[Mapping[Collection, Mapping[str, Check]]] = {
    _C.ORGS: {
        "orgs-same": Check(
            broken="(j.name, ifnull(j.identifier, '')) IN (SELECT name, ifnull(identifier, '')"
            " FROM judged_orgs GROUP BY 1, 2 HAVING count(*) > 1)",
            detail="j.name",
        ),
        "orgs-reference": Check(broken=_lost(_C.ORGS, "parent"), detail="j.parent_ref"),
    },
    _C.ACADEMIC_SESSIONS: {
        "sessions-dates": Check(
            broken="j.ends_on < j.starts_on", detail="j.starts_on || ' to ' || j.ends_on"
        ),
        "sessions-reference": Check(
            broken=_lost(_C.ACADEMIC_SESSIONS, "parent"), detail="j.parent_ref"
        ),
    },
    _C.COURSES: {
        "courses-grades": Check(broken=_odd_grades(_C.COURSES), detail="j.grades"),
        "courses-reference": Check(
            broken=_lost(_C.COURSES, "org", "school_year"),
            detail="ifnull(j.org_ref, '') || ' ' || ifnull(j.school_year_ref, '')",
        ),
    },
    _C.CLASSES: {
        "classes-no-teacher": Check(
            broken="ifnull(z.teachers, 0) = 0", of_seats=True, of_sizes=True
        ),
        "classes-no-student": Check(
            broken="ifnull(z.students, 0) = 0", of_seats=True, of_sizes=True
        ),
        "classes-size": Check(
            broken="z.students > :size", detail="z.students || ' students'", of_sizes=True
        ),
        "classes-grades": Check(broken=_odd_grades(_C.CLASSES), detail="j.grades"),
        "classes-reference": Check(
            broken=f"{_lost(_C.CLASSES, 'course')}"
            f" OR {_lost_in_list(_C.CLASSES, 'terms', _C.ACADEMIC_SESSIONS)}",
            detail="ifnull(j.course_ref, '') || ' ' || j.terms",
        ),
    },
    _C.USERS: {
        **{
            f"users-same-{literal}": Check(broken=_same(_C.USERS, literal), detail=f"j.{literal}")
            for literal in ("email", "identifier", "username")
        },
        "users-no-email": Check(broken="r.is_staff AND ifnull(j.email, '') = ''"),
        "users-email": Check(broken=_ODD_ADDRESS, detail="j.email"),
        "users-grades": Check(broken=_odd_grades(_C.USERS), detail="j.grades"),
        "users-no-grade": Check(broken="r.is_student AND ifnull(j.grades, '[]') = '[]'"),
        "users-no-role": Check(broken="r.is_student IS NULL"),
        "users-no-org": Check(
            broken="j.organization_id IS NULL AND ifnull(j.primary_org_ref, '') = ''"
        ),
        "users-not-enrolled": Check(
            broken="r.is_student AND j.id NOT IN (SELECT id FROM judged_enrolled)",
            of_seats=True,
        ),
        "users-reference": Check(
            broken=f"{_lost(_C.USERS, 'primary_org')} OR r.is_lost"
            f" OR {_lost_in_list(_C.USERS, 'agents', _C.USERS)}",
            detail="ifnull(j.primary_org_ref, '') || ' ' || r.roles || ' ' || j.agents",
        ),
    },
    _C.ENROLLMENTS: {
        "enrollments-same": Check(broken="j.id IN (SELECT id FROM judged_twice)"),
        "enrollments-dates": Check(
            broken="j.ends_on < j.begins_on", detail="j.begins_on || ' to ' || j.ends_on"
        ),
        "enrollments-term": Check(
            broken="j.begins_on < c.starts_on OR j.begins_on >= c.ends_on"
            " OR j.ends_on < c.starts_on OR j.ends_on > c.ends_on",
            detail="ifnull(j.begins_on, '') || ' to ' || ifnull(j.ends_on, '')",
        ),
        "enrollments-role": Check(
            broken="j.role = 'student' AND p.is_staff OR j.role = 'teacher' AND EXISTS ("
            "SELECT 1 FROM judged_people s WHERE s.id = j.user_id"
            " AND s.is_student AND NOT s.is_staff)",
            detail="j.role",
        ),
        "enrollments-reference": Check(
            broken=f"(j.user_id IS NULL OR p.id AND p.is_staff IS NULL)"
            f" AND ({_lost(_C.ENROLLMENTS, 'user')})"
            f" OR c.id IS NULL AND ({_lost(_C.ENROLLMENTS, 'class_')})",
            detail="ifnull(j.user_ref, '') || ' ' || ifnull(j.class_ref, '')",
        ),
    },
}
"""By collection, and by the names of `RULES`."""


_BATCH: Final = 2_000
_NAMES: Final = {"roles": "role", "user_ids": "identifier"}
"""What counts of an entry that is no text."""
_decode: Final = msgspec.json.Decoder(list[str | dict[str, str | None]]).decode


class RuleValueRepository:
    """Reads values from the tables of a judged roster."""

    def __init__(self, connection: Connection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def broken(self, expected: QualityCheck, where: str) -> AsyncIterator[list[int]]:
        """Yield our ids of the records `j` that break a rule, among those that are judged."""
        field, after = SHAPES[expected.collection].field(expected.field), 0
        statement = (
            f"SELECT j.id, {_value(field)} FROM {FROM[expected.collection]}"  # noqa: S608 - our own names
            f" WHERE j.id > :after AND {where} ORDER BY j.id LIMIT :limit"
        )
        while rows := await self._rows(statement, after):
            found = [id_ for id_, value in rows if expected.is_broken_by(_texts(field, value))]
            if found:
                yield found
            after = rows[-1][0]

    async def _rows(self, statement: str, after: int) -> list[tuple[int, object]]:
        named = {"tenant": self._tenant, "integration": self._run.integration_id}
        rows = await self._connection.exec_driver_sql(
            statement, {**named, "after": after, "limit": _BATCH}
        )
        return [(int(row[0]), row[1]) for row in rows.all()]


def _value(field: TableField) -> str:
    if field.name == "roles":
        return "r.roles"
    if field.to is None:
        return f"j.{field.local_column}"
    return (
        f"COALESCE(j.{field.external_column}, (SELECT m.external_id FROM external_system_mappings m"  # noqa: S608 - our own names
        f" WHERE m.tenant_id = :tenant AND m.collection = '{field.to}'"
        f" AND m.internal_id = j.{field.local_column} AND m.integration_id = :integration))"
    )


def _texts(field: TableField, value: object) -> Sequence[str]:
    if value is None:
        return ()
    if field.kind is ColumnKind.FLAG:
        return ("true" if value else "false",)
    if field.kind is not ColumnKind.LIST:
        return (str(value),)
    try:
        entries = _decode(str(value))
    except msgspec.MsgspecError:
        return (str(value),)
    return [_entry(field, entry) for entry in entries]


def _entry(field: TableField, one: str | dict[str, str | None]) -> str:
    return one if isinstance(one, str) else one.get(_NAMES.get(field.name, "")) or ""
