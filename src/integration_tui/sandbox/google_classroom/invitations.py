"""Invitations: a person accepts by hand, and stands in no roster before that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from integration_tui.sandbox.google_classroom import scopes
from integration_tui.sandbox.google_classroom.api import GoogleCall, GoogleMethod
from integration_tui.sandbox.google_classroom.course_rows import ClassroomCourse, ClassroomRole
from integration_tui.sandbox.google_classroom.courses import account_of
from integration_tui.sandbox.google_classroom.domain import ClassroomDomain
from integration_tui.sandbox.google_classroom.masks import shape
from integration_tui.sandbox.google_classroom.page_tokens import page
from integration_tui.sandbox.google_classroom.people import GoogleAccount
from integration_tui.sandbox.google_classroom.refusals import (
    GoogleRefusedError,
    RpcCode,
    already_exists,
    denied,
    invalid,
    not_found,
    precondition,
)

_INVITATION: Final = shape("id userId courseId role")
_INVITATIONS_PAGE: Final = 500
_NO_MORE_INVITATIONS: Final = (
    "@UserInvitationQuotaExhausted The user does not have enough quota to invite users to this"
    " course."
)


class InvitationMethods:
    """The methods of `invitations`. Who is invited is in no roster before accepting."""

    def __init__(self, domain: ClassroomDomain) -> None:
        self._domain = domain
        self._rows: dict[str, Mapping[str, str]] = {}
        self._seen_from: dict[str, int] = {}
        self._sent: Counter[tuple[str, date]] = Counter()
        self._made = 0

    def methods(self) -> Sequence[GoogleMethod]:
        """Return them with their paths, scopes and parameters."""
        many, one, write = "v1/invitations", "v1/invitations/{id}", scopes.ROSTERS_WRITE
        method, read, row = GoogleMethod.classroom, scopes.INVITATIONS, _INVITATION
        return [
            method(f"GET {many}", "Invitations.ListInvitations", read, self._list,
                   params="courseId userId pageSize pageToken",
                   known=shape("nextPageToken", invitations=row)),
            method(f"POST {many}", "Invitations.CreateInvitation", write, self._create, known=row),
            method(f"GET {one}", "Invitations.GetInvitation", read, self._get, known=row),
            method(f"DELETE {one}", "Invitations.DeleteInvitation", write, self._delete),
            method(f"POST {one}:accept", "Invitations.AcceptInvitation", write, self._accept),
        ]  # fmt: skip

    def _list(self, call: GoogleCall) -> Mapping[str, object]:
        course, user = call.text("courseId"), call.text("userId")
        if not course and not user:
            raise invalid()
        wanted = self._ids(call, course, user)

        def rows(after: int) -> Iterator[tuple[int, Mapping[str, str]]]:
            for number, (name, row) in enumerate(self._rows.items(), 1):
                is_wanted = all(row[key] == value for key, value in wanted.items())
                if number > after and is_wanted and self._is_seen(name):
                    yield number, row

        size = min(call.number("pageSize") or _INVITATIONS_PAGE, _INVITATIONS_PAGE)
        found, following = page(call.page(self._domain, size=size), rows)
        return {**({"invitations": found} if found else {}), **following}

    def _ids(self, call: GoogleCall, course: str, user: str) -> Mapping[str, str]:
        found = self._domain.find(course) if course else None
        account = account_of(self._domain, call, user) if user else None
        if course and found is None:
            raise not_found()
        wanted = {} if found is None else {"courseId": found.id}
        if user:
            wanted["userId"] = user if account is None else account.id
        return wanted

    def _create(self, call: GoogleCall) -> Mapping[str, object]:
        course = self._domain.find(str(call.body.get("courseId") or ""))
        key, role = str(call.body.get("userId") or ""), str(call.body.get("role") or "")
        account = account_of(self._domain, call, key)
        if course is None or not key:
            raise not_found()
        if role not in {"STUDENT", "TEACHER", "OWNER"}:
            raise invalid()
        # A person of another domain is known by the address that was given.
        invited = key if account is None else account.id
        self._check_invitation(call, course, invited, account)
        self._made += 1
        name = f"Nz{self._made:06d}"
        row = {"id": name, "userId": invited, "courseId": course.id, "role": role}
        self._rows[name], self._seen_from[name] = row, self._domain.seen_from
        return row

    def _check_invitation(
        self, call: GoogleCall, course: ClassroomCourse, invited: str, account: GoogleAccount | None
    ) -> None:
        if not call.is_admin and (call.account is None or call.account.id != course.owner):
            raise denied()
        if account is not None and self._domain.accounts.is_suspended(account):
            raise precondition("The user's account is disabled.")
        if self._domain.role_of(course, invited) is not None:
            raise precondition("The user already has this role or one with greater permissions.")
        if any(
            (row["userId"], row["courseId"]) == (invited, course.id) for row in self._rows.values()
        ):
            raise already_exists()
        day = (call.account.id if call.account else "", self._domain.clock().date())
        if self._sent[day] >= self._domain.conditions.invitations_per_day:
            raise GoogleRefusedError(
                RpcCode.RESOURCE_EXHAUSTED, _NO_MORE_INVITATIONS, reason="quotaExceeded"
            )
        self._sent[day] += 1

    def _get(self, call: GoogleCall) -> Mapping[str, object]:
        return self._found(call)

    def _delete(self, call: GoogleCall) -> Mapping[str, object]:
        del self._rows[self._found(call)["id"]]
        return {}

    def _accept(self, call: GoogleCall) -> Mapping[str, object]:
        row = self._found(call)
        if call.account is None or call.account.id != row["userId"]:
            raise denied()
        del self._rows[row["id"]]
        role = ClassroomRole.STUDENT if row["role"] == "STUDENT" else ClassroomRole.TEACHER
        self._domain.add(int(row["courseId"]), row["userId"], role)
        return {}

    def _found(self, call: GoogleCall) -> Mapping[str, str]:
        name = call.path["id"]
        if name not in self._rows or not self._is_seen(name):
            raise not_found()
        return self._rows[name]

    def _is_seen(self, name: str) -> bool:
        return self._domain.requests >= self._seen_from[name]
