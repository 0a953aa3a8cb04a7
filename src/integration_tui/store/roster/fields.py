"""What a roster record is in the store: its fields, and which of them name other records.

One list of fields a collection makes its two tables, the statements between them, and the row
that a record becomes. Lists are kept as JSON; ids in them are the system's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from enum import Enum
from hashlib import blake2b
from operator import attrgetter
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection, Record, User
from integration_tui.store.column_types import storable


class ColumnKind(Enum):
    """How a field is stored."""

    TEXT = "text"
    FLAG = "flag"
    DAY = "day"
    LIST = "list"
    REFERENCE = "reference"


class TableField(msgspec.Struct, frozen=True):
    """A field: OneRoster's name in Python's casing, and what it is.

    A reference names its collection. One that is `required` and leads nowhere keeps its record
    out; any other is left empty.
    """

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    required: bool = False
    to: Collection | None = None
    column: str = ""

    @property
    def local_column(self) -> str:
        """The column in the roster's table."""
        return self.column or self.name

    @property
    def external_column(self) -> str:
        """The column in the table of changes, where a reference is the system's own id."""
        return f"{self.name.rstrip('_')}_ref" if self.to else self.local_column


class RecordTable(msgspec.Struct, frozen=True):
    """A collection in the store. `label` is an SQL expression for what people call a record."""

    collection: Collection
    table: str
    changes: str
    fields: tuple[TableField, ...]
    label: str
    school: str | None = None

    @property
    def references(self) -> tuple[TableField, ...]:
        return tuple(field for field in self.fields if field.to)

    @property
    def is_tree(self) -> bool:
        """Whether records name others of the same collection."""
        return any(field.to is self.collection for field in self.fields)

    def field(self, name: str) -> TableField:
        return next(field for field in self.fields if field.name == name)


CLAIMS: Final = "claims"
"""What the system itself says that others call a record; always the last field."""
_F = TableField
_K = ColumnKind


def _lists(*names: str) -> tuple[TableField, ...]:
    return tuple(TableField(name, ColumnKind.LIST) for name in names)


def _texts(*names: str) -> tuple[TableField, ...]:
    return tuple(TableField(name) for name in names)


def _reference(name: str, column: str, to: Collection, *, required: bool = False) -> TableField:
    return TableField(name, ColumnKind.REFERENCE, required, to, column)


def _org(name: str, *, required: bool = False) -> TableField:
    return _reference(name, "organization_id", Collection.ORGS, required=required)


SHAPES: Final[Mapping[Collection, RecordTable]] = {
    table.collection: table
    for table in (
        RecordTable(
            Collection.ORGS,
            "organizations",
            "organization_changes",
            (
                _F("name", required=True),
                _F("type", required=True),
                _F("identifier"),
                _reference("parent", "parent_id", Collection.ORGS),
                *_lists(CLAIMS),
            ),
            label="name",
        ),
        RecordTable(
            Collection.ACADEMIC_SESSIONS,
            "academic_sessions",
            "academic_session_changes",
            (
                _F("title", required=True),
                _F("type", required=True),
                _F("starts_on", _K.DAY, required=True),
                _F("ends_on", _K.DAY, required=True),
                _F("school_year"),
                _reference("parent", "parent_id", Collection.ACADEMIC_SESSIONS),
                *_lists(CLAIMS),
            ),
            label="title",
        ),
        RecordTable(
            Collection.COURSES,
            "courses",
            "course_changes",
            (
                _F("title", required=True),
                _F("course_code"),
                _org("org"),
                *_lists("grades", "subjects", "subject_codes"),
                _reference("school_year", "school_year_id", Collection.ACADEMIC_SESSIONS),
                *_lists("grades_as_sent", CLAIMS),
            ),
            label="title",
            school="organization_id",
        ),
        RecordTable(
            Collection.CLASSES,
            "classes",
            "class_changes",
            (
                _F("title", required=True),
                _reference("course", "course_id", Collection.COURSES),
                _org("school", required=True),
                *_lists("terms"),
                *_texts("class_code", "class_type", "location"),
                *_lists("grades", "subjects", "subject_codes", "periods", "grades_as_sent"),
                *_lists(CLAIMS),
            ),
            label="title",
            school="organization_id",
        ),
        RecordTable(
            Collection.USERS,
            "users",
            "user_changes",
            (
                _F("given_name", required=True),
                _F("family_name", required=True),
                *_texts("middle_name", "preferred_given_name", "preferred_middle_name"),
                *_texts("preferred_family_name", "pronouns", "username", "email", "identifier"),
                _F("enabled", _K.FLAG, required=True),
                *_lists("roles", "grades"),
                _org("primary_org"),
                *_texts("sms", "phone", "master_identifier"),
                *_lists("agents", "user_ids", "grades_as_sent", CLAIMS),
            ),
            label="given_name || ' ' || family_name",
            school="organization_id",
        ),
        RecordTable(
            Collection.ENROLLMENTS,
            "enrollments",
            "enrollment_changes",
            (
                _reference("user", "user_id", Collection.USERS, required=True),
                _reference("class_", "class_id", Collection.CLASSES, required=True),
                _org("school", required=True),
                _F("role", required=True),
                _F("primary", _K.FLAG, column="is_primary"),
                _F("begins_on", _K.DAY),
                _F("ends_on", _K.DAY),
            ),
            label="role",
            school="organization_id",
        ),
    )
}
"""In the order in which collections depend on each other."""

MOST_CLAIMS: Final = 20
"""So many other ids of one record are kept."""
LONGEST_CLAIM: Final = 255
"""Characters; what is longer is left out, since a part of an id is another id."""
NO_CLAIMS: Final = "[]"


def label_sql(shape: RecordTable, alias: str) -> str:
    """Return an expression for what people call a record of `alias`."""
    if shape.collection is Collection.USERS:
        return f"{alias}.given_name || ' ' || {alias}.family_name"
    return f"{alias}.{shape.label}"


_encode: Final = msgspec.json.Encoder().encode
_pack: Final = msgspec.msgpack.Encoder().encode


class RowMaker:
    """Turns records of one collection into the values of `RecordTable.fields`, in their order.

    Claims come last, and only where there are some: few records have any, and the fingerprint of
    one without is what it was before there were claims.
    """

    def __init__(self, shape: RecordTable) -> None:
        self._has_claims = shape.fields[-1].name == CLAIMS
        fields = shape.fields[:-1] if self._has_claims else shape.fields
        self._read: Callable[[Record], tuple[object, ...]]
        self._read = attrgetter(*(field.name for field in fields))
        self._lists = [place for place, one in enumerate(fields) if one.kind is ColumnKind.LIST]
        self._days = [place for place, one in enumerate(fields) if one.kind is ColumnKind.DAY]
        self._home = next(
            (place for place, one in enumerate(fields) if one.name == "primary_org"), None
        )

    def values(self, record: Record) -> list[object]:
        """Return what is stored of a record."""
        values = list(self._read(record))
        for place in self._lists:
            found = values[place]
            values[place] = _encode(found).decode() if found else "[]"
        for place in self._days:
            day = values[place]
            if isinstance(day, date):
                values[place] = day.isoformat()
        if self._home is not None and values[self._home] is None and isinstance(record, User):
            # Whoever names no primary org belongs to that of the first role.
            values[self._home] = record.roles[0].org if record.roles else None
        if record.claims and self._has_claims:
            claims = stored_claims(record.claims)
            if claims != NO_CLAIMS:
                values.append(claims)
        return values


def stored_claims(claims: Sequence[str]) -> str:
    """Return what others call a record, as it is stored: sorted, each once, `MOST_CLAIMS` at most.

    What no record could be called by is left out: nothing, too long, or what no store can hold.
    """
    usable = {claim for claim in claims if _is_claim(claim)}
    return _encode(sorted(usable)[:MOST_CLAIMS]).decode()


def _is_claim(claim: object) -> bool:
    if not isinstance(claim, str) or not 0 < len(claim) <= LONGEST_CLAIM:
        return False  # a connector says what it likes
    return "\0" not in claim and storable(claim) == claim


def fingerprint(status: str, values: Sequence[object]) -> int:
    """Return a signed 64-bit hash of what a system says of a record; its times do not count."""
    digest = blake2b(_pack((status, values)), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def without(print_: int, absent: AbstractSet[str]) -> int:
    """Return another fingerprint for a record that keeps what is held of `absent` fields.

    When one of these is there again, be it empty, the record does not read as it did.
    """
    digest = blake2b(_pack((print_, sorted(absent))), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def encodable(values: list[object]) -> list[object]:
    """Return values as they can be stored: no lone surrogates."""
    return [storable(value) if isinstance(value, str) else value for value in values]
