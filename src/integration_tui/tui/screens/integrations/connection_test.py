"""Tries one integration step by step, and shows how each step went."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Label
from textual.worker import Worker, WorkerState

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.health.status import StepResult, StepStatus, step_count
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.sanitize import safe_lines
from integration_tui.tui.widgets.formats import latency
from integration_tui.tui.widgets.status_icon import status_cell
from integration_tui.tui.widgets.table.cells import Cell, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices

_COLUMNS = (
    Column(title="Step", width=17),
    Column(title="Result", width=10),
    Column(title="Time", width=8, right=True),
    Column(title="Detail"),
)


class ConnectionTestScreen(ModalScreen[None]):
    """Nothing is stored; leaving ends the test."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,h,q", "back", "Back", id="trial.back"),
        Binding("t", "again", "Again", id="trial.again"),
    ]
    DEFAULT_CSS = """
    ConnectionTestScreen {
        & Window { width: 120; height: 24; max-height: 90%; padding: 0 1; }
        & Label { height: auto; }
    }
    """

    def __init__(self, services: ConsoleServices, integration_id: IntegrationId) -> None:
        super().__init__()
        self._services = services
        self._integration_id = integration_id

    def compose(self) -> ComposeResult:
        with Window(title=f"Connection test of {self._integration_id}"):
            yield RowTable(_COLUMNS, empty="Testing the connection step by step…")
            yield Label("", id="summary")

    def on_mount(self) -> None:
        self._try()

    def action_again(self) -> None:
        self._try()

    def action_back(self) -> None:
        self.dismiss()

    @work(group="test", exclusive=True, exit_on_error=False)
    async def _try(self) -> None:
        finished: list[StepResult] = []
        self.query_one(RowTable).show([])
        self._show_text("")

        def show_step(step: StepResult) -> None:
            finished.append(step)
            self.query_one(RowTable).show([*_rows(finished)])

        try:
            steps = await self._run_test(show_step)
        except ConsoleError as error:
            self._show_text(str(error))
        else:
            self._show_text(_summary(steps))

    async def _run_test(self, tell: Callable[[StepResult], None]) -> Sequence[StepResult]:
        """Try it; `tell` hears of each step as soon as it is over."""
        return await self._services.integrations.test(self._integration_id, tell=tell)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self._show_text(f"test failed: {event.worker.error}")

    def _show_text(self, text: str) -> None:
        if text:
            self.query_one(RowTable).show_empty("")
        self.query_one("#summary", Label).update(safe_lines(text))


def _rows(steps: Sequence[StepResult]) -> Iterator[TableRow]:
    """Yield a row for each step, and one for all that were skipped."""
    skipped = sum(step.status is StepStatus.SKIPPED for step in steps)
    for place, step in enumerate(steps):
        if step.status is not StepStatus.SKIPPED:
            yield _row(place, step)
    if skipped:
        yield _row(len(steps), StepResult(name=step_count(skipped), status=StepStatus.SKIPPED))


def _row(place: int, step: StepResult) -> TableRow:
    took = "" if step.latency_ms is None else latency(step.latency_ms)
    cells = (Cell(step.name), status_cell(step.status), Cell(took), Cell(step.detail))
    return TableRow(key=str(place), cells=cells)


def _summary(steps: Sequence[StepResult]) -> str:
    failed = [step for step in steps if step.status is StepStatus.FAILED]
    if not failed:
        passed = sum(step.status is StepStatus.PASSED for step in steps)
        return f"✓ Works: all {step_count(passed)} passed. Press s to start."
    advice = f"\nFix: {failed[0].advice}" if failed[0].advice else ""
    return f"{failed[0].name} failed: {failed[0].detail}{advice}"
