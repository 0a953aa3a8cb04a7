"""What must not be shown: which keys hold secrets, and what secrets look like inside a text.

Secrets that this process has had in its hands are known by their values, in every spelling.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Final

from integration_tui.domain.spellings import SHORT, any_of, spellings

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
    """Say whether what stands under this key may be a secret."""
    plain = key.lower().replace("-", "_")
    return bool(_SENSITIVE.search(plain)) and not _ABOUT.search(plain)


def is_sensitive_path(path: Sequence[str | int]) -> bool:
    """Say whether any key on the way to a value is sensitive."""
    return any(isinstance(key, str) and is_sensitive(key) for key in path)


def scrub(text: str) -> str:
    """Return `text` without known secrets, and without what looks like one.

    That is tokens, keys, passwords in addresses.
    """
    text = known_secrets.mask(text)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def impersonal(text: str) -> str:
    """Return `text` without secrets and e-mail addresses.

    Names cannot be told from other words: whoever writes a text that is kept leaves them out.
    """
    return EMAIL.sub(MASK, scrub(text))
