"""All systems side by side on one port, each under its name: `http://127.0.0.1:8600/edfi`.

An address of a config may have a path, so that what a system has at its root is below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Mount

from integration_tui.domain.clock import Clock, Monotonic
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.sandbox.control_api import Control
from integration_tui.sandbox.district_differences import Differences
from integration_tui.sandbox.served_system import Site, SystemKind

if TYPE_CHECKING:
    from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which systems are served, and over which district; each has one of its own.

    `differences` are those between the systems that people keep by hand and the SIS.
    """

    systems: Sequence[SystemKind]
    size: DistrictSize = DistrictSize.SMALL
    seed: int = 1
    changes_per_hour: float = 0.0
    differences: Differences = field(default_factory=Differences)


class MultiServer:
    """The running systems by their name. `app` is what is served."""

    def __init__(self, plan: Plan, *, clock: Clock, monotonic: Monotonic) -> None:
        self.control_key = token_urlsafe(18)
        site = Site(
            clock=clock,
            monotonic=monotonic,
            size=plan.size,
            seed=plan.seed,
            changes_per_hour=plan.changes_per_hour,
            differences=plan.differences,
        )
        self.kinds = {kind.name: kind for kind in plan.systems}
        self.systems = {name: kind.open(site) for name, kind in self.kinds.items()}

    @property
    def app(self) -> ASGIApp:
        mounts = [Mount(f"/{name}", system.app) for name, system in self.systems.items()]
        return Starlette(routes=[*Control(self).routes(), *mounts])


def size_of(name: str) -> DistrictSize:
    """Return a size by its name. Raises `ValueError` for another."""
    return DistrictSize(name)
