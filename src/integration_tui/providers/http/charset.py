"""The encoding of a JSON body: UTF-8, unless its first bytes or its type say otherwise.

RFC 8259 wants UTF-8 and allows a reader to pass over a byte order mark; servers send what their
platform writes. Bytes that are neither are left as they are, for whoever reads record by record.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

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
