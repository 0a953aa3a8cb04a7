"""What goes with an integration that is removed, and what stays. Said before it is removed."""

from __future__ import annotations

import msgspec

from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.sync.run import RunStatus


class OpenRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that something can still be done with."""

    id: RunId
    status: RunStatus


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """`records` are those that it knows, `alone` those of them that no other integration knows.

    `file` is the name of its configuration file, which is renamed to `set_aside_as`; both are
    empty where it has none.
    """

    integration_id: IntegrationId
    versions: int
    records: int
    alone: int
    run: OpenRun | None = None
    file: str = ""
    set_aside_as: str = ""
    has_webhooks: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """What happens, one sentence each, the worst first."""
        return (*self._run(), *self._records(), *self._own(), *self._file())

    def _run(self) -> tuple[str, ...]:
        if self.run is None:
            return ()
        match self.run.status:
            case RunStatus.RUNNING:
                what = "is running: it is stopped; applied changes stay"
            case RunStatus.PLANNED | RunStatus.HELD:
                what = f"is {self.run.status}: its plan is deleted without being applied"
            case _:
                what = f"is {self.run.status}: it is deleted and cannot be resumed"
        return (f"Run {self.run.id} {what}.",)

    def _records(self) -> tuple[str, ...]:
        if not self.records:
            return ()
        return (
            f"{_number(self.records, 'record')} stay in the roster, {self.alone:,} of them from no"
            " other integration. Those are no longer updated or deactivated.",
            f"{_number(self.records, 'mapping')}, conflicts, matches and quarantined records"
            " are deleted. Added again under the same name, the integration keeps its records.",
        )

    def _own(self) -> tuple[str, ...]:
        own = f"{_number(self.versions, 'configuration version')}, all runs and the health history"
        kept = (f"{own} are deleted. Audit entries stay.",)
        if not self.has_webhooks:
            return kept
        return (*kept, "Webhook subscriptions stay in the source system: delete them first.")

    def _file(self) -> tuple[str, ...]:
        if not self.file:
            return ()
        return (f"{self.file} is renamed to {self.set_aside_as} and no longer read.",)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
