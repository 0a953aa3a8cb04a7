"""The roster by a provisioning report: fetched without the token, and what is done without one."""

import base64
import io
import stat
import tempfile
import zipfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integration_tui.domain.errors import ForbiddenError, RetryableError
from integration_tui.domain.roster import Collection, Enrollment, RecordStatus, User
from integration_tui.sandbox.server import serve
from tests.providers.canvas.case_server import CASES, Case
from tests.providers.canvas.fake_server import canvas_errors
from tests.providers.canvas.fixtures import School, school
from tests.providers.canvas.reading import Listed, listed, sweep


def files_of_the_case() -> dict[str, str]:
    """Return the files of the recorded report."""
    (path,) = CASES.glob("15-*.json")
    answer = msgspec.json.decode(path.read_bytes(), type=Case).trap[0].responses[0]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(answer.packed or ""))) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def zipped(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


@dataclass(slots=True)
class ReportedSchool:
    """A school whose Canvas makes reports. `statuses` are told one after the other."""

    one: School
    files: dict[str, str] = field(default_factory=files_of_the_case)
    content: bytes | None = None
    statuses: list[str] = field(default_factory=lambda: ["running", "complete"])
    address: str = ""
    number: int = 77
    fetched: list[Request] = field(default_factory=list[Request])

    def answer(self) -> Response:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        attachment = {"url": f"{self.address}/files/900/download?verifier=canary-verifier"}
        return JSONResponse(
            {
                "id": self.number,
                "status": status,
                "attachment": attachment if status == "complete" else None,
            }
        )

    def start(self) -> Response:
        return JSONResponse({"id": self.number, "status": "created", "attachment": None})

    async def file(self, request: Request) -> Response:
        self.fetched.append(request)
        content = zipped(self.files) if self.content is None else self.content
        return Response(content, media_type="application/zip")


@asynccontextmanager
async def reported(way: str = "report") -> AsyncGenerator[ReportedSchool]:
    async with school(sync={"way": way}) as one:
        made = ReportedSchool(one)
        refused = one.sandbox.refused
        refused["accounts/1/reports/provisioning_csv"] = made.start
        refused["accounts/1/reports/provisioning_csv/77"] = made.answer
        app = Starlette(routes=[Route("/files/900/download", made.file)])
        async with serve(app) as address:
            made.address = address
            await one.connector.connect()
            yield made


def remark(found: Listed) -> str:
    """Return what is said of the sweep."""
    told = [one.message for one in found.findings if one.rule.startswith("report-")]
    assert len(told) == 1
    return told[0]


async def test_everything_is_asked_for_and_the_token_stays_here() -> None:
    async with reported() as made:
        await sweep(made.one.connector)

    (target,) = [one for one in made.one.sandbox.asked if "provisioning_csv?" in one]
    asked = parse_qs(target.partition("?")[2])
    parts = ("accounts", "terms", "users", "courses", "sections", "enrollments", "xlist")
    assert {f"parameters[{part}]" for part in (*parts, "include_deleted")} <= asked.keys()
    (request,) = made.fetched
    assert "authorization" not in request.headers
    assert request.headers["user-agent"]


async def test_one_report_serves_a_sweep_and_the_next_sweep_another() -> None:
    async with reported() as made:
        await sweep(made.one.connector)
        assert len(made.fetched) == 1
        await sweep(made.one.connector)

    assert len(made.fetched) == 2


async def test_pauses_grow_and_each_look_is_handed_over() -> None:
    async with reported() as made:
        made.statuses = ["created", "running", "running", "running", "running", "complete"]

        found = await listed(made.one.connector, Collection.ORGS)

    assert made.one.here.clock.slept == [3.0, 5.0, 10.0, 20.0, 20.0, 20.0]
    assert len(found.pages) == 7
    assert found.ids == ["1", "5"]


async def test_another_process_goes_on_with_the_same_report() -> None:
    async with reported() as made:
        rows = "".join(
            f"7,CRS7,102,,teacher,4,71,SEC71,active,,,false,TeacherEnrollment,false,{number}\n"
            for number in range(1000, 2500)
        )
        made.files["enrollments.csv"] += rows
        whole = await listed(made.one.connector, Collection.ENROLLMENTS)
        other = made.one.another()
        await other.connect()
        after = next(page.next for page in whole.pages if page.rows)

        rest = [page async for page in other.pages(Collection.ENROLLMENTS, after=after)]

        await other.disconnect()
    begin = next(number for number, page in enumerate(whole.pages) if page.rows) + 1
    assert len(whole.pages) > begin + 1
    assert [row for page in rest for row in page.rows] == [
        row for page in whole.pages[begin:] for row in page.rows
    ]
    assert rest[-1].complete
    assert len(whole.ids) == 1502
    started = [one for one in made.one.sandbox.asked if "provisioning_csv?" in one]
    assert len(started) == 1


async def test_administrators_and_observers_stand_in_files_of_their_own() -> None:
    async with reported() as made:
        made.files["admins.csv"] = (
            "canvas_user_id,user_id,role_id,role,canvas_account_id,account_id,status\n"
            "102,,1,AccountAdmin,1,,active\n102,,1,AccountAdmin,5,,deleted\n"
        )
        made.files["user_observers.csv"] = (
            "canvas_observer_id,observer_id,canvas_student_id,student_id,status\n"
            "102,,101,S101,active\n103,,101,S101,active\n"
        )
        made.files["users.csv"] += '103,,,,cy,Cy,Oh,Cy Oh,"Oh, Cy",Cy,,active,true\n'
        made.files["enrollments.csv"] += (
            "7,CRS7,103,,observer,5,71,SEC71,active,101,,true,ObserverEnrollment,false,703\n"
        )

        users = (await listed(made.one.connector, Collection.USERS)).by_id(User)

    assert [(role.role, role.org) for role in users["102"].roles] == [
        ("districtAdministrator", "1"),
        ("teacher", "5"),
        ("guardian", "1"),
    ]
    assert users["101"].agents == ("102", "103")
    assert [(role.role, role.org) for role in users["103"].roles] == [("guardian", "5")]
    assert not any("/admins" in target for target in made.one.sandbox.asked)


async def test_what_was_deleted_is_listed_as_not_active() -> None:
    async with reported() as made:
        made.files["users.csv"] += '103,S103,,,cy,Cy,Oh,Cy Oh,"Oh, Cy",Cy,,deleted,true\n'
        made.files["users.csv"] += '104,S104,,,di,Di,Ax,Di Ax,"Ax, Di",Di,,suspended,true\n'
        made.files["enrollments.csv"] += (
            "7,CRS7,103,S103,student,3,71,SEC71,deleted,,,true,StudentEnrollment,false,703\n"
        )

        found = await sweep(made.one.connector)

    users = found[Collection.USERS].by_id(User)
    rows = found[Collection.ENROLLMENTS].by_id(Enrollment)
    assert users["103"].status is RecordStatus.TO_BE_DELETED
    assert (users["104"].status, users["104"].enabled) == (RecordStatus.ACTIVE, False)
    assert rows["703"].status is RecordStatus.TO_BE_DELETED


@pytest.mark.parametrize(
    ("statuses", "content", "said"),
    [
        (["running", "error"], None, "status error"),
        (["complete"], b"not a zip", "is no zip, or a damaged one"),
        (["complete"], b"PK\x03\x04 damaged", "is no zip, or a damaged one"),
        (["complete"], zipped({"users.csv": "canvas_user_id\n"}), "the report has no accounts.csv"),
        (["what is this"], None, "its status is none that Canvas documents"),
    ],
    ids=["error", "no-zip", "damaged", "a-file-alone", "unknown-status"],
)
async def test_the_roster_is_listed_where_the_report_fails(
    statuses: list[str], content: bytes | None, said: str
) -> None:
    async with reported() as made:
        made.statuses, made.content = statuses, content

        found = await sweep(made.one.connector)

    sentence = remark(found[Collection.ORGS])
    assert sentence.startswith("Canvas' report ended with an error (")
    assert said in sentence
    assert sentence.endswith("); the roster is read by listing instead")
    assert len(found[Collection.USERS].ids) == len(made.one.sandbox.tables.users)
    assert all(one.complete for one in found.values())
    assert sum("provisioning_csv?" in target for target in made.one.sandbox.asked) == 1


async def test_a_report_that_never_ends_is_given_up() -> None:
    async with reported("auto") as made:
        made.statuses = ["running"]

        found = await listed(made.one.connector, Collection.ORGS)

    assert "it was not there after 60 minutes" in remark(found)
    assert found.ids == ["1", "5"]


async def test_who_may_not_ask_for_a_report_lists() -> None:
    async with reported("auto") as made:
        made.one.sandbox.refused["accounts/1/reports/provisioning_csv"] = lambda: canvas_errors(
            401, "user not authorized", {}
        )

        found = await sweep(made.one.connector)

    assert remark(found[Collection.ORGS]) == (
        "the token may not ask for a report: the roster is read by listing, course after course"
    )
    assert found[Collection.ENROLLMENTS].ids == ["801"]


async def test_who_wants_a_report_and_may_not_have_it_is_told_what_to_do() -> None:
    async with reported() as made:
        made.one.sandbox.refused["accounts/1/reports/provisioning_csv"] = lambda: canvas_errors(
            401, "user not authorized", {}
        )

        with pytest.raises(ForbiddenError) as caught:
            await listed(made.one.connector, Collection.ORGS)

    assert caught.value.advice == (
        "give the token's role the right to reports, or set sync.way: listing"
    )


async def test_an_outage_while_a_report_is_made_is_no_failure_of_it() -> None:
    async with reported("auto") as made:
        made.one.sandbox.refused["accounts/1/reports/provisioning_csv/77"] = lambda: Response(
            status_code=503
        )

        with pytest.raises(RetryableError):
            await listed(made.one.connector, Collection.ORGS)


async def test_a_report_is_not_fetched_from_an_address_in_the_open() -> None:
    async with reported("auto") as made:
        made.address = "http://files.example.org"

        found = await listed(made.one.connector, Collection.ORGS)

    assert "the file is at files.example.org, which is not allowed" in remark(found)
    assert "canary-verifier" not in remark(found)


async def test_what_is_fetched_is_deleted_when_the_connector_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with reported() as made:
        await sweep(made.one.connector)
        (file,) = tmp_path.rglob("*.zip")
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700

        await made.one.connector.disconnect()

        assert [*tmp_path.iterdir()] == []


async def test_a_row_that_cannot_be_read_costs_that_row() -> None:
    async with reported() as made:
        made.files["users.csv"] += "x\n,,,\n105,S105,,,ed,Ed\n"
        made.files["enrollments.csv"] += "\0,,,,\n7,CRS7,,,student\n"

        found = await sweep(made.one.connector)

    assert found[Collection.USERS].ids == ["101", "102"]
    assert [one.reason for one in found[Collection.USERS].rejected] == [
        "its id is not one of Canvas",
        "its id is not one of Canvas",
        "it has no name",
    ]
    assert found[Collection.ENROLLMENTS].ids == ["701", "702"]
    assert len(found[Collection.ENROLLMENTS].rejected) == 2
