"""The roster in lists: browsed page by page, searched, filtered, counted.

A page goes on behind the place of its last line, so that it does not matter how far down it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import RecordId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordFilter, RecordLine
from integration_tui.store.column_types import storable
from integration_tui.store.connection import Connection, NamedRow
from integration_tui.store.connection import Value as Bound
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.roster.labels import DETAILS, LABELS
from integration_tui.store.roster.search import Search

_C = Collection
BROWSED: Final[Mapping[Collection, tuple[str, ...]]] = {
    _C.ORGS: ("name", "id"),
    _C.ACADEMIC_SESSIONS: ("title", "id"),
    _C.COURSES: ("title", "id"),
    _C.CLASSES: ("title", "id"),
    _C.USERS: ("family_name", "given_name", "id"),
    _C.ENROLLMENTS: ("id",),
}
"""The order of each list; every one has its index."""
_CONFLICTS: Final = "sync_conflicts k INDEXED BY ix_sync_conflicts_collection"
_HAS_CONFLICT: Final = (
    f"EXISTS (SELECT 1 FROM {_CONFLICTS} WHERE k.tenant_id = g.tenant_id"  # noqa: S608 - our own names
    " AND k.collection = :collection AND k.internal_id = g.id AND k.side IS NULL)"
)
_IN_CONFLICT: Final = (
    f"SELECT k.internal_id FROM {_CONFLICTS} WHERE k.tenant_id = :tenant"  # noqa: S608 - our own names
    " AND k.collection = :collection AND k.side IS NULL"
)


def _of(table: str, column: str, name: str, what: str = "id") -> str:
    """Return a statement for records by what they name."""
    # SQLite takes one tenant for few rows, and would read them all through.
    return (
        f"SELECT n.{what} FROM {table} n INDEXED BY ix_{table}_{column}"  # noqa: S608 - our own names
        f" WHERE n.tenant_id = :tenant AND n.{column} = :{name}"
    )


_SEATS: Final = "enrollments"
_ORG: Final = {
    _C.ORGS: _of("organizations", "parent_id", "org"),
    **{
        literal: _of(SHAPES[literal].table, "organization_id", "org")
        for literal in (_C.COURSES, _C.CLASSES, _C.USERS, _C.ENROLLMENTS)
    },
}
_CLASS: Final = {
    _C.CLASSES: "SELECT :class_id",
    _C.USERS: _of(_SEATS, "class_id", "class_id", "user_id"),
    _C.ENROLLMENTS: _of(_SEATS, "class_id", "class_id"),
}
_USER: Final = {
    _C.CLASSES: _of(_SEATS, "user_id", "user_id", "class_id"),
    _C.USERS: "SELECT :user_id",
    _C.ENROLLMENTS: _of(_SEATS, "user_id", "user_id"),
}
_decode: Final = msgspec.json.Decoder(list[str | int]).decode
_encode: Final = msgspec.json.Encoder().encode


class RosterRepository:
    """Lists records inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def browse(self, wanted: RecordFilter, *, after: str, limit: int) -> list[RecordLine]:
        """Return the lines behind the place `after`, in the order of the collection's list.

        Raises `UsageError` where a filter does not fit the collection, or there is no such place.
        """
        where, order = _Where.of(wanted), _order(wanted)
        if after:
            place = _sort_key(after, len(BROWSED[wanted.collection]))
            where.values |= {f"k{at}": one for at, one in enumerate(place)}
            marks = ", ".join(f":k{at}" for at in range(len(place)))
            where.conditions.append(f"({order}) > ({marks})")
        found = await self._connection.exec_driver_sql(
            _page(wanted.collection, where, order),
            self._values(wanted) | where.values | {"limit": limit},
        )
        return [_line(wanted.collection, row) for row in found.mappings().all()]

    async def count(self, wanted: RecordFilter, *, at_most: int | None = None) -> int:
        """Return how many records are wanted; counting ends with `at_most`."""
        where, table = _Where.of(wanted), SHAPES[wanted.collection].table
        counted = f"SELECT count(*) FROM {table} g WHERE {where}"  # noqa: S608 - our own names
        if at_most is not None:
            where.values["at_most"] = at_most
            counted = f"SELECT count(*) FROM (SELECT 1 FROM {table} g WHERE {where} LIMIT :at_most)"  # noqa: S608 - our own names
        found = await self._connection.exec_driver_sql(counted, self._values(wanted) | where.values)
        return int(found.scalar_one())

    async def line(self, collection: Collection, record_id: RecordId) -> RecordLine | None:
        """Return one record as it stands in its list."""
        found = await self._connection.exec_driver_sql(
            f"{_select(collection)} WHERE g.tenant_id = :tenant AND g.id = :id",
            self._values(RecordFilter(collection=collection)) | {"id": record_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else _line(collection, row)

    async def labels(
        self, collection: Collection, ids: Sequence[RecordId]
    ) -> Mapping[RecordId, str]:
        """Return what records are called, those that there are."""
        found = await self._connection.exec_driver_sql(
            f"SELECT g.id, {LABELS[collection]} FROM {SHAPES[collection].table} g"  # noqa: S608 - our own names
            " WHERE g.tenant_id = :tenant AND g.id IN (SELECT value FROM json_each(:ids))",
            {"tenant": self._tenant, "ids": _encode(list(ids)).decode()},
        )
        return {RecordId(row[0]): str(row[1]) for row in found.all()}

    def _values(self, wanted: RecordFilter) -> dict[str, Bound]:
        return {"tenant": self._tenant, "collection": wanted.collection.value}


@dataclass
class _Where:
    """The conditions that a filter asks for, and their parameters."""

    conditions: list[str]
    values: dict[str, Bound]

    @classmethod
    def of(cls, wanted: RecordFilter) -> _Where:
        where = cls(["g.tenant_id = :tenant"], {})
        if wanted.search.strip():
            search = Search(wanted.search)
            where.conditions.append(f"g.id IN ({search.found(wanted.collection)})")
            where.values |= search.values
        if wanted.status is not None:
            where.conditions.append("g.status = :status")
            where.values["status"] = wanted.status
        for name, condition, value in _narrowed(wanted):
            where.conditions.append(f"g.id IN ({condition})")
            where.values[name] = value
        if wanted.has_conflict:
            where.conditions.append(f"g.id IN ({_IN_CONFLICT})")
        return where

    def __str__(self) -> str:
        return " AND ".join(self.conditions)


def _narrowed(wanted: RecordFilter) -> Iterator[tuple[str, str, RecordId]]:
    asked = (
        ("org", _ORG, wanted.org),
        ("class_id", _CLASS, wanted.class_id),
        ("user_id", _USER, wanted.user_id),
    )
    for name, conditions, value in asked:
        if value is None:
            continue
        condition = conditions.get(wanted.collection)
        if condition is None:
            named = ", ".join(condition.value for condition in conditions)
            raise UsageError(
                f"{wanted.collection} cannot be filtered by {name.removesuffix('_id')}",
                advice=f"filterable: {named}",
            )
        yield name, condition, value


def _select(collection: Collection) -> str:
    details = [f"{told} AS d_{name}" for name, told in DETAILS[collection].items()]
    order = [f"g.{literal} AS o_{literal}" for literal in BROWSED[collection]]
    return (
        f"SELECT g.id, {LABELS[collection]} AS label, g.status, g.external_system_id, g.pinned,"  # noqa: S608 - our own names
        f" {_HAS_CONFLICT} AS has_conflict, {', '.join([*details, *order])}"
        f" FROM {SHAPES[collection].table} g"
    )


def _page(collection: Collection, where: _Where, order: str) -> str:
    """Return a statement for a page: which records first, and only then what is told of them."""
    table = SHAPES[collection].table
    return (
        f"{_select(collection)} WHERE g.tenant_id = :tenant AND g.id IN (SELECT g.id FROM {table} g"  # noqa: S608 - our own names
        f" WHERE {where} ORDER BY {order} LIMIT :limit) ORDER BY {_columns(collection, '+')}"
    )


def _order(wanted: RecordFilter) -> str:
    """Return the order of a list, such that few of many are looked up and sorted, many walked."""
    narrows = (wanted.org, wanted.class_id, wanted.user_id)
    # One letter begins so many names that a page of them is soon walked together.
    is_narrow = len(wanted.search.strip()) > 1 or wanted.has_conflict
    is_narrow = is_narrow or wanted.status == "inactive"
    is_narrow = is_narrow or any(narrow is not None for narrow in narrows)
    # A plus keeps SQLite from walking the whole list in its order, in search of the few.
    return _columns(wanted.collection, "+" if is_narrow else "")


def _columns(collection: Collection, sign: str) -> str:
    return ", ".join(f"{sign}g.{literal}" for literal in BROWSED[collection])


def _line(collection: Collection, row: NamedRow) -> RecordLine:
    is_person = collection is _C.USERS
    return RecordLine(
        collection=collection,
        id=RecordId(row["id"]),
        label=str(row["label"] or ""),
        status=row["status"],
        origin=row["external_system_id"],
        place=_encode([row[f"o_{literal}"] for literal in BROWSED[collection]]).decode(),
        details={name: _to_text(row[f"d_{name}"]) for name in DETAILS[collection]},
        is_pinned=bool(row["pinned"]),
        has_conflict=bool(row["has_conflict"]),
        family_name=row["o_family_name"] if is_person else "",
        given_name=row["o_given_name"] if is_person else "",
    )


def _to_text(value: object) -> str:
    return "" if value is None else str(value)


def _sort_key(after: str, length: int) -> Sequence[str | int]:
    try:
        place = _decode(storable(after))
    except msgspec.DecodeError:
        place = []
    if len(place) != length:
        raise UsageError("invalid list position", advice="list from the start")
    return place
