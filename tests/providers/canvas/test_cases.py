"""Recorded situations of Canvas end as their files say."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date

import pytest

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Enrollment,
    Org,
    RecordStatus,
    User,
)
from integration_tui.providers.canvas import SPEC
from integration_tui.providers.canvas.config import CanvasConfig
from integration_tui.providers.canvas.connector import CanvasConnector
from tests.providers.canvas.case_server import ServedCase, served
from tests.providers.canvas.reading import listed, sweep
from tests.providers.http.fixtures import Here


@asynccontextmanager
async def case(
    name: str, here: Here | None = None, **config: object
) -> AsyncGenerator[tuple[ServedCase, CanvasConnector]]:
    """Serve a case, and yield it with a connector to it that is connected."""
    async with served(name) as server:
        validated = CanvasConfig.model_validate(
            {
                "name": "canvas",
                "type": "canvas",
                "base_url": server.base,
                "auth": {"type": "jwt", "token": "env:SIS_SECRET"},
                "rate_limit": {"requests": 100_000},
                **config,
            }
        )
        connector = SPEC.build(validated, (here or Here()).context())
        assert isinstance(connector, CanvasConnector)
        await connector.connect()
        yield server, connector
        await connector.disconnect()


async def test_links_are_followed_byte_for_byte() -> None:
    async with case("01") as (server, connector):
        users = (await sweep(connector))[Collection.USERS]

    assert users.ids == ["10002", "10003", "10004"]
    assert users.complete
    asked = [target for target in server.canvas.asked if "/users?" in target]
    assert asked[1] == (
        "/api/v1/accounts/1/users?as_user_id=7&include%5B%5D=email"
        "&page=bookmark:WyJ1c2VyOkzDs3BleiIsMTAwMDJd&per_page=2"
    )
    assert len(asked) == 2


async def test_neither_a_short_page_nor_an_empty_one_is_the_end() -> None:
    async with case("03") as (_, connector):
        users = await listed(connector, Collection.USERS)

    assert len(users.ids) == 13
    assert users.complete


async def test_sis_ids_are_claims_and_hidden_ones_are_told_with_the_right_that_shows_them() -> None:
    async with case("05") as (_, connector):
        users = await listed(connector, Collection.USERS)

    claims = {sourced_id: user.claims for sourced_id, user in users.by_id(User).items()}
    assert claims == {
        "61": (),
        "62": (),
        "63": ("62",),
        "64": ("CS/101.11é", "GUID-4"),
        "65": (),
    }
    (told,) = [finding for finding in users.findings if finding.rule == "sis-ids-hidden"]
    assert told.sourced_id == "62"
    assert told.message == (
        'SIS ids are hidden from this token: give its role "SIS data: read"; people are matched by'
        " address only"
    )


async def test_states_and_types_decide_who_is_enrolled_as_what() -> None:
    async with case("07") as (server, connector):
        found = await sweep(connector)

    enrollments, users = found[Collection.ENROLLMENTS], found[Collection.USERS].by_id(User)
    rows = enrollments.by_id(Enrollment)
    active = {number for number, row in rows.items() if row.status is RecordStatus.ACTIVE}
    assert active == {"801", "802", "803", "811"}
    assert rows.keys() - active == {"806", "807", "808", "812"}
    assert (rows["803"].role, rows["811"].role) == ("teacher", "aide")
    assert enrollments.found("waits-for-person") == ["804", "805"]
    assert enrollments.found("test-student") == ["810"]
    assert enrollments.found("role-not-mapped") == ["813"]
    assert users["81"].agents == ("87",)
    assert [role.role for role in users["81"].roles] == ["teacher", "student"]
    assert len(users) == 10
    assert not any(
        "state%5B0%5D" in target or "state[0]" in target for target in server.canvas.asked
    )


async def test_a_designer_is_what_the_configuration_says() -> None:
    async with case("07", roles={"DesignerEnrollment": "teacher"}) as (_, connector):
        rows = (await listed(connector, Collection.ENROLLMENTS)).by_id(Enrollment)

    assert rows["813"].role == "teacher"


async def test_ids_are_kept_to_the_last_digit() -> None:
    async with case("09") as (_, connector):
        users = await listed(connector, Collection.USERS)

    assert users.ids == ["21070000000000565", "9007199254740993", "565"]


async def test_a_page_to_log_in_is_no_listing() -> None:
    async with served("11") as server:
        validated = CanvasConfig.model_validate(
            {
                "name": "canvas",
                "type": "canvas",
                "base_url": server.base,
                "auth": {"type": "jwt", "token": "env:SIS_SECRET"},
                "rate_limit": {"requests": 100_000},
                "sync": {"way": "listing"},
            }
        )
        connector = SPEC.build(validated, Here().context())
        assert isinstance(connector, CanvasConnector)

        with pytest.raises(IncompatibleError) as signing_in:
            await connector.connect()
        with pytest.raises(IncompatibleError) as listing:
            await listed(connector, Collection.USERS)
        await connector.disconnect()

    sentence = f"{server.base} answers with a web page to log in; is the token for this address?"
    assert str(signing_in.value) == sentence
    assert str(listing.value) == sentence
    assert all(server.canvas.agents)


async def test_a_whole_district_comes_by_one_report() -> None:
    here = Here()
    async with case("15", here, sync={"way": "report"}) as (server, connector):
        found = await sweep(connector)

    assert {collection: len(one.ids) for collection, one in found.items()} == {
        Collection.ORGS: 2,
        Collection.ACADEMIC_SESSIONS: 1,
        Collection.COURSES: 2,
        Collection.CLASSES: 1,
        Collection.USERS: 2,
        Collection.ENROLLMENTS: 2,
    }
    assert all(one.complete for one in found.values())
    assert found[Collection.ORGS].by_id(Org)["5"].parent == "1"
    session = found[Collection.ACADEMIC_SESSIONS].by_id(AcademicSession)["2"]
    assert (session.starts_on, session.ends_on) == (date(2026, 8, 17), date(2027, 6, 12))
    assert found[Collection.ACADEMIC_SESSIONS].found("term-without-dates") == ["1"]
    assert found[Collection.CLASSES].by_id(Class)["71"].course == "8"
    (cross_listed,) = found[Collection.CLASSES].findings
    assert cross_listed.message == "it is taught with another course; its own is 7"
    users = found[Collection.USERS].by_id(User)
    assert users["101"].claims == ("S101", "S101-OLD")
    assert (users["102"].given_name, users["102"].roles[0].role) == ("Bo", "teacher")
    assert found[Collection.ENROLLMENTS].ids == ["701", "702"]
    assert server.trap.tokens == [False]
    assert here.clock.slept == [3.0, 5.0]
