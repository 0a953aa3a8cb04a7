"""Everything that can be served, by name: the OneRoster dialects, then the other systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integration_tui.domain.errors import NotFoundError
from integration_tui.sandbox.canvas.system import CLOUD, SELF_HOSTED
from integration_tui.sandbox.dialect_presets import DIALECTS
from integration_tui.sandbox.google_classroom.system import GoogleClassroomKind
from integration_tui.sandbox.oneroster_system import OneRosterKind
from integration_tui.sandbox.served_system import SystemKind

_OTHERS: Final[tuple[SystemKind, ...]] = (GoogleClassroomKind(), CLOUD, SELF_HOSTED)

SYSTEMS: Final[Mapping[str, SystemKind]] = {
    kind.name: kind for kind in (*map(OneRosterKind, DIALECTS.values()), *_OTHERS)
}


def system(name: str) -> SystemKind:
    """Return what can be served by its name. Raises `NotFoundError`."""
    if name not in SYSTEMS:
        raise NotFoundError(f"there is no dialect {name}", advice=f"take {', '.join(SYSTEMS)}")
    return SYSTEMS[name]
