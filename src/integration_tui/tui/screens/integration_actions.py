"""What can be done with an integration, or with many, from every screen and from the palette."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol, TypeVar

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.widgets.dialogs import Confirm, ConfirmByName, ReasonPrompt

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


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationAction:
    """`do` takes the reason that was given, and returns the sentence to say when it is done.

    `warning` says what it means; `doubt` may find more to say about just this integration, and
    then it is asked about;
    `alone` is done with a single one instead: it may ask further.
    """

    title: str
    doing: str
    do: Doing
    alone: Doing | None = None
    asking: Confirmation = Confirmation.NOTHING
    warning: str = ""
    doubt: Callable[[ActionOrigin, IntegrationId], Awaitable[str]] = _no_doubt
    is_for_many: bool = True

    async def run(self, screen: ActionOrigin, integration_id: IntegrationId) -> str:
        """Do it with one integration, after asking; nothing is returned where nothing was done."""
        doubt = await self.doubt(screen, integration_id)
        is_sure = not doubt or self.asking is not Confirmation.NOTHING
        asking, do = self.asking if is_sure else Confirmation.SURE, self.alone or self.do
        if asking is Confirmation.NOTHING:
            return await do(screen, integration_id, "")
        title = f"{self.title} {integration_id}?"
        answer = await _ask(screen, asking, title, doubt or self.warning, integration_id)
        return "" if answer is None else await do(screen, integration_id, answer)

    async def ask_about(self, screen: ActionOrigin, names: Sequence[IntegrationId]) -> str | None:
        """Ask once about many, naming them; return the reason, `None` for no."""
        asking = Confirmation.SURE if self.asking is Confirmation.NOTHING else self.asking
        warning = f"\n\n{self.warning}" if self.warning else ""
        text = f"{', '.join(names)}{warning}"
        many = "1 integration" if len(names) == 1 else f"{len(names):,} integrations"
        title = f"{self.title} {many}?"
        return await _ask(screen, asking, title, text, f"{len(names)}")


async def _ask(
    screen: ActionOrigin, asking: Confirmation, title: str, text: str, expected: str
) -> str | None:
    """Return the reason where one is asked for, something empty for yes, `None` for no."""
    if asking is Confirmation.REASON:
        return await screen.ask(ReasonPrompt(title, text))
    is_by_name = asking is Confirmation.NAME
    question = ConfirmByName(title, text, name=expected) if is_by_name else Confirm(title, text)
    return "" if await screen.ask(question) else None


async def _start(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    await screen.services.integrations.start(integration_id, actor=screen.actor)
    return f"{integration_id} is to run"


async def _stop(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    await screen.services.integrations.stop(integration_id, actor=screen.actor)
    return f"{integration_id} is stopped"


async def _restart(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    await screen.services.integrations.restart(integration_id, actor=screen.actor)
    return f"{integration_id} is started anew"


async def _remove(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    await screen.services.integrations.remove(integration_id, actor=screen.actor)
    return f"{integration_id} is removed"


async def _check(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    report = await screen.services.health.check_now(integration_id)
    took = "" if report.latency_ms is None else f" in {report.latency_ms:.0f} ms"
    detail = f": {report.detail}" if report.detail else ""
    return f"{integration_id} is {report.status}{took}{detail}"


async def _test(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    from integration_tui.tui.screens.integrations.connection_test import ConnectionTestScreen

    await screen.ask(ConnectionTestScreen(screen.services, integration_id))
    return ""


async def _plan(screen: ActionOrigin, integration_id: IntegrationId, _reason: str) -> str:
    from integration_tui.services.sync.runs import SyncRequest  # the store comes with it

    request = SyncRequest(integration_id=integration_id)
    run = await screen.services.sync.start(request, actor=screen.actor)
    return f"run {run.id} of {integration_id} begins; nothing is applied before you say so"


async def _waiting_plan(screen: ActionOrigin, integration_id: IntegrationId) -> str:
    report = await screen.services.sync.open_run(integration_id)
    if report is None or not report.run.is_waiting:
        return ""
    return f"The plan of run {report.run.id} is not applied then; it is ended."


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
        text = f"{error}\n\nIt would be stored, and tried again later."
        if not await screen.ask(Confirm("Save it untested?", text)):
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
    "start": IntegrationAction(title="Start", doing="starting", do=_start),
    "stop": IntegrationAction(
        title="Stop",
        doing="stopping",
        do=_stop,
        asking=Confirmation.SURE,
        warning="What is stopped is not checked any more until somebody starts it.",
    ),
    "restart": IntegrationAction(title="Restart", doing="restarting", do=_restart),
    "check": IntegrationAction(title="Check now", doing="checking", do=_check),
    "test": IntegrationAction(
        title="Test step by step", doing="testing", do=_test, is_for_many=False
    ),
    "plan": IntegrationAction(
        title="Plan a sync of",
        doing="planning a sync of",
        do=_plan,
        doubt=_waiting_plan,
        warning="Plans that wait are ended, and made anew.",
    ),
    "enable": IntegrationAction(
        title="Enable",
        doing="enabling",
        do=_enable,
        alone=_enable_asking,
        asking=Confirmation.REASON,
        warning="Its document says enabled: true then. The connection is tried first.",
    ),
    "disable": IntegrationAction(
        title="Disable",
        doing="disabling",
        do=_disable,
        asking=Confirmation.REASON,
        warning="Its document says enabled: false then, and it is not checked any more.",
    ),
    "remove": IntegrationAction(
        title="Remove",
        doing="removing",
        do=_remove,
        asking=Confirmation.NAME,
        doubt=_what_goes,
        warning="Open runs end. Records stay in the roster, and their mappings are deleted, as are"
        " versions, runs and health; audit entries stay. Configuration files are renamed.",
    ),
}
