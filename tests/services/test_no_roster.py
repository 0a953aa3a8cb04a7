"""Types that list nothing: no run begins, no schedule is valid, and the reason is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration_tui.bootstrap import offline
from integration_tui.domain.config.version import DocumentFormat, Draft
from integration_tui.domain.errors import ConfigError, UsageError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster_export import ExportRequest
from integration_tui.services import Services
from integration_tui.services.sync.runs import SyncRequest
from integration_tui.settings import Settings
from tests.conftest import ANA

BELL = IntegrationId("bell")
DOCUMENT = "name: bell\ntype: bell\nenabled: false\n"
WHY = "bell cannot be synced or pulled: School bell provides no rosters"
PLUG_IN = """
from typing import Literal

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.provider import CONTRACT_VERSION, Capability, ProviderSpec


class BellConfig(ProviderConfig):
    type: Literal["bell"]


def build(config, context):
    raise NotImplementedError


SPEC = ProviderSpec(
    key="bell",
    contract_version=CONTRACT_VERSION,
    title="School bell",
    config_model=BellConfig,
    capabilities=frozenset({Capability.EXTERNAL_SYSTEM}),
    build=build,
)
"""


@pytest.fixture
def environ(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a user who has installed a type that lists nothing."""
    site = tmp_path / "site"
    information = site / "bell-1.0.dist-info"
    information.mkdir(parents=True)
    (site / "plugin_bell.py").write_text(PLUG_IN)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: bell\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[integration_tui.providers]\nbell = plugin_bell:SPEC\n"
    )
    monkeypatch.syspath_prepend(site)
    return {**environ, "INTEGRATION_TRUSTED_PLUGINS": "bell"}


@pytest.fixture
async def bell(services: Services) -> Services:
    draft = Draft(text=DOCUMENT, format=DocumentFormat.YAML)
    await services.integrations.register(draft, actor=ANA)
    return services


async def test_no_run_begins(bell: Services) -> None:
    for applies in (False, True):
        with pytest.raises(UsageError, match=WHY):
            await bell.sync.start(SyncRequest(integration_id=BELL, applies=applies), actor=ANA)

    assert await bell.sync.runs() == []
    assert [*await bell.sync.obstacles()] == [BELL]


async def test_nothing_is_pulled(bell: Services, tmp_path: Path) -> None:
    folder = tmp_path / "out"

    with pytest.raises(UsageError, match=WHY):
        await bell.rosters.pull(ExportRequest(integration_id=BELL, folder=folder), actor=ANA)

    assert not folder.exists()


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("sync:\n  schedule: 0 2 * * *\n", "bell.yaml:5:3 sync.schedule"),
        (
            "environments: {staging: {sync: {schedule: 0 2 * * *}}}\n",
            "bell.yaml:4:33 environments.staging.sync.schedule",
        ),
    ],
)
def test_a_schedule_is_refused_at_its_line(settings: Settings, more: str, place: str) -> None:
    draft = Draft(text=DOCUMENT + more, format=DocumentFormat.YAML, file="bell.yaml")

    (problem,) = offline(settings).drafts.problems(draft)

    assert str(problem).startswith(f"{place}: has no use: School bell provides no rosters")


async def test_a_configuration_with_a_schedule_is_not_stored(services: Services) -> None:
    text = f"{DOCUMENT}sync: {{schedule: 0 2 * * *}}\n"

    with pytest.raises(ConfigError, match="provides no rosters"):
        await services.integrations.register(
            Draft(text=text, format=DocumentFormat.YAML), actor=ANA
        )


async def test_what_lists_has_no_obstacle(services: Services) -> None:
    text = "name: mock\ntype: mock\nsync: {schedule: 0 2 * * *}\n"
    await services.integrations.register(Draft(text=text, format=DocumentFormat.YAML), actor=ANA)

    assert await services.sync.obstacles() == {}
