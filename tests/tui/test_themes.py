"""Themes: those that come with the program can be read by everybody; a broken one is a sentence."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.color import Color

from integration_tui.domain.errors import ConfigError
from integration_tui.tui.own_files import check_files
from integration_tui.tui.themes import load_theme, roles, theme_files, theme_folders
from tests.tui.fake_services import console, world
from tests.tui.pilot import running, until

OURS = theme_files(theme_folders())
HIGH = [path for path in OURS if path.stem.startswith("contrast")]
GROUNDS = ("background", "surface", "panel")
INKS = ("foreground", "success", "warning", "error", "accent", "text-muted", "text")

# How two kinds of colour blindness see linear RGB: Machado, Oliveira, Fernandes (2009), severity 1,
# https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/CVD_Simulation.html
SEEN_BY = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def test_enough_themes_come_with_the_program() -> None:
    assert len(OURS) >= 6
    assert len(HIGH) == 2
    assert {load_theme(path).dark for path in OURS} == {True, False}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_text_can_be_read_on_every_ground(path: Path) -> None:
    colours = load_theme(path).to_color_system().generate()
    least = 7.0 if path in HIGH else 4.5

    for ground in GROUNDS:
        for ink in INKS:
            contrast = _contrast(_on(colours[ink], colours[ground]), Color.parse(colours[ground]))
            wanted = 4.5 if ink == "text-muted" else least
            assert contrast >= wanted, f"{ink} on {ground}: {contrast:.1f}"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_what_is_mixed_from_a_theme_can_be_read_too(path: Path) -> None:
    theme = load_theme(path)
    colors = theme.to_color_system().generate()
    colors = {**roles(colors), **colors, **theme.variables}

    for ink, ground in (
        *(("muted", ground) for ground in ("surface", "panel", "cursor", "background")),
        *(("foreground", ground) for ground in ("cursor", "cursor-off")),
        *(("ink", chip) for chip in ("ok", "warn", "bad", "primary")),
        *((state, f"{state}-ground") for state in ("ok", "warn", "bad")),
    ):
        contrast = _contrast(Color.parse(colors[ink]), Color.parse(colors[ground]))
        assert contrast >= (4.5 if not ground.endswith("-ground") else 3.0), f"{ink} on {ground}"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_keys_look_like_no_state_and_frames_of_high_contrast_are_seen(path: Path) -> None:
    theme = load_theme(path)
    colors = {**roles(theme.to_color_system().generate()), **theme.variables}
    key, warn = Color.parse(str(theme.accent)), Color.parse(str(theme.warning))

    assert sum(abs(one - other) for one, other in zip(key.rgb, warn.rgb, strict=True)) > 120
    if path in HIGH:
        frame = _contrast(Color.parse(colors["edge"]), Color.parse(str(theme.surface)))
        assert frame >= 3


@pytest.mark.parametrize("path", HIGH, ids=lambda path: path.stem)
@pytest.mark.parametrize("eyes", SEEN_BY)
def test_good_weak_and_bad_differ_without_red_or_green(path: Path, eyes: str) -> None:
    theme = load_theme(path)
    seen = [
        _lab(Color.parse(str(text)), eyes) for text in (theme.success, theme.warning, theme.error)
    ]

    for one, other in combinations(seen, 2):
        distance = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
        assert distance >= 20, f"{distance:.0f}"


def _on(ink: str, ground: str) -> Color:
    """Return the colour of an ink on a ground; `auto` is black or white, mixed with the ground."""
    under = Color.parse(ground)
    if not ink.startswith("auto"):
        return under + Color.parse(ink)
    share = float(ink.removeprefix("auto").strip(" %") or 100) / 100
    return under.blend(under.get_contrast_text(1.0), share)


def _contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    light = sorted((_luminance(one), _luminance(other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: Color) -> tuple[float, float, float]:
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def _lab(colour: Color, eyes: str) -> tuple[float, float, float]:
    """Return CIE L*a*b* (D65) of a colour as these eyes see it."""
    light = _linear(colour)
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, light, strict=True)), 0.0), 1.0)
        for row in SEEN_BY[eyes]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


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


def test_what_a_theme_leaves_out_gets_a_default_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "mine.toml").write_text('primary = "#336699"\npanel = "#222222"\n')

    (found,) = check_files(tmp_path)

    assert found.right
    assert found.detail.endswith(
        "(defaults for accent, background, error, foreground, secondary, success, surface, warning)"
    )
