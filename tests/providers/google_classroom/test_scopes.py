"""Two tokens, each with as much as is delegated: what is not costs its part, and is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from integration_tui.domain.errors import CredentialsError, ProviderError
from integration_tui.domain.health.status import HealthStatus
from integration_tui.domain.roster import Collection
from integration_tui.providers.google_classroom.connector import GoogleClassroomConnector
from tests.providers.google_classroom.fake_server import (
    COURSES,
    DIRECTORY,
    EMAILS,
    PREFIX,
    ROSTERS,
    school_content,
)
from tests.providers.google_classroom.fixtures import SCHOOLS, domain
from tests.providers.google_classroom.test_listing import listed, rows

USERS = "/admin/directory/v1/users"


async def steps_of(connector: GoogleClassroomConnector) -> dict[str, str]:
    return {step.name: await step.run() for step in connector.steps()}


async def test_each_api_has_a_token_with_its_own_scopes() -> None:
    async with domain() as one:
        told = await steps_of(one.connector)

        proof = await one.connector.authenticate()

    assert [*told] == ["DNS", "TLS", "token", "scopes", "Classroom", "Directory"]
    assert proof.scopes == (COURSES, ROSTERS, EMAILS)
    assert one.sandbox.claims["scope"] == " ".join(DIRECTORY)
    assert told["Classroom"] == "a course is visible"
    assert told["Directory"] == "users are visible"


async def test_the_scope_for_addresses_is_left_out_where_it_is_not_delegated() -> None:
    async with domain() as one:
        one.sandbox.account.scopes = (COURSES, ROSTERS, *DIRECTORY)

        told = await steps_of(one.connector)
        metadata = await one.connector.metadata()

    assert told["scopes"].endswith("; not delegated: classroom.profile.emails")
    assert metadata.details["not delegated"] == "classroom.profile.emails"


@pytest.mark.parametrize("written", [(), (COURSES, ROSTERS)])
async def test_a_configuration_from_before_stays_green(written: Sequence[str]) -> None:
    async with domain(school_content(courses=2), auth={"scopes": written}) as one:
        one.sandbox.account.scopes = (COURSES, ROSTERS)
        await one.connector.connect()

        finding = await one.connector.check()
        pages = {
            collection: await listed(one.connector, collection)
            for collection in (Collection.ORGS, Collection.CLASSES, Collection.ENROLLMENTS)
        }
        people = await listed(one.connector, Collection.USERS)

    assert finding.status is HealthStatus.HEALTHY
    assert finding.detail
    assert all(found[-1].complete for found in pages.values())
    assert len(rows(people)) == 16
    assert (people[-1].complete, bool(people[-1].reason)) == (False, True)
    if written:
        assert one.sandbox.asked(USERS) == []


async def test_one_scope_alone_lists_classes_and_says_what_lacks() -> None:
    async with domain(school_content(courses=2)) as one:
        one.sandbox.account.scopes = (COURSES,)
        await one.connector.connect()

        finding = await one.connector.check()
        classes = await listed(one.connector, Collection.CLASSES)
        with pytest.raises(ProviderError) as caught:
            await listed(one.connector, Collection.ENROLLMENTS)

    assert finding.status is HealthStatus.HEALTHY
    assert len(rows(classes)) == 2
    assert caught.value.message == "the token lacks classroom.rosters.readonly"
    assert caught.value.advice == "grant it where the others are granted"


async def test_without_any_scope_the_first_refusal_is_told_with_all_of_them() -> None:
    async with domain() as one:
        one.sandbox.account.scopes = (f"{PREFIX}drive",)

        with pytest.raises(CredentialsError) as caught:
            await one.connector.connect()
        one.sandbox.account.scopes = (COURSES, ROSTERS, EMAILS)
        await one.connector.connect()
        proof = await one.connector.authenticate()

    assert EMAILS in caught.value.message
    assert proof.scopes == (COURSES, ROSTERS, EMAILS)


async def test_what_is_not_delegated_is_not_asked_for_at_every_check() -> None:
    async with domain() as one:
        one.sandbox.account.scopes = (COURSES, ROSTERS, EMAILS)
        await one.connector.connect()
        first = await one.connector.check()
        asked = one.sandbox.tokens_asked

        second = await one.connector.check()
        again = one.sandbox.tokens_asked
        one.sandbox.account.scopes = (COURSES, ROSTERS, EMAILS, *DIRECTORY)
        one.here.clock.advance(301)
        third = await one.connector.check()

    assert first == second
    assert again == asked
    assert third.detail == ""


async def test_a_directory_that_the_config_needs_is_missed() -> None:
    async with domain(more=SCHOOLS) as one:
        one.sandbox.account.scopes = (COURSES, ROSTERS, EMAILS)
        await one.connector.connect()

        finding = await one.connector.check()
        orgs = await listed(one.connector, Collection.ORGS)
        classes = await listed(one.connector, Collection.CLASSES)
        rosters = await listed(one.connector, Collection.ENROLLMENTS)
        people = await listed(one.connector, Collection.USERS)

    assert finding.status is HealthStatus.DEGRADED
    assert "domain-wide delegation" in finding.detail
    assert not orgs[-1].complete
    # What is held of the schools stays.
    assert all("school" not in (page.fields or ()) for page in [*classes, *rosters])
    assert all(
        not {"roles", "primary_org", "enabled"} & (page.fields or {"roles"}) for page in people
    )


REFUSALS = [
    (
        {"message": "@ClassroomDisabled x", "status": "PERMISSION_DENIED"},
        "admin@school.example.org may not use Classroom's API",
        "Apps, Google Workspace, Classroom, Data access",
    ),
    (
        {
            "message": "Google Classroom API has not been used in project 12345 before",
            "status": "PERMISSION_DENIED",
            "details": [
                {"reason": "SERVICE_DISABLED", "metadata": {"consumer": "projects/777777"}}
            ],
        },
        "the API is switched off in project 777777",
        "enable it there",
    ),
    (
        {
            "message": "Classroom API is disabled in project 123456, or not used before",
            "errors": [{"reason": "accessNotConfigured"}],
        },
        "the API is switched off in project 123456",
        "enable it there",
    ),
    (
        {"message": "Not Authorized to access this resource/api"},
        "admin@school.example.org may not list users",
        "give the account the right to read users and org units."
        " Classes are read; people only as far as rosters name them",
    ),
]


@pytest.mark.parametrize(("error", "message", "advice"), REFUSALS)
async def test_what_the_account_may_not_has_a_sentence(
    error: dict[str, object], message: str, advice: str
) -> None:
    async with domain() as one:
        one.sandbox.content.answers["/v1/courses"] = (403, {"error": {"code": 403, **error}})

        with pytest.raises(ProviderError) as caught:
            await one.connector.connect()

    assert (caught.value.message, caught.value.advice) == (message, advice)
    assert caught.value.accounts == ("admin@school.example.org",)
