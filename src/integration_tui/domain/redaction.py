"""What must not be shown: which keys hold secrets, and what secrets look like inside a text.

Secrets that this process has had in its hands are known by their values, in every spelling.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from html import escape
from typing import Final
from urllib.parse import quote, quote_plus

_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")
_URL_SAFE: Final = str.maketrans("+/", "-_")
_LINE: Final = 16
"""A shorter line of a secret of several lines is not looked for by itself."""
SHORT: Final = 6
"""A shorter text is only taken out where it stands alone: it may be part of any word."""


def spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it may stand in a text, in no order and with repetitions."""
    if not secret.strip():
        return
    lines = [line for line in secret.splitlines() if len(line) >= _LINE]
    for text in {secret, secret.strip(), *lines}:
        yield from _in_addresses(text)
        yield from (text, escape(text), escape(text, quote=False))
        yield from (repr(text)[1:-1], repr(text.encode(errors="replace"))[2:-1])
        yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        raw = text.encode(errors="replace")
        if len(raw) >= SHORT:
            yield from (raw.hex(), raw.hex().upper())
        for encoded in _in_base64(raw):
            yield from (encoded, *_in_addresses(encoded))


def any_of(texts: Iterable[str], *, least: int) -> re.Pattern[str]:
    """Return what finds any of these, the longest first; shorter ones only as whole words."""
    ordered = sorted({text for text in texts if text}, key=lambda text: (-len(text), text))
    patterns = [
        _literal(text) if len(text) >= least else rf"(?<!\w){_literal(text)}(?!\w)"
        for text in ordered
    ]
    return re.compile("|".join(patterns) or r"(?!)")


def _literal(text: str) -> str:
    """Return what finds just this text; the digits of a percent sign may be of either case."""
    return _PERCENT.sub(lambda found: f"(?i:{found[0]})", re.escape(text))


def _in_addresses(text: str) -> Iterator[str]:
    safe = text.encode(errors="replace").decode()  # a lone surrogate stands in no address
    yield from (quote(safe), quote(safe, safe=""), quote_plus(safe))


def _in_base64(secret: bytes) -> Iterator[str]:
    """Yield what a secret is in base64, behind whatever else, such as a name and a colon."""
    whole = base64.b64encode(secret).decode().rstrip("=")
    yield from (whole, whole.translate(_URL_SAFE))
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret).decode().rstrip("=")
        mixed = (before * 8 + 5) // 6  # letters that what stands before has a part in
        inner = encoded[mixed:] if (before + len(secret)) % 3 == 0 else encoded[mixed:-1]
        if len(inner) >= SHORT:
            yield from (inner, inner.translate(_URL_SAFE))


MASK: Final = "•••"
EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

_SENSITIVE: Final = re.compile(
    r"authorization|cookie|secret|passw|token|assertion|credential|private_?key|api_?key"
    r"|^(?:key|pwd|pass|auth|oauth|signature)$"
)
_ABOUT: Final = re.compile(r"_(?:url|type|id|ids|at|in|s|ms|expires|count)$")
"""Endings of keys that only tell something about a secret: `token_url`, `secret_id`."""

_SHAPES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK),
        (r"\b(bearer|basic|digest|oauth)([ :]+)[\w.~+/=-]{6,}", rf"\1\2{MASK}"),
        (r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?", MASK),
        (
            r"((?<![\w-])['\"]?[\w-]*(?:secret|passw(?:or)?d|token|assertion|api_?-?key|authorization|signature)"
            r"['\"]?\s*[=:]\s*)(?!(?:['\"]?(?:env|file|keyring):))(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&'\"}]+)",
            rf"\1{MASK}",
        ),
        # A password may hold an @ itself; a digit may stand right before an address.
        (r"((?<![a-z0-9+.-])[a-z0-9+.-]+://)[^\s/?#]+@", rf"\1{MASK}@"),
    )
)


_LONGEST: Final = 4096


class KnownSecrets:
    """The secrets of this process, to be masked wherever they turn up. Holds the newest ones."""

    def __init__(self, *, most: int = 200, shortest: int = 8) -> None:
        self._most = most
        self._shortest = shortest
        self._values: dict[str, None] = {}
        self._finders: dict[str, _Finder] = {}
        self._lock = threading.Lock()

    def remember(self, value: str) -> None:
        """Mask this value from now on; a very short one would mask half of every text.

        Of one that is longer than any secret only the beginning: a system may send megabytes, and
        to look for all their spellings would take minutes and gigabytes.
        """
        value = value[:_LONGEST]
        if len(value.strip()) < self._shortest or value in self._values:
            return
        with self._lock:
            self._values[value] = None
            for oldest in list(self._values)[: -self._most]:
                del self._values[oldest]
                self._finders.pop(oldest, None)

    def mask(self, text: str) -> str:
        """Return a text without the known secrets, however they are encoded."""
        if not self._values:
            return text
        with self._lock:
            # One may be a part of another: the longest goes first.
            finders = [self._finder(value) for value in sorted(self._values, key=len, reverse=True)]
        for finder in finders:
            text = finder.mask(text)
        return text

    def _finder(self, value: str) -> _Finder:
        """Return what finds a secret; made once, since its pattern takes long to make."""
        found = self._finders.get(value)
        if found is None:
            found = self._finders[value] = _Finder(value)
        return found


class _Finder:
    """Finds one secret in all its spellings; most texts hold none of them."""

    def __init__(self, value: str) -> None:
        spelled = {form for form in spellings(value) if form}
        self._forms = tuple({form.casefold() for form in spelled})
        self._pattern = any_of(spelled, least=SHORT)

    def mask(self, text: str) -> str:
        folded = text.casefold()
        if not any(form in folded for form in self._forms):
            return text
        return self._pattern.sub(MASK, text)


known_secrets: Final = KnownSecrets()


def is_sensitive(key: str) -> bool:
    """Return whether what stands under this key may be a secret."""
    plain = key.lower().replace("-", "_")
    return bool(_SENSITIVE.search(plain)) and not _ABOUT.search(plain)


def is_sensitive_path(path: Sequence[str | int]) -> bool:
    """Return whether any key on the way to a value is sensitive."""
    return any(isinstance(key, str) and is_sensitive(key) for key in path)


def scrub(text: str) -> str:
    """Return `text` without known secrets, and without what looks like one.

    That is tokens, keys, passwords in addresses.
    """
    text = known_secrets.mask(text)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def impersonal(text: str, *, naming: Collection[str] = ()) -> str:
    """Return `text` without secrets and e-mail addresses, but those in `naming`.

    Names cannot be told from other words: whoever writes a text that is kept leaves them out.
    """
    return EMAIL.sub(lambda found: found[0] if found[0] in naming else MASK, scrub(text))
