"""JSON as it comes over the wire: of the type that was asked for, in whatever encoding it is sent.

What does no harm is passed over: a byte order mark, a type of content that is not JSON's, bytes
behind the end. What is damaged is told by its place, never by what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple, TypeVar

import msgspec

from integration_tui.domain.errors import IncompatibleError
from integration_tui.providers.http.charset import as_utf8
from integration_tui.providers.http.errors import not_json
from integration_tui.providers.http.messages import Answer, Request
from integration_tui.providers.http.scan import DamageError, Parts, member_of, parts_of

T = TypeVar("T")

_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROOM: Final = 32
"""Bytes between two parts that are only blanks and signs."""
_NESTED: Final = 2
"""So many elements a converter from XML may put around a list."""


class Members(NamedTuple):
    """The members of an object, each as its JSON text. `has_rest`: something stood behind it."""

    texts: Mapping[str, bytes]
    has_rest: bool = False


class Envelope(NamedTuple):
    """A list of JSON texts in an object. `total` is how many there are in all, as it says."""

    body: bytes
    texts: Sequence[bytes]
    total: bytes = b""
    has_rest: bool = False


def is_cut_off(answer: Answer) -> bool:
    """Return whether a body is JSON that ends too early: the next answer may be whole."""
    body = _body(answer)
    if not body.strip():
        return False
    try:
        parts_of(body)
    except DamageError as error:
        return error.is_cut_off
    return False


def read_json(answer: Answer, request: Request, of: type[T]) -> T:
    """Return the body as `of`. Raises `IncompatibleError` where it is anything else."""
    body = _json(answer, request)
    try:
        return msgspec.json.decode(body, type=of)
    except _ERRORS:
        pass  # not raised from here: what the library raises holds a part of the body
    raise _damaged(answer, request, body)


def read_members(answer: Answer, request: Request) -> Members:
    """Return the members of an object, of which some may be damaged within.

    Raises `IncompatibleError` where the body is none.
    """
    body = _json(answer, request)
    try:
        raws = _OBJECT.decode(body)
    except _ERRORS:
        raws = None
    if raws is not None:
        found = {name: bytes(raw) for name, raw in raws.items()}
        signs = len(body) - sum(len(name) + len(text) for name, text in found.items())
        if signs <= _ROOM * (len(found) + 1):
            return Members(found)
    return _pieces(answer, request, body)


def read_list(answer: Answer, request: Request, key: str) -> Envelope | None:
    """Return the list that an object has under `key`; `None` where it has none.

    Raises `IncompatibleError` where the body is no object.
    """
    body = _json(answer, request)
    try:
        page = _page_of(key).decode(body)
    except _ERRORS:
        page = None
    texts = [*map(bytes, page.found)] if isinstance(page, _Page) else []
    if not isinstance(page, _Page) or _is_there_twice(body, key, texts):
        return _list_of(answer, request, key)
    return Envelope(body, texts, bytes(page.total_count or page.total or b""))


class _Page(msgspec.Struct, gc=False):
    """What is wanted of a page; `found` has the name of its list."""

    found: list[msgspec.Raw] = []
    total_count: msgspec.Raw | None = msgspec.field(name="totalCount", default=None)
    total: msgspec.Raw | None = None


@cache
def _page_of(key: str) -> msgspec.json.Decoder[msgspec.Struct]:
    found = ("found", list[msgspec.Raw], msgspec.field(name=key))
    page = msgspec.defstruct("_PageOf", [found], bases=(_Page,), kw_only=True, gc=False)
    return msgspec.json.Decoder(page)


def _is_there_twice(body: bytes, key: str, texts: Sequence[bytes]) -> bool:
    """Return whether a second list of that name stands before or behind the one that was read."""
    name = f'"{key}"'.encode()
    if not texts:
        return body.count(name) > 1
    begin, end = body.find(texts[0]), body.rfind(texts[-1]) + len(texts[-1])
    if end - begin - sum(map(len, texts)) > _ROOM * (len(texts) - 1):
        return True  # the first of them has the same records
    return body.count(name, 0, begin) > 1 or body.find(name, end) >= 0


def _list_of(answer: Answer, request: Request, key: str) -> Envelope | None:
    members, has_rest = _pieces(answer, request, _json(answer, request))
    text = _list_in(members[key]) if key in members else None
    if text is None:
        return None
    try:
        texts = parts_of(text).parts
    except DamageError:
        raise _damaged(answer, request, text) from None
    total = members.get("totalCount") or members.get("total") or b""
    return Envelope(text, texts, total, has_rest)


def _list_in(text: bytes, nested: int = _NESTED) -> bytes | None:
    """Return the text of a list; converters from XML make an object of a list of one."""
    text = text.strip()
    if text.startswith(b"["):
        return text
    if not text.startswith(b"{"):
        return None
    try:
        named = dict(member_of(part) for part in parts_of(text).parts)
    except DamageError:
        return None
    if "sourcedId" in named:
        return b"[%b]" % text
    if len(named) > 1 or not nested:
        return None
    return next((_list_in(inner, nested - 1) for inner in named.values()), None)


def _pieces(answer: Answer, request: Request, body: bytes) -> Members:
    parts = _parts(body)
    if parts is None or not parts.is_object:
        raise _damaged(answer, request, body)
    try:
        named = [member_of(part) for part in parts.parts]
    except DamageError:
        named = []
    found = dict(named)
    if not found and parts.parts:
        raise _damaged(answer, request, body)
    if len(found) < len(named):
        raise IncompatibleError(
            f"{answer.host} answers with an object that has a member twice",
            advice="which one is meant cannot be known; tell who runs the server",
        )
    return Members(found, has_rest=bool(body[parts.end :].strip(b" \t\r\n\0")))


def _parts(body: bytes) -> Parts | None:
    try:
        return parts_of(body)
    except DamageError:
        return None


def _json(answer: Answer, request: Request) -> bytes:
    """Return a body that may be JSON, in UTF-8. Its type is believed where it does not look so."""
    body = _body(answer)
    is_called = not answer.media_type or "json" in answer.media_type
    if not is_called and (body.lstrip()[:1] not in {b"{", b"["} or len(body.strip()) <= len(b"{}")):
        raise not_json(answer, request)
    return body


def _body(answer: Answer) -> bytes:
    return as_utf8(answer.body, answer.headers.get("content-type", ""))


def _damaged(answer: Answer, request: Request, body: bytes) -> IncompatibleError:
    """Return what is wrong with a body that looks like JSON, whatever it is called."""
    headers = {**answer.headers, "content-type": "application/json"}
    return not_json(replace(answer, headers=headers, body=body), request)
