"""A connector's bug stays inside the connector: what it does wrong becomes an error of ours.

Each call runs in a task of its own, so that one that ignores its cancellation can be left
behind. A call that blocks the loop cannot be interrupted; `watchdog` notices it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from integration_tui.domain.errors import ConsoleError, ProviderError, RetryableError
from integration_tui.domain.os_errors import scarcity
from integration_tui.engine.connectors.validation import is_valid_error
from integration_tui.engine.tasks import consume_exception
from integration_tui.logging_setup import get

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId

T = TypeVar("T")

GRACE_S: Final = 0.5
"""How long a call may take to notice that it was cancelled."""
_MOST_BUGS: Final = 10_000
_log = get(__name__)


class FaultIsolation:
    """Makes calls of connectors, and owns those that did not end when they were told to."""

    def __init__(self, bugs: BugReporter) -> None:
        self._bugs = bugs
        self._strays: set[asyncio.Task[object]] = set()

    async def call(
        self, call: Callable[[], Awaitable[T]], *, of: IntegrationId, what: str, timeout_s: float
    ) -> T:
        """Return what `call` returns. Raises `ConsoleError`s only, and in time."""
        task = asyncio.create_task(_guarded(call), name=task_name(of, what))
        try:
            await asyncio.wait((task,), timeout=timeout_s)
        finally:
            in_time = task.done()
            if in_time:
                consume_exception(task)  # who waited may have been cancelled in the same moment
            else:
                self._leave(task)
                # Whoever stops waiting may close what the task still works on.
                await asyncio.wait((task,), timeout=GRACE_S)
        if not in_time:
            raise RetryableError(
                f"no answer within {timeout_s:g} s",
                advice="often temporary; raise health.timeout_ms if not",
            )
        with self._bugs.contained(of=of, what=what):
            return task.result()

    def contained(self, *, of: IntegrationId, what: str) -> AbstractContextManager[None]:
        """Do the same for a block that waits for nothing; see `Bugs.contained`."""
        return self._bugs.contained(of=of, what=what)

    def _leave(self, task: asyncio.Task[T]) -> None:
        task.cancel()
        self._strays.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._strays.discard(task)
        consume_exception(task)


def task_name(of: IntegrationId, what: str) -> str:
    """Return how the task of a connector's call is called; `watchdog` looks at it."""
    return f"connector {of} {what}"


class BugReporter:
    """Turns what a provider's code raises into `ConsoleError`s, and tells of each bug once."""

    def __init__(self) -> None:
        self._told: set[tuple[IntegrationId, str, str]] = set()

    @contextmanager
    def contained(self, *, of: IntegrationId, what: str) -> Generator[None]:
        """Let nothing out of this block but `ConsoleError`s that have their texts."""
        try:
            yield
        except ConsoleError as error:
            if not is_valid_error(error):
                raise self._error_for(error, of, what) from error
            raise
        except TimeoutError as error:
            advice = "often temporary; raise health.timeout_ms if not"
            raise RetryableError("no answer in time", advice=advice) from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if (scarce := scarcity(error)) is not None:  # the machine's trouble is no bug
                raise RetryableError(scarce.message, advice=scarce.advice) from error
            raise self._error_for(error, of, what) from error

    def _error_for(self, error: BaseException, of: IntegrationId, what: str) -> ProviderError:
        """Its own words are only logged: they may hold anything, secrets included."""
        kind = type(error).__name__
        is_new = (of, what, kind) not in self._told
        if is_new and len(self._told) < _MOST_BUGS:
            self._told.add((of, what, kind))
        tell = _log.error if is_new else _log.debug
        tell("connector failed", integration=of, call=what, exc_info=error)
        return ProviderError(
            f"its connector failed: {what} raised {kind}",
            advice="bug in the connector: see the log, and report it to its maintainers",
        )


async def _guarded(call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except (Exception, asyncio.CancelledError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit and its like end the event loop, and the program
        raise RuntimeError(f"the connector raised {type(error).__name__}") from error
