"""SIS imports: what fits is written at once, and each row that does not has its warning."""

import io
import zipfile
from typing import Any

import pytest

from tests.sandbox.canvas.fixtures import Campus, campus

IMPORTS = "/accounts/1/sis_imports"
USERS = """\
user_id,login_id,first_name,last_name,email,status
S1,s1,Ann,Lee,ann@new.example,active
S2,s2,Bo,Ng,,active
S3,{taken},Cy,Oh,cy@new.example,active
S4,s4,Di,Po,di@new.example,gone
"""
ENROLLMENTS = """\
course_id,user_id,role,section_id,status
,S1,student,SEC1,active
,S2,teacher,cls-0000003,active
,S1,student,SEC99,active
,S9,student,SEC1,active
,S2,pilot,SEC1,active
"""
COURSES = """\
course_id,short_name,long_name,account_id,term_id,status
NEW/1,N1,Newton,org-0000002,ses-0000001,active
"""
SECTIONS = """\
section_id,course_id,name,status
SEC1,NEW/1,Newton 1,active
SEC2,NOWHERE,Lost,active
"""


def packed(**files: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return held.getvalue()


async def uploaded(one: Campus, content: bytes, *, kind: str = "application/zip") -> Any:
    taken = await one.read(
        f"{IMPORTS}?import_type=instructure_csv",
        method="POST",
        body=content,
        headers={"Content-Type": kind},
    )
    one.clock.advance(10)
    return await one.read(f"{IMPORTS}/{taken['id']}")


async def warnings_of(one: Campus, done: Any) -> list[tuple[str, int, str]]:
    answer = await one.read(f"{IMPORTS}/{done['id']}/errors?per_page=100")
    return [(row["file"], row["row"], row["message"]) for row in answer["sis_import_errors"]]


async def test_what_fits_is_there_and_what_does_not_is_told_row_by_row() -> None:
    async with campus() as one:
        taken = one.people()["usr-0000009"].username or ""
        content = packed(
            enrollments=ENROLLMENTS, users=USERS.format(taken=taken), courses=COURSES,
            sections=SECTIONS,
        )  # fmt: skip
        done = await uploaded(one, content)
        told = await warnings_of(one, done)
        ann = await one.read("/users/sis_user_id:S1?include[]=email")
        course = await one.read("/courses/sis_course_id:NEW%2F1")
        section = await one.listed(f"/courses/{course['id']}/sections")
        seats = await one.listed("/sections/sis_section_id:SEC1/enrollments")
        other = await one.listed("/sections/sis_section_id:cls-0000003/enrollments?per_page=100")
        people = await one.listed("/accounts/1/users?sort=id&per_page=100")

    assert done["workflow_state"] == "imported_with_messages"
    assert done["processing_warnings"]
    assert told == [
        ("sections.csv", 3, "Section SEC2 references course NOWHERE which doesn't exist"),
        ("users.csv", 4, "user usr-0000009 has already claimed S3's requested login information,"
                         " skipping"),
        ("users.csv", 5, 'Improper status "gone"'),
        ("enrollments.csv", 4, "A section was referenced which doesn't exist (SEC99)"),
        ("enrollments.csv", 5, "User not found for enrollment (User ID: S9)"),
        ("enrollments.csv", 6, 'Improper role "pilot" for an enrollment'),
    ]  # fmt: skip
    assert (ann["name"], ann["email"], ann["login_id"]) == ("Ann Lee", "ann@new.example", "s1")
    assert (course["workflow_state"], course["enrollment_term_id"]) == ("unpublished", 2)
    assert [row["sis_section_id"] for row in section] == ["SEC1"]
    assert [row["sis_user_id"] for row in seats] == ["S1"]
    assert "S2" in {row["sis_user_id"] for row in other if row["type"] == "TeacherEnrollment"}
    assert {"S1", "S2"} <= {row["sis_user_id"] for row in people}


async def test_an_import_takes_its_time() -> None:
    async with campus() as one:
        taken = await one.read(
            f"{IMPORTS}?extension=csv",
            method="POST",
            body=COURSES.encode(),
            headers={"Content-Type": "text/csv"},
        )
        one.clock.advance(1)
        half = await one.read(f"{IMPORTS}/{taken['id']}")
        one.clock.advance(1)
        done = await one.read(f"{IMPORTS}/{taken['id']}")

    assert [row["workflow_state"] for row in (taken, half, done)] == [
        "created", "importing", "imported"
    ]  # fmt: skip
    assert [row["progress"] for row in (taken, half, done)] == [0, 50, 100]


async def test_a_form_with_a_file_is_taken() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="import_type"\r\n\r\ninstructure_csv\r\n'
        b'--x\r\nContent-Disposition: form-data; name="attachment"; filename="c.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\n" + COURSES.encode() + b"\r\n--x--\r\n"
    )
    async with campus() as one:
        done = await uploaded(one, body, kind="multipart/form-data; boundary=x")
        course = await one.read("/courses/sis_course_id:NEW%2F1")

    assert done["workflow_state"] == "imported"
    assert course["name"] == "Newton"


async def test_the_sis_takes_back_a_person_and_a_seat() -> None:
    async with campus(extras=False) as one:
        users = "user_id,login_id,status\nusr-0000020,x20,deleted\n"
        seats = "course_id,user_id,role,section_id,status\n,usr-0000021,student,{},deleted\n"
        row = (await one.listed("/users/sis_user_id:usr-0000021/enrollments"))[0]
        await uploaded(one, packed(u=users, e=seats.format(row["sis_section_id"])))
        person = await one.ask("/users/sis_user_id:usr-0000020")
        left = await one.listed("/users/sis_user_id:usr-0000021/enrollments?state[]=deleted")

    assert person.status == 404
    assert [found["id"] for found in left] == [row["id"]]


async def test_sections_are_cross_listed_and_taken_back() -> None:
    moved = "xlist_course_id,section_id,status\nNEW/1,cls-0000002,{}\n"
    async with campus(extras=False) as one:
        before = await one.read("/sections/sis_section_id:cls-0000002")
        await uploaded(one, packed(c=COURSES, x=moved.format("active")))
        there = await one.read("/sections/sis_section_id:cls-0000002")
        await uploaded(one, packed(x=moved.format("deleted")))
        back = await one.read("/sections/sis_section_id:cls-0000002")

    assert there["id"] == before["id"]
    assert (there["sis_course_id"], there["nonxlist_course_id"]) == ("NEW/1", before["course_id"])
    assert back == before | {"sis_import_id": back["sis_import_id"]}


async def test_a_parent_observes_a_student_in_every_class() -> None:
    users = "user_id,login_id,full_name,status\nP1,p1,Pat Parent,active\n"
    observers = "observer_id,student_id,status\nP1,usr-0000030,active\n"
    async with campus(extras=False) as one:
        await uploaded(one, packed(u=users, o=observers))
        student = await one.listed("/users/sis_user_id:usr-0000030/enrollments")
        parent = await one.listed("/users/sis_user_id:P1/enrollments")

    assert len(parent) == len(student) > 0
    assert {row["associated_user_id"] for row in parent} == {student[0]["user_id"]}
    assert {row["type"] for row in parent} == {"ObserverEnrollment"}


async def test_accounts_and_terms_are_written() -> None:
    accounts = "account_id,parent_account_id,name,status\nA9,org-0000002,Annex,active\n"
    terms = (
        "term_id,name,status,start_date,end_date\n"
        "T9,Summer,active,2027-06-14T00:00:00Z,2027-08-01 00:00:00\n"
    )
    async with campus() as one:
        await uploaded(one, packed(a=accounts, t=terms))
        account = await one.read("/accounts/sis_account_id:A9")
        found = (await one.read("/accounts/1/terms?per_page=100"))["enrollment_terms"]

    assert (account["name"], account["parent_account_id"]) == ("Annex", 2)
    summer = next(row for row in found if row["sis_term_id"] == "T9")
    assert summer["start_at"].startswith("2027-06-14")


@pytest.mark.parametrize(
    ("query", "body", "kind"),
    [
        ("", b"", ""),
        ("", b"no archive", "application/zip"),
        ("?import_type=other", COURSES.encode(), "text/csv"),
        ("?batch_mode=1", COURSES.encode(), "text/csv"),
    ],
)
async def test_what_cannot_be_imported_is_refused(query: str, body: bytes, kind: str) -> None:
    async with campus() as one:
        answer = await one.ask(
            f"{IMPORTS}{query}", method="POST", body=body, headers={"Content-Type": kind}
        )

    assert answer.status == 400
    assert answer.body.startswith(b'{"message":')


async def test_a_file_with_other_columns_is_told_and_nothing_is_written() -> None:
    async with campus() as one:
        done = await uploaded(one, b"a,b\n1,2\n", kind="text/csv")
        before = one.system.edits.version

    assert done["workflow_state"] == "failed_with_messages"
    assert before == 0


async def test_a_reset_forgets_what_was_written() -> None:
    async with campus() as one:
        await uploaded(one, packed(c=COURSES))
        one.system.reset()
        answer = await one.ask("/courses/sis_course_id:NEW%2F1")

    assert answer.status == 404
