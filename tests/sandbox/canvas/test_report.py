"""The provisioning report: started, waited for, fetched elsewhere, and what its rows leave out."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest

from integration_tui.domain.errors import IncompatibleError
from integration_tui.sandbox.canvas.report import PARTS
from integration_tui.sandbox.canvas.system import OF_A_SCHOOL
from integration_tui.sandbox.served_system import SECRET
from integration_tui.sandbox.server import serve
from tests.sandbox.canvas.fixtures import Campus, campus

REPORTS = "/accounts/1/reports/provisioning_csv"
FORM = "application/x-www-form-urlencoded"
Rows = Mapping[str, Sequence[dict[str, str]]]


async def started(one: Campus, *parts: str, path: str = REPORTS, token: str = SECRET) -> Any:
    form = urlencode({f"parameters[{part}]": "1" for part in parts}).encode()
    return await one.read(
        path, method="POST", body=form, headers={"Content-Type": FORM}, token=token
    )


async def fetched(one: Campus, *parts: str) -> Rows:
    """Return the rows of a report's files by the files' names."""
    one.control("PUT", "settings", {"report_s": 0})
    report = await started(one, *parts)
    answer = await one.ask(report["attachment"]["url"], token="")
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        return {
            name.removesuffix(".csv"): [*csv.DictReader(io.StringIO(archive.read(name).decode()))]
            for name in archive.namelist()
        }


async def test_a_report_is_made_while_one_waits() -> None:
    async with campus() as one:
        first = await started(one, "users", "terms")
        polls = []
        for _ in range(4):
            one.clock.advance(1.4)
            polls.append(await one.read(f"{REPORTS}/{first['id']}"))

    assert (first["status"], first["progress"], first["attachment"]) == ("created", 0, None)
    assert [poll["status"] for poll in polls] == ["running", "running", "complete", "complete"]
    assert [poll["progress"] for poll in polls] == [35, 70, 100, 100]
    assert polls[-1]["attachment"]["filename"].endswith(".zip")


async def test_its_file_is_at_another_origin_that_takes_no_token() -> None:
    async with campus() as one, serve(one.system.app) as elsewhere:
        one.control("PUT", "settings", {"report_s": 0, "files_url": elsewhere})
        report = await started(one, "users", "terms")
        url = report["attachment"]["url"]
        with_token = await one.ask(url)
        without = await one.ask(url, token="")
        guessed = await one.ask(url.partition("verifier=")[0] + "verifier=guess", token="")
        with pytest.raises(IncompatibleError, match=f"redirects to {elsewhere.partition('//')[2]}"):
            await one.ask(report["file_url"])
        state: Any = one.system.state()

    assert url.startswith(elsewhere)
    assert [with_token.status, without.status, guessed.status] == [400, 200, 404]
    assert without.body[:2] == b"PK"
    assert len(without.body) == report["attachment"]["size"]
    assert state["files_asked_with_authorization"] == 1


async def test_by_itself_the_other_origin_is_another_name_of_this_machine() -> None:
    async with campus() as one:
        one.control("PUT", "settings", {"report_s": 0})
        report = await started(one, "users", "terms")

    assert report["attachment"]["url"].startswith("http://localhost:")
    assert one.address.startswith("http://127.0.0.1:")


async def test_one_part_comes_as_csv() -> None:
    async with campus() as one:
        one.control("PUT", "settings", {"report_s": 0})
        report = await started(one, "terms")
        answer = await one.ask(report["attachment"]["url"], token="")

    assert report["attachment"]["content-type"] == "text/csv"
    assert answer.body.decode().splitlines()[0] == ",".join(PARTS["terms"])


async def test_the_rows_are_the_districts_own() -> None:
    async with campus() as one:
        rows = await fetched(one, *PARTS)
        people, seats = one.people(), one.seats()

    assert rows.keys() == PARTS.keys()
    users = {row["user_id"]: row["email"] for row in rows["users"] if row["user_id"]}
    assert people.keys() <= users.keys()
    assert {user.email for user in people.values()} <= {*users.values()}
    enrolled = {
        (row["user_id"], row["section_id"], row["role"])
        for row in rows["enrollments"]
        if row["status"] == "active"
    }
    assert seats <= enrolled
    assert [row["account_id"] for row in rows["accounts"]] == ["org-0000002"]


async def test_who_has_two_logins_has_two_rows_everywhere() -> None:
    async with campus() as one:
        rows = await fetched(one, *PARTS)

    per_user = Counter(row["canvas_user_id"] for row in rows["users"])
    twice = {number for number, count in per_user.items() if count == 2}
    per_seat = Counter(row["canvas_enrollment_id"] for row in rows["enrollments"])
    assert twice
    assert {
        row["canvas_user_id"]
        for row in rows["enrollments"]
        if per_seat[row["canvas_enrollment_id"]] == 2
    } == twice & {row["canvas_user_id"] for row in rows["enrollments"]}


async def test_administrators_and_observers_are_told() -> None:
    async with campus() as one:
        rows = await fetched(one, *PARTS)
        admins = await one.listed("/accounts/2/admins")

    assert {(row["canvas_account_id"], row["user_id"]) for row in rows["admins"]} == {
        ("1", ""), ("2", admins[0]["user"]["sis_user_id"])
    }  # fmt: skip
    observed = {
        (row["canvas_user_id"], row["canvas_associated_user_id"])
        for row in rows["enrollments"]
        if row["canvas_associated_user_id"]
    }
    pairs = [
        (row["canvas_observer_id"], row["canvas_student_id"]) for row in rows["user_observers"]
    ]
    assert pairs
    assert sorted(pairs) == sorted(observed)


async def test_parts_may_be_asked_for_in_json() -> None:
    body = b'{"parameters": {"users": true, "terms": true, "include_deleted": false}}'
    async with campus() as one:
        report = await one.read(
            REPORTS, method="POST", body=body, headers={"Content-Type": "application/json"}
        )
        broken = await one.ask(
            REPORTS, method="POST", body=b"{", headers={"Content-Type": "application/json"}
        )

    assert report["parameters"] == {"users": "true", "terms": "true", "include_deleted": "false"}
    assert broken.status == 400


async def test_cross_listed_sections_stand_below_their_own_course() -> None:
    async with campus() as one:
        rows = await fetched(one, *PARTS)
        moved = rows["xlist"][0]
        shown = await one.read(f"/sections/{moved['canvas_section_id']}")

    section = next(row for row in rows["sections"] if row["section_id"] == moved["section_id"])
    assert section["course_id"] == moved["nonxlist_course_id"]
    assert str(shown["course_id"]) == moved["canvas_xlist_course_id"]


async def test_what_is_over_or_deleted_comes_only_when_it_is_asked_for() -> None:
    async with campus() as one:
        without = await fetched(one, *PARTS)
        with_ = await fetched(one, *PARTS, "include_deleted")

    def statuses(rows: Rows, part: str) -> set[str]:
        return {row["status"] for row in rows[part]}

    assert statuses(without, "courses") == {"active", "unpublished"}
    assert statuses(with_, "courses") == {"active", "unpublished", "completed"}
    assert statuses(without, "enrollments") == {"active", "invited"}
    assert "creation_pending" not in statuses(with_, "enrollments")
    assert {"completed", "inactive", "deleted"} <= statuses(with_, "enrollments")
    deleted = [row for row in with_["enrollments"] if row["status"] == "deleted"]
    assert {row["created_by_sis"] for row in deleted} == {"true"}
    assert "StudentViewEnrollment" not in {row["base_role_type"] for row in with_["enrollments"]}


async def test_a_report_of_a_school_has_that_school_only() -> None:
    async with campus() as one:
        path = "/accounts/2/reports/provisioning_csv"
        of_school = await started(one, "users", "courses", path=path, token=OF_A_SCHOOL)
        root = await one.ask(f"{REPORTS}?parameters[users]=1", method="POST", token=OF_A_SCHOOL)
        known = await one.listed("/accounts/2/reports/provisioning_csv", token=OF_A_SCHOOL)

    assert of_school["status"] == "created"
    assert root.status == 401
    assert [report["id"] for report in known] == [of_school["id"]]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/accounts/1/reports/unknown_csv?parameters[users]=1", 404), (REPORTS, 400)],
)
async def test_what_cannot_be_reported_is_refused(path: str, status: int) -> None:
    async with campus() as one:
        answer = await one.ask(path, method="POST")

    assert answer.status == status
