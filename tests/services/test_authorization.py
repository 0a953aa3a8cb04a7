"""Whoever may only look sees what others do, as it happens, and runs nothing."""

import asyncio
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import ActorRole
from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.errors import NotAllowedError
from integration_tui.domain.events import StoreChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.value import replace
from integration_tui.engine.config_loader import Draft
from integration_tui.settings import Settings
from tests.conftest import ANA

VIEWER = replace(ANA, role=ActorRole.VIEWER)
DRAFT = Draft(text="name: lincoln\ntype: mock\n", format=DocumentFormat.YAML)


async def test_a_viewer_follows_the_engine_of_another(settings: Settings) -> None:
    async with (
        open_services(settings, actor=ANA, with_engine=True) as working,
        open_services(settings, actor=VIEWER, with_engine=True) as looking,
    ):
        assert "process" in looking.engine.holder
        with looking.events.subscribe(StoreChanged) as changes:
            await working.integrations.register(DRAFT, actor=ANA)
            await working.health.check_now(IntegrationId("lincoln"))

            async with asyncio.timeout(10):
                while not await looking.health.latest():
                    await changes.batch()


async def test_a_viewer_runs_no_engine(settings: Settings) -> None:
    async with open_services(settings, actor=ANA) as services:
        await services.integrations.register(DRAFT, actor=ANA)

    async with (
        open_services(settings, actor=VIEWER, with_engine=True) as looking,
        open_services(settings, actor=ANA, with_engine=True) as working,
    ):
        assert (looking.engine.is_running, working.engine.is_running) == (False, True)
        await working.health.check_now(IntegrationId("lincoln"))


async def test_a_viewer_exports_nothing_even_where_the_store_could_be_written(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_services(settings, actor=ANA) as services:
        with pytest.raises(NotAllowedError):
            await services.audit.export_to(
                tmp_path / "audit.jsonl", AuditFilter(), actor=VIEWER, replace=False
            )

        assert not (tmp_path / "audit.jsonl").exists()
        assert await services.audit.newest() == 0
