"""What can be done with an integration, from every screen and from the palette."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.widgets.dialogs import Confirm, ConfirmByName

if TYPE_CHECKING:
    from integration_tui.tui.screens.base import ConsoleScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`run` returns the sentence to say when it is done, or nothing."""

    title: str
    doing: str
    run: Callable[[ConsoleScreen, IntegrationId], Awaitable[str]]


async def _start(screen: ConsoleScreen, integration_id: IntegrationId) -> str:
    await screen.services.integrations.start(integration_id, actor=screen.actor)
    return f"{integration_id} is to run"


async def _stop(screen: ConsoleScreen, integration_id: IntegrationId) -> str:
    question = Confirm(
        f"Stop {integration_id}?", "It is not checked any more until somebody starts it."
    )
    if not await screen.app.push_screen_wait(question):
        return ""
    await screen.services.integrations.stop(integration_id, actor=screen.actor)
    return f"{integration_id} is stopped"


async def _restart(screen: ConsoleScreen, integration_id: IntegrationId) -> str:
    await screen.services.integrations.restart(integration_id, actor=screen.actor)
    return f"{integration_id} is started anew"


async def _remove(screen: ConsoleScreen, integration_id: IntegrationId) -> str:
    question = ConfirmByName(
        f"Remove {integration_id}?",
        "Its versions and its health are forgotten; its audit entries stay.",
        name=integration_id,
    )
    if not await screen.app.push_screen_wait(question):
        return ""
    await screen.services.integrations.remove(integration_id, actor=screen.actor)
    return f"{integration_id} is removed"


async def _check(screen: ConsoleScreen, integration_id: IntegrationId) -> str:
    report = await screen.services.health.check_now(integration_id)
    took = "" if report.latency_ms is None else f" in {report.latency_ms:.0f} ms"
    detail = f": {report.detail}" if report.detail else ""
    return f"{integration_id} is {report.status}{took}{detail}"


async def _test(screen: ConsoleScreen, integration_id: IntegrationId) -> str:
    from integration_tui.tui.screens.trial import TrialScreen

    await screen.app.push_screen_wait(TrialScreen(screen.desk, integration_id))
    return ""


ACTS: Mapping[str, Act] = {
    "start": Act(title="Start", doing="starting", run=_start),
    "stop": Act(title="Stop", doing="stopping", run=_stop),
    "restart": Act(title="Restart", doing="restarting", run=_restart),
    "check": Act(title="Check now", doing="checking", run=_check),
    "test": Act(title="Test leg by leg", doing="testing", run=_test),
    "remove": Act(title="Remove", doing="removing", run=_remove),
}
CHANGING = frozenset({"start", "stop", "restart", "check", "remove", "edit", "save", "roll_back"})
"""What somebody who may only look does not get to see; a check is stored, so it is a change."""
