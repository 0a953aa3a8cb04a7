"""How the console was left, from one start to the next. What cannot be read is as good as nothing.

Nothing but comfort is lost with it, so a trouble in reading or writing keeps nobody from anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeGuard

_MAX_BYTES = 1 << 18


@dataclass(slots=True, kw_only=True)
class State:
    """The theme, the screen that was open, and what each screen remembers of itself."""

    theme: str = ""
    mode: str = ""
    screens: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])


def load_state(path: Path | None) -> State:
    """Return what was kept; nothing where there is nothing, or nothing of use."""
    if path is None:
        return State()
    try:
        if path.stat().st_size > _MAX_BYTES:
            return State()
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return State()
    return _state(found) if _is_mapping(found) else State()


def save_state(path: Path | None, state: State) -> str:
    """Keep it, in one step; return why that could not be done, or nothing."""
    if path is None:
        return ""
    new = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        return f"how the screens were left could not be kept: {error.strerror}"
    return ""


def _state(found: Mapping[object, object]) -> State:
    screens = found.get("screens")
    by_name: Mapping[object, object] = screens if _is_mapping(screens) else {}
    return State(
        theme=_text(found.get("theme")),
        mode=_text(found.get("mode")),
        screens={
            str(name): {str(key): _text(value) for key, value in one.items()}
            for name, one in by_name.items()
            if _is_mapping(one)
        },
    )


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
