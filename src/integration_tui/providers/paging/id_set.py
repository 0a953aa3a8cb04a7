"""Which ids a listing has had, and a fact of each, in 27 to 54 bytes an id instead of hundreds.

Only 64-bit hashes are kept. Should two ids share one (at ten million ids: once in 300,000
listings), the second record is left out and the listing calls itself incomplete.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from enum import Enum
from typing import Final

_ID_BITS: Final = (1 << 64) - 1
_CONTENT_BITS: Final = (1 << 32) - 1
_FULL: Final = 0.6


class Repeat(Enum):
    """How an id compares with those before it."""

    NEW = "new"
    SAME = "same"
    OTHER = "other"


class SeenRows:
    """A set of ids, each with what its row said: open addressing in two flat arrays."""

    def __init__(self) -> None:
        self._count = 0
        self._ids = array("Q", bytes(8 * 1024))
        self._contents = array("I", bytes(4 * 1024))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, sourced_id: str) -> bool:
        # As `holds`, written out: it is asked of every reference of every row.
        found = hash(sourced_id) & _ID_BITS or 1
        ids = self._ids
        mask = len(ids) - 1
        slot = found & mask
        while (there := ids[slot]) and there != found:
            slot = slot + 1 & mask
        return there != 0

    def holds(self, found: int) -> bool:
        """Return whether the id of this fingerprint was taken."""
        return self._ids[self._slot(found)] != 0

    def add(self, sourced_id: str, content: int) -> Repeat:
        """Take an id and the hash of its row; the first of an id stays."""
        found = hash(sourced_id) & _ID_BITS or 1
        ids = self._ids
        mask = len(ids) - 1
        slot = found & mask
        while (there := ids[slot]) and there != found:
            slot = slot + 1 & mask
        if there:
            is_same = self._contents[slot] == content & _CONTENT_BITS
            return Repeat.SAME if is_same else Repeat.OTHER
        ids[slot] = found
        self._contents[slot] = content & _CONTENT_BITS
        self._count += 1
        if self._count > _FULL * len(ids):
            self._grow()
        return Repeat.NEW

    def _slot(self, found: int) -> int:
        ids = self._ids
        mask = len(ids) - 1
        slot = found & mask
        while ids[slot] and ids[slot] != found:
            slot = slot + 1 & mask
        return slot

    def _grow(self) -> None:
        ids, contents = self._ids, self._contents
        self._ids = array("Q", bytes(16 * len(ids)))
        self._contents = array("I", bytes(8 * len(ids)))
        for index, found in enumerate(ids):
            if found:
                slot = self._slot(found)
                self._ids[slot], self._contents[slot] = found, contents[index]


def fingerprint(sourced_id: str) -> int:
    """Return what stands for an id, within this process."""
    # Zero is an empty slot.
    return hash(sourced_id) & _ID_BITS or 1


_SMALLEST: Final = 1024


class IdSet:
    """A set of ids, each with a number below 2**64: open addressing in two flat arrays."""

    def __init__(self) -> None:
        self._count = 0
        self._slots = array("q", bytes(8 * _SMALLEST))
        self._facts = array("Q", bytes(8 * _SMALLEST))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, sourced_id: str) -> bool:
        found, slots = hash(sourced_id) or 1, self._slots
        return slots[_slot(slots, found)] != 0

    def fact(self, sourced_id: str) -> int:
        """Return the number that came with an id first; 0 where there was none."""
        return self._facts[_slot(self._slots, hash(sourced_id) or 1)]

    def take(self, sourced_ids: Sequence[str], facts: Sequence[int] = ()) -> list[int]:
        """Take ids; returns the places of those that came before, also among these.

        One loop without a call in it: it runs for every record of a listing.
        """
        self._make_room(len(sourced_ids))
        slots, known, mask = self._slots, self._facts, len(self._slots) - 1
        facts = facts or bytes(len(sourced_ids))
        repeated: list[int] = []
        for place, sourced_id in enumerate(sourced_ids):
            found = hash(sourced_id) or 1  # 0 is a free slot
            slot = found & mask
            while (there := slots[slot]) and there != found:
                slot = (slot + 1) & mask
            if there:
                repeated.append(place)
            else:
                slots[slot] = found
                known[slot] = facts[place]
        self._count += len(sourced_ids) - len(repeated)
        return repeated

    def _make_room(self, more: int) -> None:
        size = len(self._slots)
        while self._count + more > _FULL * size:
            size *= 2
        if size == len(self._slots):
            return
        old, facts = self._slots, self._facts
        self._slots, self._facts = array("q", bytes(8 * size)), array("Q", bytes(8 * size))
        for found, fact in zip(old, facts, strict=True):
            if found:
                slot = _slot(self._slots, found)
                self._slots[slot], self._facts[slot] = found, fact


def _slot(slots: array[int], found: int) -> int:
    """Return the slot that holds a hash, or the free one where it would be."""
    mask = len(slots) - 1
    slot = found & mask
    while slots[slot] not in (0, found):
        slot = (slot + 1) & mask
    return slot
