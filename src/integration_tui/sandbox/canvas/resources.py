"""The resources: accounts, terms, users, courses, sections, enrollments, logins, administrators.

Source: Canvas REST API documentation, the page of each resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from starlette.responses import Response

from integration_tui.sandbox.canvas import numbers, refusals
from integration_tui.sandbox.canvas.handling import (
    CanvasCall,
    Guard,
    Handler,
    RefusedError,
    answered,
)
from integration_tui.sandbox.canvas.rendering import Json
from integration_tui.sandbox.canvas.routing import CanvasRoute, Parts, id_of
from integration_tui.sandbox.canvas.rows import (
    COURSE_STATES,
    ENROLLMENT_STATES,
    CourseRow,
    EnrollmentRow,
    EnrollmentType,
    UserRow,
)

_SHORTEST_SEARCH: Final = 3
_BY_DEFAULT: Final = ("active", "invited")
_TO_ADMINISTRATORS: Final = ("active", "invited", "inactive")
"""Inactive ones come to those who administer the course, though nobody asked (canvas-lms#1723)."""
_OF_A_USER: Final = {
    "current_and_invited": ("active", "invited", "creation_pending"),
    "current_and_future": ("active", "invited", "creation_pending"),
    "current_future_and_restricted": ("active", "invited", "creation_pending", "inactive"),
    "current_and_concluded": ("active", "completed"),
}
_SORTS: Final[dict[str, Callable[[UserRow], str]]] = {
    "username": lambda user: user.sortable_name.casefold(),
    "email": lambda user: user.email or "",
    "sis_id": lambda user: (user.logins[0].sis_id or "") if user.logins else "",
    "integration_id": lambda user: (user.logins[0].integration_id or "") if user.logins else "",
    "last_login": lambda user: str(user.id),
}


def resource_routes(guard: Guard) -> Sequence[CanvasRoute]:
    """Return the routes of all resources that are read."""
    handlers: Mapping[str, Handler] = {
        "users/self": lambda call, _: _one_user(call, ["self"]),
        "users/self/profile": lambda call, _: _profile(call, ["self"]),
        "users/:id": _one_user,
        "users/:id/profile": _profile,
        "users/:id/logins": _logins_of_user,
        "users/:id/enrollments": _enrollments_of_user,
        "accounts": _accounts,
        "accounts/:id": lambda call, parts: answered(call.renderer.account(call.account(parts[0]))),
        "accounts/:id/sub_accounts": _sub_accounts,
        "accounts/:id/terms": _terms,
        "accounts/:id/users": _users,
        "accounts/:id/admins": _administrators,
        "accounts/:id/logins": _logins_of_account,
        "accounts/:id/courses": _courses,
        "accounts/:id/courses/:course": _course_of_account,
        "courses/:id": _one_course,
        "courses/:id/sections": _sections,
        "courses/:id/enrollments": _enrollments_of_course,
        "sections/:id": _one_section,
        "sections/:id/enrollments": _enrollments_of_section,
        "accounts/:id/enrollments/:enrollment": _one_enrollment,
    }
    return [guard.route("GET", pattern, handler) for pattern, handler in handlers.items()]


def _one_user(call: CanvasCall, parts: Parts) -> Response:
    row = call.user(parts[0])
    return answered(call.renderer.user(row, email="email" in call.values("include")))


def _profile(call: CanvasCall, parts: Parts) -> Response:
    row = call.user(parts[0])
    profile = call.renderer.user(row) | {"primary_email": row.email, "time_zone": "America/Chicago"}
    return answered(profile)


def _accounts(call: CanvasCall, _parts: Parts) -> Response:
    """List the accounts that the user administers as such, and not those below them."""
    own = [call.viewer.account] if call.viewer.account else []
    accounts = call.tables.catalog.accounts
    return call.listing(own, lambda number: call.renderer.account(accounts[number]))


def _sub_accounts(call: CanvasCall, parts: Parts) -> Response:
    account, catalog = call.account(parts[0]), call.tables.catalog
    is_deep = call.request.query_params.get("recursive", "") in ("true", "1")
    below = catalog.below(account.id) - {account.id} if is_deep else None
    found = sorted(
        row.id
        for row in catalog.accounts.values()
        if row.state == "active"
        and (row.parent == account.id if below is None else row.id in below)
    )
    return call.listing(found, lambda number: call.renderer.account(catalog.accounts[number]))


def _terms(call: CanvasCall, parts: Parts) -> Response:
    """List the terms, in an object; whoever administers any account may."""
    if not call.viewer.account:
        return refusals.unauthorized()
    if call.account_number(parts[0]) != numbers.ROOT:
        return refusals.bad_request("terms belong to the root account")
    terms = call.tables.catalog.terms
    states = call.values("workflow_state") or ["active"]
    found = sorted(row.id for row in terms.values() if row.state in states or "all" in states)
    return call.wrapped(
        found,
        lambda number: call.renderer.term(terms[number]),
        lambda rows: {"enrollment_terms": rows},
    )


def _users(call: CanvasCall, parts: Parts) -> Response:
    account, query = call.account(parts[0]), call.request.query_params
    types = call.values("enrollment_type")
    if not set(types) <= {kind.word for kind in EnrollmentType}:
        return refusals.invalid_value("invalid enrollment_type")
    is_deleted = query.get("include_deleted_users", "") in ("true", "1")
    ids: Sequence[int] = call.tables.user_ids(account.id, deleted=is_deleted)
    if types:
        ids = call.tables.enrolled_as(types, account.id)
    ids = _searched(call, ids, query.get("search_term", ""))
    sort, has_email = query.get("sort", "username"), "email" in call.values("include")

    def row(number: int) -> Json | None:
        found = call.tables.user(number)
        return None if found is None else call.renderer.user(found, email=has_email)

    if sort == "id":
        return call.listing(ids, row, bookmarked=True)
    return call.listing(_sorted(call, ids, sort), row)


def _searched(call: CanvasCall, ids: Sequence[int], term: str) -> Sequence[int]:
    if not term:
        return ids
    if len(term) < _SHORTEST_SEARCH and id_of(term) is None:
        raise RefusedError(
            refusals.invalid_field("search_term", "3 or more characters is required")
        )
    wanted = term.casefold()
    return [user.id for user in _people(call, ids) if _fits(user, wanted)]


def _fits(user: UserRow, wanted: str) -> bool:
    texts = [user.name, user.sortable_name, user.email or "", str(user.id)]
    for login in user.active_logins:
        texts += [login.unique_id, login.sis_id or "", login.integration_id or ""]
    return any(wanted in text.casefold() for text in texts)


def _sorted(call: CanvasCall, ids: Sequence[int], sort: str) -> Sequence[int]:
    key = _SORTS.get(sort, _SORTS["username"])
    is_down = call.request.query_params.get("order", "asc") == "desc"
    people = sorted(_people(call, ids), key=lambda user: (key(user), user.id), reverse=is_down)
    return [user.id for user in people]


def _people(call: CanvasCall, ids: Iterable[int]) -> list[UserRow]:
    found = (call.tables.user(number) for number in ids)
    return [user for user in found if user is not None]


def _administrators(call: CanvasCall, parts: Parts) -> Response:
    people = {user.id: user for user in call.tables.administrators(call.account(parts[0]).id)}
    return call.listing([*people], lambda number: call.renderer.administrator(people[number]))


def _logins_of_user(call: CanvasCall, parts: Parts) -> Response:
    return _logins(call, [call.user(parts[0])])


def _logins_of_account(call: CanvasCall, parts: Parts) -> Response:
    ids = call.tables.user_ids(call.account(parts[0]).id)
    return _logins(call, _people(call, ids))


def _logins(call: CanvasCall, users: Iterable[UserRow]) -> Response:
    found = {login.id: (login, user) for user in users for login in user.logins}
    return call.listing(sorted(found), lambda number: call.renderer.login(*found[number]))


def _courses(call: CanvasCall, parts: Parts) -> Response:
    account, catalog = call.account(parts[0]), call.tables.catalog
    states, query = _course_states(call), call.request.query_params
    accounts, term = catalog.below(account.id), query.get("enrollment_term_id", "")
    found = [
        row.id
        for row in catalog.courses.values()
        if row.account in accounts and row.state in states and term in ("", str(row.term))
    ]
    return call.listing(found, lambda number: _course(call, catalog.courses[number]))


def _course_states(call: CanvasCall) -> frozenset[str]:
    asked = call.values("state")
    if not set(asked) <= {*COURSE_STATES, "all"}:
        raise RefusedError(refusals.invalid_value("invalid course state"))
    if "all" in asked:
        return frozenset(COURSE_STATES)
    return frozenset(asked or COURSE_STATES) - (frozenset() if asked else {"deleted"})


def _course(call: CanvasCall, row: CourseRow) -> Json:
    include = call.values("include")
    return call.renderer.course(row, term="term" in include, students="total_students" in include)


def _one_course(call: CanvasCall, parts: Parts) -> Response:
    return answered(_course(call, call.course(parts[0])))


def _course_of_account(call: CanvasCall, parts: Parts) -> Response:
    call.account(parts[0])
    return _one_course(call, parts[1:])


def _sections(call: CanvasCall, parts: Parts) -> Response:
    course = call.course(parts[0])
    rows = {row.id: row for row in call.tables.catalog.sections_of(course.id)}
    found = sorted(number for number, row in rows.items() if row.state == "active")
    students = "total_students" in call.values("include")
    return call.listing(
        found, lambda number: call.renderer.section(rows[number], students=students)
    )


def _one_section(call: CanvasCall, parts: Parts) -> Response:
    return answered(call.renderer.section(call.section(parts[0])))


def _enrollments_of_course(call: CanvasCall, parts: Parts) -> Response:
    return _enrollments(call, call.tables.enrollments_in(call.course(parts[0])))


def _enrollments_of_section(call: CanvasCall, parts: Parts) -> Response:
    return _enrollments(call, call.tables.enrollments_of(call.section(parts[0])))


def _enrollments_of_user(call: CanvasCall, parts: Parts) -> Response:
    rows = call.tables.enrollments_of_user(call.user(parts[0]))
    return _enrollments(call, rows, extra_states=_OF_A_USER)


def _enrollments(
    call: CanvasCall,
    rows: Sequence[EnrollmentRow],
    *,
    extra_states: dict[str, tuple[str, ...]] | None = None,
) -> Response:
    states = _enrollment_states(call, extra_states or {})
    types = call.values("type")
    if not set(types) <= {kind.value for kind in EnrollmentType}:
        return refusals.invalid_value("invalid enrollment type")
    roles = call.values("role")
    found = {
        row.id: row
        for row in rows
        if row.state in states
        and (not types or row.type in types)
        and (not roles or (row.role or row.type) in roles)
    }
    return call.listing([*found], lambda number: _enrollment(call, found[number]), bookmarked=True)


def _enrollment_states(call: CanvasCall, extra: dict[str, tuple[str, ...]]) -> frozenset[str]:
    asked = call.values("state")
    if not set(asked) <= {*ENROLLMENT_STATES, *extra}:
        raise RefusedError(refusals.invalid_value("invalid enrollment state"))
    if not asked:
        return frozenset(_TO_ADMINISTRATORS if call.viewer.account else _BY_DEFAULT)
    return frozenset(state for word in asked for state in extra.get(word, (word,)))


def _enrollment(call: CanvasCall, row: EnrollmentRow) -> Json | None:
    user = call.tables.user(row.user)
    return None if user is None else call.renderer.enrollment(row, user)


def _one_enrollment(call: CanvasCall, parts: Parts) -> Response:
    call.account(parts[0])
    number = id_of(parts[1])
    row = None if number is None else call.tables.enrollment(number)
    shown = None if row is None else _enrollment(call, row)
    return refusals.not_found() if shown is None else answered(shown)
