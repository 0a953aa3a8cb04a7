"""A program that is killed at any moment loses nothing that it said was stored."""

import itertools
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

from integration_tui.bootstrap import open_services
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.message import MessageKind
from integration_tui.services import Services
from integration_tui.settings import Settings, load_settings
from tests.conftest import ANA
from tests.orphans import orphans
from tests.process_crash_child import BUSY

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "6"))
FLEET = 5
FLAKY = IntegrationId("flaky")

SAID = {
    IntegrationStatus.ERROR: MessageKind.DOWN,
    IntegrationStatus.DEGRADED: MessageKind.DEGRADED,
    IntegrationStatus.ACTIVE: MessageKind.BACK,
}


def prepare(settings: Settings) -> None:
    settings.integrations_dir.mkdir(parents=True)
    for number in range(FLEET):
        body = f"name: busy-{number}\ntype: mock\nhealth: {{interval_ms: 1000}}\n"
        (settings.integrations_dir / f"busy-{number}.yaml").write_text(body)
    outage = "{kind: outage, start_s: 0, duration_s: 1, every_s: 2}"
    body = f"""name: flaky
type: mock
starts_at: 2026-01-01T00:00:00Z
incidents: [{outage}]
health: {{interval_ms: 1000, failures_before_down: 1, successes_before_up: 1}}
reconnect: {{base_s: 0.2, max_s: 0.4}}
"""
    (settings.integrations_dir / f"{FLAKY}.yaml").write_text(body)


def run_and_kill(environ: dict[str, str], after_s: float) -> int:
    """Start the program, kill it after so many seconds, and return the last version it named."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.process_crash_child"],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, words = child.communicate(timeout=after_s)
        raise AssertionError(f"the program stopped by itself: {words}")
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
    said, _ = child.communicate()
    numbers = re.findall(r"^saved (\d+)$", said, re.MULTILINE)
    return int(numbers[-1]) if numbers else 0


async def judge(services: Services, acknowledged: int) -> None:
    history = await services.config.history(BUSY)
    integration = await services.integrations.get(BUSY)
    verdict = await services.audit.verify()
    assert history[0].number >= acknowledged
    assert [config_version.number for config_version in history] == list(
        range(history[0].number, 0, -1)
    )[: len(history)]
    assert [config_version.number for config_version in history if config_version.active] == [
        history[0].number
    ]
    assert integration.config_version == history[0].number
    assert Path(integration.source_path).read_text() == history[0].text
    assert verdict.intact, verdict.reason


async def judge_transitions(services: Services) -> None:
    for number in range(FLEET):
        newest_first = await services.integrations.transitions(IntegrationId(f"busy-{number}"))
        for after, before in itertools.pairwise(newest_first):
            assert before.after is after.before


async def judge_messages(services: Services) -> int:
    """Each change of status that is news was said just once; return how many those are."""
    said = Counter[MessageKind]()
    for message in await services.messages.messages(limit=1_000):
        assert message.integration_id == FLAKY
        said[message.kind] += message.times
    news, last = Counter[MessageKind](), MessageKind.BACK
    for transition in reversed(await services.integrations.transitions(FLAKY, limit=10_000)):
        kind = SAID.get(transition.after, last)
        if kind is not last:
            news[kind] += 1
            last = kind
    assert said == news
    return said.total()


async def test_kill_9_loses_nothing_that_was_acknowledged(
    settings: Settings, environ: dict[str, str]
) -> None:
    prepare(settings)
    chance = random.Random(20_260_101)  # noqa: S311 - which moments, not a secret
    best = heard = 0

    for _ in range(ROUNDS):
        best = max(best, run_and_kill(environ, chance.uniform(0.4, 3.0)))
        async with open_services(load_settings(environ=environ), actor=ANA) as services:
            await judge(services, best)
            await judge_transitions(services)
            heard = await judge_messages(services)

    assert best > 1, "no round came as far as a save"
    assert heard, "nothing ever went down"
    database = sqlite3.connect(settings.store_url.removeprefix("sqlite:///"))
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert orphans(database) == []
    database.close()
