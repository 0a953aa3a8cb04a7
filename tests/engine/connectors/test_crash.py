"""An engine that is killed at any moment leaves nothing half done behind."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, path_between
from tests.engine.crash_fixtures import FLEET
from tests.engine.fake_connectors import World, world
from tests.orphans import orphans

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "5"))


def run_and_kill(folder: Path, after_s: float) -> None:
    """Start the program, and kill it so long after its engine has begun to run."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.engine.crash_fixtures", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == "running\n", child.stderr.read()
        time.sleep(after_s)
        assert child.poll() is None, child.stderr.read()
        child.send_signal(signal.SIGKILL)


async def judge(here: World) -> int:
    """Look at every integration; return how many transitions there are."""
    seen = 0
    for number in range(FLEET):
        integration_id = IntegrationId(f"busy-{number}")
        row = await here.row(integration_id)
        steps = await here.transitions(integration_id)
        ends = [IntegrationStatus.INACTIVE, *(step.after for step in steps)]
        assert [step.before for step in steps] == ends[:-1]
        assert row.status is ends[-1]
        assert all(path_between(step.before, step.after) == (step.after,) for step in steps)
        assert row.next_attempt_at is None or row.status is IntegrationStatus.ERROR
        seen += len(steps)
    verdict = await here.database.verify_audit(None)
    assert verdict.intact, verdict.reason
    await judge_turns(here)
    return seen


async def judge_turns(here: World) -> None:
    """What the audit was told agrees with itself: down and back take turns."""
    turns: dict[str, list[str]] = {}
    for action, name, actor in await here.acts():
        if actor == "engine":
            turns.setdefault(name, []).append(action)
    for acts in turns.values():
        assert all(earlier != later for earlier, later in pairwise(acts))


async def test_kill_9_leaves_nothing_half_done(tmp_path: Path) -> None:
    chance = random.Random(20_260_901)  # noqa: S311 - which moments, not a secret
    seen = [0]

    for _ in range(ROUNDS):
        run_and_kill(tmp_path, chance.uniform(0.02, 0.6))
        async with world(tmp_path) as here:
            seen.append(await judge(here))

    assert all(earlier <= later for earlier, later in pairwise(seen))
    assert seen[-1] > 2 * FLEET
    database = sqlite3.connect(tmp_path / "integration-tui.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert orphans(database) == []
    database.close()
