"""Commands typed into the console's linear twin: the commands of the command line, on its store."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.cli.commands.sync import apply_plan, apply_question, make_plan
from integration_tui.cli.commands.sync_control import waiting_run
from integration_tui.cli.connection_test_output import exit_code, print_test_result
from integration_tui.cli.output import line, note
from integration_tui.cli.sync_output import ChangeSelection, print_next_steps, show_run
from integration_tui.domain.errors import ConsoleError, UnknownIntegrationError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.run import Mode

if TYPE_CHECKING:
    from integration_tui.cli.context import CliContext
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.sync.run import Run
    from integration_tui.services import Services

_CHUNK: Final = 4096
_HELP: Final[Mapping[str, str]] = {
    "help": "list these commands",
    "status": "integrations, open runs and conflicts",
    "plan NAME": "pull a roster and show what would change",
    "apply NAME": "show the plan, ask, and apply it",
    "test NAME": "test the connection step by step",
    "quit": "stop; so does the end of input",
}
_QUIT: Final = frozenset({"quit", "q", "exit"})
_YES: Final = frozenset({"y", "yes"})


class TypedLines:
    """Lines of standard input, read by a thread that keeps nothing from ending."""

    def __init__(self) -> None:
        """Begin to read."""
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="typed lines", daemon=True).start()

    async def next(self) -> str | None:
        """Return the next line; `None` at the end of input."""
        return await self._lines.get()

    def _read(self) -> None:
        """Read from the descriptor itself: who holds sys.stdin when Python ends aborts it."""
        rest = b""
        while True:
            try:
                data = os.read(0, _CHUNK)
            except OSError:  # closed, or the terminal is gone
                data = b""
            *whole, rest = (rest + data).split(b"\n")
            for text in whole if data else [rest] * bool(rest):
                self._put(text.decode(errors="replace").strip())
            if not data:
                self._put(None)
                return

    def _put(self, text: str | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._lines.put_nowait, text)


def is_typed() -> bool:
    """Return whether anything can come from standard input; nothing does from /dev/null."""
    try:
        given, nothing = os.fstat(0), os.stat(os.devnull)  # noqa: PTH116 - the descriptor's twin
    except OSError:
        return False
    return given.st_rdev != nothing.st_rdev or given.st_rdev == 0


class PlainCommands(msgspec.Struct, frozen=True, kw_only=True):
    """Carries out what is typed. `status` prints how things are, `printed` is told of a run."""

    session: CliContext
    services: Services
    actor: Actor
    status: Callable[[], Awaitable[None]]
    printed: Callable[[Run], None]

    async def obey(self, text: str, lines: TypedLines) -> bool:
        """Carry out one line; return whether to go on. What fails is printed."""
        word, _, name = text.partition(" ")
        if word in _QUIT:
            return False
        try:
            await self._obey(word, name.strip(), lines)
        except ConsoleError as error:
            note(self._explained(error))
        return True

    async def _obey(self, word: str, name: str, lines: TypedLines) -> None:
        known = {words.split()[0]: "NAME" in words for words in _HELP}
        if word and word not in known:
            near = get_close_matches(word, known, n=1)
            hint = f'Did you mean "{near[0]}"?' if near else "Type help."
            note(f'Unknown command "{word}". {hint}')
        elif known.get(word) and not name:
            note(f"{word} needs the name of an integration: {word} NAME")
        elif word:
            await self._carry_out(word, IntegrationId(name), lines)

    async def _carry_out(self, word: str, name: IntegrationId, lines: TypedLines) -> None:
        match word:
            case "plan":
                await self._plan(name)
            case "apply":
                await self._apply(name, lines)
            case "test":
                steps = await self.services.integrations.test(name, tell=print_test_result)
                exit_code(steps)
            case "status":
                await self.status()
            case _:
                for words, about in _HELP.items():
                    line(f"{words}: {about}")

    async def _plan(self, name: IntegrationId) -> None:
        from integration_tui.services.sync.runs import SyncRequest

        request = SyncRequest(integration_id=name, mode=Mode.FULL)
        report = await make_plan(
            self.services, request, shown=ChangeSelection(), json_=False, actor=self.actor
        )
        self.printed(report.run)
        print_next_steps(self.session, report)

    async def _apply(self, name: IntegrationId, lines: TypedLines) -> None:
        waiting = await waiting_run(self.services, name)
        show_run(waiting)
        note(f"{apply_question(waiting, spares=False)} Type yes or no.")
        if ((await lines.next()) or "").lower() not in _YES:
            note("Nothing changed.")
            return
        report = await apply_plan(
            self.services, waiting.run, waiting.run.plan_hash, actor=self.actor, spares=False
        )
        self.printed(report.run)
        show_run(report)
        print_next_steps(self.session, report)

    def _explained(self, error: ConsoleError) -> ConsoleError:
        if isinstance(error, UnknownIntegrationError):
            return self.services.files.explained(error)
        return error
