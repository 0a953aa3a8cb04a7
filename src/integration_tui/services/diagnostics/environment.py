"""What surrounds the program: versions, the terminal, and the places it keeps things in."""

from __future__ import annotations

import codecs
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.diagnostics import EnvironmentFact
from integration_tui.domain.quantity import counted
from integration_tui.domain.redaction import scrub
from integration_tui.paths import FILE, STATE_FILE

if TYPE_CHECKING:
    from integration_tui.settings import Settings

_LIBRARIES: Final = ("textual", "sqlalchemy", "httpx", "pydantic", "msgspec")
_MAYBE: Final = ("keyring", "textual-serve")
_TERMINAL: Final = ("TERM", "COLORTERM", "NO_COLOR", "TERM_PROGRAM", "LANG", "LC_ALL")
_FEWEST = (80, 24)


def versions() -> Iterator[EnvironmentFact]:
    """Yield what runs here: the program, Python, the system, libraries."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    yield _version("integration-tui", metadata.version("integration-tui"))
    yield _version("python", f"{python} on {platform.system()}")
    yield _version("system", f"{platform.system()} {platform.release()} {platform.machine()}")
    yield _version("sqlite", sqlite3.sqlite_version)
    for library in _LIBRARIES:
        yield _version(library, metadata.version(library))
    for library in _MAYBE:
        yield _maybe(library)


def terminal(environ: Mapping[str, str]) -> Iterator[EnvironmentFact]:
    """Yield what the terminal says of itself."""
    for name in _TERMINAL:
        value = environ.get(name) or ""
        yield EnvironmentFact(
            group="terminal", name=name, text=scrub(value or "not set"), is_absent=not value
        )
    width, height = shutil.get_terminal_size()
    is_small = width < _FEWEST[0] or height < _FEWEST[1]
    note = f" (smaller than {_FEWEST[0]}x{_FEWEST[1]})" if is_small else ""
    yield EnvironmentFact(group="terminal", name="size", text=f"{width}x{height}{note}")
    # The console has a stdout of its own, which has no encoding.
    encoding = sys.__stdout__.encoding if sys.__stdout__ else None
    yield EnvironmentFact(group="terminal", name="encoding", text=_encoding(encoding))
    inside = [name for name, sign in (("tmux", "TMUX"), ("screen", "STY")) if environ.get(sign)]
    inside += ["ssh"] if environ.get("SSH_CONNECTION") else []
    yield EnvironmentFact(
        group="terminal", name="inside", text=", ".join(inside) or "neither tmux nor ssh"
    )


def _encoding(name: str | None) -> str:
    if codecs.lookup(name or "ascii").name.startswith("utf-"):
        return name or ""
    return f"{name} (signs are drawn in ASCII; LC_ALL=C.UTF-8 shows all letters)"


def paths(settings: Settings, store: Path, *, writes: bool = True) -> Iterator[EnvironmentFact]:
    """Yield where things are, how large they are, and whether they can be written.

    Where nobody `writes`, it is no trouble that they cannot.
    """
    yield _path("settings", settings.config_dir / FILE, is_needed=False)
    yield _path("integrations", settings.integrations_dir, is_needed=writes)
    yield _path("themes", settings.config_dir / "themes", is_needed=False)
    yield _path("store", store, is_needed=writes)
    yield _path("log", settings.log_path, is_needed=writes)
    yield _path("state", settings.state_dir / STATE_FILE, is_needed=writes)


def _version(name: str, text: str) -> EnvironmentFact:
    return EnvironmentFact(group="version", name=name, text=text)


def _maybe(library: str) -> EnvironmentFact:
    try:
        return _version(library, metadata.version(library))
    except metadata.PackageNotFoundError:
        return EnvironmentFact(
            group="version", name=library, text="not installed (optional)", is_absent=True
        )


def _path(name: str, path: Path, *, is_needed: bool = True) -> EnvironmentFact:
    if not _is_there(path):
        return EnvironmentFact(group="path", name=name, text=f"{path} (not found)", is_absent=True)
    is_writable = os.access(path, os.W_OK)
    trouble = "cannot be written" if is_needed and not is_writable else ""
    return EnvironmentFact(
        group="path",
        name=name,
        text=f"{path} ({_size(path)}, {'writable' if is_writable else 'read-only'})",
        trouble=trouble,
        advice=f"grant write permission: chmod u+w {path}" if trouble else "",
    )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # in a folder that may not be entered
        return False


def _size(path: Path) -> str:
    try:
        if path.is_dir():
            return counted(sum(1 for _ in path.iterdir()), "file")
        size = path.stat().st_size
    except OSError:
        return "cannot be read"
    return f"{size:,} bytes" if size < 10_000 else f"{size / 2**20:.1f} MB"
