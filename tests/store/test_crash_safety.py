"""A process killed at any moment loses nothing that it said was stored, and halves nothing."""

import multiprocessing
import random
import signal
import sqlite3
from collections import Counter
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Timer

from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, World
from tests.store.writer_process import BATCH, run

ROUNDS = 15
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.store.writer_process"])


def start(path: Path, name: str, rounds: int) -> tuple[BaseProcess, Connection]:
    heard, said = PROCESSES.Pipe(duplex=False)
    child = PROCESSES.Process(target=run, args=(f"sqlite:///{path}", name, rounds, said))
    child.start()
    said.close()
    return child, heard


def rest_of(heard: Connection) -> list[int]:
    """Return what is still acknowledged; a word that was cut off acknowledges nothing."""
    numbers: list[int] = []
    try:
        while True:
            numbers.append(heard.recv())
    except EOFError:
        heard.close()
    return numbers


def write_and_kill(path: Path, after_s: float) -> list[int]:
    """Let a writer write for so long after its first commit, then kill it."""
    child, heard = start(path, "killed", 100_000)
    first = heard.recv()
    killer = Timer(after_s, child.kill)
    killer.start()
    numbers = [first, *rest_of(heard)]
    child.join(20)
    assert child.exitcode == -signal.SIGKILL
    return numbers


def assert_nothing_is_halved(path: Path) -> None:
    """Each version has its checks, its transition and its entries, whoever stored it."""
    store = sqlite3.connect(path)
    versions = [n for (n,) in store.execute("SELECT number FROM integration_configurations")]
    active = store.execute("SELECT number FROM integration_configurations WHERE active").fetchall()
    checks = Counter(int(n) for (n,) in store.execute("SELECT detail FROM integration_status_logs"))
    entries = Counter(
        int(n)
        for (n,) in store.execute(
            "SELECT json_extract(body, '$.detail') FROM integration_audit_logs"
        )
    )
    assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert store.execute("PRAGMA foreign_key_check").fetchall() == []
    store.close()
    written = sorted(versions)[1:]
    assert sorted(versions) == list(range(1, len(versions) + 1))
    assert active == [(max(versions),)]
    assert checks == dict.fromkeys(written, BATCH + 1)
    assert entries == dict.fromkeys(written, BATCH)


async def test_killed_at_any_moment_nothing_acknowledged_is_lost(
    lincoln: Database, world: World
) -> None:
    chance = random.Random(20_260_302)  # noqa: S311 - which moments, not a secret
    await lincoln.close()
    acknowledged: list[int] = []

    for _ in range(ROUNDS):
        acknowledged += write_and_kill(world.path, chance.uniform(0, 0.12))
        assert_nothing_is_halved(world.path)

    await lincoln.open()
    async with lincoln.reading() as rows:
        stored = {
            config_version.number for config_version in await rows.configs.history(LINCOLN, 100_000)
        }
    assert len(acknowledged) > 2 * ROUNDS
    assert set(acknowledged) <= stored
    assert len(acknowledged) == len(set(acknowledged))
    verification = await lincoln.verify_audit()
    assert verification.intact
    assert verification.checked == BATCH * (len(stored) - 1)


async def test_two_processes_that_write_at_once_lose_nothing(
    lincoln: Database, world: World
) -> None:
    await lincoln.close()

    both = [start(world.path, name, 60) for name in ("one", "other")]
    acknowledged = [number for _, heard in both for number in rest_of(heard)]
    for child, _ in both:
        child.join(20)

    await lincoln.open()
    assert [child.exitcode for child, _ in both] == [0, 0]
    assert sorted(acknowledged) == list(range(2, 122))
    assert_nothing_is_halved(world.path)
    assert (await lincoln.verify_audit()).checked == 120 * BATCH
