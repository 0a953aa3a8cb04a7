"""Writing to TimeBack: nobody twice, one result each, nothing sent in a dry run."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.provider import WriteKind, WriteOperation, WriteResult
from integration_tui.domain.roster import (
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Record,
    Role,
    User,
)
from integration_tui.providers.timeback.outgoing import body_of, lacks
from integration_tui.sandbox.faults import Fault, Rule
from tests.providers.http.here import CANARY
from tests.providers.timeback.served import platform

BOTH = pytest.mark.parametrize("name", ["beyond_ai", "learnwith_ai"])
ANN = User(
    sourced_id="ann",
    given_name="Ann",
    family_name="O'Neil",
    roles=(Role(role="student", org="school"),),
)
CLASS = Class(
    sourced_id="algebra-2", title="Algebra 2", course="course", school="school", terms=("term",)
)
SEAT = Enrollment(sourced_id="seat", user="ann", class_="class", school="school", role="student")


def upsert(record: Record, collection: Collection = Collection.USERS) -> WriteOperation:
    return WriteOperation(
        kind=WriteKind.UPSERT,
        collection=collection,
        sourced_id=record.sourced_id,
        record=record,
    )


def delete(sourced_id: str) -> WriteOperation:
    return WriteOperation(kind=WriteKind.DELETE, collection=Collection.USERS, sourced_id=sourced_id)


ALL = (
    upsert(ANN),
    upsert(CLASS, Collection.CLASSES),
    upsert(SEAT, Collection.ENROLLMENTS),
)


@BOTH
async def test_what_is_written_twice_is_there_once(name: str) -> None:
    async with platform(name) as one:
        first = await one.connector.write(ALL)
        second = await one.connector.write(ALL)

        assert [result.reason for result in (*first, *second)] == [""] * 6
        assert one.ids(Collection.USERS).count("ann") == 1
        assert one.ids(Collection.CLASSES) == ["algebra-2", "class"]
        assert one.ids(Collection.ENROLLMENTS) == ["enrollment", "seat"]


@BOTH
async def test_what_is_written_is_read_as_it_was(name: str) -> None:
    async with platform(name) as one:
        await one.connector.write(ALL)

        found = await one.connector.find(Collection.USERS, "ann")

        assert isinstance(found, User)
        assert msgspec.structs.replace(found, modified_at=None) == ANN


@BOTH
async def test_a_record_is_replaced_and_deleted_and_comes_back_under_its_id(name: str) -> None:
    async with platform(name) as one:
        await one.connector.write([upsert(ANN)])
        await one.connector.write([upsert(msgspec.structs.replace(ANN, family_name="Smith"))])
        renamed = await one.connector.find(Collection.USERS, "ann")
        gone = await one.connector.write([delete("ann")])
        again = await one.connector.write([delete("ann")])

        assert isinstance(renamed, User)
        assert renamed.family_name == "Smith"
        assert gone[0].done
        assert again[0].done
        assert "ann" not in one.ids(Collection.USERS)

        await one.connector.write([upsert(ANN)])

        assert one.ids(Collection.USERS).count("ann") == 1


@BOTH
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_a_request_whose_answer_was_lost_makes_nobody_twice(name: str, method: str) -> None:
    async with platform(name) as one:
        one.cut.method, one.cut.left = method, 1

        results = await one.connector.write([upsert(ANN)])

        assert results == [WriteResult(sourced_id="ann", done=True)]
        assert one.ids(Collection.USERS).count("ann") == 1
        assert len(one.sent("POST")) <= 1


async def test_a_dry_run_judges_and_sends_nothing() -> None:
    async with platform() as one:
        before = len(one.sandbox.seen)
        bad = msgspec.structs.replace(ANN, sourced_id="bad", roles=())

        results = await one.connector.write([upsert(ANN), upsert(bad)], dry_run=True)

        assert [result.done for result in results] == [True, False]
        assert len(one.sandbox.seen) == before
        assert "ann" not in one.ids(Collection.USERS)


async def test_one_bad_record_never_stops_the_others() -> None:
    async with platform() as one:
        others = [msgspec.structs.replace(ANN, sourced_id=f"u{number}") for number in range(6)]
        one.sandbox.faults.play(Rule(fault=Fault.STATUS, path="*/users/u2", times=None, status=500))

        results = await one.connector.write([upsert(user) for user in others])

        assert [result.sourced_id for result in results] == [f"u{number}" for number in range(6)]
        assert [result.done for result in results] == [True, True, False, True, True, True]
        assert "HTTP 500" in results[2].reason


async def test_an_outage_ends_it_and_says_what_was_not_attempted() -> None:
    async with platform() as one:
        one.sandbox.faults.play(Rule(fault=Fault.STATUS, times=None, status=503))

        results = await one.connector.write(
            [upsert(msgspec.structs.replace(ANN, sourced_id=f"u{n}")) for n in range(40)]
        )

        assert not any(result.done for result in results)
        assert results[-1].reason.startswith("not attempted: ")
        assert len(one.sandbox.faults.struck()) == 1
        assert one.sandbox.faults.struck()[0] < 30


async def test_a_token_that_runs_out_midway_is_renewed() -> None:
    async with platform() as one:
        one.sandbox.issuer.revoke()

        results = await one.connector.write(ALL)

        assert all(result.done for result in results)


async def test_throttling_is_waited_for() -> None:
    async with platform() as one:
        one.sandbox.faults.play(
            Rule(fault=Fault.STATUS, path="*/users/*", times=2, status=429, retry_after="3")
        )

        results = await one.connector.write([upsert(ANN)])

        assert results[0].done
        assert sum(one.here.slept) >= 3


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (upsert(Org(sourced_id="o", name="O", type="school"), Collection.ORGS), "users, classes"),
        (upsert(msgspec.structs.replace(ANN, given_name="")), "givenName must be there"),
        (upsert(msgspec.structs.replace(ANN, roles=())), "roles must be there"),
        (
            upsert(msgspec.structs.replace(CLASS, course=None), Collection.CLASSES),
            "course must be there",
        ),
        (upsert(CLASS, Collection.USERS), "no record of users"),
        (delete(".."), "sourcedId must be there"),
    ],
)
async def test_what_the_platform_would_refuse_is_not_sent(
    operation: WriteOperation, reason: str
) -> None:
    async with platform() as one:
        before = len(one.sandbox.seen)

        results = await one.connector.write([operation])

        assert not results[0].done
        assert reason in results[0].reason
        assert len(one.sandbox.seen) == before


async def test_nothing_is_written_unless_the_configuration_allows_it() -> None:
    async with platform(writes=False) as one:
        results = await one.connector.write(ALL)

        assert {result.reason for result in results} == {
            "writing is switched off; set writes: true in the configuration"
        }
        assert one.sent("PUT", "POST") == []


async def test_a_scope_that_is_missing_is_told_and_no_secret_is() -> None:
    async with platform("learnwith_ai", writes=True) as one:
        one.sandbox.issuer.scopes = one.sandbox.dialect.scope_words
        one.sandbox.issuer.revoke()

        results = await one.connector.write([upsert(ANN)])

        assert not results[0].done
        assert CANARY not in repr(results)


def test_roles_are_sent_in_the_words_of_1_1() -> None:
    principal = msgspec.structs.replace(ANN, roles=(Role(role="principal", org="school"),))

    assert body_of(principal)["roles"] == [
        {"roleType": "primary", "role": "administrator", "org": {"sourcedId": "school"}}
    ]
    assert body_of(CLASS)["org"] == {"sourcedId": "school"}


@given(st.sampled_from([ANN, CLASS, SEAT]))
def test_what_lacks_nothing_has_a_body_without_a_moment(record: Record) -> None:
    assert lacks(record) == ""
    assert "dateLastModified" not in body_of(record)


def test_a_course_is_not_taken() -> None:
    assert "only" in lacks(Course(sourced_id="c", title="C"))
