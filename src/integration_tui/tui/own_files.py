"""Checks the files that a person made for the console: themes and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from integration_tui.domain.diagnostics import CheckResult
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.quantity import counted
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.keymap import FILE as KEYMAP
from integration_tui.tui.keymap import read_keymap
from integration_tui.tui.keymap_validation import validated
from integration_tui.tui.themes import load_theme, missing_colors


def check_files(home: Path) -> list[CheckResult]:
    """Check the themes and the keys of a person; one finding a theme and a problem of the keys."""
    themes = [_check_theme(path) for path in sorted((home / "themes").glob("*.toml"))]
    return [*themes, *_check_keymap(home)]


def _check_theme(path: Path) -> CheckResult:
    subject = f"theme {path.stem}"
    try:
        theme = load_theme(path)
    except ConfigError as error:
        return CheckResult(subject=subject, right=False, detail=error.message, advice=error.advice)
    missing = ", ".join(missing_colors(theme))
    detail = f"{path} (defaults for {missing})" if missing else f"{path}"
    return CheckResult(subject=subject, right=True, detail=detail)


def _check_keymap(home: Path) -> Iterator[CheckResult]:
    overrides, problems = read_keymap(home)
    keymap: dict[str, str] = {}
    if overrides:
        keymap, clashes = validated(overrides, ConsoleApp)
        problems += clashes
    for problem in problems:
        yield CheckResult(
            subject="keymap", right=False, detail=problem, advice=f"edit {home / KEYMAP}"
        )
    if keymap and not problems:
        detail = f"{home / KEYMAP} ({counted(len(keymap), 'key name')} changed)"
        yield CheckResult(subject="keymap", right=True, detail=detail)
