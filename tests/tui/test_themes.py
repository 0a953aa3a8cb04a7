"""Themes: the three that come with the program, and a sentence for one that is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from integration_tui.domain.errors import ConfigError
from integration_tui.tui.themes import load_theme, theme_files, theme_folders
from tests.tui.helpers import running, until
from tests.tui.standin import console, world

OURS = theme_files(theme_folders())


def test_three_themes_come_with_the_program() -> None:
    assert {path.stem for path in OURS} >= {"dusk", "day", "contrast"}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
@pytest.mark.parametrize("ground", ["background", "surface", "panel"])
@pytest.mark.parametrize("ink", ["foreground", "success", "warning", "error"])
def test_text_can_be_read_on_every_ground(path: Path, ground: str, ink: str) -> None:
    theme = load_theme(path)

    contrast = _contrast(getattr(theme, ink), getattr(theme, ground))

    assert contrast >= 4.5, f"{ink} on {ground}: {contrast:.1f}"


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    light = sorted((_luminance(Color.parse(one)), _luminance(Color.parse(other))))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("primary = 3", "broken.toml: primary is no colour of a theme"),
        ('primary = "#zz"', "broken.toml: primary is not a colour"),
        ('primary = "#fff"\nsurfaec = "#000"', "broken.toml: surfaec is no colour of a theme"),
        ('panel = "#fff"', "broken.toml has no primary"),
        ("primary = ", "broken.toml cannot be read"),
    ],
)
def test_a_broken_theme_names_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)

    with pytest.raises(ConfigError, match=says):
        load_theme(path)


async def test_all_themes_can_be_chosen_after_the_first_paint() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until(pilot, lambda: "contrast" in app.available_themes)

        for path in OURS:
            app.theme = path.stem
            await pilot.pause()

        assert app.current_theme.name == OURS[-1].stem
