"""Writing to TimeBack: nobody twice, one result each, nothing sent in a dry run."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.errors import SecretError
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
from integration_tui.providers.timeback.serializer import BeyondAiForm, LearnWithAiForm, WriteFormat
from integration_tui.providers.timeback.writes import WriteBatch, waves
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.oneroster import CORE
from tests.providers.http.fixtures import CANARY
from tests.providers.timeback.fixtures import platform

BOTH = pytest.mark.parametrize("name", ["beyond_ai", "learnwith_ai"])
ANN = User(
    sourced_id="ann",
    given_name="Ann",
    family_name="O'Neil",
    email="ann@school.example",
    roles=(Role(role="student", org="school"),),
    primary_org="school",
)
TEACHER = msgspec.structs.replace(
    ANN, sourced_id="tom", roles=(Role(role="teacher", org="school"),)
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
    upsert(TEACHER),
    upsert(CLASS, Collection.CLASSES),
    upsert(SEAT, Collection.ENROLLMENTS),
)


@BOTH
async def test_what_is_written_twice_is_there_once(name: str) -> None:
    async with platform(name) as one:
        first = await one.connector.write(ALL)
        second = await one.connector.write(ALL)

        assert [result.reason for result in (*first, *second)] == [""] * 8
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


async def test_a_post_that_never_came_is_sent_again_though_one_deleted_before_is_shown() -> None:
    async with platform() as one:
        await one.connector.write([upsert(ANN), delete("ann")])
        one.cut.method, one.cut.left, one.cut.does = "POST", 1, False

        results = await one.connector.write([upsert(ANN)])

        assert results == [WriteResult(sourced_id="ann", done=True)]
        assert one.ids(Collection.USERS).count("ann") == 1


@BOTH
async def test_what_is_done_to_one_record_is_done_in_order(name: str) -> None:
    async with platform(name) as one:
        renamed = msgspec.structs.replace(ANN, family_name="Smith")

        results = await one.connector.write([upsert(ANN), delete("ann"), upsert(renamed)])
        found = await one.connector.find(Collection.USERS, "ann")

        assert all(result.done for result in results)
        assert isinstance(found, User)
        assert (found.family_name, found.status) == ("Smith", "active")

        await one.connector.write([delete("ann"), upsert(ANN), delete("ann")])

        assert "ann" not in one.ids(Collection.USERS)


async def test_an_enrollment_is_written_after_its_user_and_class() -> None:
    async with platform() as one:
        seat = msgspec.structs.replace(SEAT, class_="algebra-2")

        await one.connector.write(
            [upsert(ANN), upsert(CLASS, Collection.CLASSES), upsert(seat, Collection.ENROLLMENTS)]
        )

        collections = [line.rstrip("/").rpartition("/")[2] for line in one.sent("POST")]
        assert sorted(collections[:2]) == ["classes", "users"]
        assert collections[2:] == ["enrollments"]


@given(
    st.lists(
        st.one_of(
            st.builds(delete, st.sampled_from(["a", "b"])),
            st.sampled_from(["a", "b", "c"]).map(
                lambda name: upsert(msgspec.structs.replace(ANN, sourced_id=name))
            ),
            st.sampled_from(["a", "b"]).map(
                lambda name: upsert(
                    msgspec.structs.replace(SEAT, sourced_id=f"{name}-seat", user=name),
                    Collection.ENROLLMENTS,
                )
            ),
        )
    )
)
def test_waves_keep_the_order_and_nothing_builds_on_its_own_wave(
    operations: list[WriteOperation],
) -> None:
    found = list(waves(operations))

    assert [placed for wave in found for placed in wave] == list(enumerate(operations))
    assert all(found)
    for wave in found:
        keys = [(one.collection, one.sourced_id) for _, one in wave]
        users = {one.record.user for _, one in wave if isinstance(one.record, Enrollment)}
        assert len(set(keys)) == len(keys)
        assert users.isdisjoint(name for collection, name in keys if collection == "users")


@BOTH
async def test_a_dry_run_judges_and_sends_nothing(name: str) -> None:
    async with platform(name) as one:
        before = len(one.sandbox.visits)
        bad = msgspec.structs.replace(ANN, sourced_id="bad", roles=())

        results = await one.connector.write([upsert(ANN), upsert(bad)], dry_run=True)

        assert [result.done for result in results] == [True, False]
        assert len(one.sandbox.visits) == before
        assert "ann" not in one.ids(Collection.USERS)


async def test_one_bad_record_never_stops_the_others() -> None:
    async with platform() as one:
        others = [msgspec.structs.replace(ANN, sourced_id=f"u{number}") for number in range(6)]
        one.sandbox.faults.play(
            FaultRule(fault=Fault.STATUS, path="*/users/u2", times=None, status=500)
        )

        results = await one.connector.write([upsert(user) for user in others])

        assert [result.sourced_id for result in results] == [f"u{number}" for number in range(6)]
        assert [result.done for result in results] == [True, True, False, True, True, True]
        assert "HTTP 500" in results[2].reason


async def test_a_record_out_of_reach_stops_nobody_and_a_missing_right_stops_all() -> None:
    async with platform() as one:
        users = [msgspec.structs.replace(ANN, sourced_id=f"u{number:02}") for number in range(40)]
        forbidden = FaultRule(fault=Fault.STATUS, path="*/users/u?[05]", times=None, status=403)
        one.sandbox.faults.play(forbidden)

        results = await one.connector.write([upsert(user) for user in users])

        assert [result.done for result in results] == [False, *[True] * 4] * 8
        assert "not attempted" not in results[35].reason

        one.sandbox.faults.play(FaultRule(fault=Fault.STATUS, times=None, status=403))
        results = await one.connector.write([upsert(user) for user in users])

        assert not any(result.done for result in results)
        assert results[-1].reason.startswith("not attempted: ")
        assert one.sandbox.faults.struck()[0] < 10


async def test_what_is_wrong_here_and_not_there_is_told_and_ends_the_batch() -> None:
    refusals = ["", ""]

    async def carry_out(_operation: WriteOperation) -> None:
        raise SecretError("env:SIS_SECRET is not set", advice="set it")

    await WriteBatch(carry_out).run([upsert(ANN), delete("ann")], refusals)

    assert refusals == [
        "env:SIS_SECRET is not set; set it",
        "not attempted: env:SIS_SECRET is not set",
    ]


@pytest.mark.parametrize("pairs", [{"allocatedSourcedId": "7"}, [{"allocatedSourcedId": "7"}]])
async def test_an_id_that_is_not_ours_is_told(pairs: object) -> None:
    async with platform() as one:
        patch = FaultRule(fault=Fault.PATCHED, path="*/users/", patch={"sourcedIdPairs": pairs})
        one.sandbox.faults.play(patch)

        results = await one.connector.write([upsert(ANN)])

        assert not results[0].done
        assert "TimeBack keeps ann as 7" in results[0].reason


async def test_an_outage_ends_it_and_says_what_was_not_attempted() -> None:
    async with platform() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.STATUS, times=None, status=503))

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
            FaultRule(fault=Fault.STATUS, path="*/users/*", times=2, status=429, retry_after="3")
        )

        results = await one.connector.write([upsert(ANN)])

        assert results[0].done
        assert sum(one.here.clock.slept) >= 3


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (upsert(Org(sourced_id="o", name="O", type="school"), Collection.ORGS), "users, classes"),
        (upsert(msgspec.structs.replace(ANN, given_name="")), "givenName is required"),
        (upsert(msgspec.structs.replace(ANN, roles=())), "roles is required"),
        (
            upsert(msgspec.structs.replace(CLASS, course=None), Collection.CLASSES),
            "course is required",
        ),
        (upsert(CLASS, Collection.USERS), "no record of users"),
        (delete(".."), "sourcedId is required"),
        (
            upsert(msgspec.structs.replace(ANN, roles=(Role(role="", org="school"),))),
            "roles.role is required",
        ),
        (
            WriteOperation(
                kind=WriteKind.DELETE, collection=Collection.USERS, sourced_id="ann", record=ANN
            ),
            "no record to write",
        ),
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
    async with platform("learnwith_ai") as one:
        one.sandbox.issuer.scopes = one.sandbox.dialect.scope_words
        one.sandbox.issuer.revoke()

        results = await one.connector.write([upsert(ANN)])

        assert not results[0].done
        assert "check auth.scopes" in results[0].reason
        assert CANARY not in repr(results)


async def test_a_token_that_is_good_for_reading_only_is_told() -> None:
    async with platform("learnwith_ai", scopes=[CORE]) as one:
        results = await one.connector.write([upsert(ANN)])

        assert "denied access (HTTP 403, forbidden)" in results[0].reason
        assert "missing scope" in results[0].reason


def body(form: WriteFormat, record: Record, collection: Collection) -> tuple[str, object]:
    sent = form.sent(collection, record)
    (content,) = sent.body.values()
    return sent.path, content


def test_roles_are_sent_in_the_words_of_1_1() -> None:
    principal = msgspec.structs.replace(ANN, roles=(Role(role="principal", org="school"),))

    for form in (BeyondAiForm(), LearnWithAiForm()):
        path, content = body(form, principal, Collection.USERS)

        assert path == "users/ann"
        assert msgspec.convert(content, dict[str, object])["roles"] == [
            {"roleType": "primary", "role": "administrator", "org": {"sourcedId": "school"}}
        ]


def test_a_class_names_its_school_as_each_platform_does() -> None:
    _, beyond = body(BeyondAiForm(), CLASS, Collection.CLASSES)
    _, learnwith = body(LearnWithAiForm(), CLASS, Collection.CLASSES)

    assert isinstance(beyond, dict)
    assert isinstance(learnwith, dict)
    assert beyond["org"] == learnwith["school"] == {"sourcedId": "school"}
    assert "school" not in beyond
    assert "org" not in learnwith


def test_learnwith_ai_has_an_address_for_students_that_takes_no_roles() -> None:
    assert LearnWithAiForm().sent(Collection.USERS, ANN).path == "students"
    assert LearnWithAiForm().sent(Collection.USERS, ANN).body == {
        "student": {
            "sourcedId": "ann",
            "status": "active",
            "enabledUser": "true",
            "givenName": "Ann",
            "familyName": "O'Neil",
            "email": "ann@school.example",
            "primaryOrg": {"sourcedId": "school", "type": "org"},
        }
    }


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"email": None}, "email is required"),
        ({"primary_org": "another"}, "one school only"),
        (
            {"roles": (Role(role="student", org="school"), Role(role="student", org="b"))},
            "one school only",
        ),
        ({"roles": ()}, "roles is required"),
    ],
)
def test_a_student_that_learnwith_ai_cannot_take_whole_is_refused(
    changed: dict[str, object], reason: str
) -> None:
    assert reason in LearnWithAiForm().lacks(msgspec.structs.replace(ANN, **changed))


@pytest.mark.parametrize("form", [BeyondAiForm(), LearnWithAiForm()])
def test_what_lacks_nothing_has_a_body_without_a_moment(form: WriteFormat) -> None:
    records: Sequence[tuple[Record, Collection]] = (
        (ANN, Collection.USERS),
        (TEACHER, Collection.USERS),
        (CLASS, Collection.CLASSES),
        (SEAT, Collection.ENROLLMENTS),
    )
    for record, collection in records:
        _, content = body(form, record, collection)

        assert form.lacks(record) == ""
        assert "dateLastModified" not in msgspec.convert(content, dict[str, object])


def test_a_course_is_not_taken() -> None:
    assert "only" in BeyondAiForm().lacks(Course(sourced_id="c", title="C"))
