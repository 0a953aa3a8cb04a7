"""`y` copies and says how far it came."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration_tui.tui.clipboard import MOST
from integration_tui.tui.widgets.dialogs import TextDialog
from tests.tui.fake_services import console, world
from tests.tui.pilot import running, seen, toasts, until, until_on

_DISPLAYS = ("WAYLAND_DISPLAY", "DISPLAY", "WSL_DISTRO_NAME", "SSH_CONNECTION", "SSH_TTY")


@pytest.fixture(autouse=True)
def _no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _DISPLAYS:
        monkeypatch.delenv(name, raising=False)


def clipboard(folder: Path, monkeypatch: pytest.MonkeyPatch, *, code: int = 0) -> Path:
    """Put a program for the clipboard on the path; return what it fills."""
    filled = folder / "clipboard"
    program = folder / "wl-copy"
    program.write_text(f"#!/bin/sh\ncat > {filled}\nexit {code}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    return filled


async def test_without_a_clipboard_of_its_own_only_the_terminal_is_asked() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))
        await pilot.press("y")
        await until(pilot, lambda: any("via the terminal" in toast for toast in toasts(app)))

        assert "lincoln" in app.clipboard


async def test_the_clipboard_of_this_machine_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = clipboard(tmp_path, monkeypatch)
    app = console(world(lambda said: f"\x1b]52;c;x\x07 Bearer abcdef123456 {said}"))
    async with running(app) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))
        await pilot.press("y")
        await until(pilot, lambda: any("with wl-copy" in toast for toast in toasts(app)))

        assert "\x1b" not in filled.read_text()
        assert "abcdef123456" not in filled.read_text()


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "broken"])
async def test_nothing_is_claimed_that_is_not_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    filled = clipboard(tmp_path, monkeypatch, code=1)
    monkeypatch.setenv(name, "1.2.3.4 5 6.7.8.9 22")
    app = console(world(lambda said: said + "x" * (MOST + 5)))
    async with running(app) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))
        await pilot.press("enter")
        await until_on(pilot, TextDialog)
        await pilot.press("y")
        await until(pilot, lambda: any("via the terminal" in toast for toast in toasts(app)))

        assert filled.exists() is (name == "broken")
