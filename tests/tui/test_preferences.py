"""What a person made their own: themes, keys, how the screens were left; going back and forth."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.keymap import Override, read_keymap
from integration_tui.tui.keymap_validation import validated
from integration_tui.tui.preferences import State, UserFolder, load_state, save_state
from integration_tui.tui.screens.help import HelpScreen
from integration_tui.tui.screens.list_screen import ListScreen
from tests.tui.fake_services import ADMIN, opened, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_listed, until_on, until_seen


def console_of(home: Path | None = None, state: Path | None = None) -> ConsoleApp:
    made = world()
    return ConsoleApp(
        lambda: opened(made), actor=ADMIN, preload=(), own=UserFolder(home=home, state=state)
    )


def title(app: ConsoleApp) -> str:
    return str(getattr(app.screen, "title_text", ""))


def sorted_by(app: ConsoleApp) -> str:
    assert isinstance(app.screen, ListScreen)
    return app.screen.sorted_by


# State


async def test_a_console_opens_as_it_was_left(tmp_path: Path) -> None:
    state = tmp_path / "state" / "console.json"
    app = console_of(state=state)
    async with running(app) as pilot:
        await until(pilot, lambda: "day" in app.available_themes)
        app.theme = "day"
        await pilot.press("2")
        await until(pilot, lambda: title(app) == "Health")
        await pilot.press("q")

    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    app = console_of(state=state)
    async with running(app) as pilot:
        await until(pilot, lambda: title(app) == "Health")
        assert app.theme == "day"


async def test_a_list_whose_sorting_was_taken_away_opens_without_it(tmp_path: Path) -> None:
    state = tmp_path / "console.json"
    app = console_of(state=state)
    async with running(app) as pilot:
        await until_seen(pilot, "lincoln")
        assert sorted_by(app) == "status"
        await pilot.press("S", "S")
        await until(pilot, lambda: sorted_by(app) == "")
        await pilot.press("q")

    app = console_of(state=state)
    async with running(app) as pilot:
        await until(pilot, lambda: sorted_by(app) == "")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"theme": 3, "mode": [], "screens": {"a": 1}}', "[" * 9999, "\ud800"]
)
async def test_a_state_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "console.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    assert load_state(path) == State()


def test_a_state_that_cannot_be_kept_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "layout not saved:" in save_state(tmp_path / "file" / "console.json", State())


async def test_screens_and_themes_that_are_gone_harm_nobody(tmp_path: Path) -> None:
    state = tmp_path / "console.json"
    left = {"theme": "gone", "mode": "gone", "screens": {"health": {"w": ""}}}
    state.write_text(json.dumps(left))
    app = console_of(state=state)
    async with running(app) as pilot:
        await until(pilot, lambda: "lincoln" in seen(app))

        assert (app.theme, title(app)) == ("night", "Integrations")


# Back and forth


async def test_brackets_lead_back_and_forth(tmp_path: Path) -> None:
    app = console_of()
    async with running(app) as pilot:
        for key, name in [("2", "Health"), ("7", "Audit"), ("[", "Health"), ("[", "Integrations")]:
            await pilot.press(key if key.isdigit() else "left_square_bracket")
            await until(pilot, lambda: title(app) == name, name)  # noqa: B023 - awaited here
        await pilot.press("left_square_bracket")
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: title(app) == "Health")
        await pilot.press("4", "right_square_bracket")

        await until(pilot, lambda: title(app) == "Sync", "no way forward after going elsewhere")


async def test_the_integration_that_was_looked_at_goes_along() -> None:
    app = console_of()
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("g", "j", "j", "2")
        await until(pilot, lambda: getattr(app.screen, "selected_integration", "") == "washington")
        await pilot.press("j", "3")

        await until(pilot, lambda: getattr(app.screen, "selected_integration", "") == "roosevelt")


# Keys


def overridden(tmp_path: Path, text: str) -> Path:
    (tmp_path / "keymap.toml").write_text(text)
    return tmp_path


async def test_keys_can_be_given_to_something_else(tmp_path: Path) -> None:
    home = overridden(tmp_path, 'go.health = "f2"\n[list]\ndown = "f9,down"\n')
    app = console_of(home)
    async with running(app, height=60) as pilot:
        await until_listed(pilot)
        await pilot.press("g", "f9", "f9", "f2")
        await until(pilot, lambda: title(app) == "Health")
        await until(pilot, lambda: getattr(app.screen, "selected_integration", "") == "washington")
        await pilot.press("question_mark")
        await until_on(pilot, HelpScreen)
        assert any("f2" in line and "Health" in line for line in lines(app))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'integrations.stop = "s"',
            'keymap.toml line 1: "s" is already Start. integrations.stop keeps x.',
        ),
        ('\n[list]\ndown = "question_mark"', 'keymap.toml line 3: "?" is already Help.'),
        ('[list]\ndown = "?"', 'keymap.toml line 2: "?" is already Help. list.down keeps down, j.'),
        ('"list.down" = "?"', 'keymap.toml line 1: "?" is already Help. list.down keeps down, j.'),
        ('list.down = "f9,?"', 'keymap.toml line 1: "?" is already Help. list.down keeps down, j.'),
        ('list.down = "f1"', 'keymap.toml line 1: "f1" is already Help. list.down keeps down, j.'),
        (
            'list.down = "escape"',
            'keymap.toml line 1: "escape" is already Show all, unmark. list.down keeps down, j.',
        ),
        (
            'integrations.check = "ctrl+r"',
            'keymap.toml line 1: "ctrl+r" is already New secret. integrations.check keeps c.',
        ),
        ('integrations.secret = "c"', "integrations.secret keeps ctrl+r."),
        ('list.down = ":"', 'keymap.toml line 1: ":" is already Commands.'),
        ('list.down = "["', 'keymap.toml line 1: "[" is already '),
        (
            'integrations.stopp = "s"',
            "keymap.toml line 1: unknown name integrations.stopp. Did you mean",
        ),
        ('elsewhere.no = "s"', "unknown name elsewhere.no. docs/console.md lists the names."),
        ("integrations.stop = 3", "keymap.toml line 1: integrations.stop needs keys such as"),
        (
            'integrations.stop = "hyperspace"',
            "keymap.toml line 1: integrations.stop needs keys such as",
        ),
        ("integrations.stop = ", "keymap.toml cannot be read"),
    ],
)
async def test_a_key_that_cannot_be_given_is_a_sentence_with_its_line(
    tmp_path: Path, text: str, says: str
) -> None:
    app = console_of(overridden(tmp_path, text))
    async with running(app) as pilot:
        await until(pilot, lambda: any(says in toast for toast in toasts(app)), says)


def test_two_keys_can_be_exchanged(tmp_path: Path) -> None:
    home = overridden(tmp_path, '[integrations]\nstop = "s"\nstart = "x"\n')

    overrides, problems = read_keymap(home)

    assert problems == []
    assert validated(overrides, ConsoleApp) == (
        {"integrations.stop": "s", "integrations.start": "x"},
        [],
    )


def test_a_key_may_be_written_as_its_character_or_as_its_name(tmp_path: Path) -> None:
    home = overridden(tmp_path, 'list.down = "@"\nlist.up = "commercial_at"\nlist.first = "ctrl+]"')

    overrides, problems = read_keymap(home)

    assert problems == []
    keys = [override.keys for override in overrides]
    assert keys == [("at",), ("at",), ("ctrl+right_square_bracket",)]


def test_a_key_stays_taken_where_what_should_give_it_up_is_refused(tmp_path: Path) -> None:
    text = 'app.help = "down"\nlist.down = "?,k"\n'
    overrides, _ = read_keymap(overridden(tmp_path, text))

    keymap, problems = validated(overrides, ConsoleApp)

    assert keymap == {}
    assert problems == [
        'keymap.toml line 1: "down" is already Down. app.help keeps ?.',
        'keymap.toml line 2: "k" is already Up. list.down keeps down, j.',
    ]


async def test_the_help_key_goes_on_opening_help_where_it_was_given_away(tmp_path: Path) -> None:
    app = console_of(overridden(tmp_path, '[list]\ndown = "?"\n'))
    async with running(app) as pilot:
        await until(pilot, lambda: any("already Help" in toast for toast in toasts(app)))
        await pilot.press("question_mark")
        await until_on(pilot, HelpScreen)


def test_every_name_of_the_docs_can_be_given_a_key() -> None:
    docs = (Path(__file__).parents[2] / "docs/console.md").read_text().partition("## Demo")[0]
    names = set(re.findall(r"`([a-z]+\.[a-z-]+)`", docs))
    names -= {"keymap.toml", "settings.toml", "console.json", "clip.exe"}

    for name in names:
        one = Override(name=name, keys=("ctrl+alt+f20",), line=1)
        assert validated([one], ConsoleApp) == ({name: "ctrl+alt+f20"}, [])


async def test_much_that_is_wrong_is_one_toast_and_kept_in_full(tmp_path: Path) -> None:
    app = console_of(overridden(tmp_path, 'a.b = "x"\na.c = "x"\na.d = "x"\n'))
    async with running(app) as pilot:
        await until(pilot, lambda: len(toasts(app)) == 1)

        assert "a.b" in toasts(app)[0]
        assert toasts(app)[0].endswith("(and 2 more: see Messages)")
        kept = [notice.sentence for notice in app.shared.notices]
        assert [text.split()[5].rstrip(".") for text in kept] == ["a.b", "a.c", "a.d"]


# Themes


async def test_a_theme_of_ones_own_replaces_its_namesake_and_a_broken_one_is_named(
    tmp_path: Path,
) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "night.toml").write_text('primary = "#123456"\n')
    (tmp_path / "themes" / "mine.toml").write_text('primary = "#123456"\npanell = "#000000"\n')
    app = console_of(tmp_path)
    async with running(app) as pilot:
        assert app.current_theme.primary == "#123456"
        await until(pilot, lambda: any("mine.toml: panell" in toast for toast in toasts(app)))
