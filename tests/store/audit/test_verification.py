"""Whoever changes the log by other means is found out, whatever it is that was changed."""

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest

from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit.chain import chained
from integration_tui.domain.audit.log import GENESIS, Action, ActionOutcome, Verification
from integration_tui.store.audit.triggers import TRIGGERS
from integration_tui.store.audit.verification import Expected
from integration_tui.store.database import Database
from tests.store.fixtures import ANA, NOON, World, act

COUNT = 30
COLUMNS = ("seq", "at", "action", "actor", "object", "outcome", "body", "hash")
FIELDS = (
    "action",
    "actor",
    "after",
    "at",
    "before",
    "detail",
    "door",
    "host",
    "object",
    "outcome",
    "role",
    "seq",
)


@pytest.fixture
async def log(database: Database) -> Database:
    """A log of thirty entries, no two of them alike."""
    for number in range(COUNT):
        one = act(
            list(Action)[number % len(Action)],
            on=f"integration-{number}",
            outcome=list(ActionOutcome)[number % 3],
            detail=f"detail {number}",
            before={"a": str(number)},
            after={"a": str(number + 1)},
            actor=ENGINE if number % 2 else ANA,
        )
        async with database.transaction() as transaction:
            await transaction.audit.add([one], at=NOON + timedelta(minutes=number))
    return database


class Tamperer:
    """Somebody with the rights of the file, who takes the triggers away first."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        for name in TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")

    def cover_tracks(self) -> None:
        """Put the triggers back: only the entries tell what was done."""
        for trigger in TRIGGERS.values():
            self.connection.execute(trigger)

    def do(self, statement: str, *values: object) -> None:
        self.connection.execute(statement, values)

    def body(self, seq: int) -> dict[str, object]:
        found = self.connection.execute(
            "SELECT body FROM integration_audit_logs WHERE seq = ?", (seq,)
        )
        read: dict[str, object] = json.loads(found.fetchone()[0])
        return read

    def rewrite(self, seq: int, body: dict[str, object]) -> None:
        spelled = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.do("UPDATE integration_audit_logs SET body = ? WHERE seq = ?", spelled.encode(), seq)

    def rehash(self, seq: int) -> None:
        """Put the hash right again, as somebody would who knows how it is made."""
        previous = self.connection.execute(
            "SELECT hash FROM integration_audit_logs WHERE seq = ?", (seq - 1,)
        ).fetchone()
        (body,) = self.connection.execute(
            "SELECT body FROM integration_audit_logs WHERE seq = ?", (seq,)
        ).fetchone()
        right = chained(previous[0] if previous else GENESIS, body)
        self.do("UPDATE integration_audit_logs SET hash = ? WHERE seq = ?", right, seq)


async def verdict_after(
    log: Database,
    world: World,
    change: Callable[[Tamperer], None],
    expected_head: Expected | None = None,
) -> Verification:
    with world.by_other_means() as other:
        other.execute("SAVEPOINT before")
        tamperer = Tamperer(other)
        change(tamperer)
        tamperer.cover_tracks()
        other.execute("RELEASE before")
    return await log.verify_audit(expected_head=expected_head)


async def test_an_untouched_log_is_intact(log: Database) -> None:
    async with log.reading() as rows:
        head = await rows.audit.head()

    verification = await log.verify_audit(expected_head=head)

    assert verification == Verification(checked=COUNT, head=head[1])


async def test_every_column_of_every_entry_is_covered(log: Database, world: World) -> None:
    with world.by_other_means() as other:
        tamperer = Tamperer(other)
        for seq in range(1, COUNT + 1):
            for column in COLUMNS:
                (original,) = other.execute(
                    f"SELECT {column} FROM integration_audit_logs WHERE seq = ?",  # noqa: S608 - ours
                    (seq,),
                ).fetchone()
                changed = {
                    "seq": 1000,
                    "outcome": "done" if original != "done" else "failed",
                    "body": original[:-1] + b" }" if column == "body" else b"",
                }.get(column, f"{original}x")
                set_to = f"UPDATE integration_audit_logs SET {column} = ? WHERE {column} = ?"  # noqa: S608 - ours
                if column in {"action", "actor", "outcome", "at", "object", "hash"}:
                    set_to += f" AND seq = {seq}"
                tamperer.do(set_to, changed, original)

                verification = await log.verify_audit()

                assert verification.first_broken == seq, (column, verification)
                tamperer.do(
                    f"UPDATE integration_audit_logs SET {column} = ? WHERE "  # noqa: S608 - ours
                    + ("seq = 1000" if column == "seq" else f"seq = {seq}"),
                    original,
                )
        tamperer.cover_tracks()
    assert (await log.verify_audit()).intact


@pytest.mark.parametrize("field", FIELDS)
async def test_every_field_of_a_body_is_covered(log: Database, world: World, field: str) -> None:
    def change(tamperer: Tamperer) -> None:
        body = tamperer.body(17)
        old = body[field]
        body[field] = (
            {"a": "other"} if isinstance(old, dict) else 99 if field == "seq" else f"{old}!"
        )
        tamperer.rewrite(17, body)

    assert (await verdict_after(log, world, change)).first_broken == 17


@pytest.mark.parametrize("field", FIELDS)
async def test_a_body_with_its_hash_put_right_breaks_the_next_entry_or_its_columns(
    log: Database, world: World, field: str
) -> None:
    def change(tamperer: Tamperer) -> None:
        body = tamperer.body(17)
        old = body[field]
        body[field] = (
            {"a": "other"} if isinstance(old, dict) else 99 if field == "seq" else f"{old}!"
        )
        tamperer.rewrite(17, body)
        tamperer.rehash(17)

    is_column = field in COLUMNS
    assert (await verdict_after(log, world, change)).first_broken == (17 if is_column else 18)


@pytest.mark.parametrize("seq", [1, 2, 15, COUNT - 1])
async def test_a_removed_entry_is_missed(log: Database, world: World, seq: int) -> None:
    verification = await verdict_after(
        log, world, lambda t: t.do("DELETE FROM integration_audit_logs WHERE seq = ?", seq)
    )

    assert (verification.first_broken, verification.checked) == (seq, seq - 1)
    assert "missing" in verification.reason


async def test_a_removed_entry_is_missed_though_the_rest_moved_up(
    log: Database, world: World
) -> None:
    def change(tamperer: Tamperer) -> None:
        tamperer.do("DELETE FROM integration_audit_logs WHERE seq = 15")
        for seq in range(16, COUNT + 1):
            tamperer.do("UPDATE integration_audit_logs SET seq = ? WHERE seq = ?", seq - 1, seq)

    assert (await verdict_after(log, world, change)).first_broken == 15


@pytest.mark.parametrize(("one", "other"), [(1, 2), (9, 10), (3, 28)])
async def test_swapped_entries_are_found(log: Database, world: World, one: int, other: int) -> None:
    def change(tamperer: Tamperer) -> None:
        for old, new in ((one, 0), (other, one), (0, other)):
            tamperer.do("UPDATE integration_audit_logs SET seq = ? WHERE seq = ?", new, old)

    assert (await verdict_after(log, world, change)).first_broken == one


async def test_an_inserted_entry_is_found(log: Database, world: World) -> None:
    def change(tamperer: Tamperer) -> None:
        for seq in range(COUNT, 9, -1):
            tamperer.do("UPDATE integration_audit_logs SET seq = ? WHERE seq = ?", seq + 1, seq)
        tamperer.do(
            "INSERT INTO integration_audit_logs SELECT tenant_id, 10, at, action, actor, object,"
            " outcome, body, hash FROM integration_audit_logs WHERE seq = 9"
        )
        tamperer.rewrite(10, {**tamperer.body(9), "seq": 10})
        tamperer.rehash(10)

    assert (await verdict_after(log, world, change)).first_broken == 11


async def test_a_cut_off_end_is_found_where_a_head_was_noted(log: Database, world: World) -> None:
    async with log.reading() as rows:
        head = await rows.audit.head()

    def cut(tamperer: Tamperer) -> None:
        tamperer.do("DELETE FROM integration_audit_logs WHERE seq > 25")

    with_head = await verdict_after(log, world, cut, expected_head=head)
    without = await log.verify_audit()

    assert (with_head.first_broken, with_head.checked) == (26, 25)
    assert "30 were noted" in with_head.reason
    assert without.intact, "nobody can see it without a head"


async def test_a_log_that_went_on_still_fits_an_older_head(log: Database) -> None:
    async with log.reading() as rows:
        head = await rows.audit.head()
    async with log.transaction() as transaction:
        await transaction.audit.add([act()], at=NOON)

    assert (await log.verify_audit(expected_head=head)).intact


async def test_a_log_written_anew_does_not_fit_a_noted_head(log: Database, world: World) -> None:
    async with log.reading() as rows:
        head = await rows.audit.head()

    def forge(tamperer: Tamperer) -> None:
        tamperer.rewrite(20, {**tamperer.body(20), "detail": "nothing to see"})
        for seq in range(20, COUNT + 1):
            tamperer.rehash(seq)

    verification = await verdict_after(log, world, forge, expected_head=head)

    assert verification.first_broken == COUNT
    assert "the log was rewritten: its hash differs from the noted one" in verification.reason


@pytest.mark.parametrize("rubbish", [b"", b"{}", b"\xff\xfe", "text"])
async def test_what_is_no_entry_is_a_broken_one(
    log: Database, world: World, rubbish: bytes | str
) -> None:
    def change(tamperer: Tamperer) -> None:
        tamperer.do("UPDATE integration_audit_logs SET body = ? WHERE seq = 5", rubbish)
        if isinstance(rubbish, bytes):
            tamperer.rehash(5)

    assert (await verdict_after(log, world, change)).first_broken == 5
