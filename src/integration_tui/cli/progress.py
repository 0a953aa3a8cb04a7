"""How far a pull is, on standard error: a bar on a terminal, a line a collection elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from integration_tui.cli.output import draws, note
from integration_tui.domain.quantity import counted

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar  # click has no other name for its type

    from integration_tui.domain.pull import Progress


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

    def __call__(self, progress: Progress) -> None:
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

    def _draw(self, progress: Progress, expected: int) -> None:
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

    def _count(self, progress: Progress) -> None:
        click.echo(f"\r{_label(progress):<20}  {progress.records:,}", err=True, nl=False)

    def _finish(self) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.__exit__(None, None, None)
        elif self._is_terminal:
            click.echo("\r", err=True, nl=False)


def _line(progress: Progress) -> str:
    aside = beside(progress.quarantined, progress.duplicates)
    # With records kept out, the file is not all there is, as the table below it says.
    whole = "read to its end" if progress.quarantined else "complete"
    ending = whole if progress.complete else f"NOT complete: {progress.reason}"
    return f"{_label(progress)}: {counted(progress.records, 'record')}{aside}, {ending}"


def beside(quarantined: int, duplicates: int) -> str:
    """Return what of a listing's rows are no records; empty where all are."""
    kept_out = f", {quarantined:,} quarantined" if quarantined else ""
    doubled = f", {counted(duplicates, 'duplicate')}" if duplicates else ""
    return kept_out + doubled


def _label(progress: Progress) -> str:
    return progress.collection.replace("_", " ")
