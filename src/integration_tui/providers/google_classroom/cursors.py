"""Where a listing goes on: a cursor of ours, whatever is in Google's page tokens."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

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


class ListingPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a listing.

    `token` is of the page to ask for, `behind` the id of the last course of it that was read;
    `count` how many strangers were listed, or when (in seconds since 1970) a token was given.
    `lost`: a record without an id could not be read before. `schools` is where the classes are,
    as `packed`: whoever goes on need not read the whole Directory for it.
    """

    part: Part
    token: str = ""
    behind: str = ""
    count: int = 0
    lost: bool = False
    schools: str = ""

    def cursor(self) -> Cursor:
        """Return the text that `read` makes a place of."""
        return Cursor(msgspec.json.encode(self).decode())

    @classmethod
    def read(cls, after: Cursor, *parts: Part) -> ListingPlace:
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


_LONGEST: Final = 64 * 1024
_MOST: Final = 16 * 1024 * 1024


def packed(schools: Mapping[str, str]) -> str:
    """Return the schools of classes as a short text; empty where it would be a long one."""
    classes: dict[str, list[str]] = {}
    for course, school in schools.items():
        classes.setdefault(school, []).append(course)
    text = b64encode(zlib.compress(msgspec.json.encode(classes))).decode()
    return text if len(text) <= _LONGEST else ""


def unpacked(text: str) -> Mapping[str, str]:
    """Return what was packed; nothing where it is none."""
    try:
        whole = zlib.decompressobj().decompress(b64decode(text, validate=True), _MOST)
        classes = msgspec.json.decode(whole, type=dict[str, list[str]])
    except (ValueError, zlib.error, RecursionError):
        return {}
    return {course: school for school, courses in classes.items() for course in courses}
