"""How a system that people keep by hand differs from the SIS of the same district.

People without an address, people under another name, members that somebody added. Who they are
is a matter of arithmetic: the same seed and system give the same ones in every process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zlib import crc32

import msgspec

from integration_tui.domain.roster import Collection, Enrollment, Owner, Record, User
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.names import names_of
from integration_tui.providers.mock.prng import mix
from integration_tui.providers.mock.slots import DistrictLayout, id_of
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.source import Snapshot

_C = Collection
_WHOLE: Final = 1 << 64
_MOST: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Shares, 0 to 0.5: of all people, and of all enrollments for `added`.

    Administrators are never among them: they are who signs in.
    """

    without_address: float = 0.0
    renamed: float = 0.0
    added: float = 0.0

    def __post_init__(self) -> None:
        for share in (self.without_address, self.renamed, self.added):
            if not 0 <= share <= _MOST:
                raise ValueError(f"a share must be between 0 and {_MOST}")


class DifferingSource:
    """A district with its differences. `base` is the one without them."""

    def __init__(self, base: DistrictSource, differences: Differences, *, system: str) -> None:
        self.base = base
        self._people = _People(base.district, differences, crc32(system.encode()))
        self._added = _added(base.district, differences, crc32(system.encode()))

    def snapshot(self) -> Snapshot:
        return _Differing(self.base.snapshot(), self._people, self._added)

    def report(self) -> Mapping[str, Sequence[str]]:
        """Return the ids of the people and enrollments that differ, by what differs."""
        users = range(self.base.district.layout.admins, self.base.district.layout.users)
        return {
            "without_address": [
                id_of(_C.USERS, slot) for slot in users if self._people.is_without_address(slot)
            ],
            "renamed": [id_of(_C.USERS, slot) for slot in users if self._people.is_renamed(slot)],
            "added": [seat.sourced_id for seat in self._added.seats],
        }


class _People:
    def __init__(self, district: District, differences: Differences, salt: int) -> None:
        self._district = district
        self._differences = differences
        self._salt = salt

    def is_without_address(self, slot: int) -> bool:
        return self._falls(slot, 1, self._differences.without_address)

    def is_renamed(self, slot: int) -> bool:
        return self._falls(slot, 2, self._differences.renamed)

    def differing(self, user: User, slot: int) -> User:
        if self.is_renamed(slot):
            user = msgspec.structs.replace(user, family_name=self._other_name(user, slot))
        if self.is_without_address(slot):
            user = msgspec.structs.replace(user, email=None)
        return user

    def _falls(self, slot: int, kind: int, share: float) -> bool:
        if slot < self._district.layout.admins:
            return False
        return mix(self._district.seed + self._salt + kind, slot) < share * _WHOLE

    def _other_name(self, user: User, slot: int) -> str:
        seed = self._district.seed
        number = mix(seed, slot)
        names = (names_of(seed).pick(number, family=turn)[1].text for turn in range(3, 40))
        return next((name for name in names if name != user.family_name), f"{user.family_name}-Roe")


@dataclass(frozen=True, slots=True)
class _Added:
    """Enrollments behind all of the district's own, and where each kind of owner has its own."""

    seats: Sequence[Enrollment]
    numbers: Mapping[str, int]
    by_owner: Mapping[Owner, Sequence[int]]


def _added(district: District, differences: Differences, salt: int) -> _Added:
    seats = [*_seats(district, round(differences.added * district.layout.enrollments), salt)]
    by_owner: dict[Owner, list[int]] = defaultdict(list)
    for number, seat in enumerate(seats):
        for collection, sourced_id in (
            (_C.ORGS, seat.school),
            (_C.CLASSES, seat.class_),
            (_C.USERS, seat.user),
        ):
            by_owner[Owner(collection=collection, sourced_id=sourced_id)].append(number)
    return _Added(seats, {seat.sourced_id: number for number, seat in enumerate(seats)}, by_owner)


def _seats(district: District, count: int, salt: int) -> Iterator[Enrollment]:
    """Yield people who stay, each in a class of the school that is not theirs in the SIS."""
    layout, seed = district.layout, district.seed + salt
    taken: set[tuple[int, int]] = set()
    draw = 0
    while len(taken) < count:
        draw += 1
        user = layout.admins + mix(seed, draw) % (layout.users - layout.admins)
        if district.timeline.moves(user):
            continue
        class_ = _class_near(layout, user, mix(seed + 1, draw))
        if (user, class_) in taken or class_ in _own_classes(layout, user):
            continue
        taken.add((user, class_))
        is_student = user >= layout.staff
        yield Enrollment(
            sourced_id=f"enr-added-{len(taken):07d}",
            user=id_of(_C.USERS, user), class_=id_of(_C.CLASSES, class_),
            school=id_of(_C.ORGS, 1 + layout.school_of_class(class_)),
            role="student" if is_student else "teacher", primary=False,
        )  # fmt: skip


def _class_near(layout: DistrictLayout, user: int, number: int) -> int:
    school = layout.school_of_user(user) or 0
    here = (layout.classes - school + layout.schools - 1) // layout.schools
    return school + layout.schools * (number % here)


def _own_classes(layout: DistrictLayout, user: int) -> set[int]:
    if user >= layout.staff:
        return {layout.position_of(seat)[1] for seat in layout.enrollments_of(user)}
    school = layout.school_of_user(user) or 0
    here = range(school, layout.classes, layout.schools)
    return {class_ for class_ in here if layout.teacher_of(class_) == user}


class _Differing:
    """A snapshot with the differences laid over it."""

    def __init__(self, base: Snapshot, people: _People, added: _Added) -> None:
        self._base = base
        self._people = people
        self._added = added
        self.version: object = base.version

    @property
    def as_of(self) -> datetime | None:
        return self._base.as_of

    def size(self, collection: Collection) -> int:
        extra = len(self._added.seats) if collection is _C.ENROLLMENTS else 0
        return self._base.size(collection) + extra

    def at(self, collection: Collection, place: int) -> Record | None:
        behind = place - self._base.size(collection)
        if collection is _C.ENROLLMENTS and behind >= 0:
            return self._added.seats[behind]
        record = self._base.at(collection, place)
        return self._people.differing(record, place) if isinstance(record, User) else record

    def index_of(self, collection: Collection, sourced_id: str) -> int | None:
        number = self._added.numbers.get(sourced_id) if collection is _C.ENROLLMENTS else None
        if number is not None:
            return self._base.size(collection) + number
        return self._base.index_of(collection, sourced_id)

    def missing(self, collection: Collection, *, gone: bool) -> Sequence[int]:
        return self._base.missing(collection, gone=gone)

    def changed(self, collection: Collection, since: datetime) -> Sequence[int]:
        return self._base.changed(collection, since)

    def part(self, collection: Collection, owner: Owner) -> Sequence[int]:
        found = self._base.part(collection, owner)
        numbers = self._added.by_owner.get(owner, ()) if collection is _C.ENROLLMENTS else ()
        if not numbers:
            return found
        return [*found, *(self._base.size(collection) + number for number in numbers)]
