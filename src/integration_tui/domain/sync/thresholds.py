"""From which count or share on the guard holds a plan; see docs/sync.md for where each is from."""

from __future__ import annotations

import msgspec


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Shares are in (0, 1]; all are `at or above`, but `skipped_share`: more than that.

    Up to `floor` records are never held. `updates` and `creates` hold nothing in a first run.
    `staff_count` and `reassigned_count` are people, whatever their share.
    """

    loss_share: float = 0.10
    loss_count: int = 500
    school_share: float = 0.25
    floor: int = 3
    update_share: float = 0.75
    create_share: float = 0.50
    relink_share: float = 0.50
    skipped_share: float = 0.10
    staff_count: int = 4
    reassigned_count: int = 4
