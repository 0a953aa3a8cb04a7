"""Where a listing goes on: a cursor of ours, whatever is in Google's page tokens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.paging import Cursor


class Part(StrEnum):
    """What a listing was reading."""

    COURSES = "courses"
    ROSTERS = "rosters"
    WALK = "walk"
    DIRECTORY = "directory"
    STRANGERS = "strangers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a listing.

    `token` is of the page to ask for, `behind` the id of the last course of it that was read;
    `count` how many strangers were listed, or when (in seconds since 1970) a token was given.
    `lost`: a record without an id could not be read before.
    """

    part: Part
    token: str = ""
    behind: str = ""
    count: int = 0
    lost: bool = False

    def cursor(self) -> Cursor:
        """Return the text that `read` makes a place of."""
        return Cursor(msgspec.json.encode(self).decode())

    @classmethod
    def read(cls, after: Cursor, *parts: Part) -> Place:
        """Return the place of a cursor. Raises `IncompatibleError` for one of another listing."""
        try:
            place = msgspec.json.decode(after, type=cls)
        except (msgspec.DecodeError, RecursionError):
            place = None
        if place is None or place.part not in parts:
            raise IncompatibleError(
                "this cursor is not one of a Google Classroom listing",
                advice="list from the start again",
            )
        return place
