"""Does something with many integrations: one failure does not stop the rest, and escape does."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.worker import WorkerFailed

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import counted
from integration_tui.tui.sanitize import safe
from integration_tui.tui.screens.integration_actions import IntegrationAction
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.roles import line, lines, progress
from integration_tui.tui.widgets.static_text import StaticLines
from integration_tui.tui.widgets.window import Window

if TYPE_CHECKING:
    from integration_tui.tui.screens.base import ConsoleScreen
    from integration_tui.tui.screens.list_screen import ListScreen

_AT_ONCE: Final = 4
_BAR: Final = 40


class BulkResult(msgspec.Struct):
    """What came of it: who is done, who failed and why, who was not begun any more."""

    names: Sequence[IntegrationId]
    done: list[IntegrationId] = msgspec.field(default_factory=list[IntegrationId])
    failed: dict[IntegrationId, str] = msgspec.field(default_factory=dict[IntegrationId, str])

    @property
    def left(self) -> int:
        return len(self.names) - len(self.done) - len(self.failed)

    @property
    def sentence(self) -> str:
        parts = [f"{len(self.done):,} of {len(self.names):,} done"]
        parts += [f"{len(self.failed):,} failed"] if self.failed else []
        parts += [f"{self.left:,} not started"] if self.left else []
        return ", ".join(parts)

    def content(self) -> Content:
        """Return a sentence for each that failed."""
        lines = [safe(self.sentence)]
        for name, why in self.failed.items():
            lines.append(Content.assemble("\n", (f"{name}  ", "bold"), safe(why, limit=2_000)))
        return Content("\n").join(lines)


async def do_with_many(
    screen: ListScreen, act: IntegrationAction, names: Sequence[IntegrationId]
) -> None:
    """Ask once, do it with all of them, and say what came of it; those that fail stay marked."""
    with screen.showing_errors(f"{act.doing} {len(names)} integrations"):
        reason = await act.ask_about(screen, names)
        if reason is None:
            return
        outcome = await screen.app.push_screen_wait(BulkScreen(screen, act, names, reason))
        screen.listed.mark(outcome.done, is_marked=False)
        if outcome.failed:
            failed = counted(len(outcome.failed), "failure")
            screen.app.push_screen(TextDialog(f"{act.title}: {failed}", outcome.content()))
        else:
            screen.show_message(f"{act.title}: {outcome.sentence}.")


class BulkScreen(ModalScreen[BulkResult]):
    """Shows how far it is. Escape begins no more of them; those under way come to their end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "enough", "Stop after the current one", id="bulk.enough"),
    ]

    def __init__(
        self,
        screen: ConsoleScreen,
        act: IntegrationAction,
        names: Sequence[IntegrationId],
        reason: str,
    ) -> None:
        super().__init__()
        self._for = screen
        self._act = act
        self._reason = reason
        self._outcome = BulkResult(names)
        self._to_do = iter(names)
        self._is_enough = False

    def compose(self) -> ComposeResult:
        title = f"{self._act.doing} {counted(len(self._outcome.names), 'integration')}"
        with Window(title=title[:1].upper() + title[1:]):
            yield StaticLines(id="how-far")

    def on_mount(self) -> None:
        self._show()
        self._go()

    def action_enough(self) -> None:
        """Begin no more."""
        self._is_enough = True
        self._show()

    @work(group="bulk", exit_on_error=False)
    async def _go(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(_AT_ONCE, len(self._outcome.names))):
                group.create_task(self._take_turns())
        self.dismiss(self._outcome)

    async def _take_turns(self) -> None:
        for name in self._next():
            await self._do(name)
            self._show()

    def _next(self) -> Iterator[IntegrationId]:
        for name in self._to_do:
            if self._is_enough:
                return
            yield name

    async def _do(self, name: IntegrationId) -> None:
        """Do it in a worker of its own, so that a fault in one is no more than that."""
        work_ = self._act.do(self._for, name, self._reason)
        worker = self.run_worker(work_, group="one", exit_on_error=False)
        try:
            await worker.wait()
        except WorkerFailed:
            self._outcome.failed[name] = _why(worker.error)
        else:
            self._outcome.done.append(name)

    def _show(self) -> None:
        outcome = self._outcome
        share = 1 - outcome.left / len(outcome.names)
        rows = [progress(share, _BAR), line(outcome.sentence)]
        if self._is_enough:
            rows.append(line(("Stopping after the current integrations.", "muted")))
        self.query_one("#how-far", StaticLines).show(lines(rows))


def _why(error: BaseException | None) -> str:
    if isinstance(error, ConsoleError):
        return f"{error}"
    return f"Internal error: {type(error).__name__}: {error}"
