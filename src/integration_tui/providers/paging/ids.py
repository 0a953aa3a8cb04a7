"""Which ids a listing has had, in twelve to twenty-eight bytes an id instead of a hundred.

Only 64-bit hashes are kept. Should two ids share one (at ten million ids: once in 300,000
listings), the second record is left out and the listing calls itself incomplete.
"""

from __future__ import annotations

from array import array
from typing import Final

_BITS: Final = (1 << 64) - 1
_SMALLEST: Final = 1024
_FULL: Final = 0.6


class Ids:
    """A set of ids: open addressing in one flat array."""

    def __init__(self) -> None:
        self._count = 0
        self._slots = array("Q", bytes(8 * _SMALLEST))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, sourced_id: str) -> bool:
        return self._slots[self._slot(_hash(sourced_id))] != 0

    def add(self, sourced_id: str) -> bool:
        """Take an id; says whether it was new."""
        found = _hash(sourced_id)
        slot = self._slot(found)
        if self._slots[slot]:
            return False
        self._slots[slot] = found
        self._count += 1
        if self._count > _FULL * len(self._slots):
            self._grow()
        return True

    def _slot(self, found: int) -> int:
        """Return the slot that holds a hash, or the free one where it would be."""
        slots = self._slots
        mask = len(slots) - 1
        slot = found & mask
        while slots[slot] not in (0, found):
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(16 * len(old)))
        for found in old:
            if found:
                self._slots[self._slot(found)] = found


def _hash(sourced_id: str) -> int:
    return hash(sourced_id) & _BITS or 1
