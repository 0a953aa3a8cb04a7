"""The text in a person's own editor: a private copy, checked when back, saved by ^s only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from integration_tui.tui.screens.config.external_editor import (
    OutsideEdit,
    edit_with,
    editor_command,
)
from tests.tui.fake_services import VIEWER, console, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_seen
from tests.tui.terminal import Terminal

PROGRAM = "from tests.tui.fake_services import console, world; console(world()).run()"


def script(folder: Path, body: str) -> Path:
    """Return an editor: a shell script that is given the file as `$1`."""
    path = folder / "my-editor"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def edited(folder: Path, body: str, text: str = "name: lincoln\n") -> OutsideEdit:
    return edit_with([str(script(folder, body))], text, "lincoln.yaml")


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({"EDITOR": "nano -w", "VISUAL": "emacs"}, ["nano", "-w"]),
        ({"EDITOR": " ", "VISUAL": "emacs"}, ["emacs"]),
        ({"EDITOR": "'half", "VISUAL": "emacs"}, ["emacs"]),
        ({}, ["vi"]),
    ],
)
def test_the_editor_is_that_of_the_environment(
    environment: dict[str, str], command: list[str]
) -> None:
    assert editor_command(environment) == command


def test_what_the_editor_wrote_comes_back(tmp_path: Path) -> None:
    result = edited(tmp_path, 'printf "seed: 8\\r\\n" >> "$1"')

    assert (result.text, result.editor) == ("name: lincoln\nseed: 8\n", "my-editor")


def test_the_copy_is_private_and_leaves_nothing_behind(tmp_path: Path) -> None:
    seen_at = tmp_path / "seen"
    edited(tmp_path, f'stat -c "%a %n" "$1" "$(dirname "$1")" > {seen_at}; touch "$1~"')

    file, folder = (line.split() for line in seen_at.read_text().splitlines())
    assert (file[0], folder[0]) == ("600", "700")
    assert Path(file[1]).name == "lincoln.yaml"
    assert not Path(folder[1]).exists()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("exit 3", "my-editor exited with code 3. Nothing was changed."),
        ("kill -TERM $$", "my-editor was ended by signal 15. Nothing was changed."),
        ('rm "$1"', "The file was deleted in my-editor. Nothing was changed."),
        ('printf "\\377" > "$1"', "The text from my-editor is not UTF-8. Nothing was changed."),
        (
            'head -c 1048577 /dev/zero > "$1"',
            "The text from my-editor is larger than 1 MiB. Nothing was changed.",
        ),
    ],
)
def test_what_went_wrong_is_a_sentence(tmp_path: Path, body: str, sentence: str) -> None:
    result = edited(tmp_path, body)

    assert (result.text, result.sentence, result.is_bad) == (None, sentence, True)


def test_nothing_changed_is_said_and_is_no_problem(tmp_path: Path) -> None:
    result = edited(tmp_path, 'touch "$1"')

    assert (result.sentence, result.is_bad) == ("No changes in my-editor.", False)


def test_an_editor_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = edit_with([str(tmp_path / "no-editor")], "x", "x.yaml")

    assert result.sentence == "Editor no-editor not found. Set EDITOR to one that is installed."


def test_an_editor_that_cannot_run_is_named(tmp_path: Path) -> None:
    path = script(tmp_path, "true")
    path.chmod(stat.S_IRUSR)

    result = edit_with([str(path)], "x", "x.yaml")

    assert result.sentence == "Editor my-editor did not start: Permission denied."


async def test_without_a_terminal_it_says_so_and_changes_nothing() -> None:
    app = console(world())
    async with running(app) as pilot:
        await pilot.press("3")
        await until_seen(pilot, "name: ")
        await pilot.press("E")

        await until(pilot, lambda: toasts(app) == ["An editor opens in a terminal only."])
        assert not app.shared.has_unsaved


async def test_it_is_not_offered_to_who_may_only_look() -> None:
    app = console(world(), actor=VIEWER)
    async with running(app, width=160) as pilot:
        await pilot.press("3")
        await until_seen(pilot, "name: ")
        assert "$EDITOR" not in lines(app)[-1]
        await pilot.press("E")
        await pilot.pause()

        assert not toasts(app)
        assert "$EDITOR" not in seen(app)


def test_in_a_terminal_the_editor_has_it_and_the_text_comes_back_unsaved(tmp_path: Path) -> None:
    editor = script(tmp_path, 'echo "THE EDITOR"; read line; echo "$line" >> "$1"')
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    environ = {"EDITOR": str(editor), "PYTHONPATH": str(Path(__file__).parents[4])}
    with Terminal([str(program)], width=120, environ=environ) as terminal:
        terminal.wait_for_text("lincoln")
        terminal.press("3")
        terminal.wait_for_text("name: ")
        terminal.press("E")
        terminal.wait_for_text("THE EDITOR")
        terminal.press("seed: 99\n")

        terminal.wait_for_text("seed: 99")
        terminal.wait_for_text("1 line changed in my-editor. Press ^s to save.")
        terminal.wait_for_text("version 2 + 1 unsaved change")
        terminal.press("\x11")
        terminal.wait_for_text("Quit without saving?")
        terminal.press("y")
        assert terminal.wait_for_end() == 0
