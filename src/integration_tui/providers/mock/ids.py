"""Two ids for one record: our sourced id, and the number the system keeps it under.

Those of the district are found by arithmetic; those of written records are remembered.
"""

from __future__ import annotations

from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.slots import DistrictLayout, id_of

_STRIDE: Final = 100_000_000
_WRITTEN: Final = 50_000_000
_ORDER: Final = tuple(Collection)


class IdMap:
    """Unique both ways. A system id is a number of nine digits, as Canvas and Google have."""

    def __init__(self, layout: DistrictLayout) -> None:
        self._layout = layout
        self._numbers: dict[tuple[Collection, str], int] = {}
        self._sourced: dict[tuple[Collection, int], str] = {}

    def system_id(self, collection: Collection, sourced_id: str) -> str | None:
        """Return the system's id of a record, or `None` where it knows none."""
        slot = self._layout.slot_of(collection, sourced_id)
        number = self._numbers.get((collection, sourced_id)) if slot is None else slot
        return None if number is None else str(_base(collection) + number)

    def sourced_id(self, collection: Collection, system_id: str) -> str | None:
        """Return our id of a record, or `None` where there is none."""
        if not (system_id.isascii() and system_id.isdigit() and len(system_id) == 9):
            return None
        number = int(system_id) - _base(collection)
        if 0 <= number < self._layout.slots(collection):
            return id_of(collection, number)
        return self._sourced.get((collection, number))

    def remember(self, collection: Collection, sourced_id: str) -> None:
        """Give a written record a system id, unless it has one; it keeps it when deleted."""
        if self.system_id(collection, sourced_id) is None:
            number = _WRITTEN + len(self._numbers)
            self._numbers[collection, sourced_id] = number
            self._sourced[collection, number] = sourced_id


def _base(collection: Collection) -> int:
    return (_ORDER.index(collection) + 1) * _STRIDE
