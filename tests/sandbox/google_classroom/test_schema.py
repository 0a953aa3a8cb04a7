"""Google's own documents judge what the domain answers, and what it is asked."""

from pathlib import Path
from urllib.parse import quote

import msgspec

from integration_tui.providers.http.models import Request
from integration_tui.sandbox.faults import Fault, FaultRule
from tests.sandbox.google_classroom.fixtures import Domain, domain
from tests.schema_validator.google import write_openapi
from tests.schema_validator.prism import prism

CLASS = "v1/courses/600000000000"
BASE = "admin/directory/v1"
OTHER = "100000000000000000009"
READS = (
    "v1/courses?courseStates=ACTIVE&courseStates=ARCHIVED&pageSize=5",
    "v1/courses?fields=nextPageToken,courses(id,name)",
    CLASS,
    f"{CLASS}/students",
    f"{CLASS}/students?pageSize=3&fields=students(profile(name))",
    f"{CLASS}/teachers",
    f"{CLASS}/aliases",
    f"v1/userProfiles/{OTHER}",
    "v1/userProfiles/me",
)
WRITES: tuple[tuple[str, str, object], ...] = (
    ("POST", "v1/courses", {"id": "d:sec-7", "name": "Latin", "ownerId": "me", "room": "1"}),
    (
        "PATCH",
        "v1/courses/d:sec-7?updateMask=room,courseState",
        {"room": "2", "courseState": "ACTIVE"},
    ),
    ("POST", "v1/courses/d:sec-7/aliases", {"alias": "p:seven"}),
    ("POST", "v1/courses/d:sec-7/students", {"userId": "100000000000000000050"}),
    ("POST", "v1/courses/d:sec-7/teachers", {"userId": OTHER}),
    ("POST", "v1/invitations", {"courseId": "600000000001", "userId": OTHER, "role": "TEACHER"}),
    ("GET", "v1/invitations?courseId=600000000001", None),
    ("GET", "v1/invitations/Nz000001", None),
    ("DELETE", "v1/invitations/Nz000001", None),
    ("DELETE", f"v1/courses/d:sec-7/teachers/{OTHER}", None),
    ("DELETE", "v1/courses/d:sec-7", None),
)  # fmt: skip
DIRECTORY = (
    f"{BASE}/users?customer=my_customer&maxResults=20&projection=full",
    f"{BASE}/users?domain=staff.prairieview.example&orderBy=email",
    f"{BASE}/users?customer=my_customer&showDeleted=true",
    f"{BASE}/users/{OTHER}?projection=full",
    f"{BASE}/customer/my_customer/orgunits?type=allIncludingParent",
    f"{BASE}/customer/my_customer/orgunits/{quote('District Office')}",
    f"{BASE}/customers/my_customer",
    f"{BASE}/customer/my_customer/domains",
)


async def violations(one: Domain, judge: str, method: str, path: str, body: object) -> str:
    """Return what the judge says of a request and its answer; empty for nothing."""
    request = Request(
        method=method,  # type: ignore[arg-type]  # one of those that there are
        url=f"{judge}/{path}",
        headers={**one.headers, **({"content-type": "application/json"} if body else {})},
        body=b"" if body is None else msgspec.json.encode(body),
    )
    answer = await one.http.send(request)
    said = answer.headers.get("sl-violations", "")
    return said if answer.status == 200 else f"{answer.status} {said} {answer.body!r}"


async def judged(document: Path, calls: list[tuple[str, str, object]]) -> dict[str, str]:
    async with domain() as one:
        one.with_conditions(suspended=[OTHER], outsiders={"600000000000": 1})
        await one.control("POST", "advance", {"changes": 400})
        one.with_conditions(suspended=[])
        async with prism("proxy", document, one.base_url, "--errors") as judge:
            said = {
                f"{method} {path}": await violations(one, judge, method, path, body)
                for method, path, body in calls
            }
            listing = calls[0][1].partition("?")[0]
            wrong = "customer=my_customer&pageSize=x&maxResults=x"
            said["a wrong request"] = await violations(
                one, judge, "GET", f"{listing}?{wrong}", None
            )
            one.system.faults.play(FaultRule(fault=Fault.PATCHED, patch={"nextPageToken": 7}))
            said["a wrong answer"] = await violations(one, judge, *calls[0])
    return said


async def test_classroom_is_what_its_document_says(tmp_path: Path) -> None:
    parts = ("courses", "courses.aliases", "courses.students", "courses.teachers")
    document = write_openapi("classroom.v1", tmp_path, *parts, "invitations", "userProfiles")
    said = await judged(document, [*(("GET", path, None) for path in READS), *WRITES])

    assert said.pop("a wrong request").startswith("422")
    assert "nextPageToken" in said.pop("a wrong answer")
    assert {call: verdict for call, verdict in said.items() if verdict} == {}


async def test_the_directory_is_what_its_document_says(tmp_path: Path) -> None:
    names = ("users", "orgunits", "customers", "domains")
    document = write_openapi("admin.directory_v1", tmp_path, *names)
    said = await judged(document, [("GET", path, None) for path in DIRECTORY])

    assert said.pop("a wrong request").startswith("422")
    assert "nextPageToken" in said.pop("a wrong answer")
    assert {call: verdict for call, verdict in said.items() if verdict} == {}
