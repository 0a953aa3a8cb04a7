"""The console's linear twin: the state of everything, a line for each event, and commands."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from integration_tui.cli.commands.health import HEADERS, row
from integration_tui.cli.config_file_warnings import EVENTS, FileChanges
from integration_tui.cli.output import ExitCode, fact, line, note, table
from integration_tui.cli.plain_commands import PlainCommands, TypedLines, is_typed
from integration_tui.cli.remarks import read_remarks
from integration_tui.cli.sync_output import INTERRUPTED, resume
from integration_tui.domain.events import IntegrationChanged, RunChanged, StoreChanged
from integration_tui.domain.sync.run import RunStatus

if TYPE_CHECKING:
    from integration_tui.cli.context import CliContext, ConsoleOptions
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.domain.sync.conflict import Conflict
    from integration_tui.domain.sync.run import Run
    from integration_tui.services import Services

_REST_S: Final = 0.25
_RUNS: Final = 50
_PAGE: Final = 500
_SINGLY: Final = 5
"""New conflicts that are told one by one; more of them are counted."""
_SENTENCES: Final = {
    RunStatus.RUNNING: "is running",
    RunStatus.PLANNED: "has a plan to review",
    RunStatus.HELD: "is held",
    RunStatus.PAUSED: "is paused",
    RunStatus.APPLIED: "was applied",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "was canceled",
    RunStatus.STALE: "is out of date",
}


async def follow(session: CliContext, showing: ConsoleOptions) -> int:
    """Print what there is and what happens, and do what is typed.

    Until `quit`, the end of input, Ctrl-C or SIGTERM.
    """
    _cancel_on_signals()
    try:
        async with showing.opening() as services:
            await _follow(session, services, showing.actor)
    except asyncio.CancelledError:
        pass
    note("Stopped.")
    return ExitCode.FINE


async def _follow(session: CliContext, services: Services, actor: Actor) -> None:
    for remark in services.files.remarks:
        note(remark)
    seen, files, turn = _Seen(services), FileChanges(services), asyncio.Lock()
    await seen.print_all()
    if not is_typed():
        note("Events follow. Ctrl-C stops.")
        await _print_news(services, seen, files, turn)
        return
    note("Events follow. Type help for commands; quit or Ctrl-C stops.")
    commands = PlainCommands(
        session=session,
        services=services,
        actor=actor,
        status=seen.print_all,
        printed=seen.has_printed,
    )
    async with asyncio.TaskGroup() as group:
        news = group.create_task(_print_news(services, seen, files, turn))
        await _obey(commands, TypedLines(), turn)
        news.cancel()


async def _obey(commands: PlainCommands, lines: TypedLines, turn: asyncio.Lock) -> None:
    """Do what is typed; meanwhile nothing else is printed, so that no answer is torn apart."""
    task = asyncio.current_task()
    while (text := await lines.next()) is not None:
        async with turn:
            if not await commands.obey(text, lines):
                return
        _cancel_on_signals(task)  # a run that was waited for had the signals meanwhile


async def _print_news(
    services: Services, seen: _Seen, files: FileChanges, turn: asyncio.Lock
) -> None:
    kinds = (IntegrationChanged, RunChanged, StoreChanged, *EVENTS)
    with services.events.subscribe(*kinds) as changes:
        while True:
            async with turn:
                await seen.print_changes()
            files.note(await changes.batch())
            await asyncio.sleep(_REST_S)  # a run has news many times a second


class _Seen:
    """What was told already."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._statuses: dict[str, str] = {}
        self._runs: dict[int, str] = {}
        self._conflict = 0

    async def print_all(self) -> None:
        overviews = await self._services.integrations.overview()
        if not overviews:
            note("No integrations yet. integration-tui doctor names the folder for their files.")
        table(HEADERS, map(row, overviews, await read_remarks(self._services, overviews)))
        self._statuses = {overview.integration.id: _status(overview) for overview in overviews}
        runs = await self._services.sync.runs(limit=_RUNS)
        self._runs = {run.id: self._stands(run) for run in runs}
        for run in runs:
            if run.is_open:
                _print_run(run, self._runs[run.id])
        conflicts = await self._new_conflicts()
        if conflicts:
            fact("open conflicts", len(conflicts))

    def has_printed(self, run: Run) -> None:
        """Take note of a run whose state a command has printed."""
        self._runs[run.id] = self._stands(run)

    async def print_changes(self) -> None:
        await self._print_statuses()
        for run in reversed(await self._services.sync.runs(limit=_RUNS)):
            stands = self._stands(run)
            if self._runs.get(run.id) != stands:
                self._runs[run.id] = stands
                _print_run(run, stands)
        conflicts = await self._new_conflicts()
        if len(conflicts) > _SINGLY:
            names = ", ".join(sorted({conflict.integration_id for conflict in conflicts}))
            line(conflicts[-1].raised_at, f"{len(conflicts):,} new conflicts with {names}")
            return
        for conflict in conflicts:
            line(
                conflict.raised_at,
                f"new conflict {conflict.id} with {conflict.integration_id}",
                _about(conflict),
            )

    async def _print_statuses(self) -> None:
        now: dict[str, str] = {}
        for overview in await self._services.integrations.overview():
            one = overview.integration
            now[one.id] = _status(overview)
            if self._statuses.get(one.id) != now[one.id]:
                fix = f"fix: {one.problem.advice}" if one.problem else ""
                line(one.changed_at, f"{one.id}: {now[one.id]}", fix)
        for name in self._statuses.keys() - now.keys():
            line(f"{name} was removed")
        self._statuses = now

    def _stands(self, run: Run) -> str:
        return INTERRUPTED if self._services.sync.is_interrupted(run) else run.status

    async def _new_conflicts(self) -> list[Conflict]:
        found: list[Conflict] = []
        while True:
            page = await self._services.conflicts.conflicts(after=self._conflict, limit=_PAGE)
            found += page
            self._conflict = page[-1].id if page else self._conflict
            if len(page) < _PAGE:
                return found


def _status(overview: Overview) -> str:
    integration, problem = overview.integration, overview.integration.problem
    # How long ago it was is no news; that nobody checks is.
    reason = overview.reason if overview.is_checked else "not checked: no engine running"
    said = "; ".join(filter(None, (problem.message if problem else "", reason)))
    word = integration.status.word
    return f"{word}: {said}" if said else word


def _print_run(run: Run, stands: str) -> None:
    if stands == INTERRUPTED:
        said = f"run {run.id} of {run.integration_id} was interrupted: its process has ended"
        line(run.updated_at or run.started_at, said, resume(run))
        return
    holds = ", ".join(hold.sentence for hold in run.holds if run.status is RunStatus.HELD)
    why = holds or run.problem
    said = f"run {run.id} of {run.integration_id} {_SENTENCES[run.status]}"
    at = run.ended_at or run.updated_at or run.started_at
    line(at, f"{said}: {why}" if why else said, run.advice)


def _about(one: Conflict) -> str:
    who = one.label or one.external_id
    return f"{one.field} of {who}: last synced {one.base}, local {one.ours}, source {one.theirs}"


def _cancel_on_signals(task: asyncio.Task[object] | None = None) -> None:
    """Have the first Ctrl-C or SIGTERM end what runs now; the second one ends the program."""
    loop, task = asyncio.get_running_loop(), task or asyncio.current_task()

    def end() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        # Not on Windows, and not in a thread that is not the main one.
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, end)
