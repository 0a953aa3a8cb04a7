"""The part of a plan that is decided record by record: what changed, who decides, what is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.config.sync_policy import ConflictPolicy
from integration_tui.domain.ids import TenantId
from integration_tui.domain.paging import SyncStatus
from integration_tui.domain.roster import Collection, Role
from integration_tui.domain.sync.merge import (
    STATUS,
    FieldOwnership,
    LocalRecord,
    MergeResult,
    RemoteRecord,
    difference,
)
from integration_tui.domain.sync.plan import ChangeKind, Value
from integration_tui.domain.sync.run import Run
from integration_tui.domain.value import replace
from integration_tui.store.column_types import instant, moment
from integration_tui.store.roster import base_values
from integration_tui.store.roster.fields import CLAIMS, SHAPES, RecordTable, TableField, without
from integration_tui.store.sequences import allocate_ids
from integration_tui.store.sync.claims import ClaimRepository
from integration_tui.store.sync.id_resolution import resolved

_ASK: Final = """
INSERT INTO sync_conflicts (tenant_id, id, integration_id, collection, internal_id, external_id,
    field, base, ours, theirs, run_id, raised_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, integration_id, collection, internal_id, field) WHERE side IS NULL
DO UPDATE SET base = excluded.base, ours = excluded.ours, theirs = excluded.theirs,
    run_id = excluded.run_id
"""
_ANSWERED: Final = """
UPDATE sync_conflicts SET side = 'ours', decided_by = 'no longer in conflict', decided_at = :at
WHERE tenant_id = :tenant AND integration_id = :integration AND collection = :collection
    AND side IS NULL AND run_id <> :run AND field NOT IN (SELECT value FROM json_each(:absent))
    AND internal_id IN (SELECT id FROM {changes}
        WHERE tenant_id = :tenant AND run_id = :run AND kind <> 'create' AND kind IN ({decided})
            AND listed)
"""
_DISPUTED: Final = """
SELECT DISTINCT internal_id FROM sync_conflicts WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = :collection AND side IS NULL
    AND field IN (SELECT value FROM json_each(:absent))
"""
_DECIDED: Final = ", ".join(
    f"'{change_kind.value}'"
    for change_kind in ChangeKind
    if change_kind
    not in {ChangeKind.CREATE, ChangeKind.QUARANTINE, ChangeKind.KEPT, ChangeKind.MISSING}
)
_side_json: Final = msgspec.json.Encoder().encode


class OpenConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A field that somebody has to decide; `sides` are base, ours and theirs as JSON."""

    internal_id: int
    external_id: str
    field: str
    sides: tuple[str, str, str]


class OpenConflicts:
    """Asks and settles the questions of one run inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def ask(
        self, collection: Collection, questions: Sequence[OpenConflict], now: datetime
    ) -> None:
        """Ask; what was asked before and is still open is the same question."""
        if not questions:
            return
        first = await allocate_ids(self._connection, self._tenant, "conflict", count=len(questions))
        run = self._run
        rows = [
            (
                *(self._tenant, number, run.integration_id, collection.value),
                *(question.internal_id, question.external_id, question.field),
                *question.sides,
                *(run.id, instant(now)),
            )
            for number, question in enumerate(questions, start=first)
        ]
        await self._connection.exec_driver_sql(_ASK, rows)

    async def open_on(self, collection: Collection, absent: AbstractSet[str]) -> frozenset[int]:
        """Return the records with open questions about fields that the listing lacks."""
        if not absent:
            return frozenset()
        found = await self._connection.execute(text(_DISPUTED), self._values(collection, absent))
        return frozenset(found.scalars())

    async def answer(
        self, collection: Collection, *, at: datetime, absent: AbstractSet[str]
    ) -> None:
        """Settle what was asked of records that the run has decided without asking again.

        Of the fields in `absent` nothing was decided.
        """
        await self._connection.execute(
            text(_ANSWERED.format(changes=SHAPES[collection].changes, decided=_DECIDED)),
            self._values(collection, absent) | {"run": self._run.id, "at": instant(at)},
        )

    def _values(self, collection: Collection, absent: AbstractSet[str]) -> dict[str, object]:
        return {
            "tenant": self._tenant,
            "integration": self._run.integration_id,
            "collection": collection.value,
            "absent": _side_json(sorted(absent)).decode(),
        }


_BATCH: Final = 2000
_HEAD: Final = ("external_id", "id", "kind", "fingerprint", "status", "modified_at")
_ROSTER: Final = ("status", "sync_version", "sync_status", "sync_metadata", "pinned")
_OTHERS: Final = """
SELECT o.internal_id, o.integration_id, o.listed FROM integrations i
CROSS JOIN json_each(:ids) j
CROSS JOIN external_system_mappings o ON o.tenant_id = i.tenant_id AND o.collection = :collection
    AND o.internal_id = j.value AND o.integration_id = i.id
WHERE i.tenant_id = :tenant AND i.id <> :integration AND EXISTS (
    SELECT 1 FROM external_system_mappings m WHERE m.tenant_id = i.tenant_id
        AND m.integration_id = i.id AND m.collection = :collection)
ORDER BY i.id
"""
"""Systems first: where there is no other one, nothing of the mappings is read."""
_LISTED: Final = """(SELECT m.listed FROM external_system_mappings m WHERE m.tenant_id = :tenant
    AND m.integration_id = :integration AND m.collection = :collection
    AND m.external_id = x.external_id)"""
_roles: Final = msgspec.json.Decoder(tuple[Role, ...]).decode
_json: Final = msgspec.json.Encoder(order="deterministic").encode


_Others = Mapping[int, Sequence[tuple[str, bool]]]
"""By our id: the other systems that know a record, and whether they list it."""


class MergePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides what: the policy of an integration, and whose roles protect.

    Of the fields in `absent` the listing says nothing.
    """

    conflicts: ConflictPolicy
    protected_roles: frozenset[str]
    now: datetime
    absent: frozenset[str] = frozenset()


class MergeRepository:
    """Decides records inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def decide(self, run: Run, collection: Collection, policy: MergePolicy) -> None:
        """Give each record that is told otherwise its kind, and what it changes."""
        shape, after = await self._shape(run, collection), ""
        rules = _rules(run, collection, policy.conflicts)
        disputed = await OpenConflicts(self._connection, self._tenant, run).open_on(
            collection, policy.absent
        )
        while rows := await self._rows(run, shape, after):
            others = await self._others(run, collection, [int(row["id"]) for row in rows])
            decided = [(row, _decided(shape, row, others, policy, rules)) for row in rows]
            await self._save(run, shape, decided, policy.absent, disputed)
            await self._ask(run, shape, decided, policy.now)
            after = str(rows[-1]["external_id"])

    async def _shape(self, run: Run, collection: Collection) -> RecordTable:
        """Return the fields to decide: claims only where there are some, since most have none."""
        shape = SHAPES[collection]
        if shape.fields[-1].name != CLAIMS:
            return shape
        claims = ClaimRepository(self._connection, self._tenant)
        if await claims.are_there(run, shape):
            return shape
        return replace(shape, fields=shape.fields[:-1])

    async def answer(
        self, run: Run, collection: Collection, *, at: datetime, absent: AbstractSet[str]
    ) -> None:
        """Settle what was asked of records that a run has decided without asking again.

        Of the fields in `absent` nothing was decided.
        """
        questions = OpenConflicts(self._connection, self._tenant, run)
        await questions.answer(collection, at=at, absent=absent)

    async def _rows(self, run: Run, shape: RecordTable, after: str) -> Sequence[RowMapping]:
        found = await self._connection.execute(
            text(_select(shape)),
            {
                "tenant": self._tenant,
                "integration": run.integration_id,
                "run": run.id,
                "collection": shape.collection.value,
                "after": after,
                "limit": _BATCH,
            },
        )
        return found.mappings().all()

    async def _others(self, run: Run, collection: Collection, ids: Sequence[int]) -> _Others:
        rows = await self._connection.execute(
            text(_OTHERS),
            {
                "tenant": self._tenant,
                "collection": collection.value,
                "integration": run.integration_id,
                "ids": _json(list(ids)).decode(),
            },
        )
        found: dict[int, list[tuple[str, bool]]] = {}
        for internal_id, system, is_listed in rows.all():
            found.setdefault(internal_id, []).append((system, bool(is_listed)))
        return found

    async def _save(
        self,
        run: Run,
        shape: RecordTable,
        decided: Sequence[tuple[RowMapping, MergeResult]],
        absent: frozenset[str],
        disputed: AbstractSet[int],
    ) -> None:
        rows = [
            (
                one.kind.value,
                _json({name: _local_value(shape, row, name) for name in one.set}).decode(),
                _after(row, one, is_disputed=row["id"] in disputed),
                row["g_sync_version"],
                _print(shape, row, run.integration_id, absent),
                self._tenant,
                run.id,
                row["external_id"],
            )
            for row, one in decided
        ]
        await self._connection.exec_driver_sql(
            f"UPDATE {shape.changes} SET kind = ?, before = ?, after = ?, sync_version = ?,"  # noqa: S608 - our own names
            " fingerprint = ? WHERE tenant_id = ? AND run_id = ? AND external_id = ?",
            rows,
        )

    async def _ask(
        self,
        run: Run,
        shape: RecordTable,
        decided: Sequence[tuple[RowMapping, MergeResult]],
        now: datetime,
    ) -> None:
        questions = [
            OpenConflict(
                internal_id=row["id"],
                external_id=row["external_id"],
                field=name,
                sides=_sides(shape, row, name, run.integration_id),
            )
            for row, one in decided
            for name in one.asked
        ]
        await OpenConflicts(self._connection, self._tenant, run).ask(
            shape.collection, questions, now
        )


def _select(shape: RecordTable) -> str:
    theirs = [f"{_remote(field)} AS t_{field.local_column}" for field in shape.fields]
    raw = [
        f"x.{reference.external_column} AS r_{reference.local_column}"
        for reference in shape.references
    ]
    ours = [
        f"g.{column} AS g_{column}"
        for column in (*_ROSTER, *(field.local_column for field in shape.fields))
    ]
    head = [*(f"x.{literal} AS {literal}" for literal in _HEAD), f"{_LISTED} AS m_listed"]
    return (
        f"SELECT {', '.join([*head, *theirs, *raw, *ours])} FROM {shape.changes} x"  # noqa: S608 - our own names
        f" JOIN {shape.table} g ON g.tenant_id = x.tenant_id AND g.id = x.id"
        " WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.external_id > :after"
        " AND x.kind IN ('update', 'link', 'relink') ORDER BY x.external_id LIMIT :limit"
    )


def _rules(run: Run, collection: Collection, policy: ConflictPolicy) -> FieldOwnership:
    def path(name: str) -> str:
        return f"{collection}.{name.rstrip('_')}"

    return FieldOwnership(
        system=run.integration_id,
        owner=lambda name: policy.owners.get(path(name)),
        precedence=lambda name: policy.fields.get(path(name), policy.default),
    )


def _decided(
    shape: RecordTable,
    row: RowMapping,
    others: _Others,
    policy: MergePolicy,
    rules: FieldOwnership,
) -> MergeResult:
    known_by = others.get(row["id"], ())
    held = LocalRecord(
        values={
            name: _local_value(shape, row, name)
            for name in (STATUS, *(field.name for field in shape.fields))
        },
        base_values=base_values.read(row["g_sync_metadata"]),
        others=[system for system, _ in known_by],
        listed_by=[system for system, is_listed in known_by if is_listed],
        is_protected=bool(row["g_pinned"]) or _is_staff(shape, row, policy),
    )
    told = RemoteRecord(
        values=dict(_remote_values(shape, row)),
        modified_at=None if row["modified_at"] is None else moment(row["modified_at"]),
        is_new=row["kind"] == ChangeKind.LINK.value,
        absent=_absent(row, policy),
    )
    found = difference(held, told, rules, now=policy.now)
    is_relinked = row["kind"] == ChangeKind.RELINK.value
    return replace(found, kind=ChangeKind.RELINK) if is_relinked else found


def _absent(row: RowMapping, policy: MergePolicy) -> frozenset[str]:
    """Return the fields of which nothing is said. To be listed again is to be active, though."""
    absent = policy.absent if row["m_listed"] else policy.absent - {STATUS}
    if "roles" in absent and row["r_organization_id"] is None:
        return absent | {"primary_org"}  # it may have been the first role's
    return absent


def _after(row: RowMapping, one: MergeResult, *, is_disputed: bool) -> str | None:
    """Return what is to be written; `None` where nothing of what we hold changes."""
    said = base_values.written(one.base_values)
    status = SyncStatus.CONFLICT if one.asked or is_disputed else SyncStatus.SYNCED
    if not one.set and said == row["g_sync_metadata"] and status == row["g_sync_status"]:
        return None
    return _json({**one.set, "sync_metadata": said, "sync_status": status.value}).decode()


def _print(shape: RecordTable, row: RowMapping, system: str, absent: frozenset[str]) -> int:
    """Return the fingerprint; none where something named is not known: look at it again.

    It is another one where something is kept of which the listing says nothing.
    """
    lost = any(
        row[f"t_{reference.local_column}"] is None
        and row[f"r_{reference.local_column}"] is not None
        for reference in shape.references
    )
    if lost:
        return 0
    print_ = int(row["fingerprint"])
    if not absent:
        return print_
    said = base_values.read(row["g_sync_metadata"]).get(system, {})
    for name in absent:
        base = said[name].value if name in said else _local_value(shape, row, name)
        if base != (row[STATUS] if name == STATUS else row[f"t_{shape.field(name).local_column}"]):
            return without(print_, absent)
    return print_


def _remote_values(shape: RecordTable, row: RowMapping) -> Iterator[tuple[str, Value]]:
    """Yield what the system tells; what names a record that nobody knows tells nothing."""
    yield STATUS, row[STATUS]
    for field in shape.fields:
        theirs = row[f"t_{field.local_column}"]
        if field.to is None or theirs is not None or row[f"r_{field.local_column}"] is None:
            yield field.name, theirs


def _is_staff(shape: RecordTable, row: RowMapping, policy: MergePolicy) -> bool:
    if shape.collection is not Collection.USERS:
        return False
    roles = _roles(row["g_roles"])
    return any(role.role in policy.protected_roles for role in roles)


def _local_value(shape: RecordTable, row: RowMapping, name: str) -> Value:
    column = STATUS if name == STATUS else shape.field(name).local_column
    found: Value = row[f"g_{column}"]
    return found


def _sides(shape: RecordTable, row: RowMapping, name: str, system: str) -> tuple[str, str, str]:
    """Return base, ours and theirs as JSON, which keeps numbers apart from words."""
    ours = _local_value(shape, row, name)
    said = base_values.read(row["g_sync_metadata"]).get(system, {}).get(name)
    base = ours if said is None else said.value
    theirs = dict(_remote_values(shape, row))[name]
    return _text(base), _text(ours), _text(theirs)


def _text(value: Value) -> str:
    return _json(value).decode()


def _remote(field: TableField) -> str:
    return resolved(field, "x") if field.to else f"x.{field.external_column}"
