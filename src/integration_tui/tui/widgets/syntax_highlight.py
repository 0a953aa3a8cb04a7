"""Which parts of a line of YAML, TOML or JSON are keys, texts, numbers, words and comments.

One line at a time, in a time that grows with its length alone; it never fails, and a line that
it misreads only has other colours.

See docs/decisions/0023.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

LONGEST: Final = 2000
"""What stands behind so many characters has no colours."""

_TEXT: Final = r""""(?:[^"\\]|\\.)*"?|'[^']*'?"""
_PATTERNS: Final = {
    "yaml": rf"(?P<text>{_TEXT})|(?P<comment>(?<!\S)#.*)|(?P<word>(?:[^\s,\[\]{{}}:]|:(?=\S))+)",
    "toml": r"(?P<head>^\s*\[{1,2}[^\[\],]*\]{1,2}(?=\s*(?:#|$)))"
    rf"|(?P<text>{_TEXT})|(?P<comment>#.*)"
    r"|(?P<word>[^\s,\[\]{}=#\"']+)",
    "json": r'(?P<text>"(?:[^"\\]|\\.)*"?)|(?P<word>[^\s,\[\]{}:"]+)',
}
_TOKENS: Final = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_BEHIND_KEY: Final = {
    "yaml": re.compile(r"\s*:(?=\s|$)"),
    "toml": re.compile(r"\s*="),
    "json": re.compile(r"\s*:"),
}
_NUMBER: Final = re.compile(r"[+-]?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS: Final = frozenset({"true", "false", "null", "~"})
_REFERENCE: Final = re.compile(r"""["']?(?:env|file|keyring):""")


class SyntaxKind(StrEnum):
    """What a part of a line is; themes give it a colour."""

    KEY = "key"
    TEXT = "text"
    NUMBER = "number"
    WORD = "word"
    REFERENCE = "reference"
    COMMENT = "comment"


class SyntaxSpan(NamedTuple):
    """From the character `start` up to, and without, `end`."""

    start: int
    end: int
    kind: SyntaxKind


def spans(line: str, format_: str) -> Iterator[SyntaxSpan]:
    """Yield the parts of a line that have a kind, from left to right."""
    token = _TOKENS.get(format_)
    if token is None:
        return
    for found in token.finditer(line[:LONGEST]):
        kind = _kind(found, line, format_)
        if kind is not None:
            yield SyntaxSpan(found.start(), found.end(), kind)


def _kind(found: re.Match[str], line: str, format_: str) -> SyntaxKind | None:
    if found.lastgroup == "comment":
        return SyntaxKind.COMMENT
    if found.lastgroup == "head" or _BEHIND_KEY[format_].match(line, found.end(), LONGEST):
        return SyntaxKind.KEY
    if _REFERENCE.match(found[0]):
        return SyntaxKind.REFERENCE
    if found.lastgroup == "text":
        return SyntaxKind.TEXT
    return _kind_of_word(found[0])


def _kind_of_word(word: str) -> SyntaxKind | None:
    if word in _WORDS:
        return SyntaxKind.WORD
    return SyntaxKind.NUMBER if _NUMBER.fullmatch(word) else None
