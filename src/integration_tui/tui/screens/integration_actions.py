"""What can be done with an integration, or with many, from every screen and from the palette."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import msgspec

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.health.status import HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import counted
from integration_tui.tui.widgets.dialogs import Confirm, ConfirmByName, ReasonPrompt
from integration_tui.tui.widgets.formats import latency

if TYPE_CHECKING:
    from textual.screen import Screen

    from integration_tui.domain.actor import Actor
    from integration_tui.tui.services import ConsoleServices


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class ActionOrigin(Protocol):
    """The screen that something is done from: it asks there, and does it as who looks."""

    @property
    def services(self) -> ConsoleServices: ...

    @property
    def actor(self) -> Actor: ...

    async def ask(self, question: Screen[T]) -> T:
        """Show a window, and return what comes of it."""
        ...


class StoreVersion(Protocol[T_co]):
    """Stores a version of a document, `untested` or after a test. Raises `ProviderError`."""

    async def __call__(self, *, untested: bool) -> T_co: ...


Doing = Callable[[ActionOrigin, IntegrationId, str], Awaitable[str]]


class Confirmation(Enum):
    """What is asked before something is done with one integration; with many, always."""

    NOTHING = auto()
    SURE = auto()
    NAME = auto()
    """The name has to be typed; for many, their number."""
    REASON = auto()


async def _no_doubt(_screen: ActionOrigin, _integration_id: IntegrationId) -> str:
    return ""


class IntegrationAction(msgspec.Struct, frozen=True, kw_only=True):
    """`do` takes the reason that was given, and returns the sentence to say when it is done.

    `warning` says what it means; `doubt` may find more to say about just this integration, and
    then it is asked about;
    `alone` is done with a single one instead: it may ask further. `yes` is what the key to do it
    is called, where that is not its title; `safer` names what hurts less. `command` is what does
    the same on the command line, without the name of the program and of the integration.
    """

    title: str
    doing: str
    do: Doing
    alone: Doing | None = None
    asking: Confirmation = Confirmation.NOTHING
    warning: str = ""
    doubt: Callable[[ActionOrigin, IntegrationId], Awaitable[str]] = _no_doubt
    yes: str = ""
    safer: str = ""
    is_for_many: bool = True
    command: str = ""

    async def run(self, screen: ActionOrigin, integration_id: IntegrationId) -> str:
        """Do it with one integration, after asking; nothing is returned where nothing was done."""
        doubt = await self.doubt(screen, integration_id)
        is_sure = not doubt or self.asking is not Confirmation.NOTHING
        asking, do = self.asking if is_sure else Confirmation.SURE, self.alone or self.do
        if asking is Confirmation.NOTHING:
            return await do(screen, integration_id, "")
        text = _paragraphs(doubt or self.warning, self.safer)
        question = _Question(f"{self.title} {integration_id}?", text, integration_id, self._yes)
        answer = await _ask(screen, asking, question)
        return "" if answer is None else await do(screen, integration_id, answer)

    @property
    def _yes(self) -> str:
        return self.yes or self.title

    async def ask_about(self, screen: ActionOrigin, names: Sequence[IntegrationId]) -> str | None:
        """Ask once about many, naming them; return the reason, `None` for no."""
        asking = Confirmation.SURE if self.asking is Confirmation.NOTHING else self.asking
        text = _paragraphs(_some(names), self.warning, self.safer)
        title = f"{self.title} {counted(len(names), 'integration')}?"
        return await _ask(screen, asking, _Question(title, text, f"{len(names)}", self._yes))


class _Question(msgspec.Struct, frozen=True):
    title: str
    text: str
    expected: str
    yes: str


_NAMED: Final = 12
"""So many are named in a question."""


def _some(names: Sequence[IntegrationId]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


async def _ask(screen: ActionOrigin, asking: Confirmation, question: _Question) -> str | None:
    """Return the reason where one is asked for, something empty for yes, `None` for no."""
    title, text, yes = question.title, question.text, question.yes
    if asking is Confirmation.REASON:
        return await screen.ask(ReasonPrompt(title, text, yes=yes))
    is_by_name = asking is Confirmation.NAME
    window = (
        ConfirmByName(title, text, name=question.expected, yes=yes)
        if is_by_name
        else Confirm(title, text, yes=yes)
    )
    return "" if await screen.ask(window) else None


async def _start(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    await screen.services.integrations.start(integration_id, actor=screen.actor)
    return f"Starting {integration_id}…"


async def _stop(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    await screen.services.integrations.stop(integration_id, actor=screen.actor)
    return f"Stopped {integration_id}."


async def _restart(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    await screen.services.integrations.restart(integration_id, actor=screen.actor)
    return f"Reconnecting {integration_id}…"


async def _remove(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    await screen.services.integrations.remove(integration_id, actor=screen.actor)
    return f"Removed {integration_id}."


async def _check(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    report = await screen.services.health.check_now(integration_id)
    took = "" if report.latency_ms is None else f" in {latency(report.latency_ms)}"
    is_well = report.status is HealthStatus.HEALTHY
    detail = f": {report.detail}" if report.detail and not is_well else ""
    return f"{integration_id}: {report.status.title()}{took}{detail}"


async def _test(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    from integration_tui.tui.screens.integrations.connection_test import ConnectionTestScreen

    await screen.ask(ConnectionTestScreen(screen.services, integration_id))
    return ""


async def _plan(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    from integration_tui.services.sync.runs import SyncRequest  # the store comes with it

    request = SyncRequest(integration_id=integration_id)
    run = await screen.services.sync.start(request, actor=screen.actor)
    return (
        f"Planning a sync of {integration_id}: run {run.id}. Nothing is applied before you approve."
    )


async def _waiting_plan(screen: ActionOrigin, integration_id: IntegrationId) -> str:
    report = await screen.services.sync.open_run(integration_id)
    if report is None or not report.run.is_waiting:
        return ""
    return f"Replaces the waiting plan of run {report.run.id}."


async def _running_sync(screen: ActionOrigin, integration_id: IntegrationId) -> str:
    """Return what a reconnect may disturb: a sync that is reading or applying."""
    report = await screen.services.sync.open_run(integration_id)
    if report is None or report.run.status != "running":
        return ""
    return (
        f"Sync run {report.run.id} keeps its own connection, but may fail after a reconnect if"
        " the system allows only one token."
    )


async def _enable(screen: ActionOrigin, integration_id: IntegrationId, reason: str) -> str:
    return await _set_enabled(screen, integration_id, reason, is_enabled=True)


async def _enable_asking(screen: ActionOrigin, integration_id: IntegrationId, reason: str) -> str:
    """Enable it; ask whether to do so untested, where nobody answers."""

    async def enable(*, untested: bool) -> str:
        return await _set_enabled(
            screen, integration_id, reason, is_enabled=True, untested=untested
        )

    return await store_asking(screen, enable)


async def store_asking(screen: ActionOrigin, store: StoreVersion[T]) -> T:
    """Store a version; ask whether to store it untested, where nobody answers its test."""
    try:
        return await store(untested=False)
    except ProviderError as error:
        text = (
            f"The connection test failed: {error}\n\n"
            "Saved without a test, the connection is retried later."
        )
        question = Confirm("Save without a passed test?", text, yes="Save untested")
        if not await screen.ask(question):
            raise
    return await store(untested=True)


async def _disable(screen: ActionOrigin, integration_id: IntegrationId, reason: str) -> str:
    return await _set_enabled(screen, integration_id, reason, is_enabled=False)


async def _set_enabled(
    screen: ActionOrigin,
    integration_id: IntegrationId,
    reason: str,
    *,
    is_enabled: bool,
    untested: bool = False,
) -> str:
    from integration_tui.services.enabling import EnabledSwitch

    switch = EnabledSwitch(
        integration_id=integration_id, is_enabled=is_enabled, reason=reason, untested=untested
    )
    done = await screen.services.integrations.set_enabled(switch, actor=screen.actor)
    return done.sentence


async def _what_goes(screen: ActionOrigin, integration_id: IntegrationId) -> str:
    removal = await screen.services.integrations.removal(integration_id)
    return "\n".join(removal.sentences)


ACTIONS: Mapping[str, IntegrationAction] = {
    "start": IntegrationAction(
        command="provider start", title="Start", doing="starting", do=_start
    ),
    "stop": IntegrationAction(
        command="provider stop",
        title="Stop",
        doing="stopping",
        do=_stop,
        asking=Confirmation.SURE,
        warning="No health checks and no scheduled syncs until restarted. Records,"
        " configuration and history stay.",
    ),
    "restart": IntegrationAction(
        title="Reconnect",
        doing="reconnecting",
        do=_restart,
        doubt=_running_sync,
        warning="Closes all connections and reconnects with new tokens.",
    ),
    "check": IntegrationAction(command="health", title="Check now", doing="checking", do=_check),
    "test": IntegrationAction(
        command="provider test",
        title="Test connection of",
        doing="testing",
        do=_test,
        is_for_many=False,
    ),
    "plan": IntegrationAction(
        command="sync plan",
        title="Plan a sync of",
        doing="planning a sync of",
        do=_plan,
        doubt=_waiting_plan,
        yes="Plan again",
        warning="Replaces waiting plans.",
    ),
    "enable": IntegrationAction(
        command="provider enable",
        title="Enable",
        doing="enabling",
        do=_enable,
        alone=_enable_asking,
        asking=Confirmation.REASON,
        warning="Saves enabled: true as a new version. The connection is tested first.",
    ),
    "disable": IntegrationAction(
        command="provider disable",
        title="Disable",
        doing="disabling",
        do=_disable,
        asking=Confirmation.REASON,
        warning="Saves enabled: false as a new version. No health checks and no syncs until it is"
        " enabled again.",
    ),
    "remove": IntegrationAction(
        command="provider remove",
        title="Remove",
        doing="removing",
        do=_remove,
        asking=Confirmation.NAME,
        doubt=_what_goes,
        warning="Open runs end. Records stay in the roster; mappings, versions, runs and health are"
        " deleted. Audit entries stay. Configuration files are renamed.",
        safer="Safer: esc, then x stops the integration and keeps everything.",
    ),
}
