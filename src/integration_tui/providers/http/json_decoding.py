"""JSON as it comes over the wire: of the type that was asked for, in whatever encoding it is sent.

What does no harm is passed over: a byte order mark, a type of content that is not JSON's, bytes
behind the end. What is damaged is told by its place, never by what it holds.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple, TypeVar

import msgspec

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.value import replace
from integration_tui.providers.http.errors import not_json
from integration_tui.providers.http.models import Request, Response

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""In this order: a mark of UTF-32 begins like one of UTF-16."""
_BARE: Final = (
    (re.compile(rb"[\s{\[]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[\s{\[]"), "utf-32-be"),
    (re.compile(rb"[\s{\[]\0"), "utf-16-le"),
    (re.compile(rb"\0[\s{\[]"), "utf-16-be"),
)
"""JSON begins with two ASCII characters (RFC 4627, section 3)."""
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]{1,40})", re.IGNORECASE | re.ASCII)
_LATIN: Final = re.compile(
    r"cp125\d|iso8859-\d+|koi8-[rtu]|mac-\w+|tis-620|cp874|cp866|cp850|cp437"
)
_OTHERS: Final = frozenset({
    "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "gb2312", "gbk",
    "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949",
    "iso2022_jp",
})  # fmt: skip
"""Python knows more, some of which are no encodings of text and some of which can be abused."""


def as_utf8(body: bytes, content_type: str) -> bytes:
    """Return a body in UTF-8 without its mark; as it is where its encoding cannot be known."""
    while body.startswith(codecs.BOM_UTF8):
        body = body[len(codecs.BOM_UTF8) :]
    declared = _CHARSET.search(content_type)
    name = _from_bytes(body) or (_codec(declared[1]) if declared else "")
    if not name or (_LATIN.fullmatch(name) and _is_utf8(body)):
        return body  # no text in a Latin encoding is valid UTF-8 by chance
    # A mark and half a character are damage of the text, not another encoding.
    errors = "replace" if name.startswith("utf") else "strict"
    try:
        text = body.decode(name, errors)
    except UnicodeError:
        return body
    return text.removeprefix("\ufeff").encode(errors="replace")


def _from_bytes(body: bytes) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return name
    return next((name for begins, name in _BARE if begins.match(body)), "")


def _codec(declared: str) -> str:
    """Return the codec of a declared name; empty for UTF-8, and for what nobody knows."""
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return ""
    if name == "iso8859-1":
        return "cp1252"  # https://encoding.spec.whatwg.org/#names-and-labels
    return name if name in _OTHERS or _LATIN.fullmatch(name) else ""


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_MEMBER: Final = re.compile(rb'\s*("[^"\\]*+(?:\\.[^"\\]*+)*+")\s*:\s*(.*)', re.DOTALL)
_OPEN: Final = {ord("["): ord("]"), ord("{"): ord("}")}
_CLOSE: Final = frozenset(_OPEN.values())
_QUOTE: Final = ord('"')
_COMMA: Final = ord(",")


class DamageError(ValueError):
    """The text is not even cut by brackets and commas; `at` is the byte."""

    def __init__(self, at: int, *, is_cut_off: bool = False) -> None:
        super().__init__(f"damaged at byte {at:,}")
        self.at = at
        self.is_cut_off = is_cut_off


class Parts(NamedTuple):
    """What stands in an array or object. `end` is behind its bracket, `depth` its deepest level."""

    parts: list[bytes]
    end: int
    depth: int
    is_object: bool


def parts_of(text: bytes) -> Parts:
    """Return the elements of an array, or the members of an object. Raises `DamageError`."""
    scan = _Scan(text)
    for token in _TOKEN.finditer(text):
        if scan.take(token.start(), token.end()):
            return scan.parts(token.start())
    raise DamageError(len(text), is_cut_off=True)


class _Scan:
    """How far one text was looked at: which brackets are open, and where a part began."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._open = bytearray()
        self._found: list[bytes] = []
        self._first = self._begin = self._depth = 0

    def take(self, at: int, end: int) -> bool:
        """Go on behind a token; return whether it closed the whole."""
        sign = self._text[at]
        if sign in _CLOSE:
            if not self._open or self._open.pop() != sign:
                raise DamageError(at)
            return not self._open
        if sign in _OPEN:
            self._enter(at, end, _OPEN[sign])
        elif not self._open:
            raise DamageError(at)
        elif sign == _QUOTE and end - at == 1:
            raise DamageError(len(self._text), is_cut_off=True)
        elif sign == _COMMA and len(self._open) == 1:
            self._found.append(self._text[self._begin : at])
            self._begin = end
        return False

    def parts(self, at: int) -> Parts:
        """Return what was found, where `at` is the last bracket."""
        if self._text[: self._first].strip():
            raise DamageError(0)
        last = self._text[self._begin : at]
        # A comma behind the last part is harmless, and nothing stands behind it.
        parts = [*self._found, last] if last.strip() else self._found
        return Parts(parts, at + 1, self._depth, self._text[self._first] == ord("{"))

    def _enter(self, at: int, end: int, closing: int) -> None:
        if not self._open:
            self._first, self._begin = at, end
        self._open.append(closing)
        self._depth = max(self._depth, len(self._open))


def member_of(part: bytes) -> tuple[str, bytes]:
    """Return the name and the text of a member of an object. Raises `DamageError`."""
    found = _MEMBER.fullmatch(part)
    if found is None:
        raise DamageError(0)
    try:
        name: str = json.loads(found[1].decode(errors="replace"), strict=False)
    except ValueError:
        raise DamageError(0) from None
    return name, found[2].rstrip()


T = TypeVar("T")

_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_HEAD: Final = 64
_TRIES: Final = 16
_ROOM: Final = 32
"""Bytes between two parts that are only blanks and signs."""
_NESTED: Final = 2
"""So many elements a converter from XML may put around a list."""


class Members(NamedTuple):
    """The members of an object, each as its JSON text. `has_rest`: something stood behind it."""

    texts: Mapping[str, bytes]
    has_rest: bool = False


class Envelope:
    """A list of JSON texts in an object. `total` is how many there are in all, as it says.

    `listed` is the list as one text: whoever knows it already need not have it cut.
    """

    def __init__(
        self,
        listed: bytes,
        texts: Sequence[bytes] | None = None,
        *,
        total: bytes = b"",
        has_rest: bool = False,
    ) -> None:
        self.listed = listed
        self.total = total
        self.has_rest = has_rest
        self._texts = texts

    @property
    def texts(self) -> Sequence[bytes]:
        """The elements of the list."""
        if self._texts is None:
            self._texts = [*map(bytes, _ELEMENTS.decode(self.listed))]
        return self._texts


def is_cut_off(answer: Response) -> bool:
    """Return whether a body is JSON that ends too early: the next answer may be whole."""
    body = _body(answer)
    if not body.strip():
        return False
    try:
        parts_of(body)
    except DamageError as error:
        return error.is_cut_off
    return False


def read_json(answer: Response, request: Request, of: type[T]) -> T:
    """Return the body as `of`. Raises `IncompatibleError` where it is anything else."""
    body = _json(answer, request)
    try:
        return msgspec.json.decode(body, type=of)
    except _ERRORS:
        pass  # not raised from here: what the library raises holds a part of the body
    raise _damaged(answer, request, body)


def read_members(answer: Response, request: Request) -> Members:
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


def read_list(answer: Response, request: Request, key: str) -> Envelope | None:
    """Return the list that an object has under `key`; `None` where it has none.

    Raises `IncompatibleError` where the body is no object.
    """
    body = _json(answer, request)
    try:
        page = _page_of(key).decode(body)
    except _ERRORS:
        page = None
    listed = bytes(page.found) if isinstance(page, _Page) else b""
    if not isinstance(page, _Page) or listed[:1] != b"[" or _is_there_twice(body, key, listed):
        return _list_of(answer, request, key)
    return Envelope(listed, total=_stated(bytes(page.total_count), bytes(page.total)))


class _Page(msgspec.Struct, gc=False):
    """What is wanted of a page; `found` has the name of its list."""

    found: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    # Not `Raw | None`: a union takes nothing but null, and every page with a total was read twice.
    total_count: msgspec.Raw = msgspec.field(name="totalCount", default_factory=msgspec.Raw)
    total: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


@cache
def _page_of(key: str) -> msgspec.json.Decoder[msgspec.Struct]:
    found = ("found", msgspec.Raw, msgspec.field(name=key))
    page = msgspec.defstruct("_PageOf", [found], bases=(_Page,), kw_only=True, gc=False)
    return msgspec.json.Decoder(page)


def _is_there_twice(body: bytes, key: str, listed: bytes) -> bool:
    """Return whether a second list of that name stands before or behind the one that was read."""
    name, head = f'"{key}"'.encode(), listed[:_HEAD]
    begin = body.find(head)
    for _ in range(_TRIES):  # to search for all of it takes longer
        if body.startswith(listed, begin):
            break
        begin = body.find(head, begin + 1)
    else:
        begin = body.find(listed)
    return body.count(name, 0, begin) > 1 or body.find(name, begin + len(listed)) >= 0


def _list_of(answer: Response, request: Request, key: str) -> Envelope | None:
    members, has_rest = _pieces(answer, request, _json(answer, request))
    text = _list_in(members[key]) if key in members else None
    if text is None:
        return None
    try:
        texts = parts_of(text).parts
    except DamageError:
        raise _damaged(answer, request, text) from None
    total = _stated(members.get("totalCount", b""), members.get("total", b""))
    return Envelope(text, texts, total=total, has_rest=has_rest)


def _stated(*texts: bytes) -> bytes:
    """Return the first of these that says anything."""
    return next((text for text in texts if text not in {b"", b"null"}), b"")


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


def _pieces(answer: Response, request: Request, body: bytes) -> Members:
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
            f"{answer.host} returned an object with a duplicate member",
            advice="report it to the server's administrator",
        )
    return Members(found, has_rest=bool(body[parts.end :].strip(b" \t\r\n\0")))


def _parts(body: bytes) -> Parts | None:
    try:
        return parts_of(body)
    except DamageError:
        return None


def _json(answer: Response, request: Request) -> bytes:
    """Return a body that may be JSON, in UTF-8. Its type is believed where it does not look so."""
    body = _body(answer)
    is_called = not answer.media_type or "json" in answer.media_type
    if not is_called and (body.lstrip()[:1] not in {b"{", b"["} or len(body.strip()) <= len(b"{}")):
        raise not_json(answer, request)
    return body


def _body(answer: Response) -> bytes:
    return as_utf8(answer.body, answer.headers.get("content-type", ""))


def _damaged(answer: Response, request: Request, body: bytes) -> IncompatibleError:
    """Return what is wrong with a body that looks like JSON, whatever it is called."""
    headers = {**answer.headers, "content-type": "application/json"}
    return not_json(replace(answer, headers=headers, body=body), request)
