"""What is wrong over the whole store, read from what is really there."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.problem_sentence import Fix, ProblemKind, StoreProblems
from integration_tui.domain.roster import Collection
from integration_tui.engine.config_loader import Draft
from integration_tui.services import Services
from integration_tui.services.enabling import EnabledSwitch
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, SIS, syncing
from tests.services.sync.test_several_systems import two_systems

LINCOLN = IntegrationId("lincoln")


async def register(services: Services, more: str = "") -> None:
    text = f"name: lincoln\ntype: mock\n{more}"
    draft = Draft(text=text, format=DocumentFormat.YAML)
    await services.integrations.register(draft, actor=ANA)


async def read(services: Services) -> StoreProblems:
    overviews = await services.integrations.overview()
    return await services.problems.read([*overviews, *services.files.invalid()])


async def test_nothing_is_wrong_with_a_store_without_integrations(services: Services) -> None:
    assert await read(services) == StoreProblems()


async def test_a_stopped_integration_says_by_whom(services: Services) -> None:
    await register(services)
    await services.integrations.stop(LINCOLN, actor=ANA)

    found = await read(services)

    sentence = found.of(LINCOLN)
    assert sentence is not None
    assert sentence.kind is ProblemKind.STOPPED
    assert sentence.brief.startswith("Stopped by ana, ")
    assert found.needs_you == ()


async def test_a_disabled_integration_says_why(services: Services) -> None:
    await register(services)
    switch = EnabledSwitch(
        integration_id=LINCOLN, is_enabled=False, reason="closed in summer", untested=True
    )
    await services.integrations.set_enabled(switch, actor=ANA)

    sentence = (await read(services)).of(LINCOLN)

    assert sentence is not None
    assert sentence.brief == "Disabled by ana: closed in summer"


async def test_a_slow_integration_names_its_limit(services: Services) -> None:
    await register(
        services,
        "latency: {distribution: constant, median_ms: 40}\nhealth: {degraded_latency_ms: 20}\n",
    )
    await services.health.check_now(LINCOLN)

    sentence = (await read(services)).of(LINCOLN)

    assert sentence is not None
    assert sentence.kind is ProblemKind.DEGRADED
    assert sentence.what.startswith("Slow: p95 ")
    assert sentence.what.endswith(" ms over 15 min, limit 20 ms.")


async def test_an_invalid_file_needs_somebody(settings: Settings) -> None:
    folder: Path = settings.integrations_dir
    folder.mkdir(parents=True)
    (folder / "taft.yaml").write_text("name: taft\ntype: mock\nscoop: 7\n")
    async with open_services(settings, actor=ANA) as services:
        found = await read(services)

    (needed,) = found.needs_you
    assert needed.integration_id == "taft"
    assert needed.sentence.brief == "File invalid, line 3: unknown key 'scoop'"
    assert needed.sentence.fix is Fix.EDIT


async def test_a_held_plan_counts_people_apart_from_enrollments(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with syncing(settings) as school:
        await school.sync()
        school.district.leave(*(f"u{number:04}" for number in range(20)))
        report = await school.plan()

        (needed,) = (await read(school.services)).needs_you
        await school.approve(report)
        (approved,) = (await read(school.services)).needs_you

    assert needed.integration_id == SIS
    assert needed.sentence.what == (
        "Plan held. Deactivates 20 of 42 people and 20 of 42 enrollments."
    )
    assert needed.sentence.brief.startswith("Plan held: 20 of 42 people")
    assert needed.sentence.fix is Fix.REVIEW_PLAN
    assert approved.sentence.kind is ProblemKind.APPROVED
    assert approved.sentence.brief.startswith("Plan approved until ")


async def test_conflicts_are_counted_by_field(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        sis.district.change(Collection.USERS, "u0003", phone="111")
        await sis.sync()
        lms.district.change(Collection.USERS, "lms-3", phone="222")
        await lms.sync()

        needed = (await read(sis.services)).needs_you

    assert [(one.integration_id, one.sentence.what) for one in needed] == [
        (lms.name, "1 conflict: phone changed here and in the source.")
    ]
