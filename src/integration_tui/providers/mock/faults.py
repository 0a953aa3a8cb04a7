"""Records as bad systems send them: malformed, twice, or pointing at nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from integration_tui.domain.paging import Rejected
from integration_tui.domain.record_shape import shape_of
from integration_tui.domain.roster import Class, Collection, Enrollment, Record, User
from integration_tui.providers.mock.incidents import IncidentKind, ScriptedIncident
from integration_tui.providers.mock.prng import mix
from integration_tui.providers.mock.slots import DistrictLayout

_REASONS: Final = (
    "dateLastModified is not a date: 31/02/2026",
    "status is not one of active, tobedeleted: maybe",
    "the record breaks off in the middle",
)


class FaultyRows(msgspec.Struct, frozen=True):
    """A page's rows after the incidents have been at them."""

    rows: tuple[Record, ...]
    rejected: tuple[Rejected, ...]


def spoil(
    rows: Sequence[Record], incidents: Iterable[ScriptedIncident], *, seed: int
) -> FaultyRows:
    """Spoil the configured share of rows, the same ones each time for one seed."""
    current = list(rows)
    rejected: list[Rejected] = []
    for incident in incidents:
        match incident.kind:
            case IncidentKind.MALFORMED:
                bad = [row for row in current if _is_hit(row, incident, seed)]
                rejected += [_rejected(row, seed) for row in bad]
                current = [row for row in current if not _is_hit(row, incident, seed)]
            case IncidentKind.DUPLICATES:
                current += [row for row in current if _is_hit(row, incident, seed)]
            case IncidentKind.ORPHANS:
                current = [
                    _orphaned(row) if _is_hit(row, incident, seed) else row for row in current
                ]
            case _:
                pass
    return FaultyRows(tuple(current), tuple(rejected))


def _is_hit(row: Record, incident: ScriptedIncident, seed: int) -> bool:
    kind = list(IncidentKind).index(incident.kind)
    return mix(seed ^ kind, _number(row)) % 10_000 < incident.share * 10_000


def _number(row: Record) -> int:
    return int.from_bytes(row.sourced_id.encode()[-8:])


def _rejected(row: Record, seed: int) -> Rejected:
    reason = _REASONS[mix(seed, _number(row)) % len(_REASONS)]
    return Rejected(
        sourced_id=row.sourced_id, reason=reason, raw=shape_of(msgspec.to_builtins(row))
    )


def _orphaned(row: Record) -> Record:
    missing = f"missing-{row.sourced_id}"
    match row:
        case Enrollment():
            return msgspec.structs.replace(row, user=missing)
        case Class():
            return msgspec.structs.replace(row, school=missing)
        case User():
            return msgspec.structs.replace(row, primary_org=missing)
        case _:
            return row


_SALT = 0x60E


class VanishedRecords:
    """Who is gone is the same for a seed and a share; a larger share takes others along."""

    def __init__(self, layout: DistrictLayout, *, seed: int) -> None:
        self._layout = layout
        self._seed = seed

    def has_vanished(
        self, collection: Collection, slot: int, incidents: Iterable[ScriptedIncident]
    ) -> bool:
        """Return whether one of these incidents hides a record."""
        user = self._user_of(collection, slot)
        if user is None or user < self._layout.staff:
            return False
        place = mix(self._seed ^ _SALT, user) % 10_000
        return any(place < incident.share * 10_000 for incident in incidents)

    def _user_of(self, collection: Collection, slot: int) -> int | None:
        if collection is Collection.ENROLLMENTS:
            return self._layout.position_of(slot)[0]
        return slot if collection in {Collection.USERS, Collection.DEMOGRAPHICS} else None
