"""Which ids a listing has had, in twelve to twenty-eight bytes an id instead of a hundred.

Only 64-bit hashes are kept. Should two ids share one (at ten million ids: once in 300,000
listings), the second record is left out and the listing calls itself incomplete.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

_SMALLEST: Final = 1024
_FULL: Final = 0.6


class Ids:
    """A set of ids: open addressing in one flat array."""

    def __init__(self) -> None:
        self._count = 0
        self._slots = array("q", bytes(8 * _SMALLEST))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, sourced_id: str) -> bool:
        found, slots = hash(sourced_id) or 1, self._slots
        return slots[_slot(slots, found)] != 0

    def take(self, sourced_ids: Sequence[str]) -> list[int]:
        """Take ids; returns the places of those that came before, also among these.

        One loop without a call in it: it runs for every record of a listing.
        """
        self._make_room(len(sourced_ids))
        slots, mask = self._slots, len(self._slots) - 1
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
        self._count += len(sourced_ids) - len(repeated)
        return repeated

    def _make_room(self, more: int) -> None:
        size = len(self._slots)
        while self._count + more > _FULL * size:
            size *= 2
        if size == len(self._slots):
            return
        old, self._slots = self._slots, array("q", bytes(8 * size))
        for found in old:
            if found:
                self._slots[_slot(self._slots, found)] = found


def _slot(slots: array[int], found: int) -> int:
    """Return the slot that holds a hash, or the free one where it would be."""
    mask = len(slots) - 1
    slot = found & mask
    while slots[slot] not in (0, found):
        slot = (slot + 1) & mask
    return slot
