"""What is pulled into CSV is checked: whatever the server is like, our own check finds nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_export import ExportRequest, ExportResult
from integration_tui.providers.oneroster_csv.findings import FindingSeverity
from integration_tui.providers.oneroster_csv.validation import check
from integration_tui.sandbox.dialect_presets import DIALECTS
from integration_tui.services import Services
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.export_fixtures import SECRET, SIS, served

FORMS = [("1.1", False), ("1.2", True)]
SERVERS = {"specification": "", "edfi": "dialect: {totals: none}"}


@pytest.fixture(params=SERVERS)
async def services(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Services]:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with served(DIALECTS[request.param]) as server:
        server.write(settings.integrations_dir, SERVERS[request.param])
        async with open_services(settings, actor=ANA) as services:
            yield services


async def pulled(services: Services, name: str, folder: Path, **more: object) -> ExportResult:
    asked: dict[str, object] = {"integration_id": IntegrationId(name), "folder": folder} | more
    return await services.rosters.pull(ExportRequest(**asked), actor=ANA)  # type: ignore[arg-type]  # fields of it


def wrong(path: Path) -> list[str]:
    return [
        str(finding)
        for finding in check(path).findings
        if finding.severity is not FindingSeverity.INFO
    ]


async def test_a_check_of_what_was_pulled_finds_nothing(services: Services, tmp_path: Path) -> None:
    for version, packed in FORMS:
        folder = tmp_path / version

        outcome = await pulled(services, SIS, folder, version=version, is_zipped=packed)

        path = folder / "roster.zip" if packed else folder
        assert outcome.complete
        assert wrong(path) == []


@pytest.mark.parametrize(("version", "packed"), FORMS)
async def test_a_check_of_the_mock_district_finds_nothing(
    settings: Settings, tmp_path: Path, version: str, *, packed: bool
) -> None:
    settings.integrations_dir.mkdir(parents=True, exist_ok=True)
    (settings.integrations_dir / "mock.yaml").write_text("name: mock\ntype: mock\n")
    async with open_services(settings, actor=ANA) as services:
        outcome = await pulled(
            services, "mock", tmp_path / "out", version=version, is_zipped=packed
        )

    path = tmp_path / "out" / "roster.zip" if packed else tmp_path / "out"
    assert outcome.complete
    assert wrong(path) == []
    counts = {file.file: file.records for file in check(path).files}
    assert counts["users.csv"] == next(
        collection.records
        for collection in outcome.collections
        if collection.collection is Collection.USERS
    )
