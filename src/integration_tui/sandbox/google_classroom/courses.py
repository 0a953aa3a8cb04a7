"""Classes and their aliases: listed, made, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, get_args

from integration_tui.sandbox.google_classroom import scopes
from integration_tui.sandbox.google_classroom.api import GoogleCall, GoogleMethod
from integration_tui.sandbox.google_classroom.conditions import CourseState
from integration_tui.sandbox.google_classroom.course_rows import (
    ClassroomCourse,
    ClassroomRole,
    Json,
)
from integration_tui.sandbox.google_classroom.domain import ClassroomDomain
from integration_tui.sandbox.google_classroom.masks import shape
from integration_tui.sandbox.google_classroom.page_tokens import page
from integration_tui.sandbox.google_classroom.people import GoogleAccount
from integration_tui.sandbox.google_classroom.refusals import (
    already_exists,
    denied,
    invalid,
    not_found,
    precondition,
)

STATES: Final = get_args(CourseState)
_LONGEST: Final[Mapping[str, int]] = {
    "name": 750,
    "section": 2_800,
    "descriptionHeading": 3_600,
    "description": 30_000,
    "room": 650,
    "subject": 1_000,
    "levels": 1_000,
}
_CHANGEABLE: Final = frozenset({*_LONGEST, "courseState", "ownerId"})
_LONGEST_ALIAS: Final = 256
_PAGE: Final = 30
_COURSE: Final = shape(
    "id name section descriptionHeading description room subject levels ownerId creationTime"
    " updateTime enrollmentCode courseState alternateLink teacherGroupEmail courseGroupEmail"
    " teacherFolder courseMaterialSets guardiansEnabled calendarId gradebookSettings"
)
_ALIAS: Final = shape("alias")


def visible(domain: ClassroomDomain, call: GoogleCall) -> ClassroomCourse:
    """Return the class that a call names. Raises `GoogleRefusedError` where it may not be seen."""
    course = domain.find(call.path.get("courseId") or call.path.get("id") or "")
    if course is None or course.is_among(domain.conditions.vanished):
        raise not_found()
    if course.is_among(domain.conditions.forbidden):
        raise denied()
    if not call.is_admin and _role_of(domain, call, course) is None:
        raise denied()
    return course


def manageable(domain: ClassroomDomain, call: GoogleCall) -> ClassroomCourse:
    """Return the class that a call names, which the caller may change."""
    course = visible(domain, call)
    if not call.is_admin and _role_of(domain, call, course) is not ClassroomRole.TEACHER:
        raise denied()
    return course


def account_of(domain: ClassroomDomain, call: GoogleCall, key: str) -> GoogleAccount | None:
    """Return the account of an id, an address or `me`."""
    return call.account if key == "me" else domain.accounts.find(key)


class CourseMethods:
    """The methods of `courses` and `courses.aliases`."""

    def __init__(self, domain: ClassroomDomain) -> None:
        self._domain = domain

    def methods(self) -> Sequence[GoogleMethod]:
        """Return them with their paths, scopes and parameters."""
        many, one, write = "v1/courses", "v1/courses/{id}", scopes.COURSES_WRITE
        aliases, method = "v1/courses/{courseId}/aliases", GoogleMethod.classroom
        paging = "pageSize pageToken"
        return [
            method(f"GET {many}", "Courses.ListCourses", scopes.COURSES, self._list,
                   params=f"{paging} courseStates studentId teacherId",
                   known=shape("nextPageToken", courses=_COURSE)),
            method(f"POST {many}", "Courses.CreateCourse", write, self._create, known=_COURSE),
            method(f"GET {one}", "Courses.GetCourse", scopes.COURSES, self._get, known=_COURSE),
            method(f"PATCH {one}", "Courses.PatchCourse", write, self._patch,
                   params="updateMask", known=_COURSE),
            method(f"PUT {one}", "Courses.UpdateCourse", write, self._update, known=_COURSE),
            method(f"DELETE {one}", "Courses.DeleteCourse", write, self._delete),
            method(f"GET {aliases}", "Courses.ListCourseAliases", scopes.COURSES, self._aliases,
                   params=paging, known=shape("nextPageToken", aliases=_ALIAS)),
            method(f"POST {aliases}", "Courses.CreateCourseAlias", write, self._add_alias,
                   known=_ALIAS),
            method(f"DELETE {aliases}/{{alias}}", "Courses.DeleteCourseAlias", write,
                   self._remove_alias),
        ]  # fmt: skip

    def _list(self, call: GoogleCall) -> Mapping[str, object]:
        states = _states(call)
        theirs = self._of_members(call)

        def rows(after: int) -> Iterator[tuple[int, Mapping[str, object]]]:
            for key, course in self._domain.courses(after=after):
                is_theirs = theirs is None or course.number in theirs
                if is_theirs and (not states or course.state in states):
                    yield key, course.row

        most = self._domain.conditions.courses_page
        asked = call.page(self._domain, size=min(call.number("pageSize") or most, most))
        found, following = page(asked, rows)
        return {**({"courses": found} if found else {}), **following}

    def _of_members(self, call: GoogleCall) -> frozenset[int] | None:
        """Return the classes that a list is narrowed to; `None` is all of them."""
        narrowed = [
            (ClassroomRole.STUDENT, call.text("studentId")),
            (ClassroomRole.TEACHER, call.text("teacherId")),
        ]
        asked = [(role, key) for role, key in narrowed if key]
        if len(asked) > 1:
            raise invalid()
        if not call.is_admin and not asked:
            return frozenset(self._domain.courses_of(call.account.id if call.account else ""))
        for role, key in asked:
            account = account_of(self._domain, call, key)
            if account is None:
                raise not_found()
            if not call.is_admin and account != call.account:
                raise denied()
            own = self._domain.courses_of(account.id)
            return frozenset(number for number, own_role in own.items() if own_role is role)
        return None

    def _get(self, call: GoogleCall) -> Mapping[str, object]:
        return visible(self._domain, call).row

    def _create(self, call: GoogleCall) -> Mapping[str, object]:
        fields = _written(call.body, frozenset({*_CHANGEABLE, "id"}))
        alias = str(fields.pop("id", ""))
        if not fields.get("name"):
            raise invalid()
        owner = account_of(self._domain, call, str(fields.get("ownerId") or ""))
        if owner is None:
            raise not_found()
        if not call.is_admin and owner != call.account:
            raise denied()
        if self._domain.accounts.is_suspended(owner):
            raise precondition("@UserCannotOwnCourse The owner's account is disabled.")
        if alias:
            self._check_alias(alias)
        state = fields.get("courseState", "PROVISIONED")
        known = {**fields, "ownerId": owner.id, "courseState": state, "guardiansEnabled": False}
        return self._domain.create(known, alias=alias).row

    def _patch(self, call: GoogleCall) -> Mapping[str, object]:
        names = [name for name in call.text("updateMask").split(",") if name]
        if not names or not _CHANGEABLE.issuperset(names):
            raise invalid()
        fields = _written({name: call.body.get(name) for name in names}, _CHANGEABLE)
        return self._changed(call, fields)

    def _update(self, call: GoogleCall) -> Mapping[str, object]:
        known = {name: value for name, value in call.body.items() if name in _CHANGEABLE}
        return self._changed(call, _written(known, _CHANGEABLE))

    def _changed(self, call: GoogleCall, fields: Json) -> Mapping[str, object]:
        course = manageable(self._domain, call)
        if course.state in {"ARCHIVED", "SUSPENDED"} and "courseState" not in fields:
            raise precondition("@CourseNotModifiable The course is not modifiable.")
        if "name" in fields and not fields["name"]:
            raise invalid()
        if "ownerId" in fields:
            owner = account_of(self._domain, call, str(fields["ownerId"]))
            if owner is None or self._domain.role_of(course, owner.id) is not ClassroomRole.TEACHER:
                raise precondition(
                    "@IneligibleOwner The new owner must be a teacher of the course."
                )
            fields = {**fields, "ownerId": owner.id}
        return self._domain.change(course, fields).row

    def _delete(self, call: GoogleCall) -> Mapping[str, object]:
        course = manageable(self._domain, call)
        for _, alias in [*self._domain.aliases(course)]:
            self._domain.written.remove_alias(alias)
        self._domain.written.delete(course.number)
        return {}

    def _aliases(self, call: GoogleCall) -> Mapping[str, object]:
        course = visible(self._domain, call)

        def rows(after: int) -> Iterator[tuple[int, Mapping[str, object]]]:
            for key, alias in self._domain.aliases(course):
                if key > after:
                    yield key, {"alias": alias}

        asked = call.page(self._domain, size=min(call.number("pageSize") or _PAGE, _PAGE))
        found, following = page(asked, rows)
        return {**({"aliases": found} if found else {}), **following}

    def _add_alias(self, call: GoogleCall) -> Mapping[str, object]:
        course, alias = manageable(self._domain, call), str(call.body.get("alias") or "")
        self._check_alias(alias)
        self._domain.written.add_alias(course.number, alias, seen_from=self._domain.seen_from)
        return {"alias": alias}

    def _remove_alias(self, call: GoogleCall) -> Mapping[str, object]:
        course, alias = manageable(self._domain, call), call.path["alias"]
        if alias not in {known for _, known in self._domain.aliases(course)}:
            raise not_found()
        self._domain.written.remove_alias(alias)
        return {}

    def _check_alias(self, alias: str) -> None:
        if not alias.startswith(("d:", "p:")) or not 2 < len(alias) <= _LONGEST_ALIAS:
            raise invalid()
        if self._domain.target_of(alias, seen=False) is not None:
            raise already_exists()


def _role_of(
    domain: ClassroomDomain, call: GoogleCall, course: ClassroomCourse
) -> ClassroomRole | None:
    return None if call.account is None else domain.role_of(course, call.account.id)


def _states(call: GoogleCall) -> frozenset[str]:
    asked = frozenset(call.texts("courseStates")) - {"COURSE_STATE_UNSPECIFIED"}
    for state in asked - {*STATES}:
        raise invalid(
            f"Invalid value at 'course_states' (type.googleapis.com/google.classroom.v1"
            f'.CourseState), "{state}"'
        )
    return asked


def _written(body: Mapping[str, object], known: frozenset[str]) -> Json:
    """Return the fields of a class as they are sent. Raises `GoogleRefusedError`."""
    for name, value in body.items():
        if name not in known:
            raise invalid(f'Invalid JSON payload received. Unknown name "{name}"')
        if value is not None and not isinstance(value, str):
            raise invalid(f"Invalid value at 'course.{name}' (TYPE_STRING), {value}")
        if len(value or "") > _LONGEST.get(name, _LONGEST["room"]):
            raise invalid()
    if body.get("courseState", STATES[0]) not in STATES:
        raise invalid()
    return {**body}
