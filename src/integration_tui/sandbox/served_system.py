"""What the sandbox serves: a system of any kind under its name, over the district of a plan.

A OneRoster dialect is one kind, Google Classroom and Canvas are others. What is the same for all
is here: an app, faults, the latest requests, what the control endpoint shows and does beyond
that, and the configuration that leads to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from integration_tui.domain.clock import Clock, Monotonic
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.sandbox.district_differences import Differences, DifferingSource
from integration_tui.sandbox.faults import Faults
from integration_tui.sandbox.generated_source import DistrictSource
from integration_tui.sandbox.middleware import RecordedRequest

if TYPE_CHECKING:
    from starlette.types import ASGIApp

CLIENT: Final = "integration-tui"
SECRET: Final = "only-for-the-sandbox"  # noqa: S105 - it opens nothing but a made-up district
SECRET_NAME: Final = "SANDBOX_SECRET"  # noqa: S105 - the name of a variable

ControlAction = Callable[[bytes], object]
"""Takes the body of a request to the control endpoint; what it returns is answered as JSON.

Raises `UsageError` for a body that cannot be used.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a system is built over. Every system of a sandbox gets the same district of its own."""

    clock: Clock
    monotonic: Monotonic
    size: DistrictSize = DistrictSize.SMALL
    seed: int = 1
    changes_per_hour: float = 0.0
    differences: Differences = field(default_factory=Differences)

    def source(self) -> DistrictSource:
        """Return the district as its student information system has it."""
        return DistrictSource(
            self.size, clock=self.clock, seed=self.seed, changes_per_hour=self.changes_per_hour
        )

    def differing(self, source: DistrictSource, system: str) -> DifferingSource:
        """Return the district as a system has it that people keep by hand, beside the SIS.

        `system` is the system's name: each has differences of its own.
        """
        return DifferingSource(source, self.differences, system=system)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemAddress:
    """Where one system is served, and as whom to come. What it has not is empty.

    `document` is the configuration of an integration. `secrets` are the environment variables
    that it refers to beside the one that all systems share.
    """

    dialect: str
    summary: str
    base_url: str
    service_url: str
    token_url: str = ""
    client_id: str = ""
    school_client_id: str = ""
    document: str
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def file_name(self) -> str:
        return f"{integration_name(self.dialect)}.yaml"


def integration_name(system: str) -> str:
    """Return what the integration of a served system is called."""
    return f"sandbox-{system.replace('_', '-')}"


class ServedSystem(Protocol):
    """A system while it is served. Paths of its app are its own, without the name in front."""

    @property
    def app(self) -> ASGIApp: ...

    @property
    def faults(self) -> Faults: ...

    @property
    def visits(self) -> deque[RecordedRequest]: ...

    @property
    def actions(self) -> Mapping[tuple[str, str], ControlAction]:
        """What the control endpoint does for this system, by method and address: `PUT tokens`.

        State, faults, requests and reset are there for every system.
        """
        ...

    def state(self) -> Mapping[str, object]:
        """Return what the control endpoint shows."""
        ...

    def reset(self) -> None:
        """Begin anew, as it was at the start. Who had the right to sign in keeps it."""
        ...

    def connection(self, address: str, folder: Path | None) -> SystemAddress:
        """Return where it is served by a server at `address`.

        Files that its configuration needs are written to `folder`. Raises `OSError`.
        """
        ...


class SystemKind(Protocol):
    """A system that can be served."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    def open(self, site: Site) -> ServedSystem:
        """Return the system over its district, as it is at the start."""
        ...
