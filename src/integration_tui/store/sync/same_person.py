"""Plans for people whom their system lists under other ids, or under several: one record each.

It comes before records are compared field by field: of all rows of one person one is left that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection, Role, UserId
from integration_tui.domain.sync.mapping import MappingOrigin
from integration_tui.domain.sync.merge import STATUS
from integration_tui.domain.sync.plan import ChangeKind, Value
from integration_tui.domain.sync.run import Run
from integration_tui.domain.sync.same_person import (
    Person,
    Shared,
    SharedId,
    claims,
    contradict,
    share,
)
from integration_tui.domain.value import replace
from integration_tui.store.roster import base_values
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.sequences import allocate_ids
from integration_tui.store.sync.shared_ids import NOBODY, SharedIdRepository

_RULES: Final = ("identifier", "master_identifier", "email")
FACE: Final = (
    "given_name", "preferred_given_name", "family_name", "email", "identifier",
    "master_identifier", "roles", "user_ids",
)  # fmt: skip
# Only new people whose value somebody else has, too: a first run brings hundreds of thousands.
_WANTED: Final = """
SELECT value FROM (SELECT x.{key} AS value, count(*) AS several FROM user_changes x
    WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create' AND x.{key} <> ''
    GROUP BY 1) came
WHERE several > 1 OR {held}
"""
_HELD_BY_INDEX: Final = """EXISTS (SELECT 1 FROM users g INDEXED BY ix_users_{key}
    WHERE g.tenant_id = :tenant AND g.{key} = value)"""
_HELD: Final = "value IN (SELECT g.{key} FROM users g WHERE g.tenant_id = :tenant)"
_NEW: Final = f"""
SELECT x.external_id, x.id, {", ".join(f"x.{name}" for name in FACE)}
FROM user_changes x WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.kind = 'create'
    AND x.{{key}} IN (SELECT value FROM json_each(:values))
"""  # noqa: S608 - our own names
_KNOWN: Final = f"""
SELECT m.external_id, g.id, {", ".join(f"g.{name}" for name in FACE)}, {{told}},
    m.listed AND g.status = 'active' AS is_active, t.listed AS is_listed_now,
    t.status AS listed_status
FROM users g JOIN external_system_mappings m ON m.tenant_id = g.tenant_id
    AND m.collection = 'users' AND m.internal_id = g.id AND m.integration_id = :integration
LEFT JOIN user_changes t ON t.tenant_id = g.tenant_id AND t.run_id = :run
    AND t.external_id = m.external_id
WHERE g.tenant_id = :tenant AND g.{{key}} IN (SELECT value FROM json_each(:values))
"""  # noqa: S608 - our own names
_roles: Final = msgspec.json.Decoder(tuple[Role, ...]).decode
_user_ids: Final = msgspec.json.Decoder(tuple[UserId, ...]).decode
_json: Final = msgspec.json.Encoder().encode


class SamePersonSearch:
    """Looks for them inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def claims(self, run: Run) -> dict[str, int]:
        """Return by new id the record of whoever it belongs to."""
        new: dict[str, Person] = {}
        known: list[Person] = []
        for key in _RULES:
            held = (_HELD if key == "master_identifier" else _HELD_BY_INDEX).format(key=key)
            wanted = await self._ask(_WANTED.format(key=key, held=held), run)
            if not wanted:
                continue
            values = _json([row["value"] for row in wanted]).decode()
            for row in await self._ask(_NEW.format(key=key), run, values=values):
                new[row["external_id"]] = person_of(row)
            told = ", ".join(f"t.{name} AS t_{name}" for name in FACE)
            for row in await self._ask(_KNOWN.format(key=key, told=told), run, values=values):
                known += _faces(row)
        return claims(known, list(new.values()))

    async def _ask(self, statement: str, run: Run, **values: object) -> Sequence[RowMapping]:
        named = {"tenant": self._tenant, "run": run.id, "integration": run.integration_id}
        done = await self._connection.execute(text(statement), {**named, **values})
        return done.mappings().all()


def _faces(row: RowMapping) -> list[Person]:
    """Return somebody as held, and as told now where that is so."""
    is_listed_now = bool(row["is_listed_now"]) and row["listed_status"] == "active"
    is_missing = not row["is_active"] if row["is_listed_now"] is None else not is_listed_now
    held = replace(person_of(row), is_missing=is_missing)
    return [held, person_of(row, prefix="t_")] if is_listed_now else [held]


def person_of(row: RowMapping, *, prefix: str = "", external_id: str | None = None) -> Person:
    """Return somebody as a row tells; the columns have names behind `prefix`."""

    def word(name: str) -> str:
        return " ".join(f"{row[prefix + name] or ''}".split()).casefold()

    return Person(
        external_id=external_id or row["external_id"],
        record_id=row["id"],
        given_name=word("given_name"),
        preferred_name=word("preferred_given_name"),
        family_name=word("family_name"),
        email=word("email"),
        identifier=word("identifier"),
        master_identifier=word("master_identifier"),
        roles=_role_words(row[f"{prefix}roles"]),
        other_ids={
            record_id.type: record_id.identifier
            for record_id in _user_ids(row[f"{prefix}user_ids"])
        },
    )


@lru_cache(maxsize=1024)
def _role_words(stored: str) -> frozenset[str]:
    """Return the kinds of roles; few texts tell those of many people."""
    return frozenset(role.role for role in _roles(stored))


_SHAPE: Final = SHAPES[Collection.USERS]
_FIRSTS: Final = """
SELECT m.external_id AS first_id, m.listed AS m_listed, g.*, (SELECT o.external_id
    FROM external_system_mappings o WHERE o.tenant_id = :tenant AND o.collection = 'orgs'
        AND o.internal_id = g.organization_id AND o.integration_id = :integration) AS home
FROM json_each(:values) j
CROSS JOIN external_system_mappings m ON m.tenant_id = :tenant AND m.collection = 'users'
    AND m.internal_id = j.value AND m.integration_id = :integration
CROSS JOIN users g ON g.tenant_id = :tenant AND g.id = j.value
"""
_ROWS: Final = f"""
SELECT x.external_id, x.id, x.kind, x.status, x.listed, x.primary_org_ref,
    {", ".join(f"x.{name}" for name in FACE)}
FROM json_each(:values) j CROSS JOIN user_changes x ON x.tenant_id = :tenant AND x.run_id = :run
    AND x.external_id = j.value
"""  # noqa: S608 - our own names
_ALIAS: Final = """
UPDATE user_changes SET kind = 'alias', id = ?, note = ?
WHERE tenant_id = ? AND run_id = ? AND external_id = ?
"""
_CARRY: Final = """
UPDATE user_changes SET kind = ?, id = ?, status = 'active', roles = ?, primary_org_ref = ?,
    fingerprint = CASE WHEN ? THEN 0 ELSE fingerprint END
WHERE tenant_id = ? AND run_id = ? AND external_id = ?
"""
_NOT_GONE: Final = """
DELETE FROM user_changes WHERE tenant_id = :tenant AND run_id = :run AND external_id = :external_id
"""
_AS_NEW: Final = """
UPDATE user_changes SET kind = 'create', id = :id WHERE tenant_id = :tenant AND run_id = :run
    AND external_id = :external_id
"""
_K: Final = ChangeKind


class _First(msgspec.Struct, frozen=True):
    """Who has a record already: the id that carries it, and what is held."""

    id: SharedId
    held: RowMapping


class SamePersonRepository:
    """Makes such plans inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
        self._shared = SharedIdRepository(connection, tenant)

    async def plan(self, run: Run, *, finds: bool, is_whole: bool) -> None:
        """Have all ids of one person be one record. `finds`: new ids are looked at, too.

        `is_whole`: who is not read is not listed.
        """
        groups = await self._shared.groups(run.integration_id)
        claimed = (
            await SamePersonSearch(self._connection, self._tenant).claims(run) if finds else {}
        )
        for external_id, record_id in claimed.items():
            new = SharedId(external_id=external_id, is_listed=True)
            groups.setdefault(record_id, {})[external_id] = new
        planned: dict[int, list[SharedId]] = {}
        if groups:
            firsts = await self._firsts(run, groups)
            told = await self._rows_of(
                run, [*_names(groups), *(first.id.external_id for first in firsts.values())]
            )
            for record_id, ids in groups.items():
                first = firsts.get(record_id)
                strangers = _strangers(ids, told, first, is_new=record_id in claimed.values())
                await self._set_free(run, strangers, told)
                planned.setdefault(NOBODY, []).extend(ids[name] for name in strangers)
                left = {name: one for name, one in ids.items() if name not in strangers}
                planned[record_id] = await self._join(run, record_id, left, first, told, is_whole)
        await self._shared.plan(run, planned)

    async def _firsts(self, run: Run, ids: Iterable[int]) -> dict[int, _First]:
        rows = await self._ask(_FIRSTS, run, values=_json(list(ids)).decode())
        return {row["id"]: _First(_first_id(row, run), row) for row in rows}

    async def _rows_of(self, run: Run, names: Iterable[str]) -> dict[str, RowMapping]:
        values = _json(list(dict.fromkeys(names))).decode()
        rows = await self._ask(_ROWS, run, values=values)
        return {row["external_id"]: row for row in rows}

    async def _join(
        self,
        run: Run,
        record_id: int,
        ids: Mapping[str, SharedId],
        first: _First | None,
        rows: Mapping[str, RowMapping],
        is_whole: bool,
    ) -> list[SharedId]:
        """Have one row of the plan say what all ids of a person say; return the ids."""
        name = first.id.external_id if first else None
        before = ids if first is None else {first.id.external_id: first.id, **ids}
        told = {
            sourced_id: _of_row(rows[sourced_id])
            for sourced_id in before
            if sourced_id in rows and rows[sourced_id]["listed"]
        }
        if not told:
            return list(ids.values())
        # The first one leaves no row where it is listed as before, and one where it is not listed.
        absent = {sourced_id for sourced_id in before if is_whole and sourced_id not in told} - (
            {name} if name and name not in rows else set[str]()
        )
        shared = share(before, told, name, absent=absent)
        for one in told:
            if one != shared.carrier:
                note = f"another id of {shared.carrier or name}"
                await self._write(_ALIAS, (record_id, note, self._tenant, run.id, one))
        await self._carry(run, record_id, shared, first, rows)
        return list(shared.ids)

    async def _carry(
        self,
        run: Run,
        record_id: int,
        shared: Shared,
        first: _First | None,
        rows: Mapping[str, RowMapping],
    ) -> None:
        carrier = shared.carrier
        if carrier is None:
            return
        name = first.id.external_id if first else None
        if carrier not in rows and first is not None:
            await self._stage_held(run, first)
        kind = _K.CREATE if name is None else _K.UPDATE if carrier == name else _K.RELINK
        is_odd = shared.is_several or carrier not in rows or rows[carrier]["status"] != "active"
        values = (kind.value, record_id, _json(shared.roles).decode(), shared.home, is_odd)
        await self._write(_CARRY, (*values, self._tenant, run.id, carrier))
        if kind is _K.RELINK and name and name in rows and not rows[name]["listed"]:
            await self._ask(_NOT_GONE, run, external_id=name)

    async def _stage_held(self, run: Run, first: _First) -> None:
        """Have a run say of somebody what the system said last, as it did not say it again."""
        said = base_values.read(first.held["sync_metadata"]).get(run.integration_id, {})
        values: dict[str, Value] = {
            field.external_column: said[field.name].value
            if field.name in said
            else first.held[field.local_column]
            for field in _SHAPE.fields
            if field.to is None
        }
        columns = "".join(f', "{name}"' for name in values)
        marks = ", ?" * len(values)
        await self._write(
            "INSERT INTO user_changes (tenant_id, run_id, external_id, kind, id, fingerprint,"  # noqa: S608 - our own names
            f" status{columns}) VALUES (?, ?, ?, 'update', ?, 0, 'active'{marks})",
            (self._tenant, run.id, first.id.external_id, first.held["id"], *values.values()),
        )

    async def _set_free(
        self, run: Run, strangers: Iterable[str], rows: Mapping[str, RowMapping]
    ) -> None:
        """Have whoever is listed under these ids be somebody new."""
        for name in strangers:
            if name in rows and rows[name]["status"] == "active":
                number = await allocate_ids(self._connection, self._tenant, Collection.USERS)
                await self._ask(_AS_NEW, run, external_id=name, id=number)
            elif name in rows:
                await self._ask(_NOT_GONE, run, external_id=name)

    async def _write(self, statement: str, values: tuple[object, ...]) -> None:
        await self._connection.exec_driver_sql(statement, values)

    async def _ask(self, statement: str, run: Run, **values: object) -> Sequence[RowMapping]:
        named = {"tenant": self._tenant, "run": run.id, "integration": run.integration_id}
        done = await self._connection.execute(text(statement), {**named, **values})
        return done.mappings().all() if done.returns_rows else []


def _names(groups: Mapping[int, Mapping[str, SharedId]]) -> list[str]:
    return [name for ids in groups.values() for name in ids]


def _strangers(
    ids: Mapping[str, SharedId],
    told: Mapping[str, RowMapping],
    first: _First | None,
    *,
    is_new: bool,
) -> list[str]:
    """Return the ids under which somebody else is listed now; all, where the record is gone."""
    if first is None:
        return [] if is_new else list(ids)
    faces = [person_of(first.held, external_id=first.id.external_id)]
    if (row := told.get(first.id.external_id)) is not None and row["listed"]:
        faces.append(person_of(row))
    return [
        name
        for name, one in ids.items()
        if one.bond is MappingOrigin.MATCHED
        and name != first.id.external_id
        and name in told
        and all(contradict(person_of(told[name]), face) for face in faces)
    ]


def _first_id(row: RowMapping, run: Run) -> SharedId:
    said = base_values.read(row["sync_metadata"]).get(run.integration_id, {})
    roles = said["roles"].value if "roles" in said else row["roles"]
    status = said[STATUS].value if STATUS in said else row["status"]
    return SharedId(
        external_id=row["first_id"],
        is_listed=bool(row["m_listed"]) and status == "active",
        roles=_roles(f"{roles}"),
        home=row["home"],
    )


def _of_row(row: RowMapping) -> SharedId:
    return SharedId(
        external_id=row["external_id"],
        is_listed=row["status"] == "active",
        roles=_roles(row["roles"]),
        home=row["primary_org_ref"],
    )
