"""Names with joiners or soft hyphens in them, as SQL: an index of its own finds them without.

Few names have any, so that the index is small. SQLite takes it only for the very same condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from integration_tui.domain.joiners import PASSED_OVER
from integration_tui.domain.roster import Collection

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
