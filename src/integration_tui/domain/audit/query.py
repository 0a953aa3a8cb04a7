"""The words of an audit filter: `actor=ana !outcome=done since=2026-01-31 "client id"`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from integration_tui.domain.audit.log import Action, ActionOutcome, AuditFilter, AuditRecord, Key
from integration_tui.domain.errors import UsageError
from integration_tui.domain.value import replace

_INDEXED_WORD: Final = re.compile(r"[0-9a-z\u0080-\U0010ffff]+")


def searchable(act: AuditRecord) -> str:
    """Return everything in `act` that a search finds it by, ready for the index of words."""
    values = (part for pair in (*act.before.items(), *act.after.items()) for part in pair)
    who = (act.actor.name, act.actor.host, act.actor.identity)
    return _folded(" ".join((act.action, *who, act.object, act.outcome, act.detail, *values)))


def words_in(text: str) -> tuple[str, ...]:
    """Return the words of a text as the index knows them: without case, accents and signs."""
    return tuple(dict.fromkeys(_INDEXED_WORD.findall(_folded(text).lower())))


def _folded(text: str) -> str:
    """Leave only what the index takes for letters: ASCII's, and all that is not ASCII."""
    if text.isascii():
        return text
    encodable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    apart = unicodedata.normalize("NFKD", encodable.casefold())
    return "".join(sign if sign.isalnum() else " " for sign in apart if not _is_accent(sign))


def _is_accent(sign: str) -> bool:
    return unicodedata.category(sign) == "Mn"


KEYS: Final = ("actor", "action", "integration", "outcome", "since", "until", "text")
_ALIASES: Final = {"integration": "object"}
_TIMES: Final = {"since": "until", "until": "since"}
"""A time, and what it means with a `!` before it."""
_ENUMS: Final[Mapping[str, type[StrEnum]]] = {"action": Action, "outcome": ActionOutcome}
_TERM: Final = re.compile(
    r"""(?P<no>!?)(?:(?P<key>[a-z]+)[=:])?(?:"(?P<quoted>[^"]*)"?|(?P<bare>\S*))(?:\s+|$)"""
)
_MANY: Final = 32
"""Words in one filter; nobody types more, and each of them costs."""


def parse_filter(text: str) -> AuditFilter:
    """Return the filter that the words mean. Raises `UsageError` that names the wrong word.

    A word without a key is looked for in everything that was recorded; `!` rules out.
    """
    wanted, place, words = AuditFilter(), 0, text.strip()
    for count in range(_MANY + 1):
        match = _TERM.match(words, place)
        if match is None or place == len(words):
            return wanted
        if count == _MANY:
            break
        wanted, place = _with(wanted, match), match.end()
    raise UsageError("too many words in the filter", advice=f"use at most {_MANY}")


def spelled(wanted: AuditFilter) -> str:
    """Return the words that mean this filter."""
    words = [f"{key}={_quoted(value)}" for key, value in wanted.asked.items()]
    times = {"since": wanted.since, "until": wanted.until}
    words += [f"{key}={at.isoformat()}" for key, at in times.items() if at]
    words += [f"text={_quoted(value)}" for value in wanted.text]
    words += [f"!{key}={_quoted(value)}" for key, value in wanted.without]
    return " ".join(words)


def _with(wanted: AuditFilter, match: re.Match[str]) -> AuditFilter:
    word, is_not = match[0].strip(), bool(match["no"])
    key: str | None = match["key"]
    quoted: str | None = match["quoted"]
    value: str = match["bare"] if quoted is None else quoted
    if key is None:
        key = "text"
    elif key not in KEYS and key != "object" and ":" in word and "=" not in word:
        key, value = "text", word.removeprefix("!")  # a colon may stand in any word: http://host
    key = _ALIASES.get(key, key)
    if key not in (*Key, *_TIMES) or not value:
        raise UsageError(
            f'unknown filter "{word}"', advice=f"write key=value; keys: {', '.join(KEYS)}"
        )
    return _time(wanted, key, value, is_not) if key in _TIMES else _term(wanted, key, value, is_not)


def _time(wanted: AuditFilter, key: str, value: str, is_not: bool) -> AuditFilter:
    at = _moment(value)
    is_since = (_TIMES[key] if is_not else key) == "since"
    return replace(wanted, since=at) if is_since else replace(wanted, until=at)


def _term(wanted: AuditFilter, key: str, value: str, is_not: bool) -> AuditFilter:
    if key == Key.TEXT and not words_in(value):
        raise UsageError(f'no letter or digit in "{value}"', advice="search for a word")
    if key in _ENUMS:
        value = _one_of(key, _ENUMS[key], value)
    if is_not:
        return replace(wanted, without=(*wanted.without, (Key(key), value)))
    if key in wanted.asked:
        raise UsageError(f'"{key}" given twice', advice="use each key once")
    return _SET[Key(key)](wanted, value)


_SET: Final[Mapping[Key, Callable[[AuditFilter, str], AuditFilter]]] = {
    Key.ACTION: lambda wanted, value: replace(wanted, action=Action(value)),
    Key.ACTOR: lambda wanted, value: replace(wanted, actor=value),
    Key.OBJECT: lambda wanted, value: replace(wanted, object=value),
    Key.OUTCOME: lambda wanted, value: replace(wanted, outcome=ActionOutcome(value)),
    Key.TEXT: lambda wanted, value: replace(wanted, text=(*wanted.text, value)),
}


def _one_of(key: str, kind: type[StrEnum], word: str) -> str:
    if word not in set(kind):
        raise UsageError(f'unknown {key} "{word}"', advice=f"use one of {', '.join(kind)}")
    return word


def _moment(word: str) -> datetime:
    """Read a day or moment; local time where it has no zone."""
    try:
        return datetime.fromisoformat(word).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            f'invalid time "{word}"', advice="write 2026-01-31 or 2026-01-31T08:00"
        ) from None


def _quoted(value: str) -> str:
    is_plain = value and not any(map(str.isspace, value)) and '"' not in value
    return value if is_plain else f'"{value}"'
