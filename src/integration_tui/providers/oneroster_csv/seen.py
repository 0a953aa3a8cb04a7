"""Which ids a file has already had, in twenty to forty bytes an id instead of a hundred.

Only fingerprints are kept. Two ids of a million share one by accident once in forty million
files.
"""

from __future__ import annotations

from array import array
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


class Seen:
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
        """Say whether the id of this fingerprint was taken."""
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
