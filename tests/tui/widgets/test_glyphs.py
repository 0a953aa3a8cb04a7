"""A terminal without Unicode gets signs of ASCII, and the same layout."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.color import Color
from textual.strip import Strip

from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.preferences import UserFolder
from integration_tui.tui.widgets.glyphs import ASCII, AsciiFilter, wants_ascii
from tests.tui.fake_services import ADMIN, opened, world
from tests.tui.pilot import app_of, running, until_seen


def drawn(app: ConsoleApp) -> str:
    """Return the screen as it goes to the terminal, through all filters."""
    black = Color.parse("black")
    shown: list[str] = []
    for strip in app.screen._compositor.render_strips():
        for line_filter in app.get_line_filters():
            if isinstance(line_filter, AsciiFilter):
                strip = Strip(line_filter.apply([*strip], black))
        shown.append(strip.text)
    return "\n".join(shown)


def test_every_sign_is_one_cell_wide_and_so_is_its_twin() -> None:
    for sign, twin in ASCII.items():
        assert (cell_len(sign), len(twin), twin.isascii()) == (1, 1, True), sign


@pytest.mark.parametrize(
    "key", ["1", "2", "3", "4", "5", "6", "7", "8", "9", "question_mark", "colon"]
)
async def test_no_screen_draws_what_ascii_lacks(key: str) -> None:
    app = ConsoleApp(
        lambda: opened(world()), actor=ADMIN, preload=(), own=UserFolder(is_ascii=True)
    )
    async with running(app, width=160, height=45) as pilot:
        await until_seen(pilot, "lincoln")
        await pilot.press(key)
        await pilot.pause(0.3)

        shown = drawn(app_of(pilot))
        assert {letter for letter in shown if not letter.isascii()} == set()
        assert shown.count("+") > 4  # the corners of frames


@pytest.mark.parametrize(
    ("environment", "encoding", "wants"),
    [
        ({"TERM": "linux"}, "utf-8", True),
        ({"TERM": "xterm-256color"}, "utf-8", False),
        ({"TERM": "xterm"}, "ISO-8859-1", True),
        ({}, "UTF8", False),
        ({}, "no such encoding", True),
    ],
)
def test_who_wants_ascii(environment: dict[str, str], encoding: str, wants: bool) -> None:
    assert wants_ascii(environment, encoding) is wants
