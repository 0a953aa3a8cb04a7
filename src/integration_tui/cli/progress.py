"""How far a pull is, on standard error: a bar on a terminal, a line a collection elsewhere."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import click

from integration_tui.cli.output import draws, note
from integration_tui.domain.errors import ConflictError, ConsoleError
from integration_tui.domain.events import RunChanged
from integration_tui.domain.quantity import counted
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import Mode, Phase, RunStatus
from integration_tui.domain.text import visible

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar  # click has no other name for its type

    from integration_tui.domain.actor import Actor
    from integration_tui.domain.roster import Collection
    from integration_tui.domain.roster_export import ExportProgress
    from integration_tui.domain.sync.run import CollectionProgress, Run, RunReport
    from integration_tui.services import Services


class PullProgress:
    """Call it with each `Progress`. Leaving the block finishes a bar that is under way."""

    def __init__(self) -> None:
        self._is_terminal = draws()
        self._bar: ProgressBar[int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._finish()

    def __call__(self, progress: ExportProgress) -> None:
        if not self._is_terminal:
            if progress.is_over:
                note(_line(progress))
        elif progress.is_over:
            self._finish()
            note(_line(progress))
        elif progress.expected:
            self._draw(progress, progress.expected)
        else:
            self._count(progress)

    def _draw(self, progress: ExportProgress, expected: int) -> None:
        done = progress.records + progress.quarantined + progress.duplicates
        if self._bar is None:
            self._bar = click.progressbar(
                length=expected,
                label=f"{_label(progress):<20}",
                file=sys.stderr,
                show_pos=True,
                update_min_steps=1,
            )
            self._bar.__enter__()
        # What was expected may be the last pull's, and there may be more now.
        self._bar.length = max(expected, done)
        self._bar.update(done - self._bar.pos)

    def _count(self, progress: ExportProgress) -> None:
        click.echo(f"\r{_label(progress):<20}  {progress.records:,}", err=True, nl=False)

    def _finish(self) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.__exit__(None, None, None)
        elif self._is_terminal:
            click.echo("\r", err=True, nl=False)


def _line(progress: ExportProgress) -> str:
    aside = beside(progress.quarantined, progress.duplicates, progress.skipped)
    # With records kept out, the file is not all there is, as the table below it says.
    whole = "all read" if progress.quarantined else "complete"
    ending = whole if progress.complete else f"NOT complete: {progress.reason}"
    return f"{_label(progress)}: {counted(progress.records, 'record')}{aside}, {ending}"


def beside(quarantined: int, duplicates: int, skipped: int = 0) -> str:
    """Return what of a listing's rows are no records, and how many of its parts were not read."""
    kept_out = f", {quarantined:,} quarantined" if quarantined else ""
    doubled = f", {counted(duplicates, 'duplicate')}" if duplicates else ""
    unread = f", {counted(skipped, 'part')} skipped" if skipped else ""
    return kept_out + doubled + unread


def _label(progress: ExportProgress) -> str:
    return progress.collection.replace("_", " ")


_EVERY_S: Final = 0.2
_PLAIN_EVERY_S: Final = 5.0
_DONE: Final = (
    *ChangeKind.effective(),
    ChangeKind.MISSING,
    ChangeKind.REFRESH,
    ChangeKind.CONFLICT,
    ChangeKind.PROTECTED,
)
"""What an apply goes through, one by one."""


async def watched(services: Services, run: Run, *, actor: Actor) -> RunReport:
    """Wait until a run rests, and show how far it is.

    At Ctrl-C it is paused, so that it can be resumed where it is; at the second one it is left
    as it is. Raises `ConsoleError`.
    """
    trouble: ConsoleError | None = None
    is_reading = run.phase is not Phase.APPLY and run.mode is not Mode.UNDO
    with _Interrupted() as interrupted, SyncProgress(is_reading=is_reading) as show:
        async with asyncio.TaskGroup() as group:
            aside = (
                group.create_task(_follow_run(services, run, show)),
                group.create_task(_pause(services, run, interrupted.happened, actor=actor)),
            )
            try:
                await services.sync.wait(run.id)
            except ConsoleError as error:  # raised here, it would come out as a group
                trouble = error
            for task in aside:
                task.cancel()
        report = await services.sync.report(run.id)
        show(report)
    if trouble is not None:
        raise trouble
    return report


async def _follow_run(services: Services, run: Run, show: SyncProgress) -> None:
    with services.events.subscribe(RunChanged) as changes:
        while True:
            show(await services.sync.report(run.id))
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await changes.batch()
            await asyncio.sleep(_EVERY_S)


async def _pause(services: Services, run: Run, interrupted: asyncio.Event, *, actor: Actor) -> None:
    await interrupted.wait()
    if draws():
        click.echo("", err=True)
    note("Pausing at the next batch. Ctrl-C again exits at once.")
    with suppress(ConflictError):  # it came to its rest at just this moment
        await services.sync.pause(run.id, actor=actor)


class _Interrupted:
    """While it is open, the first Ctrl-C or SIGTERM only sets `happened`."""

    def __init__(self) -> None:
        self.happened = asyncio.Event()
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> _Interrupted:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.getsignal(number)
            # Not on Windows, and not in a thread that is not the main one.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._note)
                self._before[number] = before
        return self

    def __exit__(self, *_error: object) -> None:
        self._restore()

    def _note(self) -> None:
        self.happened.set()
        self._restore()

    def _restore(self) -> None:
        loop = asyncio.get_running_loop()
        while self._before:
            number, before = self._before.popitem()
            loop.remove_signal_handler(number)
            signal.signal(number, before)  # type: ignore[arg-type]  # as getsignal gave it


class SyncProgress:
    """Call it with each report of a run. A collection that is over gets a line of its own."""

    def __init__(
        self, *, is_reading: bool = True, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._is_reading = is_reading
        self._is_terminal = draws()
        self._monotonic = monotonic
        self._told: set[Collection] = set()
        self._reason = ""
        self._pace = _Pace(monotonic)
        self._next_at = monotonic() + _PLAIN_EVERY_S

    def __enter__(self) -> SyncProgress:
        return self

    def __exit__(self, *_error: object) -> None:
        self._draw("")

    def __call__(self, report: RunReport) -> None:
        for listing in report.listings:
            if listing.is_over and listing.collection not in self._told:
                self._told.add(listing.collection)
                if self._is_reading:
                    self._draw("")
                    # A look may come late, when the plan has held some back already.
                    note(_over(listing.as_read(), said=self._reason))
                    self._reason = listing.reason
        text = self._now(report)
        if self._is_terminal:
            self._draw(text)
        elif text and self._monotonic() >= self._next_at:
            self._next_at = self._monotonic() + _PLAIN_EVERY_S
            note(text)

    def _now(self, report: RunReport) -> str:
        """Say what the run is at; empty where it rests."""
        run = report.run
        if run.status is not RunStatus.RUNNING:
            return ""
        if run.phase is Phase.APPLY:
            return self._applied(report)
        reading = next((listing for listing in report.listings if not listing.is_over), None)
        if run.phase is Phase.PLAN:
            return f"run {run.id}: comparing and planning"
        if reading is None:
            return f"run {run.id}: {'connecting' if self._is_reading else 'planning'}"
        usual = reading.known if run.mode is Mode.FULL else 0
        return self._read(reading, most=reading.expected or usual)

    def _read(self, one: CollectionProgress, *, most: int) -> str:
        done, name = one.listed, _collection_label(one.collection)
        of = f" of {max(most, done):,}" if most else ""
        pace = self._pace.format_rate(name, done, max(most - done, 0))
        return f"{name}: {one.pages:,} pages, {done:,}{of} records{pace}"

    def _applied(self, report: RunReport) -> str:
        kinds = [
            change_kind
            for change_kind in _DONE
            if not (report.run.spares and change_kind in ChangeKind.losses())
        ]
        total = sum(listing.count(*kinds) for listing in report.listings)
        done = sum(listing.applied for listing in report.listings)
        if done >= total:
            return f"run {report.run.id}: finishing"
        pace = self._pace.format_rate("apply", done, total - done)
        return f"applying: {done:,} of {total:,} changes{pace}"

    def _draw(self, text: str) -> None:
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1
            click.echo(f"\r\x1b[K{visible(text, limit=max(width, 10))}", err=True, nl=False)


class _Pace:
    """How fast one thing goes, from the first look at it on."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._of = ""
        self._began = (0.0, 0)

    def format_rate(self, of: str, done: int, left: int) -> str:
        """Return how many a second and how long the rest takes, as far as that is known."""
        now = self._monotonic()
        if of != self._of:
            self._of, self._began = of, (now, done)
        took, made = now - self._began[0], done - self._began[1]
        if took <= 0 or made <= 0:
            return ""
        rate = made / took
        left_s = f", {_duration(left / rate)} left" if left else ""
        return f", {rate:,.0f}/s{left_s}"


def _over(one: CollectionProgress, *, said: str) -> str:
    """Say how a listing ended; a reason that was `said` just now is not said again."""
    aside = beside(one.quarantined, one.duplicates, one.skipped)
    reason = ", for the same reason" if one.reason == said else f": {one.reason}"
    ending = "complete" if one.complete else f"NOT complete{reason}"
    if one.since is not None and not one.reason:
        ending = "changes only"
    return f"{_collection_label(one.collection)}: {counted(one.records, 'record')}{aside}, {ending}"


def _collection_label(collection: Collection) -> str:
    return collection.replace("_", " ")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(round(seconds), 1), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
