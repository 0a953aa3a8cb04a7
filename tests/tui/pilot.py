"""What a person sees and does, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from integration_tui.services import Services
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.list_screen import ListScreen

PATIENCE_S = 15.0


def real_services(app: ConsoleApp) -> Services:
    """Return the services of a console that runs on the real ones."""
    services = app.shared.services
    assert isinstance(services, Services)
    return services


def lines(app: ConsoleApp) -> list[str]:
    """Return the screen as it stands, line by line, toasts included."""
    return [
        "".join(part.text for part in strip) for strip in app.screen._compositor.render_strips()
    ]


def seen(app: ConsoleApp) -> str:
    """Return the screen as one text."""
    return "\n".join(lines(app))


def toasts(app: ConsoleApp) -> list[str]:
    """Return what the toasts say now."""
    return [notification.message for notification in app._notifications]


async def until(pilot: Pilot[None], condition: Callable[[], bool], what: str = "") -> None:
    """Wait until something is so, for a bounded time."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            while not condition():  # noqa: ASYNC110 - what is seen has no event to wait for
                await asyncio.sleep(0.025)
        except asyncio.CancelledError:
            raise AssertionError(f"never came: {what}\n{seen(app_of(pilot))}") from None


async def until_seen(pilot: Pilot[None], text: str) -> None:
    """Wait until a text stands on the screen."""
    app = app_of(pilot)
    await until(pilot, lambda: text in seen(app), text)


async def until_listed(pilot: Pilot[None]) -> None:
    """Wait for the integrations, and have them in the order in which they came."""
    await until_seen(pilot, "lincoln")
    screen = pilot.app.screen
    assert isinstance(screen, ListScreen)
    screen.sort("")
    await pilot.pause()


async def write(pilot: Pilot[None], *keys: str) -> None:
    """Press keys as fast as they can be taken, unlike `pilot.press`, which rests after each."""
    for key in keys:
        pilot.app.simulate_key(key)
    await pilot.pause()


async def until_on(pilot: Pilot[None], kind: type[object]) -> None:
    """Wait until a screen of this kind is in front."""
    await until(pilot, lambda: isinstance(pilot.app.screen, kind), kind.__name__)
    await pilot.pause()


def app_of(pilot: Pilot[None]) -> ConsoleApp:
    assert isinstance(pilot.app, ConsoleApp)
    return pilot.app


@asynccontextmanager
async def running(
    app: ConsoleApp, *, width: int = 110, height: int = 24
) -> AsyncGenerator[Pilot[None]]:
    """Run a console until its services are open. Toasts and tooltips are on, as for a person."""
    size = (width, height)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        app.animation_level = "none"
        await until(pilot, lambda: app.shared.services_ready, "open services")
        await pilot.pause()
        yield pilot
