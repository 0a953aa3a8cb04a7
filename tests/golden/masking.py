"""What differs from call to call, from day to day and from machine to machine, made the same."""

from __future__ import annotations

import re
from pathlib import Path

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_DAY = r"\d{4}-\d\d-\d\d"
_HOUR = r"\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?"
_TEXTS = (
    # Moments in the rosters are of 2024 and before: these stay.
    (rf"\b(?!20[01]|202[0-4]){_DAY}[T ]{_HOUR}", "<time>"),
    (r"\b[0-9a-f]{12,64}\b", "<hash>"),
    (r"\b127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
    (r"\b(approved|held) by [^\s:]+", r"\1 by <person>"),
    (r"\buntil \d\d:\d\d\b", "until <time>"),
    (r"\b(passed|failed) +\d+\b", r"\1 <ms>"),
    (r"\b[\d,]+ records/s", "<rate> records/s"),
    (r"\b[\d,.]+ (ms|bytes|[kM]B)\b", r"<number> \1"),
)
_PEOPLE = frozenset({"started_by", "created_by", "decided_by", "made_by", "edited_by", "by"})
_ACTOR = frozenset({"name", "host", "uid", "claims", "sudo"})
_OURS = (
    "audit chain",
    "engine",
    "file ",
    "integration ",
    "path ",
    "provider type ",
    "setting ",
    "store",
    "terminal ",
)
"""What `doctor` says of these is the same on every machine; of others it tells versions."""


def mask_text(text: str, folder: Path) -> str:
    text = text.replace(f"{folder}", "<folder>")
    for pattern, mask in _TEXTS:
        text = re.sub(pattern, mask, text)
    return text


def mask(value: Json, folder: Path, key: str = "") -> Json:
    if isinstance(value, dict):
        hidden = _hidden(value)
        return {
            name: f"<{name}>" if name in hidden else mask(one, folder, name)
            for name, one in value.items()
        }
    if isinstance(value, list):
        # How many there are depends on the time of day.
        some = value[:1] if key == "buckets" else value
        return [mask(json, folder, key) for json in some]
    if isinstance(value, str):
        return "<person>" if value and key in _PEOPLE else mask_text(value, folder)
    return f"<{key}>" if _varies(key, value) else value


def _hidden(value: dict[str, Json]) -> frozenset[str]:
    """Return the names of what varies in this object, whatever its value is."""
    names = value.keys()
    if "door" in names:
        return _ACTOR
    if {"subject", "right"} <= names and not f"{value['subject']}".startswith(_OURS):
        return frozenset({"detail"})
    if names == {"url", "key"}:
        return frozenset({"key"})
    if "buckets" in names:
        return frozenset({"width_s"})
    return frozenset()


def _varies(key: str, value: Json) -> bool:
    return isinstance(value, float) if key.endswith("_ms") else key == "bytes"
