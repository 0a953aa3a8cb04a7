"""One run from where it stands to where it rests: pull, plan, apply, each as it is needed."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit.log import Action, ActionOutcome, AuditRecord
from integration_tui.domain.config.sync_policy import ApprovalMode
from integration_tui.domain.errors import ConflictError, ConsoleError, ProviderError
from integration_tui.domain.sync.run import Mode, Phase, Run, RunStatus
from integration_tui.domain.value import replace
from integration_tui.engine.connectors.validation import sanitize
from integration_tui.engine.export.reader import connected
from integration_tui.engine.lock import StoreLock, is_interrupted, run_lock
from integration_tui.engine.sync.apply import Applier
from integration_tui.engine.sync.messages import failed_message
from integration_tui.engine.sync.plan import Planner, UndoPlanner, skips_deactivations
from integration_tui.engine.sync.pull import PageSource, Pull, has_rested
from integration_tui.engine.sync.run_context import RunContext, StopRequested
from integration_tui.logging_setup import get
from integration_tui.version import VERSION

if TYPE_CHECKING:
    from integration_tui.domain.config.document import ProviderConfig
    from integration_tui.domain.ids import RunId
    from integration_tui.engine.connectors.pool import ConnectionPool
    from integration_tui.engine.context import EngineDependencies, Runtime

_TRIES: Final = 3
_log = get(__name__)


@contextmanager
def collecting_lightly() -> Generator[None]:
    """Have the collector look only at what is made in this block: the program itself stays.

    Where somebody else keeps the program frozen (`background/gc_tuning`), it is left to him.
    """
    is_frozen = gc.get_freeze_count() > 0
    gc.freeze()
    try:
        yield
    finally:
        if not is_frozen:
            gc.unfreeze()


class Worker:
    """Works on runs, one at a time an integration: a lock that dies with us says who does."""

    def __init__(
        self, dependencies: EngineDependencies, pool: ConnectionPool, host: Runtime
    ) -> None:
        self._dependencies = dependencies
        self._pool = pool
        self._host = host

    async def work(self, run_id: RunId) -> Run:
        """Bring a run as far as it may come by itself; return how it stands then.

        Raises `ConflictError` where another process works on it. What goes wrong otherwise is
        the run's problem, and is stored with it.
        """
        async with self._dependencies.database.reading() as rows:
            run = await rows.runs.get(run_id)
        lock = run_lock(self._dependencies.database.path, run)
        if not await self._taken(lock):
            raise ConflictError(
                f"{lock.holder() or 'another process'} is working on run {run_id}",
                advice="wait until it has finished",
            )
        try:
            return await self._guarded(run_id)
        finally:
            lock.release()

    def is_interrupted(self, run: Run) -> bool:
        """Return whether a run is under way, but no process, this one included, works on it."""
        return is_interrupted(self._dependencies.database.path, run)

    async def _taken(self, lock: StoreLock) -> bool:
        """Take a lock; a run is stored as resting a moment before its worker lets go of it."""
        for _ in range(_TRIES):
            if lock.acquire():
                return True
            await self._host.sleep(0.05)
        return False

    async def _guarded(self, run_id: RunId) -> Run:
        async with self._dependencies.database.reading() as rows:
            run = await rows.runs.get(run_id)  # as it is now that nobody else works on it
        context = RunContext(self._dependencies.database, run, clock=self._host.clock)
        if run.status is not RunStatus.RUNNING:
            return run
        try:
            await self._staircase(context)
        except StopRequested as stop:
            await context.rest(stop.wish)
        except ConflictError as error:
            await self._refuse(context, error)
        except ConsoleError as error:
            await self._fail(context, error)
        return context.run

    async def _staircase(self, context: RunContext) -> None:
        config = await self._config(context.run)
        made_by = f"{VERSION} {context.run.config_version}"
        if context.run.phase is not Phase.APPLY:
            await self._prepare(context, config, made_by)
            if not self._may_go_on(context, config):
                return
            await context.save(status=RunStatus.RUNNING)
        if skips_deactivations(config.sync, self._host.clock()):
            context.run = replace(context.run, spares=True)
        await Applier(context, made_by=made_by).run()

    async def _prepare(self, context: RunContext, config: ProviderConfig, made_by: str) -> None:
        if context.run.phase is Phase.PLAN and await self._is_too_old(context):
            await context.save(phase=Phase.PULL)
        if context.run.phase is Phase.PULL:
            if context.run.mode is Mode.UNDO:
                await UndoPlanner(context).run()
            else:
                await self._pull(context, config, made_by)
                await self._require_something(context)
            await context.save(phase=Phase.PLAN)
        await context.check_stop_requested()
        await Planner(context, config).run()

    async def _is_too_old(self, context: RunContext) -> bool:
        """Return whether a plan that was not made yet would be made of old listings."""
        return context.run.mode is not Mode.UNDO and await has_rested(context)

    async def _pull(self, context: RunContext, config: ProviderConfig, made_by: str) -> None:
        timeout_s = self._pool.factory.page_timeout_s(config)
        async with connected(self._pool, config, timeout_s=timeout_s) as (line, proof):
            scopes = proof.scopes if proof else ()
            context.run = replace(context.run, scopes=scopes)
            source = PageSource(line=line, config=config, page_timeout_s=timeout_s, made_by=made_by)
            with collecting_lightly():
                await Pull(context, source).run()

    async def _require_something(self, context: RunContext) -> None:
        async with context.database.reading() as rows:
            listings = await rows.listings.all(context.run.id)
        if listings and not any(listing.listed or not listing.reason for listing in listings):
            raise ProviderError(
                f"nothing could be read: {listings[0].reason}", advice="see provider test"
            )

    def _may_go_on(self, context: RunContext, config: ProviderConfig) -> bool:
        """Return whether a plan is applied by itself."""
        run = context.run
        if not run.applies or run.status is not RunStatus.PLANNED or run.preview:
            return False
        return config.sync.approval is not ApprovalMode.ALWAYS

    async def _config(self, run: Run) -> ProviderConfig:
        async with self._dependencies.database.reading() as rows:
            version = await rows.configs.active(run.integration_id)
        if version.number != run.config_version:
            raise ConflictError(
                f"the configuration changed to version {version.number} since run {run.id} started",
                advice="plan again",
            )
        return self._dependencies.documents.config_of_version(version)

    async def _refuse(self, context: RunContext, error: ConflictError) -> None:
        """Store that what a run was made for has moved on meanwhile; what it did is kept."""
        context.run = replace(
            context.run, status=RunStatus.STALE, problem=error.message, advice=error.advice
        )
        async with context.transaction() as transaction:
            act = _ended(context.run, ActionOutcome.REFUSED)
            await transaction.audit.add([act], at=context.clock())
            await transaction.messages.add(failed_message(context.run, at=context.clock()))
            context.emit_changed(transaction)

    async def _fail(self, context: RunContext, error: ConsoleError) -> None:
        message, advice = sanitize(error.message), sanitize(error.advice)
        run = context.run
        _log.warning("a sync failed", integration=run.integration_id, run=run.id, problem=message)
        context.run = replace(context.run, status=RunStatus.FAILED, problem=message, advice=advice)
        async with context.transaction() as transaction:
            await transaction.audit.add(
                [_ended(context.run, ActionOutcome.FAILED)], at=context.clock()
            )
            await transaction.messages.add(failed_message(context.run, at=context.clock()))
            context.emit_changed(transaction)


def _ended(run: Run, outcome: ActionOutcome) -> AuditRecord:
    """Return what is recorded of a run that did not come to its end."""
    return AuditRecord(
        action=Action.PLAN_SYNC if run.phase is not Phase.APPLY else Action.APPLY_SYNC,
        actor=ENGINE,
        object=run.integration_id,
        outcome=outcome,
        detail=f"run {run.id}: {run.problem}",
    )
