"""One JSON object as a server really sent it: damaged numbers and texts cost a member, not all.

Numbers are kept as they are spelled, since many of them are identifiers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from integration_tui.providers.http.json_decoding import DamageError, member_of, parts_of
from integration_tui.providers.http.models import is_list, is_object

INNER: Final = ("#text", "$", "_", "value", "content")
"""Where the text of an element is put that has attributes."""
_NIL: Final = frozenset({"@nil", "@xsi:nil", "xsi:nil", "@i:nil", "nil"})


def listed(value: object) -> Sequence[object]:
    """Return the values of a list, or of what a converter from XML makes of one."""
    if value is None or value == "" or is_nil(value):
        return ()
    if is_list(value):
        return value
    if is_object(value) and len(value) == 1:
        ((name, inner),) = value.items()
        if name not in {"sourcedId", "id", "href", *INNER} and not isinstance(inner, str):
            return listed(inner)
    return (value,)


def is_nil(value: object) -> bool:
    """Return whether an element says that it has no value."""
    return is_object(value) and not _NIL.isdisjoint(value) and len(value) <= len(_NIL)


DEEPEST: Final = 200
"""Levels of a record; no roster needs more than six."""
_PLAIN: Final = re.compile(r"(-?\d+)\.0+", re.ASCII)


class Number(str):
    """A number as it was spelled; 7.0 is 7."""

    __slots__ = ()


class UnreadableRecordError(ValueError):
    """A record of which nothing can be known. The text names a field and a kind, no value.

    `sourced_id` is its id, as far as there is one.
    """

    def __init__(self, reason: str, sourced_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.sourced_id = sourced_id


class Damaged:
    """Stands for the value of a member that is no JSON."""


DAMAGED: Final = Damaged()
Members = Mapping[str, object]


class _TwiceError(ValueError):
    """An object has two members of one name."""


def members_of(raw: bytes) -> Members:
    """Return the members of an object. Raises `UnreadableRecordError`."""
    try:
        value: object = _DECODER.decode(raw.decode(errors="replace"))
    except _TwiceError:
        raise UnreadableRecordError("a member comes twice", id_in(raw)) from None
    except (ValueError, RecursionError):
        return _one_by_one(raw)
    if not is_object(value):
        raise UnreadableRecordError("it is no object")
    return value


def has_twice(raw: bytes) -> bool:
    """Return whether an object within a record has two members of one name."""
    try:
        _DECODER.decode(raw.decode(errors="replace"))
    except _TwiceError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def id_in(raw: bytes) -> str:
    """Return the id of an object that cannot be read; empty where there is none."""
    try:
        for part in parts_of(raw).parts:
            name, text = member_of(part)
            if name == "sourcedId":
                value = _DECODER.decode(text.decode(errors="replace"))
                return value.strip() if isinstance(value, str) else ""
    except (ValueError, RecursionError):
        pass
    return ""


def outline(raw: bytes) -> object:
    """Return an object with its members by name, as much of them as can be read."""
    try:
        parts = parts_of(raw)
        named = [member_of(part) for part in parts.parts] if parts.is_object else []
    except DamageError:
        return DAMAGED
    return {name: _value(text) for name, text in named} if parts.is_object else []


def _one_by_one(raw: bytes) -> Members:
    try:
        parts = parts_of(raw)
        named = [member_of(part) for part in parts.parts]
    except DamageError:
        raise UnreadableRecordError("it is no JSON object", id_in(raw)) from None
    if parts.depth > DEEPEST:
        raise UnreadableRecordError("it is nested too deeply", id_in(raw))
    found = {name: _value(text) for name, text in named}
    if len(found) < len(named):
        raise UnreadableRecordError("a member comes twice", id_in(raw))
    return found


def _value(text: bytes) -> object:
    try:
        return _DECODER.decode(text.decode(errors="replace"))
    except (ValueError, RecursionError):
        return DAMAGED


def _number(text: str) -> Number:
    plain = _PLAIN.fullmatch(text)
    return Number(plain[1] if plain else text)


def _constant(_text: str) -> Damaged:
    return DAMAGED  # NaN and Infinity


def _once(pairs: list[tuple[str, object]]) -> Members:
    found: Members = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_once,
    parse_int=_number,
    parse_float=_number,
    parse_constant=_constant,
    strict=False,  # a line break within a text is read as one
)


_ESCAPE: Final = re.compile(
    rb"\\u(?:00(?:[01]|7[fF]|[aA][dD]|(?:[cC][2-5]|[dD][01]|[eE]2|[eE][fF])\\u)"
    rb"|034|061|18|20(?:0[b-fB-F]|2[a-eA-E]|6)|[dD][89a-fA-F]|[fF][eEfF])"
)
"""Control characters, half characters, what nobody sees, and what was decoded twice."""
_SIGNS: Final = tuple(
    (expression[:1], re.compile(expression, re.DOTALL))
    for expression in (
        b"\xc2.",
        b"\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xaf])",
        b"\xef(?:\xbb\xbf|\xbf[\xb9-\xbd])",
        b"\xcd\x8f",
        b"\xd8\x9c",
        b"\xe1\xa0\x8e",
        b"\xf3\xa0",
    )
)
"""What nobody sees, U+FFFD, and most of what was decoded twice, by their first byte."""
_TWICE: Final = re.compile(b"\xc3[\x82\x83][\xc5\xc6\xcb]")


def may_be_damaged(text: bytes) -> bool:
    """Return whether a page or a record deserves a closer look."""
    if b"\\" in text and _ESCAPE.search(text):
        return True
    if b"#" in text and b'"#' in text:
        return True
    if b"+" in text and (b"E+" in text or b"e+" in text):
        return True
    return not text.isascii() and _has_odd_sign(text)


def _has_odd_sign(text: bytes) -> bool:
    if any(lead in text and sign.search(text) for lead, sign in _SIGNS):
        return True
    return (b"\x82" in text or b"\x83" in text) and _TWICE.search(text) is not None
