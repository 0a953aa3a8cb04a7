"""Reads the filter line of the audit screen: `actor=ana action=config.save since=2026-01-31`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from integration_tui.domain.audit import Action, AuditFilter, Outcome
from integration_tui.domain.errors import UsageError

E = TypeVar("E", bound=StrEnum)
_KEYS = ("actor", "action", "object", "outcome", "since", "until")


def parse_filter(text: str) -> AuditFilter:
    """Return the filter that the words mean. Raises `UsageError` that names the wrong word."""
    words = dict(_split(word) for word in text.split())
    return AuditFilter(
        actor=words.get("actor"),
        object=words.get("object"),
        action=_read(words, "action", lambda word: _one_of(Action, word)),
        outcome=_read(words, "outcome", lambda word: _one_of(Outcome, word)),
        since=_read(words, "since", _moment),
        until=_read(words, "until", _moment),
    )


T = TypeVar("T")


def _read(words: Mapping[str, str], key: str, read: Callable[[str], T]) -> T | None:
    return read(words[key]) if key in words else None


def _split(word: str) -> tuple[str, str]:
    key, sign, value = word.partition("=")
    if key not in _KEYS or not sign or not value:
        raise UsageError(
            f"{word} is no filter", advice=f"write key=value; keys: {', '.join(_KEYS)}"
        )
    return key, value


def _one_of(kind: type[E], word: str) -> E:
    if word not in set(kind):
        raise UsageError(
            f"there is no {kind.__name__.lower()} {word}", advice=f"one of {', '.join(kind)}"
        )
    return kind(word)


def _moment(word: str) -> datetime:
    """Read a day or moment; local time where it has no zone."""
    try:
        return datetime.fromisoformat(word).astimezone()
    except ValueError:
        raise UsageError(
            f"{word} is no time", advice="write 2026-01-31 or 2026-01-31T08:00"
        ) from None
