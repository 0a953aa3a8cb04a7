"""Secrets of one request found in a text, in whatever spelling they came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from integration_tui.domain.redaction import MASK, scrub
from integration_tui.domain.spellings import any_of, spellings

_SHORTEST: Final = 6
"""A shorter spelling is only taken out where it stands alone."""


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without the given secrets, and without what looks like one."""
    forms = {
        form
        for secret in secrets
        # In lower case as well: so it stands in the name of a host.
        for form in (*spellings(secret), secret.lower())
    }
    return scrub(any_of(forms, least=_SHORTEST).sub(MASK, text))
