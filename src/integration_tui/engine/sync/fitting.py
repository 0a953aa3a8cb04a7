"""Keeps records out whose ids no store can hold, so that they are told of and stop nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from integration_tui.domain.roster import Record
from integration_tui.domain.sync import Page, Rejected
from integration_tui.domain.text import visible

_REASON: Final = "its id holds a NUL or half a character, which no store can hold"
_LONGEST: Final = 255


def fitting(page: Page[Record]) -> Page[Record]:
    """Return a page with such records among the rejected ones."""
    if all(_fits(one.sourced_id) for one in page.rows):
        return page
    rejected = tuple(
        Rejected(sourced_id=visible(one.sourced_id, limit=_LONGEST), reason=_REASON)
        for one in page.rows
        if not _fits(one.sourced_id)
    )
    return replace(
        page,
        rows=tuple(one for one in page.rows if _fits(one.sourced_id)),
        rejected=(*page.rejected, *rejected),
    )


def _fits(sourced_id: str) -> bool:
    # SQLite's JSON ends a text at a NUL, and PostgreSQL takes none.
    if "\0" in sourced_id:
        return False
    try:
        sourced_id.encode()
    except UnicodeEncodeError:
        return False
    return True
