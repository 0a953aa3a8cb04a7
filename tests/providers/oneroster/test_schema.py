"""The official OneRoster documents judge both sides: our client and our sandbox."""

from pathlib import Path

import pytest

from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Org, Record
from integration_tui.domain.value import replace
from integration_tui.providers.http.models import Request
from integration_tui.providers.http.transport import HttpClient
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.providers.oneroster.responses import PATHS
from tests.providers.http.fixtures import Here, client
from tests.providers.oneroster.fixtures import config, district
from tests.sandbox.fixtures import asking
from tests.sandbox.fixtures import district as generated
from tests.schema_validator.prism import ROSTERING_1P1, ROSTERING_1P2, prism, required

LISTS = (*PATHS.values(), "schools", "terms", "gradingPeriods", "students", "teachers")
PARTS = (
    "schools/org-0000002/classes",
    "schools/org-0000002/courses",
    "schools/org-0000002/enrollments",
    "schools/org-0000002/students",
    "schools/org-0000002/teachers",
    "schools/org-0000002/terms",
    "schools/org-0000002/classes/cls-0000001/enrollments",
    "schools/org-0000002/classes/cls-0000001/students",
    "schools/org-0000002/classes/cls-0000001/teachers",
    "classes/cls-0000001/students",
    "classes/cls-0000001/teachers",
    "courses/crs-0000001/classes",
    "terms/ses-0000002/classes",
    "terms/ses-0000002/gradingPeriods",
    "students/usr-0000030/classes",
    "teachers/usr-0000005/classes",
    "users/usr-0000030/classes",
)
SINGLES = (
    "orgs/org-0000002",
    "schools/org-0000002",
    "academicSessions/ses-0000001",
    "terms/ses-0000002",
    "gradingPeriods/ses-0000004",
    "courses/crs-0000001",
    "classes/cls-0000001",
    "users/usr-0000001",
    "students/usr-0000030",
    "teachers/usr-0000005",
    "enrollments/enr-0000001",
    "demographics/usr-0000030",
)


@pytest.fixture
def rostering_1p1(tmp_path: Path) -> Path:
    """The document of 1.1, without a slip of its vendor's.

    It allows "acs" as an order, where the specification says "asc". A parameter and a scope
    that the vendor added hurt nobody: nothing asks for them.
    """
    required(ROSTERING_1P1)
    found = tmp_path / "oneroster-1.1.json"
    found.write_text(ROSTERING_1P1.read_text().replace('"acs"', '"asc"'))
    return found


async def judged(http: HttpClient, url: str, headers: dict[str, str]) -> tuple[int, str]:
    """Return the status of an answer and the violations that the judge saw."""
    answer = await http.send(replace(Request.get(url), headers=headers))
    return answer.status, answer.headers.get("sl-violations", "")


async def verdicts(dialect: str, document: Path) -> dict[str, tuple[int, str]]:
    """Return what the judge says of every address of a dialect, and of its refusals."""
    query = "limit=3&offset=1&sort=sourcedId&orderBy=asc"
    async with (
        asking(dialect, generated()) as one,
        prism("proxy", document, one.base, "--errors") as judge,
        client(timeout_s=10) as http,
    ):
        paths = (*(f"{path}?{query}" for path in (*LISTS, *PARTS)), *SINGLES)
        found = {path: await judged(http, f"{judge}/{path}", one.headers) for path in paths}
        nobody = {"Authorization": "Bearer no-token-of-ours"}
        found["refused"] = await judged(http, f"{judge}/orgs", nobody)
        found["unknown"] = await judged(http, f"{judge}/users/nobody", one.headers)
        wrong = {Collection.ORGS: (Org(sourced_id="o", name="O", type="shop"),)}
        one.sandbox.roster = wrong
        found["wrong"] = await judged(http, f"{judge}/orgs", one.headers)
    return found


def hold(found: dict[str, tuple[int, str]]) -> None:
    """Assert that there is no fault but the one that was made, so that the judge judges indeed."""
    status, violation = found.pop("wrong")
    expected = dict.fromkeys(found, (200, "")) | {"refused": (401, ""), "unknown": (404, "")}
    assert found == expected
    assert status == 500
    assert "orgs.0.type" in violation


async def test_our_check_understands_a_server_made_from_the_official_document() -> None:
    async with prism("mock", ROSTERING_1P2) as address:
        auth = {"type": "jwt", "token": "env:SIS_SECRET"}
        connector = OneRosterConnector(
            config(address, base_path="", auth=auth),
            Here().context(timeout_s=10.0),
            product="OneRoster server",
        )
        await connector.connect()

        await connector.check()
        metadata = await connector.metadata()

        await connector.disconnect()
    assert metadata.version == "OneRoster 1.2"


async def test_the_official_document_of_1p2_finds_no_fault_with_our_sandbox() -> None:
    found = await verdicts("specification", ROSTERING_1P2)

    hold(found)


async def test_the_document_of_1p1_finds_no_fault_with_our_sandbox(rostering_1p1: Path) -> None:
    found = await verdicts("v1p1", rostering_1p1)

    hold(found)


async def test_our_connector_reads_everything_through_the_judge() -> None:
    async with (
        district() as one,
        prism("proxy", ROSTERING_1P2, one.connector_url, "--errors") as judge,
    ):
        auth = {
            "type": "oauth2_client_credentials",
            "token_url": f"{one.address}/token",
            "client_id": "integration-tui",
            "client_secret": "env:SIS_SECRET",
        }
        connector = OneRosterConnector(
            config(judge, base_path="", auth=auth, sync={"page_size": 10}),
            one.here.context(timeout_s=10.0),
            product="OneRoster server",
        )
        await connector.connect()

        last: dict[Collection, Page[Record]] = {}
        for collection in Collection:
            if collection is Collection.DEMOGRAPHICS:
                continue  # asked for by those only who may have them
            async for page in connector.pages(collection):
                last[collection] = page
                assert page.rejected == ()
        found = await connector.find(Collection.USERS, "user-07")

        await connector.disconnect()
    assert all(page.complete for page in last.values())
    assert found is not None
