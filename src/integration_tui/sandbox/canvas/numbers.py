"""Which number a row has: of its place in the SIS, so that it stays and is found by arithmetic.

People are of another shard, as in a consortium: their ids are beyond 2^53, so that whoever reads
them as floating-point numbers finds somebody else. What no SIS brought has numbers of its own.
"""

from __future__ import annotations

from typing import Final

from integration_tui.domain.roster import Collection

SHARD: Final = 2107
PER_SHARD: Final = 10**13
"""A global id is shard * 10^13 + local id; addresses may spell it `2107~565`."""

ROOT: Final = 1
DEFAULT_TERM: Final = 1
_FIRST: Final = {
    Collection.ORGS: 1,
    Collection.ACADEMIC_SESSIONS: 2,
    Collection.CLASSES: 100_001,
    Collection.USERS: SHARD * PER_SHARD + 1,
    Collection.ENROLLMENTS: 1_000_001,
}
_COURSES: Final = 10_000
_PER_SCHOOL: Final = 1_000

OBSERVERS: Final = SHARD * PER_SHARD + 50_000_000
TEST_STUDENTS: Final = SHARD * PER_SHARD + 60_000_000
IMPORTED_USERS: Final = SHARD * PER_SHARD + 90_000_000
SERVICE_USER: Final = SHARD * PER_SHARD + 70_000_565
"""Whose token the sandbox gives away: an administrator whom no SIS knows."""
EXTRA_COURSES: Final = 800_000_000
EXTRA_SECTIONS: Final = 800_000_000
EXTRA_ENROLLMENTS: Final = 800_000_000
_EXTRAS_EACH: Final = 16
IMPORTED: Final = 900_000_000
"""From here on: rows of SIS imports, in every table but that of people."""


def number_of(collection: Collection, place: int) -> int:
    """Return the id of what the SIS has in a place."""
    return _FIRST[collection] + place


def place_of(collection: Collection, number: int) -> int:
    """Return the place behind an id; it may be one that the SIS does not have."""
    return number - _FIRST[collection]


def course_number(course: int, school: int) -> int:
    """Return the id of a course of the SIS, by its place, at a school, by the place of its org."""
    return _COURSES + _PER_SCHOOL * school + course


def extra_enrollment(section: int, nth: int) -> int:
    """Return the id of an enrollment that no SIS brought, of a section by its id."""
    return EXTRA_ENROLLMENTS + (section % EXTRA_SECTIONS) * _EXTRAS_EACH + nth


def section_of_extra(enrollment: int) -> int:
    """Return the section, of those of the SIS, of an enrollment that no SIS brought."""
    return (enrollment - EXTRA_ENROLLMENTS) // _EXTRAS_EACH
