"""What records are called, by column, and what a search passes over in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.domain.text import PASSED_OVER

NAMES: Final[Mapping[Collection, tuple[str, ...]]] = {
    Collection.ORGS: ("name",),
    Collection.ACADEMIC_SESSIONS: ("title",),
    Collection.COURSES: ("title",),
    Collection.CLASSES: ("title",),
    Collection.USERS: ("family_name", "given_name"),
}
"""What records of a collection are called."""


def folded(expression: str) -> str:
    """Return an expression for a text without the characters that a search passes over."""
    for character in PASSED_OVER:
        expression = f"replace({expression}, '{character}', '')"
    return expression


def has_joiners(columns: Sequence[str]) -> str:
    """Return a condition for the rows with such a character in one of these columns."""
    whole = " || ".join(columns)
    return f"{folded(whole)} <> {whole}"
