"""Types that list nothing: no run begins, no schedule is valid, and the reason is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration_tui.bootstrap import offline
from integration_tui.domain.config.document import DocumentFormat, Draft
from integration_tui.domain.errors import ConfigError, UsageError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster_export import ExportRequest
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings
from tests.conftest import ANA

LMS = IntegrationId("lms")
CANVAS = """\
name: lms
type: canvas
base_url: https://canvas.example.org
auth: {type: jwt, token: env:CANVAS_TOKEN}
enabled: false
"""
WHY = "lms cannot be synced or pulled: Canvas LMS lists no rosters"


@pytest.fixture
async def lms(services: Services) -> Services:
    draft = Draft(text=CANVAS, format=DocumentFormat.YAML)
    await services.integrations.register(draft, actor=ANA)
    return services


async def test_no_run_begins(lms: Services) -> None:
    for applies in (False, True):
        with pytest.raises(UsageError, match=WHY):
            await lms.sync.start(SyncRequest(integration_id=LMS, applies=applies), actor=ANA)

    assert await lms.sync.runs() == []
    assert [*await lms.sync.obstacles()] == [LMS]


async def test_nothing_is_pulled(lms: Services, tmp_path: Path) -> None:
    folder = tmp_path / "out"

    with pytest.raises(UsageError, match=WHY):
        await lms.rosters.pull(ExportRequest(integration_id=LMS, folder=folder), actor=ANA)

    assert not folder.exists()


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("sync:\n  schedule: 0 2 * * *\n", "lms.yaml:7:3 sync.schedule"),
        (
            "environments: {staging: {sync: {schedule: 0 2 * * *}}}\n",
            "lms.yaml:6:33 environments.staging.sync.schedule",
        ),
    ],
)
def test_a_schedule_is_refused_at_its_line(settings: Settings, more: str, place: str) -> None:
    draft = Draft(text=CANVAS + more, format=DocumentFormat.YAML, file="lms.yaml")

    (problem,) = offline(settings).drafts.problems(draft)

    assert str(problem).startswith(f"{place}: has no use: Canvas LMS lists no rosters")


async def test_a_configuration_with_a_schedule_is_not_stored(services: Services) -> None:
    text = f"{CANVAS}sync: {{schedule: 0 2 * * *}}\n"

    with pytest.raises(ConfigError, match="lists no rosters"):
        await services.integrations.register(
            Draft(text=text, format=DocumentFormat.YAML), actor=ANA
        )


async def test_what_lists_has_no_obstacle(services: Services) -> None:
    text = "name: mock\ntype: mock\nsync: {schedule: 0 2 * * *}\n"
    await services.integrations.register(Draft(text=text, format=DocumentFormat.YAML), actor=ANA)

    assert await services.sync.obstacles() == {}
