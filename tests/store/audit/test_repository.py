"""Entries follow each other without gaps, are found by what they say, and never change."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit.log import (
    GENESIS,
    Action,
    ActionOutcome,
    AuditEntry,
    AuditFilter,
    AuditRecord,
)
from integration_tui.domain.audit.query import parse_filter
from integration_tui.domain.events import AuditAppended
from integration_tui.domain.ids import TenantId
from integration_tui.domain.value import replace
from integration_tui.store.audit import index as audit_index
from integration_tui.store.audit import search as audit_search
from integration_tui.store.audit.queries import (
    NEWEST_FIRST,
    Among,
    Worded,
    check_time,
    distinct,
    first_at,
)
from integration_tui.store.audit.verification import PIECE
from integration_tui.store.database import Database
from tests.store.fixtures import ANA, NOON, World, act

ANY = AuditFilter()


async def add(
    database: Database, acts: Sequence[AuditRecord], *, minutes: float = 0
) -> list[AuditEntry]:
    async with database.transaction() as transaction:
        return await transaction.audit.add(acts, at=NOON + timedelta(minutes=minutes))


async def page(database: Database, wanted: AuditFilter, limit: int = 100) -> list[AuditEntry]:
    async with database.reading() as rows:
        return await rows.audit.page(wanted, limit=limit)


async def test_entries_are_numbered_without_gaps_and_chained(database: Database) -> None:
    first = await add(database, [act(), act(Action.STOP)])
    second = await add(database, [act()])
    nothing = await add(database, [])

    assert [entry.seq for entry in [*first, *second, *nothing]] == [1, 2, 3]
    assert len({entry.hash for entry in [*first, *second]}) == 3
    async with database.reading() as rows:
        assert await rows.audit.head() == (3, second[0].hash)


@pytest.mark.parametrize("action", Action)
async def test_an_entry_of_every_kind_is_published_with_its_commit(
    database: Database, world: World, action: Action
) -> None:
    async def fail() -> None:
        async with database.transaction() as transaction:
            await transaction.audit.add([act(action)], at=NOON)
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert world.published == []  # what is rolled back was never there

    async with database.transaction() as transaction:
        await transaction.audit.add([act(action)], at=NOON)
        await transaction.audit.add([act(action), act(action)], at=NOON)
        before_commit = list(world.published)

    assert before_commit == []
    assert world.published == [AuditAppended()]


async def test_no_entry_is_nothing_to_publish(database: Database, world: World) -> None:
    await add(database, [])

    assert world.published == []


async def test_an_empty_log_has_a_head_too(database: Database) -> None:
    async with database.reading() as rows:
        assert await rows.audit.head() == (0, GENESIS)
    assert (await database.verify_audit()).intact


async def test_what_was_added_is_what_is_read(database: Database) -> None:
    full = act(
        Action.SAVE_CONFIG,
        detail="version 2: faster",
        outcome=ActionOutcome.FAILED,
        before={"health.interval_ms": "5000"},
        after={"health.interval_ms": "1000"},
    )

    added = await add(database, [full])

    assert added == await page(database, ANY)
    assert added[0].act == full
    assert added[0].at == NOON


async def test_what_was_undone_leaves_no_gap(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as transaction:
            await transaction.audit.add([act()], at=NOON)
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    assert [entry.seq for entry in await add(database, [act()])] == [1]
    assert (await database.verify_audit()).intact


async def test_pages_go_back_from_an_entry_and_forward_from_one(database: Database) -> None:
    await add(database, [act() for _ in range(10)])

    async with database.reading() as rows:
        newest = await rows.audit.page(ANY, limit=3)
        older = await rows.audit.page(ANY, before=newest[-1].seq, limit=3)
        newer = await rows.audit.following(ANY, after=4, limit=3)
        end = await rows.audit.following(ANY, after=10, limit=3)
    assert [entry.seq for entry in newest] == [10, 9, 8]
    assert [entry.seq for entry in older] == [7, 6, 5]
    assert [entry.seq for entry in newer] == [5, 6, 7]
    assert end == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AuditFilter(), [4, 3, 2, 1]),
        (AuditFilter(action=Action.STOP), [2]),
        (AuditFilter(actor="engine"), [3]),
        (AuditFilter(object="adams"), [4]),
        (AuditFilter(outcome=ActionOutcome.REFUSED), [2]),
        (AuditFilter(since=NOON + timedelta(minutes=2)), [4, 3]),
        (AuditFilter(until=NOON + timedelta(minutes=2)), [2, 1]),
        (AuditFilter(actor="ana", since=NOON + timedelta(minutes=1)), [4, 2]),
        (AuditFilter(action=Action.STOP, object="adams"), []),
        (AuditFilter(actor="' OR 1=1 --"), []),
        (AuditFilter(actor="\ud800"), []),
    ],
)
async def test_entries_are_found_by_what_they_say(
    database: Database, wanted: AuditFilter, found: list[int]
) -> None:
    acts = [
        act(),
        act(Action.STOP, outcome=ActionOutcome.REFUSED),
        act(actor=ENGINE),
        act(on="adams"),
    ]
    for minutes, one in enumerate(acts):
        await add(database, [one], minutes=minutes)

    assert [entry.seq for entry in await page(database, wanted)] == found
    async with database.reading() as rows:
        following = await rows.audit.following(wanted, after=0, limit=9)
    assert [entry.seq for entry in following] == found[::-1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE integration_audit_logs SET actor = 'nobody'",
        "DELETE FROM integration_audit_logs",
        "REPLACE INTO integration_audit_logs SELECT * FROM integration_audit_logs",
    ],
)
async def test_the_table_itself_refuses_changes(
    database: Database, world: World, statement: str
) -> None:
    await add(database, [act()])

    with world.by_other_means() as other:
        other.execute("PRAGMA recursive_triggers = ON")
        with pytest.raises(sqlite3.Error, match="never changed"):
            other.execute(statement)

    assert (await page(database, ANY))[0].act.actor == ANA


async def test_tenants_have_chains_of_their_own(database: Database, world: World) -> None:
    neighbour = world.database(tenant=TenantId("neighbour"))
    await neighbour.open()

    await add(database, [act(), act()])
    theirs = await add(neighbour, [act(detail="theirs")])

    assert theirs[0].seq == 1
    assert await page(neighbour, ANY) == theirs
    assert (await database.verify_audit()).checked == 2
    assert (await neighbour.verify_audit()).checked == 1
    await neighbour.close()


async def test_verification_tells_how_far_it_is(database: Database) -> None:
    await add(database, [act() for _ in range(2 * PIECE + 1)])
    told: list[int] = []

    verification = await database.verify_audit(told.append)

    assert told == [PIECE, 2 * PIECE, 2 * PIECE + 1]
    assert verification.checked == told[-1]
    assert verification.intact


async def test_a_secret_does_not_get_into_the_file(database: Database, world: World) -> None:
    canary = "c4n4ry-7f3a91d2"
    await add(database, [act(after={"auth.client_secret": canary, "password": canary})])
    await database.close()

    assert canary.encode() not in b"".join(
        path.read_bytes() for path in world.path.parent.iterdir()
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("!actor=ana", [3]),
        ("!action=integration.stop !outcome=done", []),
        ("!integration=adams", [3, 2, 1]),
        ("!outcome=done", [2]),
        ("!outcome=done !outcome=refused", []),
        ("quicker", [1]),
        ("QUICKER, much", [1]),
        ("text=ecole", [4]),
        ("École", [4]),
        ("integration", [4, 3, 2, 1]),
        ("health.interval_ms 5000 !quicker", [2]),
        ("!quicker", [4, 3, 2]),
        ('!"interval ms"', [4, 3, 1]),
        ("stop actor=ana", [2]),
        ("stop actor=engine", []),
        ('NEAR( AND "* -ana', []),
        ("engine !actor=ana until=2027-01-01", [3]),
        ("since=9999-12-31 !actor=ana", []),
    ],
)
async def test_entries_are_found_by_words_and_by_what_they_are_not(
    database: Database, words: str, found: list[int]
) -> None:
    acts = [
        act(detail="much quicker"),
        act(Action.STOP, outcome=ActionOutcome.REFUSED, before={"health.interval_ms": "5000"}),
        act(actor=ENGINE),
        act(on="adams", detail="École"),
    ]
    await add(database, acts)

    wanted = parse_filter(words)

    assert [entry.seq for entry in await page(database, wanted)] == found
    async with database.reading() as rows:
        assert [
            entry.seq for entry in await rows.audit.following(wanted, after=0, limit=9)
        ] == found[::-1]


@pytest.mark.parametrize(
    "words", ["actor=ana outcome=refused", "engine !actor=ana", "x11 start", "!x11"]
)
async def test_a_search_that_takes_many_looks_misses_nothing(
    database: Database, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "MOST", 7)
    monkeypatch.setattr(audit_search, "_FEW", 5)
    monkeypatch.setattr(audit_search, "_OTHERS", 1)
    monkeypatch.setattr(audit_index, "_BLOCK", 5)
    await add(
        database,
        [
            act(
                actor=ENGINE if number % 3 else ANA,
                outcome=ActionOutcome.DONE if number % 10 else ActionOutcome.REFUSED,
                detail=f"x{number % 20}",
            )
            for number in range(300)
        ],
    )
    everything = await page(database, ANY, limit=1000)
    wanted = parse_filter(words)

    found = await page(database, wanted, limit=1000)

    is_wanted: Mapping[str, Callable[[AuditEntry], bool]] = {
        "actor=ana outcome=refused": lambda entry: entry.seq % 30 == 1,
        "engine !actor=ana": lambda entry: entry.act.actor == ENGINE,
        "x11 start": lambda entry: entry.act.detail == "x11",
        "!x11": lambda entry: entry.act.detail != "x11",
    }
    assert found == [entry for entry in everything if is_wanted[words](entry)]
    async with database.reading() as rows:
        first = await (await rows.audit.search(wanted)).page(NEWEST_FIRST, None, 1000)
    assert first.reached is not None


async def test_old_entries_are_indexed_bit_by_bit_and_a_search_says_how_far(
    database: Database, world: World
) -> None:
    await add(database, [act(detail=f"t{number}") for number in range(20)])
    with world.by_other_means() as other:
        other.execute("DELETE FROM audit_indexed")
        other.execute("INSERT INTO audit_words(audit_words) VALUES ('delete-all')")

    await add(database, [act(detail="t20")])
    reached: list[tuple[int, int]] = []
    for _ in range(3):
        async with database.transaction() as transaction:
            assert await transaction.audit.index.fill(21, 8) is (len(reached) < 2)
            look = await (await transaction.audit.search(parse_filter("!nothing"))).page(
                NEWEST_FIRST, None, 99
            )
            reached.append((look.words_from, len(look.entries)))

    assert reached == [(13, 9), (5, 17), (1, 21)]
    for number in (0, 20):
        assert [entry.seq for entry in await page(database, parse_filter(f"t{number}"))] == [
            number + 1
        ]


async def test_what_the_screen_asks_for_goes_along_an_index(
    database: Database, world: World
) -> None:
    statements = [
        Among("local", "actor", ("ana", "bob")).reach(NEWEST_FIRST, (1, 9), 5),
        Among("local", "actor", ("ana",)).numbers(
            NEWEST_FIRST,
            (1, 9),
            [Among("local", "object", ("x",)).check(), Worded('"a"', 0).check()],
            5,
        ),
        Worded('"a"', 0).numbers(NEWEST_FIRST, (1, 9), [check_time("local", ">=", "2026")], 5),
        first_at("local", NEWEST_FIRST, "2026"),
        distinct("local", "actor", 40),
    ]

    with world.by_other_means() as other:
        for sql, values in statements:
            plan = [row[3] for row in other.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [value for value in plan if "SCAN integration_audit_logs" in value], plan


async def test_entries_are_counted_between_moments_and_by_who_wrote_them(
    database: Database,
) -> None:
    await add(database, [act(), act()])
    await add(database, [act()], minutes=70)
    await add(database, [replace(act(), actor=ENGINE)], minutes=75)

    async with database.reading() as rows:
        hours = [NOON + timedelta(hours=hour) for hour in range(4)]
        found = await rows.audit.activity(hours, NOON + timedelta(minutes=1))
        everybody = await rows.audit.activity([], NOON)

    assert found.counts == [2, 2, 0]
    assert found.actors == [(ANA.name, 1), (ENGINE.name, 1)]
    assert everybody.counts == []
    assert everybody.actors == [(ANA.name, 3), (ENGINE.name, 1)]
