"""Students a system does not list any more, with their enrollments, though they never left."""

from __future__ import annotations

from collections.abc import Iterable

from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.incidents import Incident
from integration_tui.providers.mock.layout import Layout
from integration_tui.providers.mock.seeded import mix

_SALT = 0x60E


class Vanished:
    """Who is gone is the same for a seed and a share; a larger share takes others along."""

    def __init__(self, layout: Layout, *, seed: int) -> None:
        self._layout = layout
        self._seed = seed

    def is_gone(self, collection: Collection, slot: int, incidents: Iterable[Incident]) -> bool:
        """Say whether one of these incidents hides a record."""
        user = self._user_of(collection, slot)
        if user is None or user < self._layout.staff:
            return False
        place = mix(self._seed ^ _SALT, user) % 10_000
        return any(place < one.share * 10_000 for one in incidents)

    def _user_of(self, collection: Collection, slot: int) -> int | None:
        if collection is Collection.ENROLLMENTS:
            return self._layout.place_of(slot)[0]
        return slot if collection in {Collection.USERS, Collection.DEMOGRAPHICS} else None
