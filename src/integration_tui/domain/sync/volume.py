"""How much an integration sees of its system, and whether that is suddenly less than before.

A narrower credential shows fewer records in the same way as mass deletion does. Nobody can tell
the two apart from the answers, so it is said and not acted on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import count_of
from integration_tui.domain.roster import Collection

LEAST_LOST: Final = 4
"""Fewer records than these may leave any day, however small the collection is."""
LEAST_SHARE: Final = 0.1
"""A smaller part than this may leave any day."""


class VolumeSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one pull saw of one collection.

    `records` are those that were listed, readable or not. `at` is when the pull began by our
    clock, `as_of` when the system made the first page by its own, where it tells. `since` is
    the moment from which changes were asked for; `None` for a pull of all. `scopes` are what
    the proof of identity allowed.
    """

    integration_id: IntegrationId
    collection: Collection
    records: int
    complete: bool
    at: datetime
    as_of: datetime | None = None
    since: datetime | None = None
    scopes: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it can be compared with: everything was asked for, and listed to the end."""
        return self.complete and self.since is None


def volume_dropped(before: VolumeSnapshot | None, now: VolumeSnapshot) -> bool:
    """Return whether so much less is seen than before that a person should look."""
    if before is None or not before.is_whole or not now.is_whole:
        return False
    lost = before.records - now.records
    return lost >= LEAST_LOST and lost >= LEAST_SHARE * before.records


def format_volume_drop(before: VolumeSnapshot, now: VolumeSnapshot) -> str:
    """Return the sentence for a census that `has_shrunk`."""
    share = f"{now.records / before.records:.0%}"
    lost = [scope for scope in before.scopes if scope not in now.scopes]
    narrower = f"; no longer granted: {' '.join(lost)}" if lost else ""
    return (
        f"fewer records than before: {count_of(now.records, now.collection)} instead of"
        f" {before.records:,} ({share}); narrower credentials or a smaller school scope"
        f" have the same effect{narrower}"
    )
