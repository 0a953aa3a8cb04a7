"""Runs and their listings: how far each has come, and what may still be done with it."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.errors import ConflictError, NotFoundError
from integration_tui.domain.ids import IntegrationId, RunId, TenantId
from integration_tui.domain.roster import Owner
from integration_tui.domain.sync.plan import Hold
from integration_tui.domain.sync.run import (
    OPEN,
    Mode,
    Phase,
    Run,
    RunReport,
    RunStatus,
    StopRequest,
    Trigger,
)
from integration_tui.domain.value import replace
from integration_tui.store.schema.core import integrations
from integration_tui.store.schema.sync import sync_runs
from integration_tui.store.sequences import allocate_ids
from integration_tui.store.sync.progress import ProgressRepository
from integration_tui.store.sync.skipped import SkippedRepository


class RunRepository:
    """Reads and writes runs inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant

    async def start(self, run: Run) -> Run:
        """Store a run under a number of its own, and return it with that number.

        Raises `ConflictError` where another run of this integration is open.
        """
        if (other := await self.open_of(run.integration_id)) is not None:
            raise ConflictError(
                f"run {other.id} of {run.integration_id} is {other.status}",
                advice="apply, resume or cancel it first",
            )
        numbered = replace(run, id=RunId(await allocate_ids(self._connection, self._tenant, "run")))
        try:
            await self._connection.execute(
                insert(sync_runs).values(tenant_id=self._tenant, **_values(numbered))
            )
        except IntegrityError as error:
            raise ConflictError(
                f"another run of {run.integration_id} just started", advice="open that run"
            ) from error
        return numbered

    async def get(self, run_id: RunId) -> Run:
        """Return one run. Raises `NotFoundError`."""
        found = await self._one(sync_runs.c.id == run_id)
        if found is None:
            raise NotFoundError(f"no run {run_id}", advice="see sync list")
        return found

    async def open_of(self, integration_id: IntegrationId) -> Run | None:
        """Return the run of an integration that something can still be done with."""
        statuses = [run_status.value for run_status in OPEN]
        return await self._one(
            (sync_runs.c.integration_id == integration_id) & sync_runs.c.status.in_(statuses)
        )

    async def unfinished(self) -> list[Run]:
        """Return the runs that somebody works on, or worked on when his process died."""
        rows = await self._connection.execute(
            select(sync_runs)
            .where(
                sync_runs.c.tenant_id == self._tenant,
                sync_runs.c.status == RunStatus.RUNNING.value,
            )
            .order_by(sync_runs.c.id)
        )
        return [_run(row) for row in rows.all()]

    async def waiting_for_person(self) -> list[Run]:
        """Return the runs that are held, or failed and are still open."""
        statuses = [RunStatus.HELD.value, RunStatus.FAILED.value]
        rows = await self._connection.execute(
            select(sync_runs)
            .where(sync_runs.c.tenant_id == self._tenant, sync_runs.c.status.in_(statuses))
            .order_by(sync_runs.c.id)
        )
        return [_run(row) for row in rows.all()]

    async def page(
        self,
        *,
        integration_id: IntegrationId | None = None,
        before: RunId | None = None,
        limit: int = 50,
    ) -> list[Run]:
        """Return runs older than `before`, newest first."""
        where = [sync_runs.c.tenant_id == self._tenant]
        where += [sync_runs.c.integration_id == integration_id] if integration_id else []
        where += [sync_runs.c.id < before] if before else []
        rows = await self._connection.execute(
            select(sync_runs).where(*where).order_by(sync_runs.c.id.desc()).limit(limit)
        )
        return [_run(row) for row in rows.all()]

    async def newest_of_each(self) -> list[Run]:
        """Return the newest run of every integration that has any, by name."""
        newest = (
            select(sync_runs.c.id)
            .where(
                sync_runs.c.tenant_id == integrations.c.tenant_id,
                sync_runs.c.integration_id == integrations.c.id,
            )
            .order_by(sync_runs.c.id.desc())
            .limit(1)
            .correlate(integrations)
        )
        rows = await self._connection.execute(
            select(sync_runs)
            .select_from(integrations)
            .join(
                sync_runs,
                (sync_runs.c.tenant_id == integrations.c.tenant_id)
                & (sync_runs.c.id == newest.scalar_subquery()),
            )
            .where(integrations.c.tenant_id == self._tenant)
            .order_by(integrations.c.id)
        )
        return [_run(row) for row in rows.all()]

    async def newest_applied(self, integration_id: IntegrationId) -> Run | None:
        """Return the run of an integration that was applied last, undone ones included."""
        rows = await self._connection.execute(
            select(sync_runs)
            .where(
                sync_runs.c.tenant_id == self._tenant,
                sync_runs.c.integration_id == integration_id,
                sync_runs.c.status == RunStatus.APPLIED.value,
            )
            .order_by(sync_runs.c.id.desc())
            .limit(1)
        )
        row = rows.one_or_none()
        return None if row is None else _run(row)

    async def newest_start(self, integration_id: IntegrationId) -> datetime | None:
        """Return when the last run that a schedule set off began."""
        rows = await self._connection.execute(
            select(func.max(sync_runs.c.started_at)).where(
                sync_runs.c.tenant_id == self._tenant,
                sync_runs.c.integration_id == integration_id,
                sync_runs.c.trigger == Trigger.SCHEDULE.value,
            )
        )
        found: datetime | None = rows.scalar_one()
        return found

    async def save(self, run: Run, *, at: datetime) -> Run:
        """Store how a run stands as of `at`; what somebody wishes of it is left alone."""
        stamped = replace(run, updated_at=at, ended_at=None if run.is_open else at)
        values = _values(stamped)
        values.pop("wish")
        if stamped.status is not RunStatus.RUNNING:
            values["wish"] = None
        await self._connection.execute(
            update(sync_runs)
            .where(sync_runs.c.tenant_id == self._tenant, sync_runs.c.id == run.id)
            .values(**values)
        )
        return stamped

    async def request_stop(self, run_id: RunId, wish: StopRequest | None) -> None:
        """Tell whoever works on a run what somebody wants of it."""
        await self._connection.execute(
            update(sync_runs)
            .where(sync_runs.c.tenant_id == self._tenant, sync_runs.c.id == run_id)
            .values(wish=wish and wish.value)
        )

    async def report(self, run_id: RunId) -> RunReport:
        """Return a run with its listings. Raises `NotFoundError`."""
        run = await self.get(run_id)
        listings = await ProgressRepository(self._connection, self._tenant).all(run_id)
        has_skipped = any(listing.skipped for listing in listings)
        skipped = SkippedRepository(self._connection, self._tenant)
        return RunReport(
            run=run,
            listings=tuple(listings),
            skipped=await skipped.all(run_id) if has_skipped else (),
        )

    async def _one(self, where: ColumnElement[bool]) -> Run | None:
        rows = await self._connection.execute(
            select(sync_runs).where(sync_runs.c.tenant_id == self._tenant, where)
        )
        row = rows.first()
        return None if row is None else _run(row)


def _values(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "integration_id": run.integration_id,
        "mode": run.mode.value,
        "trigger": run.trigger.value,
        "started_by": run.started_by,
        "started_at": run.started_at,
        "status": run.status.value,
        "phase": run.phase.value,
        "scope": None if run.scope is None else msgspec.json.encode(run.scope).decode(),
        "scopes": list(run.scopes),
        "applies": run.applies,
        "spares": run.spares,
        "relinks": run.relinks,
        "config_version": run.config_version,
        "base": run.base,
        "plan_hash": run.plan_hash,
        "preview": run.preview,
        "holds": [
            [hold.sentence, hold.is_loss, *([hold.brief] if hold.brief else [])]
            for hold in run.holds
        ],
        "problem": run.problem,
        "advice": run.advice,
        "wish": run.wish and run.wish.value,
        "undoes": run.undoes,
        "updated_at": run.updated_at or run.started_at,
        "ended_at": run.ended_at,
    }


def _run(row: Row[tuple[object, ...]]) -> Run:
    return Run(
        id=RunId(row.id),
        integration_id=IntegrationId(row.integration_id),
        mode=Mode(row.mode),
        trigger=Trigger(row.trigger),
        started_by=row.started_by,
        started_at=row.started_at,
        status=RunStatus(row.status),
        phase=Phase(row.phase),
        scope=None if row.scope is None else msgspec.json.decode(row.scope, type=Owner),
        scopes=tuple(row.scopes),
        applies=row.applies,
        spares=row.spares,
        relinks=row.relinks,
        config_version=row.config_version,
        base=row.base,
        plan_hash=row.plan_hash,
        preview=row.preview,
        holds=tuple(
            # Not every hold has a short form.
            Hold(sentence=sentence, is_loss=is_loss, brief=brief[0] if brief else "")
            for sentence, is_loss, *brief in row.holds
        ),
        problem=row.problem,
        advice=row.advice,
        wish=None if row.wish is None else StopRequest(row.wish),
        undoes=None if row.undoes is None else RunId(row.undoes),
        updated_at=row.updated_at,
        ended_at=row.ended_at,
    )
