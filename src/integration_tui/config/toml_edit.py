"""Edits of TOML by splicing."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.config.layout import impossible
from integration_tui.config.tree import Json, Key


def replaced(_text: str, path: Sequence[Key], _value: Json) -> str:
    """Return the text with another value at a path that is written in it."""
    raise impossible(path, "the document is TOML")


def added(_text: str, path: Sequence[Key], _value: Json) -> str:
    """Return the text with a value at a path that is not written in it, at its parent's end."""
    raise impossible(path, "the document is TOML")


def taken(_text: str, path: Sequence[Key]) -> str:
    """Return the text without what is at a path."""
    raise impossible(path, "the document is TOML")
