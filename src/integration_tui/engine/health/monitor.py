"""The health loop: one schedule for all integrations, a task only for a check that is under way.

Who is late is checked once, not once for every turn it missed; those are counted in `missed`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from integration_tui.domain.audit.log import Action
from integration_tui.domain.errors import ConflictError
from integration_tui.engine.connectors.isolation import task_name
from integration_tui.engine.health.concurrency import ConcurrencyLimiter, Slot
from integration_tui.engine.health.evaluation import CheckOutcome, Evaluation, evaluate
from integration_tui.engine.health.schedule import Schedule, missed_turns, next_turn, share
from integration_tui.engine.health.transitions import StatusChange
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.health.status import HealthReport
    from integration_tui.engine.connectors.pool import ConnectionPool
    from integration_tui.engine.context import EngineTimings, Runtime
    from integration_tui.engine.health.check import HealthCheck
    from integration_tui.engine.health.runtime_state import IntegrationRuntime
    from integration_tui.engine.health.writer import HealthWriter

_SLACK_S: Final = 0.01
"""Nobody waits less: those who are due within it are begun together, at one awakening."""
_AGAIN_WITHIN_S: Final = 30.0
"""Those who were due while the process stood still are checked within so long."""
_log = get(__name__)


class HealthMonitor:
    """Checks who is due, and decides when they are due again.

    `done` counts checks, `missed` the turns at which there should have been one.
    """

    def __init__(
        self,
        checker: HealthCheck,
        pool: ConnectionPool,
        recorder: HealthWriter,
        *,
        host: Runtime,
        pace: EngineTimings,
    ) -> None:
        self._checker = checker
        self._pool = pool
        self._recorder = recorder
        self._host = host
        self._slots = ConcurrencyLimiter(pace.slots, longest_s=pace.lane_s)
        self._schedule: Schedule[IntegrationRuntime] = Schedule()
        self._under_way: set[IntegrationRuntime] = set()
        self._woken = asyncio.Event()
        self.done = 0
        self.missed = 0

    def watch(self, live: IntegrationRuntime, *, in_s: float) -> None:
        """Check this one in so many seconds, and then again and again."""
        self._schedule.put(live, self._host.monotonic() + in_s)
        self._woken.set()

    def drop(self, live: IntegrationRuntime) -> None:
        """Forget this one; a check of it that is under way ends without a result."""
        live.is_dropped = True
        self._schedule.drop(live)
        if live.task is not None:
            live.task.cancel()
        self._let_go(live)

    def due_in_s(self, live: IntegrationRuntime) -> float | None:
        """Return in how many seconds this one is due; `None` where it is not, or just now."""
        due = self._schedule.due(live)
        return None if due is None else max(due - self._host.monotonic(), 0.0)

    def resumed(self) -> None:
        """The process stood still, and the systems are not to blame: nobody is late.

        Who was due is checked soon, one after the other. A check that was under way is begun anew:
        its time ran out while nobody could listen.
        """
        now = self._host.monotonic()
        for live in self._schedule.overdue(now):
            spread_s = min(live.rules.interval_s, _AGAIN_WITHIN_S)
            self._schedule.put(live, now + share(live.integration_id) * spread_s)
        for live in [*self._under_way]:
            if live.task is not None:
                live.task.cancel()
        self._woken.set()

    async def run(self) -> None:
        """Check for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._until_due()
                slot = await self._slots.take()
                due = self._schedule.pop(self._host.monotonic())
                if due is None:
                    slot.leave()
                    continue
                live, since = due
                name = task_name(live.integration_id, "attempt")
                live.task = group.create_task(self._turn(live, since), name=name)
                self._under_way.add(live)
                live.task.add_done_callback(partial(self._ended, live, slot))

    async def check_now(self, live: IntegrationRuntime) -> HealthReport:
        """Check without waiting for its turn; the report is stored when this returns.

        Raises `ConflictError` where it was changed in the meantime.
        """
        async with live.busy:
            live.require_current()
            try:
                report = await self._attempt(live)
            except BaseException:
                self._go_on(live)
                raise
        await self._recorder.flush()
        return report

    async def _until_due(self) -> None:
        """Wait until somebody is due."""
        while True:
            self._woken.clear()
            due, now = self._schedule.next_due, self._host.monotonic()
            if due is not None and due <= now:
                return
            wait_s = max(due - now, _SLACK_S) if due is not None else None
            call_off = None if wait_s is None else self._host.alarm(wait_s, self._woken.set)
            try:
                await self._woken.wait()
            finally:
                if call_off:
                    call_off()

    async def _turn(self, live: IntegrationRuntime, since: float) -> None:
        if live.busy.locked():  # somebody checks it just now, and sees to its next turn
            return
        if live.state.latest is not None:
            late = missed_turns(since, self._host.monotonic(), live.rules.interval_s)
            self.missed += late
        async with live.busy:
            with suppress(ConflictError):  # another one took its place
                await self._attempt(live)

    def _ended(self, live: IntegrationRuntime, slot: Slot, task: asyncio.Task[None]) -> None:
        """Clean up, also behind a task that was cancelled before it began."""
        slot.leave()
        self._under_way.discard(live)
        live.task = None
        if task.cancelled():
            self._go_on(live)
        elif task.exception() is not None:  # a bug of ours: not at once, it stops the whole loop
            self._go_on(live, in_s=live.rules.interval_s)

    def _go_on(self, live: IntegrationRuntime, *, in_s: float = 0.0) -> None:
        """Keep one in the round whose check was broken off."""
        if not live.is_dropped:
            self.watch(live, in_s=in_s)

    async def _attempt(self, live: IntegrationRuntime) -> HealthReport:
        outcome = await self._checker.run(live)
        self.done += 1
        evaluation = evaluate(
            live.state, live.snapshot, outcome, live.rules, chance=self._host.chance
        )
        self._record(live, outcome, evaluation)
        self._plan(live, evaluation)
        return outcome.report

    def _record(
        self, live: IntegrationRuntime, outcome: CheckOutcome, evaluation: Evaluation
    ) -> None:
        change = None
        if evaluation.snapshot != live.snapshot or evaluation.turn:
            change = StatusChange(
                integration_id=live.integration_id,
                revision=live.revision,
                snapshot=evaluation.snapshot,
                at=outcome.report.checked_at,
                reason=evaluation.reason,
                turn=evaluation.turn,
            )
        self._recorder.add(outcome.report, change)
        if evaluation.turn is Action.WENT_DOWN or live.snapshot.reported_down:
            _log_report(outcome.report, evaluation.turn)
        live.state, live.snapshot = evaluation.state, evaluation.snapshot

    def _plan(self, live: IntegrationRuntime, evaluation: Evaluation) -> None:
        now = self._host.monotonic()
        if evaluation.snapshot.problem and not evaluation.at_turn:
            self._let_go(live)  # it is down: the next attempt opens a new line
        if evaluation.wait_s is None:
            self._schedule.drop(live)
            return
        due = now + evaluation.wait_s
        if evaluation.at_turn:
            due = next_turn(live.integration_id, live.rules.interval_s, due)
        self._schedule.put(live, due)
        self._woken.set()

    def _let_go(self, live: IntegrationRuntime) -> None:
        line, live.line = live.line, None
        if line is not None:
            self._pool.close_soon(line)


def _log_report(report: HealthReport, turn: Action | None) -> None:
    """Write one line when it goes down, and one when it is back."""
    if turn is Action.WENT_DOWN:
        _log.warning("went down", integration=report.integration_id, problem=report.detail)
    elif turn is Action.CAME_BACK:
        _log.info("came back", integration=report.integration_id)
