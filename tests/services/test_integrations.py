"""What an administrator wants is stored, recorded and refused where it may not be."""

import pytest

from integration_tui.domain.actor import ActorRole
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.errors import ConfigError, ConflictError, NotAllowedError, NotFoundError
from integration_tui.domain.health.status import StepStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Intent
from integration_tui.domain.value import replace
from integration_tui.engine.config_loader import Draft
from integration_tui.services import Services
from tests.conftest import ANA

LINCOLN = IntegrationId("lincoln")
VIEWER = replace(ANA, role=ActorRole.VIEWER)


def draft(more: str = "") -> Draft:
    return Draft(text=f"name: lincoln\ntype: mock\n{more}", format=DocumentFormat.YAML)


async def test_a_registered_integration_is_listed_and_recorded(services: Services) -> None:
    await services.integrations.register(draft("title: Lincoln\n"), actor=ANA)

    (overview,) = await services.integrations.overview()
    (entry,) = await services.audit.page(AuditFilter())
    assert (overview.integration.id, overview.integration.title) == (LINCOLN, "Lincoln")
    assert (entry.act.action, entry.act.object, entry.act.actor) == (
        Action.REGISTER,
        LINCOLN,
        ANA,
    )


async def test_a_name_is_taken_once(services: Services) -> None:
    await services.integrations.register(draft(), actor=ANA)

    with pytest.raises(ConflictError, match="already exists: lincoln"):
        await services.integrations.register(draft(), actor=ANA)

    assert len(await services.audit.page(AuditFilter())) == 1


async def test_a_document_with_problems_registers_nothing(services: Services) -> None:
    with pytest.raises(ConfigError):
        await services.integrations.register(draft("seed: many\n"), actor=ANA)

    assert await services.integrations.overview() == []


async def test_stop_and_start_change_what_is_wanted(services: Services) -> None:
    await services.integrations.register(draft(), actor=ANA)

    stopped = await services.integrations.stop(LINCOLN, actor=ANA)
    started = await services.integrations.start(LINCOLN, actor=ANA)

    assert (stopped.intent, started.intent) == (Intent.STOP, Intent.RUN)
    assert started.revision > stopped.revision
    actions = [entry.act.action for entry in await services.audit.page(AuditFilter())]
    assert actions == [Action.START, Action.STOP, Action.REGISTER]


async def test_a_disabled_integration_is_not_started(services: Services) -> None:
    await services.integrations.register(draft("enabled: false\n"), actor=ANA)

    with pytest.raises(ConflictError, match="provider enable lincoln"):
        await services.integrations.start(LINCOLN, actor=ANA)


async def test_a_removed_integration_is_gone_but_its_entries_stay(services: Services) -> None:
    await services.integrations.register(draft(), actor=ANA)

    await services.integrations.remove(LINCOLN, actor=ANA)

    with pytest.raises(NotFoundError, match="lincoln"):
        await services.integrations.get(LINCOLN)
    assert [entry.act.action for entry in await services.audit.page(AuditFilter())] == [
        Action.REMOVE,
        Action.REGISTER,
    ]


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "remove"])
async def test_whoever_may_only_look_changes_nothing(services: Services, verb: str) -> None:
    await services.integrations.register(draft(), actor=ANA)
    before = await services.integrations.get(LINCOLN)

    with pytest.raises(NotAllowedError, match="--readonly"):
        await getattr(services.integrations, verb)(LINCOLN, actor=VIEWER)

    assert await services.integrations.get(LINCOLN) == before
    assert len(await services.audit.page(AuditFilter())) == 1


async def test_a_trial_goes_leg_by_leg_and_stores_nothing(services: Services) -> None:
    await services.integrations.register(draft(), actor=ANA)

    steps = await services.integrations.test(LINCOLN)

    assert len(steps) >= 3
    assert {step.status for step in steps} == {StepStatus.PASSED}
    assert await services.health.latest() == []


async def test_what_follows_a_failed_leg_is_skipped(services: Services) -> None:
    text = "auth: {kind: oauth2, revoked: true}\n"
    await services.integrations.register(draft(text), actor=ANA)

    steps = await services.integrations.test(LINCOLN)

    failed = [step.status for step in steps].index(StepStatus.FAILED)
    assert steps[failed].advice
    assert all(step.status is StepStatus.SKIPPED for step in steps[failed + 1 :])


async def test_a_check_is_stored_and_moves_the_status(services: Services) -> None:
    await services.integrations.register(draft(), actor=ANA)

    report = await services.health.check_now(LINCOLN)

    assert await services.health.latest() == [report]
    assert (await services.integrations.get(LINCOLN)).status is IntegrationStatus.ACTIVE
    (transition, *_) = await services.integrations.transitions(LINCOLN)
    assert transition.after is IntegrationStatus.ACTIVE


async def test_one_that_does_not_exist_is_not_checked(services: Services) -> None:
    with pytest.raises(NotFoundError, match="atlantis"):
        await services.health.check_now(IntegrationId("atlantis"))


async def test_an_overview_of_some_is_of_those_that_there_are(services: Services) -> None:
    await services.integrations.register(draft(), actor=ANA)
    await services.health.check_now(LINCOLN)

    (full,) = await services.integrations.overview()

    assert await services.integrations.overview({LINCOLN, IntegrationId("atlantis")}) == [full]
    assert full.report is not None
    assert await services.integrations.overview(()) == []


async def test_a_first_check_counts_at_once(services: Services) -> None:
    await services.integrations.register(draft(), actor=ANA)
    (before,) = await services.integrations.overview()

    await services.health.check_now(LINCOLN)

    (after,) = await services.integrations.overview({LINCOLN})
    assert before.statistics is not None
    assert before.statistics.uptime is None
    assert after.statistics is not None
    assert after.statistics.uptime == 1
