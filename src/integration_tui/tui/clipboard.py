"""Copies a text to where people paste from, and says honestly how far it came.

A terminal can be asked to take it (OSC 52), but never answers whether it did; a program of the
system's own can be trusted, but over SSH it would fill the clipboard of the wrong machine.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from integration_tui.domain.redaction import scrub
from integration_tui.tui.sanitize import plain_lines

MOST: Final = 50_000
"""Characters copied at most: terminals drop longer sequences without a word."""
_PATIENCE_S: Final = 2.0
_PROGRAMS: Final = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("WSL_DISTRO_NAME", ("clip.exe",)),
)


async def copy(to_terminal: Callable[[str], None], text: str) -> str:
    """Copy what is fit to be shown of `text`; return a sentence that says what happened.

    `to_terminal` asks the terminal to take it.
    """
    wanted = scrub(plain_lines(text, limit=len(text)))
    if not wanted.strip():
        return "nothing to copy here"
    kept = wanted[:MOST]
    to_terminal(kept)
    program = _program(os.environ, sys.platform)
    taken = bool(program) and await _feed(program, kept)
    cut = f", cut after {MOST:,} characters" if len(wanted) > MOST else ""
    if taken:
        return f"copied {_amount(kept)} with {program[0]}{cut}"
    return f"copied {_amount(kept)} via the terminal{cut}"


def _program(environ: Mapping[str, str], platform: str) -> tuple[str, ...]:
    """Return the command that fills this machine's clipboard, if somebody sits in front of it."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return ()
    if platform == "darwin":
        return ("pbcopy",)
    fitting = (command for name, command in _PROGRAMS if environ.get(name))
    return next((command for command in fitting if shutil.which(command[0])), ())


async def _feed(program: tuple[str, ...], text: str) -> bool:
    """Return whether the program took it."""
    nowhere = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *program, stdin=asyncio.subprocess.PIPE, stdout=nowhere, stderr=nowhere
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await process.communicate(text.encode())
    except (TimeoutError, OSError):
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return process.returncode == 0


def _amount(text: str) -> str:
    lines = text.count("\n") + 1
    return f"{lines} lines" if lines > 1 else f"{len(text)} characters"
