"""Who is the same person under another id of the same system. Never by name alone.

Pure. A SIS id or a state id says so, or an e-mail address and the full name together; whatever
contradicts, or fits several people, leaves them apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations
from typing import Final

import msgspec

from integration_tui.domain.roster import Role
from integration_tui.domain.sync.mapping import MappingOrigin
from integration_tui.domain.value import replace

MOST_IDS: Final = 10
"""Where more have one value, it is a placeholder, and says nothing of who somebody is."""
_SHORT: Final = 3
"""Letters of a given name that may be short for a longer one."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What is told or held of somebody under one id; `record_id` is ours.

    `is_gone`: the id is not listed any more, or as deleted. `other_ids` are by type.
    """

    external_id: str
    record_id: int
    given_name: str = ""
    preferred_name: str = ""
    family_name: str = ""
    email: str = ""
    identifier: str = ""
    master_identifier: str = ""
    roles: frozenset[str] = frozenset()
    other_ids: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    is_missing: bool = False

    @property
    def given_names(self) -> frozenset[str]:
        return frozenset({self.given_name, self.preferred_name} - {""})


_Key = tuple[str, ...]
_Rule = Callable[[Person], _Key | None]


def claims(known: Iterable[Person], new: Sequence[Person]) -> dict[str, int]:
    """Return the record of each new id that belongs to somebody who has one.

    `known` may have several of one record: as it is held, and as it is told now. Of several new
    ids of somebody unknown the first gets the record.
    """
    faces: defaultdict[int, list[Person]] = defaultdict(list)
    holders: defaultdict[tuple[int, _Key], set[int]] = defaultdict(set)
    for person in known:
        faces[person.record_id].append(person)
        for key in _keys(person):
            holders[key].add(person.record_id)
    found: defaultdict[int, list[Person]] = defaultdict(list)
    unknown: list[Person] = []
    for person in new:
        found_by = [holders.get(key, frozenset[int]()) for key in _keys(person)]
        fitting = {number for held_by in found_by if len(held_by) <= MOST_IDS for number in held_by}
        if not fitting:
            unknown.append(person)
            continue
        record_id = min(fitting)
        if len(fitting) == 1 and _is_same(person, faces[record_id]):
            found[record_id].append(person)
    claimed = {
        person.external_id: record_id
        for record_id, people in found.items()
        if _agree(people)
        for person in people
    }
    return claimed | _among(unknown)


def contradict(one: Person, other: Person) -> bool:
    """Return whether two ids cannot be of one person, whatever else they share."""
    if _differ(one.identifier, other.identifier):
        return True
    if _differ(one.master_identifier, other.master_identifier):
        return True
    has_other_name = not _is_given_alike(one, other) and one.family_name != other.family_name
    return has_other_name and (not one.email or one.email != other.email)


def _keys(person: Person) -> Iterator[tuple[int, _Key]]:
    """Yield by what somebody may be found, each with the number of its rule."""
    for number, rule in enumerate(_RULES):
        if (key := rule(person)) is not None:
            yield number, key


def _is_same(person: Person, faces: Sequence[Person]) -> bool:
    return not any(contradict(person, face) for face in faces) and any(
        _is_proven(person, face) for face in faces
    )


def _is_proven(one: Person, other: Person) -> bool:
    is_at_once = not (one.is_missing or other.is_missing)
    if is_at_once and not _is_given_alike(one, other):
        return False  # brothers and sisters with a family's number
    if any(rule(one) is not None and rule(one) == rule(other) for rule in (_sis_id, _state_id)):
        return True
    if any(_differ(one.other_ids.get(name, ""), id_) for name, id_ in other.other_ids.items()):
        return False
    is_alike = ("student" in one.roles) == ("student" in other.roles)
    return is_alike and _address(one) is not None and _address(one) == _address(other)


def _among(new: Sequence[Person]) -> dict[str, int]:
    """Return the records of new ids that are one person's among each other."""
    found: dict[str, int] = {}
    for rule in _RULES:
        groups: defaultdict[_Key, list[Person]] = defaultdict(list)
        for person in new:
            if (key := rule(person)) is not None:
                groups[key].append(person)
        for people in groups.values():
            if len(people) > 1 and _agree(people) and not _taken(people, found):
                first = min(people, key=lambda person: person.external_id)
                found |= {person.external_id: first.record_id for person in people}
    return found


def _taken(people: Iterable[Person], found: Mapping[str, int]) -> bool:
    return any(person.external_id in found for person in people)


def _agree(people: Sequence[Person]) -> bool:
    if len(people) > MOST_IDS:
        return False
    return all(
        not contradict(one, other) and _is_proven(one, other)
        for one, other in combinations(people, 2)
    )


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one != other


def _is_given_alike(one: Person, other: Person) -> bool:
    return any(
        mine == theirs or (min(len(mine), len(theirs)) >= _SHORT and _is_short(mine, theirs))
        for mine in one.given_names
        for theirs in other.given_names
    )


def _is_short(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _sis_id(person: Person) -> _Key | None:
    return (person.identifier,) if person.identifier else None


def _state_id(person: Person) -> _Key | None:
    return (person.master_identifier,) if person.master_identifier else None


def _address(person: Person) -> _Key | None:
    if not (person.email and person.given_name and person.family_name):
        return None
    return (person.email, person.given_name, person.family_name)


_RULES: Final[tuple[_Rule, ...]] = (_sis_id, _state_id, _address)


class SharedId(msgspec.Struct, frozen=True, kw_only=True):
    """One id, with what the system says under it. `home` is its primary org, by the system's id."""

    external_id: str
    is_listed: bool
    roles: tuple[Role, ...] = ()
    home: str | None = None
    bond: MappingOrigin = MappingOrigin.MATCHED


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What the ids say together. `carrier` is the id whose other fields are the person's.

    It is `None` where none of the ids is listed: then the person is gone as anybody else.
    """

    ids: tuple[SharedId, ...]
    carrier: str | None
    roles: tuple[Role, ...] = ()
    home: str | None = None

    @property
    def is_several(self) -> bool:
        """Whether more than one id is listed, so that each run has to look at all of them."""
        return sum(record_id.is_listed for record_id in self.ids) > 1


def share(
    before: Mapping[str, SharedId],
    told: Mapping[str, SharedId],
    first: str | None,
    *,
    absent: AbstractSet[str],
) -> Shared:
    """Put together what is said of a person under all ids.

    `before` are all ids as they were known, `told` those that this run read; `first` carried the
    record until now. Ids in `absent` are not listed any more; all others are unchanged.
    """
    ids = {
        name: _now(one, told.get(name), is_absent=name in absent) for name, one in before.items()
    }
    order = sorted(ids, key=lambda name: (name != first, name))
    listed = [ids[name] for name in order if ids[name].is_listed]
    carrier = _carrier(listed, told, first)
    homes = [shared_id.home for shared_id in listed if shared_id.home is not None]
    own = ids[carrier].home if carrier is not None and ids[carrier].is_listed else None
    return Shared(
        ids=tuple(ids[name] for name in order),
        carrier=carrier,
        roles=tuple(dict.fromkeys(role for shared_id in listed for role in shared_id.roles)),
        home=own or (homes[0] if homes else None),
    )


def _now(one: SharedId, told: SharedId | None, *, is_absent: bool) -> SharedId:
    if told is not None:
        return replace(told, bond=one.bond)
    return replace(one, is_listed=False) if is_absent else one


def _carrier(listed: list[SharedId], told: Mapping[str, SharedId], first: str | None) -> str | None:
    """Return the first id where it is listed, or else one that this run has read as listed."""
    names = [shared_id.external_id for shared_id in listed]
    if not names or first in names:
        return first if names else None
    read = [name for name in names if name in told]
    return read[0] if read else first
