"""The main job on real input: a OneRoster 1.2 server over real HTTP, seen live in the console."""

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.events import IntegrationChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Trouble
from integration_tui.domain.roster import Collection, Org
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District
from integration_tui.sandbox.faults import Fault
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.server import serve
from integration_tui.services import Services
from integration_tui.settings import Settings
from integration_tui.tui.app import ConsoleApp
from tests.conftest import ANA
from tests.tui.pilot import running, until_seen

SIS = IntegrationId("district-sis")
SECRET = "s3cret"


@pytest.fixture
async def sandbox() -> AsyncGenerator[tuple[OneRosterSandbox, str]]:
    district = District(DistrictSize.SMALL)
    roster = {collection: tuple(district.records(collection)) for collection in Collection}
    sandbox = OneRosterSandbox(roster, monotonic=time.monotonic)
    async with serve(sandbox.app) as address:
        yield sandbox, address


@pytest.fixture
def documents(
    settings: Settings,
    sandbox: tuple[OneRosterSandbox, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A real system beside a mock one, as an administrator writes them down."""
    monkeypatch.setenv("SIS_SECRET", SECRET)
    folder = settings.integrations_dir
    folder.mkdir(parents=True)
    (folder / "mock.yaml").write_text("name: beside\ntype: mock\n")
    (folder / "sis.yaml").write_text(
        f"""
name: district-sis
type: oneroster
base_url: {sandbox[1]}
auth:
  type: oauth2_client_credentials
  token_url: {sandbox[1]}/token
  client_id: integration-tui
  client_secret: env:SIS_SECRET
health: {{interval_ms: 1000, failures_before_down: 1, successes_before_up: 1}}
reconnect: {{base_s: 0.1, max_s: 0.2}}
"""
    )
    return folder


async def until_status(services: Services, wanted: IntegrationStatus) -> None:
    async with asyncio.timeout(15):
        with services.events.subscribe(IntegrationChanged) as changes:
            while (await services.integrations.get(SIS)).status is not wanted:
                await changes.batch()


@pytest.mark.usefixtures("documents")
async def test_a_real_server_is_checked_goes_down_and_comes_back(
    settings: Settings, sandbox: tuple[OneRosterSandbox, str]
) -> None:
    async with open_services(settings, actor=ANA, with_engine=True) as services:
        await until_status(services, IntegrationStatus.ACTIVE)

        sandbox[0].faults.now, sandbox[0].faults.status = Fault.STATUS, 503
        await until_status(services, IntegrationStatus.ERROR)
        problem = (await services.integrations.get(SIS)).problem
        sandbox[0].faults.now = None
        await until_status(services, IntegrationStatus.ACTIVE)

    assert problem is not None
    assert problem.trouble is Trouble.NOT_READY
    assert "503" in problem.message
    assert any(request.startswith("/ims/oneroster/rostering/v1p2/") for request in sandbox[0].seen)


@pytest.mark.usefixtures("documents")
async def test_a_revoked_secret_needs_a_person_and_is_never_shown(
    settings: Settings,
    sandbox: tuple[OneRosterSandbox, str],
) -> None:
    async with open_services(settings, actor=ANA, with_engine=True) as services:
        await until_status(services, IntegrationStatus.ACTIVE)

        sandbox[0].issuer.clients["integration-tui"] = "another"
        sandbox[0].issuer.revoke()
        await until_status(services, IntegrationStatus.ERROR)
        integration = await services.integrations.get(SIS)

    assert integration.problem is not None
    assert integration.problem.trouble is Trouble.CREDENTIALS
    assert integration.next_attempt_at is None
    assert SECRET not in str(integration)
    assert SECRET not in settings.log_path.read_text()


@pytest.mark.usefixtures("documents")
async def test_the_console_shows_it_live_beside_the_mock(
    settings: Settings, sandbox: tuple[OneRosterSandbox, str]
) -> None:
    app = ConsoleApp(lambda: open_services(settings, actor=ANA, with_engine=True), actor=ANA)
    async with running(app) as pilot:
        await until_seen(pilot, "● Healthy     district-sis")
        await until_seen(pilot, "● Healthy     beside")

        sandbox[0].faults.now, sandbox[0].faults.status = Fault.STATUS, 500

        await until_seen(pilot, "✗ Down        district-sis")


@pytest.mark.usefixtures("documents")
async def test_its_collections_are_listed_whole(
    settings: Settings, sandbox: tuple[OneRosterSandbox, str]
) -> None:
    orgs = sandbox[0].roster[Collection.ORGS]
    assert all(isinstance(org, Org) for org in orgs)

    async with open_services(settings, actor=ANA) as services:
        steps = await services.integrations.test(SIS)

    by_name = {step.name: step for step in steps}
    assert [*by_name][1:5] == ["DNS", "TLS", "token", "scopes"]
    assert by_name["orgs"].detail.startswith(f"{len(orgs)} of {len(orgs)}")
    assert by_name["users"].detail.startswith("300 of 300")
