"""Runs and their listings: how far each has come, and what may still be done with it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

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
from integration_tui.store.column_types import (
    instant,
    listed,
    maybe_instant,
    maybe_moment,
    moment,
    names_of,
    read_json,
    storable,
)
from integration_tui.store.connection import Connection, Row, Value
from integration_tui.store.sequences import allocate_ids
from integration_tui.store.sync.progress import ProgressRepository
from integration_tui.store.sync.skipped import SkippedRepository

_ONE: Final = "SELECT * FROM sync_runs WHERE tenant_id = :tenant AND id = :id"
_OF_STATUSES: Final = """
SELECT * FROM sync_runs
WHERE tenant_id = :tenant AND status IN (SELECT value FROM json_each(:statuses))
"""
_IN_ORDER: Final = f"{_OF_STATUSES} ORDER BY id"
_OPEN_OF: Final = f"{_OF_STATUSES} AND integration_id = :integration"
_PAGE: Final = """
SELECT * FROM sync_runs WHERE tenant_id = :tenant AND id < coalesce(:before, 1 << 62) {}
ORDER BY id DESC LIMIT :limit
"""
_OF_ONE: Final = "AND integration_id = :integration"
_NEWEST_OF_EACH: Final = """
SELECT r.* FROM integrations i JOIN sync_runs r ON r.tenant_id = i.tenant_id AND r.id = (
    SELECT n.id FROM sync_runs n WHERE n.tenant_id = i.tenant_id AND n.integration_id = i.id
    ORDER BY n.id DESC LIMIT 1)
WHERE i.tenant_id = :tenant ORDER BY i.id
"""
_NEWEST_APPLIED: Final = f"{_OPEN_OF} ORDER BY id DESC LIMIT 1"
_NEWEST_START: Final = """
SELECT max(started_at) FROM sync_runs
WHERE tenant_id = :tenant AND integration_id = :integration AND trigger = :trigger
"""
_ADD: Final = """
INSERT INTO sync_runs (tenant_id,
    id, integration_id, mode, trigger, started_by, started_at, status, phase, scope, scopes,
    applies, spares, relinks, config_version, base, plan_hash, preview, holds, problem, advice,
    wish, undoes, updated_at, ended_at)
VALUES (:tenant,
    :id, :integration_id, :mode, :trigger, :started_by, :started_at, :status, :phase, :scope,
    :scopes, :applies, :spares, :relinks, :config_version, :base, :plan_hash, :preview, :holds,
    :problem, :advice, :wish, :undoes, :updated_at, :ended_at)
ON CONFLICT DO NOTHING
"""
_SAVE: Final = """
UPDATE sync_runs SET
    integration_id = :integration_id, mode = :mode, trigger = :trigger,
    started_by = :started_by, started_at = :started_at, status = :status, phase = :phase,
    scope = :scope, scopes = :scopes, applies = :applies, spares = :spares, relinks = :relinks,
    config_version = :config_version, base = :base, plan_hash = :plan_hash, preview = :preview,
    holds = :holds, problem = :problem, advice = :advice, undoes = :undoes,
    updated_at = :updated_at, ended_at = :ended_at,
    wish = CASE :status WHEN 'running' THEN wish END
WHERE tenant_id = :tenant AND id = :id
"""
_REQUEST_STOP: Final = "UPDATE sync_runs SET wish = ? WHERE tenant_id = ? AND id = ?"


class RunRepository:
    """Reads and writes runs inside one transaction."""

    def __init__(self, connection: Connection, tenant: TenantId) -> None:
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
        done = await self._connection.exec_driver_sql(
            _ADD, {"tenant": self._tenant, **_values(numbered)}
        )
        if done.rowcount == 0:
            raise ConflictError(
                f"another run of {run.integration_id} just started", advice="open that run"
            )
        return numbered

    async def get(self, run_id: RunId) -> Run:
        """Return one run. Raises `NotFoundError`."""
        found = await self._read(_ONE, id=run_id)
        if not found:
            raise NotFoundError(f"no run {run_id}", advice="see sync list")
        return found[0]

    async def open_of(self, integration_id: IntegrationId) -> Run | None:
        """Return the run of an integration that something can still be done with."""
        found = await self._read(
            _OPEN_OF, statuses=names_of(OPEN), integration=storable(integration_id)
        )
        return found[0] if found else None

    async def unfinished(self) -> list[Run]:
        """Return the runs that somebody works on, or worked on when his process died."""
        return await self._read(_IN_ORDER, statuses=names_of([RunStatus.RUNNING]))

    async def waiting_for_person(self) -> list[Run]:
        """Return the runs that are held, or failed and are still open."""
        statuses = names_of([RunStatus.HELD, RunStatus.FAILED])
        return await self._read(_IN_ORDER, statuses=statuses)

    async def page(
        self,
        *,
        integration_id: IntegrationId | None = None,
        before: RunId | None = None,
        limit: int = 50,
    ) -> list[Run]:
        """Return runs older than `before`, newest first."""
        statement = _PAGE.format(_OF_ONE if integration_id else "")
        name = storable(integration_id or "")
        return await self._read(statement, integration=name, before=before or None, limit=limit)

    async def newest_of_each(self) -> list[Run]:
        """Return the newest run of every integration that has any, by name."""
        return await self._read(_NEWEST_OF_EACH)

    async def newest_applied(self, integration_id: IntegrationId) -> Run | None:
        """Return the run of an integration that was applied last, undone ones included."""
        found = await self._read(
            _NEWEST_APPLIED,
            statuses=names_of([RunStatus.APPLIED]),
            integration=storable(integration_id),
        )
        return found[0] if found else None

    async def newest_start(self, integration_id: IntegrationId) -> datetime | None:
        """Return when the last run that a schedule set off began."""
        rows = await self._connection.exec_driver_sql(
            _NEWEST_START,
            {
                "tenant": self._tenant,
                "integration": storable(integration_id),
                "trigger": Trigger.SCHEDULE.value,
            },
        )
        return maybe_moment(rows.scalar_one())

    async def save(self, run: Run, *, at: datetime) -> Run:
        """Store how a run stands as of `at`; what somebody wishes of it is left alone."""
        stamped = replace(run, updated_at=at, ended_at=None if run.is_open else at)
        await self._connection.exec_driver_sql(_SAVE, {"tenant": self._tenant, **_values(stamped)})
        return stamped

    async def request_stop(self, run_id: RunId, wish: StopRequest | None) -> None:
        """Tell whoever works on a run what somebody wants of it."""
        await self._connection.exec_driver_sql(
            _REQUEST_STOP, (wish and wish.value, self._tenant, run_id)
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

    async def _read(self, statement: str, **values: Value) -> list[Run]:
        rows = await self._connection.exec_driver_sql(statement, {"tenant": self._tenant, **values})
        return [_run(row) for row in rows.all()]


def _values(run: Run) -> dict[str, Value]:
    return {
        "id": run.id,
        "integration_id": storable(run.integration_id),
        "mode": run.mode.value,
        "trigger": run.trigger.value,
        "started_by": storable(run.started_by),
        "started_at": instant(run.started_at),
        "status": run.status.value,
        "phase": run.phase.value,
        "scope": None if run.scope is None else storable(msgspec.json.encode(run.scope).decode()),
        "scopes": listed(run.scopes),
        "applies": run.applies,
        "spares": run.spares,
        "relinks": run.relinks,
        "config_version": run.config_version,
        "base": run.base,
        "plan_hash": run.plan_hash,
        "preview": run.preview,
        "holds": listed(
            [
                [hold.sentence, hold.is_loss, *([hold.brief] if hold.brief else [])]
                for hold in run.holds
            ]
        ),
        "problem": storable(run.problem),
        "advice": storable(run.advice),
        "wish": run.wish and run.wish.value,
        "undoes": run.undoes,
        "updated_at": instant(run.updated_at or run.started_at),
        "ended_at": maybe_instant(run.ended_at),
    }


def _run(row: Row) -> Run:
    return Run(
        id=RunId(row.id),
        integration_id=IntegrationId(row.integration_id),
        mode=Mode(row.mode),
        trigger=Trigger(row.trigger),
        started_by=row.started_by,
        started_at=moment(row.started_at),
        status=RunStatus(row.status),
        phase=Phase(row.phase),
        scope=None if row.scope is None else msgspec.json.decode(row.scope, type=Owner),
        scopes=tuple(read_json(row.scopes)),
        applies=bool(row.applies),
        spares=bool(row.spares),
        relinks=bool(row.relinks),
        config_version=row.config_version,
        base=row.base,
        plan_hash=row.plan_hash,
        preview=row.preview,
        holds=tuple(
            # Not every hold has a short form.
            Hold(sentence=sentence, is_loss=is_loss, brief=brief[0] if brief else "")
            for sentence, is_loss, *brief in read_json(row.holds)
        ),
        problem=row.problem,
        advice=row.advice,
        wish=None if row.wish is None else StopRequest(row.wish),
        undoes=None if row.undoes is None else RunId(row.undoes),
        updated_at=moment(row.updated_at),
        ended_at=maybe_moment(row.ended_at),
    )
