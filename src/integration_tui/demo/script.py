"""What happens in a demo besides the systems' own trouble: syncs, and an edit by hand.

All of it goes through the services, as if a person did it. Each act waits for its moment.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from integration_tui.demo.clock import DemoClock
from integration_tui.demo.districts import (
    CHANGES_PER_HOUR,
    LINCOLN,
    MADISON,
    MOMENTS,
    OTHERS,
    START,
    DemoDistricts,
    Size,
)
from integration_tui.domain.actor import Actor, Interface
from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection, RecordStatus, User
from integration_tui.domain.roster_view import ManualEdit
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.engine.sync.run_lifecycle import SyncRequest
from integration_tui.logging_setup import get
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District

if TYPE_CHECKING:
    from integration_tui.services import Services

_SOON_S = 5.0
_log = get(__name__)


class DemoConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A family name that the system changes soon: whoever edits it before makes a conflict."""

    sourced_id: str
    ours: str
    changes_at_s: float


class DemoScript:
    """Plays beside whoever looks. Where an act fails, that is logged, and the script ends."""

    def __init__(self, services: Services, clock: DemoClock, cast: DemoDistricts) -> None:
        self._services = services
        self._clock = clock
        self._cast = cast
        self._actor = Actor(name="demo", door=Interface.CLI, host="the script")

    async def play(self, *, speed: float) -> None:
        """Play to the end. Time goes at `speed` once the first syncs are done.

        They take real time: hurried, they would see what comes later. A large district's first
        sync is not waited for.
        """
        try:
            await self._sync(MADISON)
            async with asyncio.TaskGroup() as group:
                for name in OTHERS:
                    group.create_task(self._sync(name))
            if self._cast.size is not Size.SMALL:
                self._hurry(speed)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._lose())
                group.create_task(self._dispute(speed))
        except* ConsoleError as errors:
            _log.error("the demo's script stopped", problem=str(errors.exceptions[0]))

    def _hurry(self, speed: float) -> None:
        if self._clock.speed == 1.0:  # nobody chose another one meanwhile
            self._clock.run_at(speed)

    async def _lose(self) -> None:
        await self._clock.sleep_until(MOMENTS["held"])
        await self._plan(MADISON)

    async def _dispute(self, speed: float) -> None:
        await self._sync(LINCOLN)
        soon_s = max(MOMENTS["vanished"], self._clock.elapsed_s + _SOON_S)
        dispute = await asyncio.to_thread(dispute_after, self._cast, soon_s)
        await self._edit(dispute)
        self._hurry(speed)
        await self._clock.sleep_until(max(MOMENTS["disputed"], dispute.changes_at_s + 1))
        await self._sync(LINCOLN)

    async def _sync(self, integration_id: IntegrationId) -> None:
        """Plan, and apply what the guard does not hold."""
        report = await self._plan(integration_id)
        run = report.run
        if run.status is RunStatus.PLANNED:
            sync = self._services.sync
            await sync.apply(run.id, plan_hash=run.plan_hash, actor=self._actor)
            await sync.wait(run.id)

    async def _plan(self, integration_id: IntegrationId) -> RunReport:
        sync = self._services.sync
        run = await sync.start(SyncRequest(integration_id=integration_id), actor=self._actor)
        return await sync.wait(run.id)

    async def _edit(self, dispute: DemoConflict) -> None:
        record_id = await self._services.mappings.find(
            LINCOLN, Collection.USERS, dispute.sourced_id
        )
        if record_id is None:
            return
        edit = ManualEdit(
            collection=Collection.USERS,
            id=record_id,
            field="family_name",
            value=dispute.ours,
            reason="the family called: the name was wrong",
        )
        await self._services.records.edit(edit, actor=self._actor)


def dispute_after(cast: DemoDistricts, elapsed_s: float) -> DemoConflict:
    """Return the first family name that Lincoln's system changes after a moment of the story."""
    district = District(
        DistrictSize(cast.district),
        seed=cast.seed,
        epoch=START,
        changes_per_hour=CHANGES_PER_HOUR,
    )
    period_s = 3600 / CHANGES_PER_HOUR
    number = int(elapsed_s // period_s)
    while (dispute := _dispute(district, number)) is None:
        number += 1
    return dispute


def _dispute(district: District, number: int) -> DemoConflict | None:
    touch = district.timeline.touches(number)[0]
    before = district.record(touch.collection, touch.slot, number)
    after = district.record(touch.collection, touch.slot, number + 1)
    if not isinstance(before, User) or not isinstance(after, User):
        return None
    if {before.status, after.status} != {RecordStatus.ACTIVE}:
        return None
    if before.family_name == after.family_name or not before.family_name.isascii():
        return None
    return DemoConflict(
        sourced_id=before.sourced_id,
        ours=f"{before.family_name}-Rivera",
        changes_at_s=_seconds(district.timeline.moment_of(number)),
    )


def _seconds(moment: datetime) -> float:
    return (moment - START).total_seconds()
