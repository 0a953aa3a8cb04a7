"""Every address that OneRoster reads from: whole collections, kinds of them, parts of them.

Source: OneRoster 1.2 Rostering Service, REST binding, section 3.2: 41 operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Enrollment,
    Org,
    Owner,
    User,
)
from integration_tui.sandbox.selection import Keep, pointed
from integration_tui.sandbox.serializer import LISTS
from integration_tui.sandbox.source import Snapshot, has_left

Ids = Mapping[str, str]
"""The ids in an address, by the word for what they are of: school, class_, ..."""
Part = Callable[[Snapshot, Ids], Sequence[int]]

_C = Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A list. `keep` says which kind of records; `part` which places, `None` is all.

    `owners` must be there, or the answer is 404: the word in the address, and what it is of.
    """

    pattern: str
    collection: Collection
    keep: Keep | None = None
    part: Part | None = None
    owners: tuple[tuple[str, Collection], ...] = ()

    def has_owners(self, snapshot: Snapshot, ids: Ids) -> bool:
        """Say whether everything is there that an address names."""
        return all(is_there(snapshot, kind, ids[word]) for word, kind in self.owners)


def is_there(snapshot: Snapshot, collection: Collection, sourced_id: str) -> bool:
    """Say whether there is an active record of an id."""
    place = snapshot.index_of(collection, sourced_id)
    record = None if place is None else snapshot.at(collection, place)
    return record is not None and not has_left(record)


def _is_org(type_: str) -> Keep:
    return lambda record: isinstance(record, Org) and record.type == type_


def _is_session(*types: str) -> Keep:
    return lambda record: isinstance(record, AcademicSession) and record.type in types


def _has_role(role: str) -> Keep:
    return lambda record: (
        isinstance(record, User) and any(each.role == role for each in record.roles)
    )


def _of(collection: Collection, word: str, kind: Collection) -> Part:
    """Return the part of a collection that belongs to one owner."""
    return lambda snapshot, ids: snapshot.part(
        collection, Owner(collection=kind, sourced_id=ids[word])
    )


def _people(snapshot: Snapshot, ids: Ids) -> Sequence[int]:
    seats = _of(_C.ENROLLMENTS, "class_", _C.CLASSES)(snapshot, ids)
    return pointed(
        snapshot,
        _C.ENROLLMENTS,
        _present(snapshot, seats),
        _C.USERS,
        lambda record: (record.user,) if isinstance(record, Enrollment) else (),
    )


def _attended(snapshot: Snapshot, ids: Ids) -> Sequence[int]:
    seats = _of(_C.ENROLLMENTS, "user", _C.USERS)(snapshot, ids)
    return pointed(
        snapshot,
        _C.ENROLLMENTS,
        _present(snapshot, seats),
        _C.CLASSES,
        lambda record: (record.class_,) if isinstance(record, Enrollment) else (),
    )


def _present(snapshot: Snapshot, seats: Sequence[int]) -> Sequence[int]:
    missing = {*snapshot.missing(_C.ENROLLMENTS, gone=False)}
    return [seat for seat in seats if seat not in missing]


def _taught(snapshot: Snapshot, ids: Ids) -> Sequence[int]:
    classes = _of(_C.CLASSES, "school", _C.ORGS)(snapshot, ids)
    found = pointed(
        snapshot,
        _C.CLASSES,
        classes,
        _C.COURSES,
        lambda record: (record.course,) if isinstance(record, Class) else (),
    )
    return sorted({*found, *_of(_C.COURSES, "school", _C.ORGS)(snapshot, ids)})


def _terms(snapshot: Snapshot, ids: Ids) -> Sequence[int]:
    classes = _of(_C.CLASSES, "school", _C.ORGS)(snapshot, ids)
    return pointed(
        snapshot,
        _C.CLASSES,
        classes,
        _C.ACADEMIC_SESSIONS,
        lambda record: record.terms if isinstance(record, Class) else (),
    )


def _periods(snapshot: Snapshot, ids: Ids) -> Sequence[int]:
    rows = range(snapshot.size(_C.ACADEMIC_SESSIONS))
    found = ((place, snapshot.at(_C.ACADEMIC_SESSIONS, place)) for place in rows)
    return [
        place
        for place, one in found
        if isinstance(one, AcademicSession) and one.parent == ids["term"]
    ]


_STUDENT, _TEACHER = _has_role("student"), _has_role("teacher")
_TERM, _PERIOD = _is_session("term", "semester"), _is_session("gradingPeriod")
_SCHOOL: Final = (("school", _C.ORGS),)
_CLASS: Final = (("class_", _C.CLASSES),)
_BOTH: Final = (*_SCHOOL, *_CLASS)
_USER: Final = (("user", _C.USERS),)
_TERM_ID: Final = (("term", _C.ACADEMIC_SESSIONS),)
_SEATS: Final = _of(_C.ENROLLMENTS, "class_", _C.CLASSES)

WHOLE: Final = (
    *(Path(pattern=path, collection=collection) for collection, path in LISTS.items()),
    Path(pattern="schools", collection=_C.ORGS, keep=_is_org("school")),
    Path(pattern="terms", collection=_C.ACADEMIC_SESSIONS, keep=_TERM),
    Path(pattern="gradingPeriods", collection=_C.ACADEMIC_SESSIONS, keep=_PERIOD),
    Path(pattern="students", collection=_C.USERS, keep=_STUDENT),
    Path(pattern="teachers", collection=_C.USERS, keep=_TEACHER),
)
"""Lists, each of whose records has an address below it."""


def _path(
    pattern: str,
    collection: Collection,
    part: Part,
    owners: tuple[tuple[str, Collection], ...],
    keep: Keep | None = None,
) -> Path:
    return Path(pattern=pattern, collection=collection, part=part, owners=owners, keep=keep)


_S, _SC, _K = "schools/{school}", "schools/{school}/classes/{class_}", "classes/{class_}"

PARTS_OF: Final = (
    _path(f"{_S}/classes", _C.CLASSES, _of(_C.CLASSES, "school", _C.ORGS), _SCHOOL),
    _path(f"{_S}/courses", _C.COURSES, _taught, _SCHOOL),
    _path(f"{_S}/enrollments", _C.ENROLLMENTS, _of(_C.ENROLLMENTS, "school", _C.ORGS), _SCHOOL),
    _path(f"{_S}/students", _C.USERS, _of(_C.USERS, "school", _C.ORGS), _SCHOOL, _STUDENT),
    _path(f"{_S}/teachers", _C.USERS, _of(_C.USERS, "school", _C.ORGS), _SCHOOL, _TEACHER),
    _path(f"{_S}/terms", _C.ACADEMIC_SESSIONS, _terms, _SCHOOL, _TERM),
    _path(f"{_SC}/enrollments", _C.ENROLLMENTS, _SEATS, _BOTH),
    _path(f"{_SC}/students", _C.USERS, _people, _BOTH, _STUDENT),
    _path(f"{_SC}/teachers", _C.USERS, _people, _BOTH, _TEACHER),
    _path(f"{_K}/students", _C.USERS, _people, _CLASS, _STUDENT),
    _path(f"{_K}/teachers", _C.USERS, _people, _CLASS, _TEACHER),
    _path(
        "courses/{course}/classes",
        _C.CLASSES,
        _of(_C.CLASSES, "course", _C.COURSES),
        (("course", _C.COURSES),),
    ),
    _path(
        "terms/{term}/classes",
        _C.CLASSES,
        _of(_C.CLASSES, "term", _C.ACADEMIC_SESSIONS),
        _TERM_ID,
    ),
    _path("terms/{term}/gradingPeriods", _C.ACADEMIC_SESSIONS, _periods, _TERM_ID, _PERIOD),
    *(
        _path(f"{kind}/{{user}}/classes", _C.CLASSES, _attended, _USER)
        for kind in ("students", "teachers", "users")
    ),
)
"""Lists of what belongs to one owner, or to a class of a school."""
