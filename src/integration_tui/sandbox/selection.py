"""Which places a list shows, in which order: found once for all of its pages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

from integration_tui.domain.roster import Collection, Owner, Record
from integration_tui.sandbox.query import Filter, Json, sort_key
from integration_tui.sandbox.source import Snapshot

Keep = Callable[[Record], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a list is of. `within` are the places to choose from; `None` is all.

    `gone`: also those who have left. `keep` and `filter` look at the records, `encode` makes
    them what the filter and the order see.
    """

    collection: Collection
    deleted: bool
    within: Sequence[int] | None
    keep: Keep | None
    filter: Filter | None
    sort: str
    descending: bool
    encode: Callable[[Record], Json]


def chosen(snapshot: Snapshot, choice: Selection) -> Sequence[int]:
    """Return the places of a list, in its order."""
    missing = snapshot.missing(choice.collection, gone=choice.deleted)
    if choice.within is None and choice.keep is None and choice.filter is None:
        found: Sequence[int] = Present(snapshot.size(choice.collection), missing)
    else:
        found = _matching(snapshot, choice, {*missing})
    if choice.sort not in {"", "sourcedId"}:
        keys = {place: sort_key(_json(snapshot, choice, place), choice.sort) for place in found}
        return sorted(found, key=keys.__getitem__, reverse=choice.descending)
    return Backwards(found) if choice.descending else found


def _matching(snapshot: Snapshot, choice: Selection, missing: set[int]) -> list[int]:
    found = [candidate for candidate in _candidates(snapshot, choice) if candidate not in missing]
    if choice.keep is not None:
        found = [found_one for found_one in found if _is_kept(snapshot, choice, found_one)]
    if choice.filter is not None:
        found = [
            found_one
            for found_one in found
            if choice.filter.matches(_json(snapshot, choice, found_one))
        ]
    return found


def _candidates(snapshot: Snapshot, choice: Selection) -> Sequence[int]:
    since = choice.filter.since() if choice.filter is not None else None
    if since is not None:
        changed = snapshot.changed(choice.collection, since)
        return changed if choice.within is None else shared(changed, choice.within)
    return range(snapshot.size(choice.collection)) if choice.within is None else choice.within


def _is_kept(snapshot: Snapshot, choice: Selection, place: int) -> bool:
    record = snapshot.at(choice.collection, place)
    return record is not None and choice.keep is not None and choice.keep(record)


def _json(snapshot: Snapshot, choice: Selection, place: int) -> Json:
    record = snapshot.at(choice.collection, place)
    return {} if record is None else choice.encode(record)


def of_school(snapshot: Snapshot, collection: Collection, school: str) -> Sequence[int] | None:
    """Return the places that a client of one school sees; `None` is all."""
    owner = Owner(collection=Collection.ORGS, sourced_id=school)
    match collection:
        case Collection.ORGS:
            place = snapshot.index_of(Collection.ORGS, school)
            return () if place is None else (place,)
        case Collection.CLASSES | Collection.USERS | Collection.ENROLLMENTS:
            return snapshot.part(collection, owner)
        case Collection.DEMOGRAPHICS:
            return _demographics(snapshot, snapshot.part(Collection.USERS, owner))
        case _:
            return None


def _demographics(snapshot: Snapshot, users: Sequence[int]) -> list[int]:
    """Return the places of what is known of users; the ids are theirs."""
    return pointed(snapshot, Collection.USERS, users, Collection.DEMOGRAPHICS, _own_id)


def pointed(
    snapshot: Snapshot,
    collection: Collection,
    places: Sequence[int],
    target: Collection,
    ids_of: Callable[[Record], Sequence[str | None]],
) -> list[int]:
    """Return in order the places in `target` that the records of some places point to."""
    records = (snapshot.at(collection, place) for place in places)
    ids = {text for record in records if record is not None for text in ids_of(record)}
    found = (snapshot.index_of(target, record_id) for record_id in ids if record_id)
    return sorted(place for place in found if place is not None)


def _own_id(record: Record) -> Sequence[str | None]:
    return (record.sourced_id,)


def shared(some: Sequence[int], others: Sequence[int]) -> Sequence[int]:
    """Return, in order, the places that are in both."""
    return sorted({*some}.intersection(others))


def contains(places: Sequence[int], place: int) -> bool:
    """Say whether a place is among places in order."""
    found = bisect_left(places, place)
    return found < len(places) and places[found] == place


class Present(Sequence[int]):
    """Every place but the missing ones, without a list of them."""

    def __init__(self, size: int, missing: Sequence[int]) -> None:
        self._size = size
        self._missing = missing

    def __len__(self) -> int:
        return self._size - len(self._missing)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        numbers = range(len(self))[at]
        if isinstance(numbers, int):
            return self._nth(numbers)
        return [self._nth(number) for number in numbers]

    def _nth(self, number: int) -> int:
        """Return the place before which `number` records are: what is missing is stepped over."""
        skipped = bisect_left(
            range(len(self._missing)), number + 1, key=lambda nth: self._missing[nth] - nth
        )
        return number + skipped


class Backwards(Sequence[int]):
    """Places from the last to the first."""

    def __init__(self, places: Sequence[int]) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        numbers = range(len(self) - 1, -1, -1)[at]
        if isinstance(numbers, int):
            return self._places[numbers]
        return [self._places[number] for number in numbers]
