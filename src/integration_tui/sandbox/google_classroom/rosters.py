"""Students and teachers of a class, and their profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from integration_tui.sandbox.google_classroom import scopes
from integration_tui.sandbox.google_classroom.api import GoogleCall, GoogleMethod
from integration_tui.sandbox.google_classroom.course_rows import ClassroomCourse, ClassroomRole
from integration_tui.sandbox.google_classroom.courses import account_of, manageable, visible
from integration_tui.sandbox.google_classroom.domain import ClassroomDomain
from integration_tui.sandbox.google_classroom.masks import shape
from integration_tui.sandbox.google_classroom.page_tokens import page
from integration_tui.sandbox.google_classroom.people import GoogleAccount
from integration_tui.sandbox.google_classroom.refusals import (
    already_exists,
    denied,
    not_found,
    precondition,
)

_NAME: Final = shape("givenName familyName fullName")
_PROFILE: Final = shape("id emailAddress photoUrl permissions verifiedTeacher", name=_NAME)
_MEMBER: Final = shape("courseId userId studentWorkFolder", profile=_PROFILE)
_STRANGER: Final = (
    "@CannotDirectAddUser Unable to directly add the user to the course. Please check that the"
    " user account exists and is within the course admin's domain."
)


class RosterMethods:
    """The methods of `courses.students`, `courses.teachers` and `userProfiles`."""

    def __init__(self, domain: ClassroomDomain) -> None:
        self._domain = domain

    def methods(self) -> Sequence[GoogleMethod]:
        """Return them with their paths, scopes and parameters."""
        return [
            *self._methods_of("students", "Student", ClassroomRole.STUDENT),
            *self._methods_of("teachers", "Teacher", ClassroomRole.TEACHER),
            GoogleMethod.classroom("GET v1/userProfiles/{userId}", "UserProfiles.GetUserProfile",
                                   scopes.ROSTERS, self._profile, known=_PROFILE),
        ]  # fmt: skip

    def _methods_of(self, plural: str, noun: str, role: ClassroomRole) -> Sequence[GoogleMethod]:
        def listing(call: GoogleCall) -> Mapping[str, object]:
            return self._list(call, plural, role)

        def creating(call: GoogleCall) -> Mapping[str, object]:
            return self._create(call, role)

        def getting(call: GoogleCall) -> Mapping[str, object]:
            course, account = self._member(call, visible(self._domain, call), role)
            return self._row(call, course, account)

        def deleting(call: GoogleCall) -> Mapping[str, object]:
            return self._delete(call, role)

        many, rpc, method = f"v1/courses/{{courseId}}/{plural}", f"{noun}s", GoogleMethod.classroom
        one = f"{many}/{{userId}}"
        code = "enrollmentCode" if role is ClassroomRole.STUDENT else ""
        return [
            method(f"GET {many}", f"{rpc}.List{rpc}", scopes.ROSTERS, listing,
                   params="pageSize pageToken", known=shape("nextPageToken", **{plural: _MEMBER})),
            method(f"POST {many}", f"{rpc}.Create{noun}", scopes.ADDITIONS, creating,
                   params=code, known=_MEMBER),
            method(f"GET {one}", f"{rpc}.Get{noun}", scopes.ROSTERS, getting, known=_MEMBER),
            method(f"DELETE {one}", f"{rpc}.Delete{noun}", scopes.ROSTERS_WRITE, deleting),
        ]  # fmt: skip

    def _list(self, call: GoogleCall, plural: str, role: ClassroomRole) -> Mapping[str, object]:
        course = visible(self._domain, call)

        def rows(after: int) -> Iterator[tuple[int, str]]:
            return self._domain.members(course, role, after=after)

        # Capped at 30 whatever was asked: https://github.com/code-dot-org/code-dot-org/pull/17113
        most = self._domain.conditions.students_page
        size = min(call.number("pageSize") or most, most)
        ids, following = page(call.page(self._domain, size=size), rows)
        found = [self._row(call, course, account) for account in ids]
        return {**({plural: found} if found else {}), **following}

    def _row(self, call: GoogleCall, course: ClassroomCourse, account: str) -> Mapping[str, object]:
        known = self._domain.accounts.find(account)
        profile = {"id": account} if known is None else profile_of(known, call.scopes)
        return {"courseId": course.id, "userId": account, "profile": profile}

    def _member(
        self, call: GoogleCall, course: ClassroomCourse, role: ClassroomRole
    ) -> tuple[ClassroomCourse, str]:
        key = call.path["userId"]
        account = account_of(self._domain, call, key)
        member = key if account is None else account.id
        if member not in {found for _, found in self._domain.members(course, role)}:
            raise not_found()
        return course, member

    def _create(self, call: GoogleCall, role: ClassroomRole) -> Mapping[str, object]:
        course = manageable(self._domain, call)
        account = account_of(self._domain, call, str(call.body.get("userId") or ""))
        if account is None:
            raise denied(_STRANGER)
        self._check_addition(course, account, role)
        self._domain.add(course.number, account.id, role)
        return self._row(call, course, account.id)

    def _check_addition(
        self, course: ClassroomCourse, account: GoogleAccount, role: ClassroomRole
    ) -> None:
        if course.state in {"ARCHIVED", "SUSPENDED", "DECLINED"}:
            raise precondition("@CourseNotModifiable The course is not modifiable.")
        if self._domain.accounts.is_suspended(account):
            raise precondition("The user's account is disabled.")
        if self._domain.role_of(course, account.id) is not None:
            raise already_exists()
        conditions, is_student = self._domain.conditions, role is ClassroomRole.STUDENT
        limit = conditions.students_limit if is_student else conditions.teachers_limit
        if sum(1 for _ in self._domain.members(course, role)) >= limit:
            word = "CourseMemberLimitReached" if is_student else "CourseTeacherLimitReached"
            raise precondition(f"@{word} The course has as many members as it may.")

    def _delete(self, call: GoogleCall, role: ClassroomRole) -> Mapping[str, object]:
        course, account = self._member(call, manageable(self._domain, call), role)
        if account == course.owner:
            raise precondition("The owner of a course cannot be removed.")
        self._domain.written.remove(course.number, account)
        return {}

    def _profile(self, call: GoogleCall) -> Mapping[str, object]:
        account = account_of(self._domain, call, call.path["userId"])
        if account is None or not (call.is_admin or account == call.account):
            raise denied()
        return profile_of(account, call.scopes)


def profile_of(account: GoogleAccount, granted: frozenset[str]) -> Mapping[str, object]:
    """Return a profile as far as a token may see it: what is not granted is just not there."""
    profile: dict[str, object] = {"id": account.id, "name": account.name}
    if scopes.EMAILS in granted:
        profile["emailAddress"] = account.email
    if scopes.PHOTOS in granted:
        profile["photoUrl"] = f"//lh3.googleusercontent.com/a/{account.id}"
    return profile
