"""What must not be shown: which keys hold secrets, and what secrets look like inside a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

MASK: Final = "•••"

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


def is_sensitive(key: str) -> bool:
    """Say whether what stands under this key may be a secret."""
    plain = key.lower().replace("-", "_")
    return bool(_SENSITIVE.search(plain)) and not _ABOUT.search(plain)


def is_sensitive_path(path: Sequence[str | int]) -> bool:
    """Say whether any key on the way to a value is sensitive."""
    return any(isinstance(key, str) and is_sensitive(key) for key in path)


def scrub(text: str) -> str:
    """Return `text` without what looks like a secret: tokens, keys, passwords in addresses."""
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text
