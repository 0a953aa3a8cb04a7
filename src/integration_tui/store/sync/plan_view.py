"""Plans as people read them: one change after the other, with what each record is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from integration_tui.domain.ids import RecordId, RunId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.merge import STATUS
from integration_tui.domain.sync.plan import ChangeKind, Names, PlannedChange, Value, Values
from integration_tui.domain.sync.plan_tally import PersonRole, PlanPeople
from integration_tui.domain.sync.run import Run
from integration_tui.store.connection import Connection, NamedRow
from integration_tui.store.roster.fields import SHAPES, RecordTable, TableField
from integration_tui.store.sync.plan_people import PlanPeopleCounts, stored_role

_INTERNAL: Final = frozenset({"sync_metadata", "sync_status"})
"""What a change also writes, but is no field."""
_EMPTY: Final = frozenset({None, "", "[]"})
_decode: Final = msgspec.json.Decoder(dict[str, Value]).decode


class PlanViewRepository:
    """Reads plans inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def changes(
        self,
        run_id: RunId,
        collection: Collection,
        *,
        kind: ChangeKind | None,
        after: str,
        limit: int,
    ) -> list[PlannedChange]:
        """Return changes behind the external id `after`, in the order of these ids."""
        shape = SHAPES[collection]
        rows = await self._connection.exec_driver_sql(
            _select(shape, kind),
            {
                "tenant": self._tenant,
                "run": run_id,
                "kind": kind and kind.value,
                "after": after,
                "limit": limit,
            },
        )
        return [_change(run_id, shape, row) for row in rows.mappings().all()]

    async def people(self, run: Run) -> PlanPeople:
        """Return the people of a plan by role, and the schools that miss most of them."""
        return await PlanPeopleCounts(self._connection, self._tenant, run).read()


def _select(shape: RecordTable, kind: ChangeKind | None) -> str:
    told = (f'x.{field.external_column} AS "t_{field.name}"' for field in shape.fields)
    called = (f'{_called(reference)} AS "n_{reference.name}"' for reference in shape.references)
    # The index of kinds leaves out what is created; so it must be said that this does, too.
    only = "" if kind is None else "AND x.kind = :kind"
    only += " AND x.kind <> 'create'" if kind not in {None, ChangeKind.CREATE} else ""
    return (
        f"SELECT x.external_id, x.kind, x.id, x.before, x.after, x.note, {_label(shape)} AS label,"  # noqa: S608 - our own names
        f" {', '.join([*told, *called, *_about_people(shape)])} FROM {shape.changes} x"
        f" WHERE x.tenant_id = :tenant AND x.run_id = :run {only}"
        " AND x.external_id > :after ORDER BY x.external_id LIMIT :limit"
    )


def _about_people(shape: RecordTable) -> list[str]:
    """Return expressions for a person's roles, and the schools that somebody goes from and to."""
    if shape.collection is not Collection.USERS:
        return []
    roles = "COALESCE((SELECT g.roles FROM users g WHERE g.tenant_id = x.tenant_id AND g.id = x.id), x.roles)"  # noqa: E501 - one expression
    return [
        f"{roles} AS person_roles",
        *_school_names(),
    ]


def _school_names() -> list[str]:
    return [
        f"(SELECT o.name FROM organizations o WHERE o.tenant_id = x.tenant_id"  # noqa: S608 - our own names
        f" AND o.id = json_extract(x.{side}, '$.primary_org')) AS {name}"
        for side, name in (("before", "goes_from"), ("after", "goes_to"))
    ]


def _label(shape: RecordTable) -> str:
    """Return an expression for what people call `x`: as it is told, or else as it is held."""
    if shape.collection is not Collection.ENROLLMENTS:
        return f"COALESCE({_remote_label_sql(shape)}, {_local_label_sql(shape, 'x.id')}, '')"
    person = _named(shape.field("user"))
    room = _named(shape.field("class_"))
    role = f"COALESCE(x.role, (SELECT g.role {_local_columns(shape)}))"
    return f"{person} || ' in ' || {room} || ' as ' || ifnull({role}, '')"


def _remote_label_sql(shape: RecordTable) -> str:
    # Through a row of its own, so that the label's columns are nobody else's.
    return (
        f"(SELECT {shape.label} FROM {shape.changes} t WHERE t.tenant_id = x.tenant_id"  # noqa: S608 - our own names
        " AND t.run_id = x.run_id AND t.external_id = x.external_id)"
    )


def _local_label_sql(shape: RecordTable, id_: str) -> str:
    return (
        f"(SELECT {shape.label} FROM {shape.table} g"  # noqa: S608 - our own names
        f" WHERE g.tenant_id = x.tenant_id AND g.id = {id_})"
    )


def _local_columns(shape: RecordTable) -> str:
    return f"FROM {shape.table} g WHERE g.tenant_id = x.tenant_id AND g.id = x.id"


def _named(field: TableField) -> str:
    """Return what the record is called that an enrollment names: new, held, or not known."""
    ours = f"(SELECT g.{field.local_column} {_local_columns(SHAPES[Collection.ENROLLMENTS])})"
    held = _local_label_sql(_target(field), ours)
    return f"COALESCE({_called(field)}, {held}, x.{field.external_column}, '')"


def _called(field: TableField) -> str:
    """Return what the record is called that a field leads to as it is told: new, or held."""
    target = _target(field)
    new = (
        f"(SELECT {target.label} FROM {target.changes} t WHERE t.tenant_id = x.tenant_id"  # noqa: S608 - our own names
        f" AND t.run_id = x.run_id AND t.external_id = x.{field.external_column})"
    )
    mapped = (
        "(SELECT m.internal_id FROM sync_runs r JOIN external_system_mappings m"  # noqa: S608 - our own names
        " ON m.tenant_id = r.tenant_id AND m.integration_id = r.integration_id"
        f" WHERE r.tenant_id = x.tenant_id AND r.id = x.run_id AND m.collection = '{target.collection}'"  # noqa: E501 - one condition
        f" AND m.external_id = x.{field.external_column})"
    )
    return f"COALESCE({new}, {_local_label_sql(target, mapped)})"


def _target(field: TableField) -> RecordTable:
    if field.to is None:
        raise ValueError(f"{field.name} is no reference")
    return SHAPES[field.to]


def _change(run_id: RunId, shape: RecordTable, row: NamedRow) -> PlannedChange:
    kind = ChangeKind(row["kind"])
    before, after = _values(row["before"]), _values(row["after"])
    if kind is ChangeKind.CREATE:
        after = dict(_remote_values(shape, row))
    elif kind is ChangeKind.DEACTIVATE and not after:
        before, after = {STATUS: "active"}, {STATUS: "inactive"}
    return PlannedChange(
        run_id=run_id,
        collection=shape.collection,
        external_id=row["external_id"],
        kind=kind,
        record_id=None if row["id"] is None else RecordId(row["id"]),
        label=row["label"] or "",
        before=before,
        after=after,
        note=row["note"] or "",
        transfer=_transfer(shape, row),
        role=_role(shape, row),
        names=dict(_names(shape, row, after)),
    )


def _role(shape: RecordTable, row: NamedRow) -> str:
    """Return as what a person is counted; empty where no role says so."""
    if shape.collection is not Collection.USERS:
        return ""
    role = stored_role(row["person_roles"])
    return "" if role is PersonRole.OTHER else role.value


def _transfer(shape: RecordTable, row: NamedRow) -> str:
    if shape.collection is not Collection.USERS or not (row["goes_from"] and row["goes_to"]):
        return ""
    return f"transfer from {row['goes_from']} to {row['goes_to']}"


def _names(shape: RecordTable, row: NamedRow, after: Values) -> Iterator[tuple[str, Names]]:
    for reference in shape.references:
        called, id_ = row[f"n_{reference.name}"], after.get(reference.name)
        if called and id_ is not None:
            yield reference.name, {id_: called}


def _values(stored: str | None) -> Values:
    if stored is None:
        return {}
    return {name: one for name, one in _decode(stored).items() if name not in _INTERNAL}


def _remote_values(shape: RecordTable, row: NamedRow) -> Mapping[str, Value]:
    told = {field.name: row[f"t_{field.name}"] for field in shape.fields}
    return {name: value for name, value in told.items() if value not in _EMPTY}
