"""What a line of a document is about, and what a secret for it could be called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from integration_tui.domain.form import FieldKind, FormField

_KEY: Final = re.compile(r"""\s*(?:-\s+)?["']?([\w.-]+)["']?\s*[:=]""")
_NAME: Final = re.compile(r"""^\s*["']?name["']?\s*[:=]\s*["']?([\w-]+)""", re.MULTILINE)


def key_on(line: str) -> str:
    """Return the key that a line sets; empty where it sets none."""
    found = _KEY.match(line)
    return found[1].rpartition(".")[2] if found else ""


def secret_called(fields: Sequence[FormField], key: str) -> FormField | None:
    """Return the one field for a secret whose path ends with this key."""
    found = [one for one in fields if one.kind is FieldKind.SECRET and one.path[-1] == key]
    return found[0] if len(found) == 1 else None


def secret_name(text: str, path: tuple[str, ...]) -> str:
    """Return a name to offer: that of the document, and what the secret is."""
    found = _NAME.search(text)
    parts = [found[1] if found else "", *path[-1:]]
    return "-".join(part for part in parts if part)
