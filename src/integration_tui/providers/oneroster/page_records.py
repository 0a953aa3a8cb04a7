"""The records of one page: as the specification writes them, or one by one with patience.

Nearly every record is sound, so that it is decoded in one go and asked a few quick questions. Only
one in doubt is read with patience; one of which nothing can be known is rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET

from integration_tui.domain.paging import Duplicate, RecordFinding, Rejected
from integration_tui.domain.record_shape import shape_of
from integration_tui.domain.roster import RECORD_TYPES, Collection, Record
from integration_tui.providers.oneroster.field_parsing import DoubtError, JsonModel
from integration_tui.providers.oneroster.implied_schools import Follows, lacks_school
from integration_tui.providers.oneroster.lenient_json import (
    UnreadableRecordError,
    has_twice,
    may_be_damaged,
    outline,
)
from integration_tui.providers.oneroster.lenient_records import read_leniently
from integration_tui.providers.oneroster.parser import WIRES
from integration_tui.providers.oneroster.serializer import member_names
from integration_tui.providers.oneroster.user_rows import together

_DECODERS: Final[Mapping[Collection, msgspec.json.Decoder[JsonModel]]] = {
    collection: msgspec.json.Decoder(wire) for collection, wire in WIRES.items()
}
_MOST_SHAPES: Final = 10_000
Shape = tuple[int, int, int]
"""How many colons a record has, how many fields it lacks, and how many parts are in its lists."""


class ParsingContext:
    """What one connector's reading needs beyond the bytes, and what it has profile.

    `zone` is where a moment becomes a day; `None` where nobody has said so.
    """

    def __init__(self, zone: ZoneInfo | None = None) -> None:
        self.zone = zone
        self.follows = Follows()
        self.shapes: dict[Collection, set[Shape]] = {collection: set() for collection in Collection}


class ParsedRows(msgspec.Struct):
    """What a page holds. The school of a row may be empty, see `follows.lacks_school`."""

    rows: list[Record] = msgspec.field(default_factory=list[Record])
    rejected: list[Rejected] = msgspec.field(default_factory=list[Rejected])
    findings: list[RecordFinding] = msgspec.field(default_factory=list[RecordFinding])
    fields: frozenset[str] = frozenset()
    duplicates: list[Duplicate] = msgspec.field(default_factory=list[Duplicate])
    prints: dict[str, int] = msgspec.field(default_factory=dict[str, int])


def read_rows(
    collection: Collection,
    texts: Sequence[bytes],
    context: ParsingContext,
    *,
    is_sound: bool,
    prints: Sequence[int] = (),
) -> ParsedRows:
    """Return records of a page, of which each may have its print.

    `is_sound`: `may_be_damaged` says of none of them that it may be.
    """
    page = _PageParser(collection, context)
    unread = page.read(texts, is_sound=is_sound)
    found = page.found
    if unread and prints:
        prints = [print_ for place, print_ in enumerate(prints) if place not in unread]
    if prints:
        found.prints = dict(zip([row.sourced_id for row in found.rows], prints, strict=True))
    context.follows.learn(found.rows)
    if collection is Collection.USERS and len({row.sourced_id for row in found.rows}) < len(
        found.rows
    ):
        found.rows, found.duplicates = together(found.rows)
    return found


def read_record(collection: Collection, raw: bytes | msgspec.Raw) -> Record:
    """Return one record. Raises `ValueError`, whose text repeats no value of the record."""
    found = read_one(collection, bytes(raw), ParsingContext())
    if found.rejected:
        raise UnreadableRecordError(found.rejected[0].reason, found.rejected[0].sourced_id)
    if lacks_school(found.rows[0]):
        raise UnreadableRecordError("school names no id", found.rows[0].sourced_id)
    return found.rows[0]


def read_one(collection: Collection, text: bytes, context: ParsingContext) -> ParsedRows:
    """Return what one JSON object holds."""
    page = _PageParser(collection, context)
    page.read([text], is_sound=False)
    return page.found


class _PageParser:
    """Reads the records of one page, in their order."""

    def __init__(self, collection: Collection, context: ParsingContext) -> None:
        self.found = ParsedRows()
        self._collection = collection
        self._context = context
        self._shapes = context.shapes[collection]
        self._names = _MemberNames(collection)

    def read(self, raws: Iterable[bytes], *, is_sound: bool) -> set[int]:
        """Read records as the specification writes them; others with patience.

        One loop for all: a record that was decoded is worked up while it is still at hand.
        Returns the places of those that could not be read.
        """
        unread: set[int] = set()
        decode, unpack = _DECODERS[self._collection].decode, msgspec.structs.astuple
        take, names, shapes = self.found.rows.append, self._names, self._shapes
        has_lists = WIRES[self._collection].parts is not JsonModel.parts
        for place, raw in enumerate(raws):
            try:
                if not is_sound and may_be_damaged(raw):
                    raise DoubtError
                wire = decode(raw)
                values = unpack(wire)
                shape = raw.count(b":"), values.count(UNSET), wire.parts() if has_lists else 0
                if shape not in shapes:
                    self._learn(raw, shape)
                take(wire.record())
                if names.pick(values) != names.unset:
                    names.see(values)
            except (ValueError, RecursionError):
                if not self._read_patiently(raw):
                    unread.add(place)
        self.found.fields = names.found
        return unread

    def _learn(self, raw: bytes, shape: Shape) -> None:
        """Look for members that come twice, and remember how a record without such looks.

        A server names the same members in all records that have as many fields and parts, so
        that one with a member too many has more colons. Looking at all of them would take longer
        than all the rest.
        """
        if has_twice(raw):
            raise DoubtError
        if len(self._shapes) > _MOST_SHAPES:
            self._shapes.clear()
        self._shapes.add(shape)

    def _read_patiently(self, raw: bytes) -> bool:
        """Take one record, or reject it; return whether it was taken."""
        try:
            patient = read_leniently(self._collection, raw, self._context.zone)
        except UnreadableRecordError as error:
            self._reject(raw, error)
            return False
        self._names.add(patient.members)
        self.found.findings += patient.findings
        self.found.rows.append(patient.record)
        return True

    def _reject(self, raw: bytes, error: UnreadableRecordError) -> None:
        self.found.rejected.append(
            Rejected(
                # As it is: a record is known by it, and must not be taken for gone.
                sourced_id=error.sourced_id,
                reason=error.reason,
                raw=shape_of(outline(raw)),
            )
        )


class _MemberNames:
    """Which members at least one record of a page was sent with, by our names of them.

    `pick` takes those out of a record that all before it lacked; where it lacks them as well,
    that is `unset`.
    """

    def __init__(self, collection: Collection) -> None:
        self._ours = _OURS[collection]
        self._names = WIRES[collection].__struct_encode_fields__
        self._missing = [*range(len(self._names))]
        self._present: set[str] = set()
        self._pick_missing()

    @property
    def found(self) -> frozenset[str]:
        """The fields that were there."""
        return frozenset(ours for name in self._present if (ours := self._ours.get(name)))

    def add(self, members: Iterable[str]) -> None:
        """Notice the members of a record that was read with patience."""
        self._present.update(members)

    def see(self, values: Sequence[object]) -> None:
        """Notice the fields of a record."""
        new = [place for place in self._missing if values[place] is not UNSET]
        self._present.update(self._names[place] for place in new)
        self._missing = [place for place in self._missing if place not in new]
        self._pick_missing()

    def _pick_missing(self) -> None:
        places = [*self._missing, *self._missing[:1]]  # of two at least it makes a tuple
        self.pick: Callable[[Sequence[object]], object]
        self.pick = itemgetter(*places) if places else lambda _values: ()
        self.unset: object = (UNSET,) * len(places)


def _ours(collection: Collection) -> dict[str, str]:
    """Return our names of fields by the names of members."""
    names = member_names(RECORD_TYPES[collection])
    found = {member: field for field, member in names.items()}
    if collection is Collection.USERS:
        found |= dict.fromkeys(("roles", "role", "orgs"), "roles")
    return found


_OURS: Final = {collection: _ours(collection) for collection in Collection}


def members_for(collection: Collection, name: str) -> tuple[bytes, ...]:
    """Return the names of the members from which a field is read, as JSON."""
    return _MEMBERS[collection].get(name, ())


def _members(collection: Collection) -> dict[str, tuple[bytes, ...]]:
    found: dict[str, tuple[bytes, ...]] = {}
    for member, name in _OURS[collection].items():
        found[name] = (*found.get(name, ()), f'"{member}"'.encode())
    return found


_MEMBERS: Final = {collection: _members(collection) for collection in Collection}
