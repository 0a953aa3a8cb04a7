"""Edits a document in the editor of the person's own, on a private copy that is removed after."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from textual.app import SuspendNotSupported

from integration_tui.domain.errors import ConsoleError
from integration_tui.files.atomic import MAX_BYTES, write

if TYPE_CHECKING:
    from textual.app import App

_OTHERWISE: Final = "vi"
_MOST_BYTES: Final = MAX_BYTES
_NO_TERMINAL: Final = "An editor opens in a terminal only."


class OutsideEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: another text, or a sentence why there is none."""

    editor: str
    text: str | None = None
    sentence: str = ""
    is_bad: bool = False


def editor_command(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return what to call: `$EDITOR`, then `$VISUAL`, then vi."""
    for name in ("EDITOR", "VISUAL"):
        try:
            words = shlex.split(environment.get(name, ""))
        except ValueError:  # a quote without its other half
            continue
        if words:
            return words
    return [_OTHERWISE]


def edit_outside(app: App[None], text: str, name: str) -> OutsideEdit:
    """Give the terminal to an editor; return what it left."""
    command = editor_command()
    try:
        with app.suspend(), _uninterrupted():
            return edit_with(command, text, name)
    except SuspendNotSupported:
        return OutsideEdit(editor=command[0], sentence=_NO_TERMINAL, is_bad=True)


def edit_with(command: Sequence[str], text: str, name: str) -> OutsideEdit:
    """Have a copy edited by a command; the file is ours alone, and its folder goes with it."""
    editor = Path(command[0]).name
    try:
        with tempfile.TemporaryDirectory(
            prefix="integration-tui-", ignore_cleanup_errors=True
        ) as folder:
            path = Path(folder) / name
            write(path, text)
            if trouble := _run([*command, str(path)], editor):
                return OutsideEdit(editor=editor, sentence=trouble, is_bad=True)
            return _read(path, text, editor)
    except ConsoleError as error:
        return OutsideEdit(editor=editor, sentence=str(error), is_bad=True)
    except OSError as error:
        sentence = f"The copy for {editor} failed: {error.strerror or error}."
        return OutsideEdit(editor=editor, sentence=sentence, is_bad=True)


def _run(command: Sequence[str], editor: str) -> str:
    """Wait for the editor; return why its text is not taken, if so."""
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603 - the person's own choice
    except FileNotFoundError:
        return f"Editor {editor} not found. Set EDITOR to one that is installed."
    except OSError as error:
        return f"Editor {editor} did not start: {error.strerror}."
    if code < 0:
        return f"{editor} was ended by signal {-code}. Nothing was changed."
    return f"{editor} exited with code {code}. Nothing was changed." if code else ""


def _read(path: Path, before: str, editor: str) -> OutsideEdit:
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        sentence = f"The file was deleted in {editor}. Nothing was changed."
        return OutsideEdit(editor=editor, sentence=sentence, is_bad=True)
    except UnicodeDecodeError:
        sentence = f"The text from {editor} is not UTF-8. Nothing was changed."
        return OutsideEdit(editor=editor, sentence=sentence, is_bad=True)
    if len(raw) > _MOST_BYTES:
        sentence = f"The text from {editor} is larger than 1 MiB. Nothing was changed."
        return OutsideEdit(editor=editor, sentence=sentence, is_bad=True)
    if text == before:
        return OutsideEdit(editor=editor, sentence=f"No changes in {editor}.")
    return OutsideEdit(editor=editor, text=text)


@contextmanager
def _uninterrupted() -> Generator[None]:
    """Leave Ctrl-C to the editor; a handler, unlike ignoring, does not pass to it."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
