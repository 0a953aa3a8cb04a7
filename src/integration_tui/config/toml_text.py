"""How values are written in TOML: texts in quotes, sections in braces, all on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from integration_tui.config.tree import Json, Key

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_NOT_LITERAL: Final = re.compile(r"['\x00-\x08\x0a-\x1f\x7f]")


def toml_text(value: Json, *, is_literal: bool = False) -> str:
    """Return a value; a text in single quotes where that was so and it can be."""
    if isinstance(value, str):
        if is_literal and not _NOT_LITERAL.search(value):
            return f"'{value}'"
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(toml_text, value))}]"
    if isinstance(value, dict):
        pairs = (f"{toml_key([key])} = {toml_text(child)}" for key, child in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return json.dumps(value)


def toml_key(keys: Sequence[Key]) -> str:
    """Return keys with dots between."""
    return ".".join(one if _BARE.fullmatch(one) else toml_text(one) for one in map(str, keys))
