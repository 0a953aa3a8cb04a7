"""`mapping` as its users call it: two systems on loopback that know the same people."""

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.roster import Collection
from tests.cli.sync_fixtures import Program, programmed
from tests.services.sync.fixtures import District, document, serving, user

LMS = "lms"
BY_EMAIL = "sync: {match: {rules: [email]}, quality: {max_drop: 100}}"


@pytest.fixture
async def program(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncGenerator[Program]:
    """`sis` is synced, then `lms` as well: it knows four of the same, one by another name."""
    async with programmed(environ, monkeypatch, capsys) as one:
        await one.synced()
        theirs = District(students=0)
        for number in range(4):
            theirs.put(Collection.USERS, user(number, sourced_id=f"lms-{number}"))
        theirs.change(Collection.USERS, "lms-3", given_name="Quite", family_name="Another")
        async with serving(theirs) as (_, address):
            (one.config / "lms.yaml").write_text(document(LMS, address, BY_EMAIL))
            planned = await one.sync("plan", LMS)
            assert planned.code == 0, planned
            await one.sync("apply", LMS, "--plan", planned.plan)
            yield one


async def ours(program: Program, external_id: str, system: str = LMS) -> str:
    answer = await program.call("mapping", "find", system, "users", external_id)
    assert answer.code == 0, answer
    return answer.out.strip()


async def test_a_record_is_found_by_what_a_system_calls_it(program: Program) -> None:
    id_ = await ours(program, "lms-2")

    listed = await program.call("mapping", "of", "users", id_, "--json")
    unknown = await program.call("mapping", "find", "lms", "users", "nobody")
    no_such = await program.call("mapping", "find", "no-such", "users", "lms-2")

    ids = {value["integration_id"]: value["external_id"] for value in listed.json}
    assert ids == {"sis": "u0002", "lms": "lms-2"}
    assert (listed.code, unknown.code, no_such.code) == (0, 1, 2)


async def test_what_may_be_the_same_is_reviewed_and_decided(program: Program) -> None:
    before = await program.call("mapping", "review")
    decided = await program.call("mapping", "decide", "lms", "users", "lms-3", "--same")
    after = await program.call("mapping", "review", "lms")
    again = await program.call("mapping", "decide", "lms", "users", "lms-3", "--same")

    assert (before.code, decided.code, after.code, again.code) == (1, 0, 0, 2)
    assert "lms-3" in before.out
    assert "integration-tui mapping decide lms users lms-3 --same" in before.err
    assert await ours(program, "lms-3") == await ours(program, "u0003", "sis")


async def test_what_is_another_one_stays_apart(program: Program) -> None:
    neither = await program.call("mapping", "decide", "lms", "users", "lms-3")
    decided = await program.call("mapping", "decide", "lms", "users", "lms-3", "--apart")

    assert (neither.code, decided.code) == (2, 0)
    assert "--same or --apart" in neither.err
    assert await ours(program, "lms-3") != await ours(program, "u0003", "sis")


async def test_records_are_split_and_merged_again(program: Program) -> None:
    both = await ours(program, "lms-2")

    split = await program.call("mapping", "split", "users", both, "lms", "--reason", "twins")
    alone = split.out.strip()
    merged = await program.call("mapping", "merge", "users", both, alone)
    itself = await program.call("mapping", "merge", "users", both, both)

    assert (split.code, merged.code) == (0, 0), (split, merged)
    assert alone != both
    assert await ours(program, "lms-2") == both
    assert itself.code in {1, 2}
    assert "mapping.split" in (await program.call("audit", "list")).out


async def test_a_changed_id_keeps_its_record(program: Program) -> None:
    before = await ours(program, "lms-2")

    done = await program.call("mapping", "relink", "lms", "users", "lms-2", "lms-two")

    assert done.code == 0
    assert await ours(program, "lms-two") == before
