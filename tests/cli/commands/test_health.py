"""`health NAME`: how one integration did over a stretch of time, as the console shows it."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus as S
from integration_tui.domain.integration import Transition, Trouble
from integration_tui.settings import Settings
from integration_tui.store.database import Database

LINCOLN = IntegrationId("lincoln")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture
def call(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["integration-tui", "health", *words])
        code = run(show_console)
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return call


@pytest.fixture
def lincoln(call: Call, settings: Settings) -> None:
    """Checked each minute for two hours; for ten minutes, an hour ago, nobody answered."""
    settings.integrations_dir.mkdir(parents=True)
    (Path(settings.integrations_dir) / "lincoln.yaml").write_text("name: lincoln\ntype: mock\n")
    call()
    asyncio.run(_fill(settings))


async def _fill(settings: Settings) -> None:
    database = Database(settings.store_url, publish=lambda _: None, clock=lambda: NOW)
    await database.open()
    async with database.transaction() as transaction:
        await transaction.health.save([_report(minute) for minute in range(120, 0, -1)])
        await transaction.health.add_transitions(
            [_change(S.ACTIVE, S.ERROR, 70), _change(S.ERROR, S.ACTIVE, 60)]
        )
    await database.close()


def _report(minutes_ago: int) -> HealthReport:
    failed = 60 < minutes_ago <= 70
    return HealthReport(
        integration_id=LINCOLN,
        status=HealthStatus.DOWN if failed else HealthStatus.HEALTHY,
        checked_at=NOW - timedelta(minutes=minutes_ago),
        latency_ms=None if failed else 25.0,
        detail="503 from upstream" if failed else "",
        trouble=Trouble.NOT_READY if failed else None,
    )


def _change(before: S, after: S, minutes_ago: int) -> Transition:
    at = NOW - timedelta(minutes=minutes_ago)
    return Transition(
        integration_id=LINCOLN, before=before, after=after, at=at, reason="503 from upstream"
    )


@pytest.mark.usefixtures("lincoln")
def test_one_is_told_with_its_course_incidents_and_reasons(call: Call) -> None:
    answer = call("lincoln", "--window", "3h", "--until", NOW.isoformat())

    assert answer.code == 0
    assert "91.67% of 120 checks" in answer.out
    for text in ("10 min", "is stopped", "100%", "not_ready", "503 from upstream", "data"):
        assert text in answer.out


@pytest.mark.usefixtures("lincoln")
def test_json_has_the_same_and_an_end_in_the_past_is_kept_to(call: Call) -> None:
    until = NOW - timedelta(minutes=65)

    story = json.loads(call("lincoln", "--until", until.isoformat(), "--json").out)

    assert story["statistics"]["checks"] == 56
    assert sum(value["checks"] for value in story["course"]["buckets"]) == 56
    (incident,) = story["incidents"]["newest"]
    assert (incident["worst"], incident["ended_at"]) == ("error", None)
    assert story["breakdown"]["failures"] == 6


@pytest.mark.usefixtures("lincoln")
def test_a_window_alone_shows_the_figures_of_all(call: Call) -> None:
    answer = call("--window", "30m", "--until", NOW.isoformat())

    assert "UPTIME" in answer.out
    assert "100.00%  30" in answer.out


@pytest.mark.parametrize(
    "words",
    [
        ("--window", "7x"),
        ("--window", "401d"),
        ("--until", "soon"),
        ("lincoln", "--watch"),
        ("no",),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(call: Call, words: tuple[str, ...]) -> None:
    answer = call(*words)

    assert answer.code != 0
    assert words[-1].strip("-") in answer.err
