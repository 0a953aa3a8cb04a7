"""What to say about one value of a document that its model does not take.

What was found is told only where it cannot be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

import msgspec
from pydantic import BaseModel

from integration_tui.config.model_schema import SchemaNode, child_of, has_child
from integration_tui.config.nodes import Key, is_list, is_section
from integration_tui.domain.config.validation import UNKNOWN, ConfigProblem, wording
from integration_tui.domain.redaction import is_sensitive_path, scrub
from integration_tui.domain.text import visible

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_HOW_TO_WRITE: Final = "write env:NAME, file:PATH or keyring:NAME"
_OWN_TYPES: Final = frozenset({"url", "cron", "timezone"})
_VALIDATORS: Final = frozenset({"value_error", "assertion_error"})
_UNION_TAGS: Final = frozenset({"union_tag_invalid", "union_tag_not_found"})


class ErrorLocation(msgspec.Struct, frozen=True, kw_only=True):
    """Where an error is. The first `shown` keys of `path` may be named; the rest was entered."""

    path: tuple[Key, ...]
    shown: int
    shape: SchemaNode | None
    section: SchemaNode | None
    value: object

    @classmethod
    def of(
        cls, loc: Sequence[Key], error_type: str, *, model: type[BaseModel], data: object
    ) -> ErrorLocation:
        """Read pydantic's `loc`, which also holds the types of sections chosen by `type`."""
        path = _path(loc, data, is_missing=error_type == "missing")
        if error_type in _UNION_TAGS:
            path = (*path, "type")
        value = data
        for key in path:
            value = child_of(value, key)
        section = SchemaNode.at(model, path[:-1], data)
        known = section.keys if section else ()
        return cls(
            path=path,
            shown=_shown(path, known),
            shape=SchemaNode.at(model, path, data),
            section=section,
            value=value,
        )

    @property
    def is_private(self) -> bool:
        """Whether what stands here must not be repeated."""
        return is_sensitive_path(self.path) or (self.shape is not None and self.shape.is_secret)


def _path(loc: Sequence[Key], data: object, *, is_missing: bool) -> tuple[Key, ...]:
    path: list[Key] = []
    value, chosen = data, True  # the document itself is chosen by type already
    for key in loc:
        if not chosen and key == child_of(value, "type"):
            chosen = True
            continue
        if not has_child(value, key) and not is_missing:
            break  # what follows names alternatives of a type, not keys
        path.append(key)
        value, chosen = child_of(value, key), False
    return tuple(path)


def _shown(path: tuple[Key, ...], known: Sequence[str]) -> int:
    if not path or path[-1] in {"type", *known} or isinstance(path[-1], int):
        return len(path)
    key = path[-1]
    is_harmless = _PLAIN_KEY.match(key) and not is_sensitive_path(path[:-1])
    return len(path) if is_harmless or nearest_to(key, known) else len(path) - 1


def sentence(
    error_type: str, own: str, context: Mapping[str, object], place: ErrorLocation
) -> ConfigProblem:
    """Return the problem, not yet placed. `own` is the error's own text."""
    if error_type == "extra_forbidden":
        return _unknown_key(place)
    if error_type == "literal_secret":
        return ConfigProblem(
            message="must be a reference, not the secret itself", advice=_HOW_TO_WRITE
        )
    if error_type in {"missing", "union_tag_not_found"}:
        return _missing(place)
    if error_type in {"literal_error", "enum", "union_tag_invalid"}:
        return _wrong_choice(place)
    return ConfigProblem(
        message=f"{_format_error(error_type, own, context, place)}{_found(place, error_type)}"
    )


def _format_error(
    error_type: str, own: str, context: Mapping[str, object], place: ErrorLocation
) -> str:
    said = wording(error_type, context)
    if said is not None:
        return said
    if error_type in _OWN_TYPES:
        return own
    # A provider's validator, whose text may hold what was entered.
    text = own.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text if error_type in _VALIDATORS and not _repeats(text, place.value) else UNKNOWN


def _repeats(text: str, value: object) -> bool:
    if is_section(value):
        return any(_repeats(text, child) for child in value.values())
    if is_list(value):
        return any(_repeats(text, child) for child in value)
    return isinstance(value, str) and len(value) > 2 and value in text


def _found(place: ErrorLocation, error_type: str = "") -> str:
    value = place.value
    if value is None:
        return ", found nothing"
    if is_section(value) or is_list(value):
        return f", found a {'section' if is_section(value) else 'list'}"
    if place.is_private or error_type == "url":
        return ""
    if isinstance(value, bool):
        return f", found {str(value).lower()}"
    return f", found {value if isinstance(value, int | float) else _quoted(value)}"


def _quoted(value: object) -> str:
    return repr(scrub(visible(value, limit=40)))


def _missing(place: ErrorLocation) -> ConfigProblem:
    if place.shape is None:
        return ConfigProblem(message="is missing")
    if place.shape.is_secret:
        return ConfigProblem(message="is missing", advice=_HOW_TO_WRITE)
    if place.shape.choices:
        return ConfigProblem(message="is missing", advice=f"write {_one_of(place.shape.choices)}")
    return ConfigProblem(message="is missing")


def _unknown_key(place: ErrorLocation) -> ConfigProblem:
    key = str(place.path[-1]) if place.path else ""
    known = place.section.keys if place.section else ()
    near = nearest_to(key, known)
    named = f" {key!r}" if place.shown == len(place.path) else ""
    advice = f"did you mean {near!r}?" if near else f"known keys are {', '.join(known)}"
    return ConfigProblem(message=f"unknown key{named}", advice=advice if known else "leave it out")


def _wrong_choice(place: ErrorLocation) -> ConfigProblem:
    choices = place.shape.choices if place.shape else ()
    near = nearest_to(place.value, choices) if isinstance(place.value, str) else ""
    advice = f"did you mean {near!r}?" if near else ""
    return ConfigProblem(message=f"must be {_one_of(choices)}{_found(place)}", advice=advice)


def _one_of(choices: Sequence[str]) -> str:
    return choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"


def nearest_to(word: str, known: Sequence[str]) -> str:
    """Return the known word that was probably meant; empty where none is near."""
    begun = [text for text in known if len(word) > 2 and text.startswith(word)]
    return next(iter(get_close_matches(word[:64], known, n=1) or begun), "")


def shown_key(key: str) -> str:
    """Return a key in quotes, or a stand-in for one that is no word."""
    return f"{key!r}" if _PLAIN_KEY.match(key) else "(not a word)"
