"""A Canvas of one small district, as a connector sees it: tables, links, and refusals to order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integration_tui.domain.clock import Monotonic
from tests.providers.canvas.fake_server import CanvasSandbox, canvas_errors

Row = dict[str, object]
MANY: Final = 25
"""Users: more than one page of ten."""


def user(number: int, **more: object) -> Row:
    """Return a user as Canvas lists one."""
    return {
        "id": number,
        "name": f"Ann D'Angelo {number}",
        "sortable_name": f"D'Angelo {number}, Ann",
        "sis_user_id": f"S{number}",
        "integration_id": None,
        "login_id": f"ann{number}",
        "email": f"ann{number}@school.example.org",
        **more,
    }


def enrollment(number: int, user_id: int, section: int = 91, **more: object) -> Row:
    """Return an enrollment as Canvas lists one; that of a student, if nothing else is said."""
    return {
        "id": number,
        "user_id": user_id,
        "course_id": 9,
        "course_section_id": section,
        "type": "StudentEnrollment",
        "role": "StudentEnrollment",
        "enrollment_state": "active",
        "associated_user_id": None,
        **more,
    }


def course(number: int, **more: object) -> Row:
    """Return a course as Canvas lists one."""
    return {
        "id": number,
        "name": "History",
        "course_code": "HIS",
        "account_id": 5,
        "enrollment_term_id": 2,
        "sis_course_id": f"CRS{number}",
        "integration_id": None,
        "workflow_state": "available",
        **more,
    }


def section(number: int, course_id: int = 9, **more: object) -> Row:
    """Return a section as Canvas lists one."""
    return {
        "id": number,
        "course_id": course_id,
        "name": f"Period {number}",
        "nonxlist_course_id": None,
        "sis_section_id": f"SEC{number}",
        "integration_id": None,
        **more,
    }


def account(number: int, name: str, parent: int | None = None, **more: object) -> Row:
    """Return an account as Canvas lists one."""
    return {
        "id": number,
        "name": name,
        "parent_account_id": parent,
        "root_account_id": None if parent is None else 1,
        "sis_account_id": f"ACC{number}",
        "default_time_zone": "America/Chicago",
        "workflow_state": "active",
        **more,
    }


TERMS: Final[Sequence[Row]] = (
    {"id": 1, "name": "Default Term", "start_at": None, "end_at": None, "sis_term_id": None},
    {
        "id": 2,
        "name": "2026-27",
        "start_at": "2026-08-17T05:00:00Z",
        "end_at": "2027-06-12T05:00:00Z",
        "sis_term_id": "T27",
    },
)


@dataclass(slots=True)
class Tables:
    """What is in the Canvas. Keys are account, course and section numbers where they are named."""

    accounts: list[Row] = field(default_factory=lambda: [account(1, "Lincoln")])
    below: list[Row] = field(default_factory=lambda: [account(5, "Lincoln High", 1)])
    terms: list[Row] = field(default_factory=lambda: [*TERMS])
    users: list[Row] = field(default_factory=lambda: [user(80 + number) for number in range(MANY)])
    admins: dict[int, list[Row]] = field(default_factory=dict[int, list[Row]])
    courses: list[Row] = field(default_factory=lambda: [course(9)])
    sections: list[Row] = field(default_factory=lambda: [section(91)])
    enrollments: list[Row] = field(default_factory=lambda: [enrollment(801, 80)])


class SmallCanvas(CanvasSandbox):
    """The app. `refused` are paths with what they answer; `page_size` is its clamp.

    `asked` are the targets in their order, as they came.
    """

    def __init__(self, *, monotonic: Monotonic, manual: tuple[str, ...] = ()) -> None:
        super().__init__(monotonic=monotonic, manual=manual)
        self.tables = Tables()
        self.page_size = 10
        self.refused: dict[str, Callable[[], Response]] = {}
        self.links: Callable[[Request, int], str] = _next_link
        self.asked: list[str] = []

    def routes(self) -> list[Route]:
        return [Route("/api/v1/{path:path}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        query = request.scope["query_string"].decode()
        path = request.scope["raw_path"].decode()
        self.asked.append(f"{path}?{query}" if query else path)
        if not self.is_proven(request):
            return self.unproven()
        path = request.path_params["path"]
        if (refusal := self.refused.get(path)) is not None:
            return refusal()
        for pattern, find in _ROUTES:
            if found := re.fullmatch(pattern, path):
                rows = find(self.tables, *map(int, found.groups()))
                return self._reply(request, self._of_type(rows, request))
        return canvas_errors(404, "The specified resource does not exist.", {})

    def _of_type(self, found: object, request: Request) -> object:
        """Return those of users who are enrolled as they are asked for."""
        kind = request.query_params.get("enrollment_type")
        if kind is None or not isinstance(found, list):
            return found
        wanted = f"{kind.capitalize()}Enrollment"
        users = {row["user_id"] for row in _where(self.tables.enrollments, type=wanted)}
        return [row for row in self.tables.users if row.get("id") in users]

    def _reply(self, request: Request, found: object) -> Response:
        headers = {"X-Rate-Limit-Remaining": f"{self.remaining}", "X-Request-Cost": "0.02"}
        if found is None:
            return canvas_errors(404, "The specified resource does not exist.", {})
        key, rows = ("", found) if isinstance(found, list | dict) else ("enrollment_terms", [])
        if isinstance(found, tuple):
            rows = [*found]
        if not isinstance(rows, list):
            return JSONResponse(rows, headers=headers)
        number = int(parse_qs(request.url.query).get("page", ["1"])[0])
        begin = (number - 1) * self.page_size
        if begin + self.page_size < len(rows):
            headers["link"] = self.links(request, number)
        page = rows[begin : begin + self.page_size]
        return JSONResponse({key: page} if key else page, headers=headers)


def _next_link(request: Request, number: int) -> str:
    query = re.sub(r"&?page=\d+", "", request.url.query)
    base = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    return f'<{base}?{query}&page={number + 1}>; rel="next",<{base}?{query}>; rel="first"'


def _where(rows: list[Row], **wanted: object) -> list[Row]:
    return [row for row in rows if all(row.get(name) == one for name, one in wanted.items())]


def _one(rows: list[Row], number: int) -> Row | None:
    return next(iter(_where(rows, id=number)), None)


_Find = Callable[..., object]
_ROUTES: Final[Sequence[tuple[str, _Find]]] = (
    (r"accounts", lambda held: [*held.accounts]),
    (r"accounts/(\d+)", lambda held, one: _one([*held.accounts, *held.below], one)),
    (r"accounts/\d+/sub_accounts", lambda held: [*held.below]),
    (r"accounts/\d+/terms", lambda held: tuple(held.terms)),
    (r"accounts/\d+/users", lambda held: [*held.users]),
    (r"accounts/(\d+)/admins", lambda held, one: held.admins.get(one, [])),
    (r"accounts/(\d+)/courses", lambda held, one: _courses(held, one)),
    (r"accounts/\d+/enrollments/(\d+)", lambda held, one: _one(held.enrollments, one)),
    (r"courses/(\d+)", lambda held, one: _one(held.courses, one)),
    (r"courses/(\d+)/sections", lambda held, one: _where(held.sections, course_id=one)),
    (r"courses/(\d+)/enrollments", lambda held, one: _where(held.enrollments, course_id=one)),
    (r"sections/(\d+)", lambda held, one: _one(held.sections, one)),
    (
        r"sections/(\d+)/enrollments",
        lambda held, one: _where(held.enrollments, course_section_id=one),
    ),
    (r"users/(\d+)", lambda held, one: _one(held.users, one)),
    (r"users/(\d+)/enrollments", lambda held, one: _where(held.enrollments, user_id=one)),
)


def _courses(held: Tables, number: int) -> list[Row]:
    return [*held.courses] if number == 1 else _where(held.courses, account_id=number)
