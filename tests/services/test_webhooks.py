"""Subscriptions by an administrator: kept secrets, audit entries, nothing left behind."""

import json
import resource
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.config.version import DocumentFormat, Draft
from integration_tui.domain.errors import NotAllowedError, UsageError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.secret import SecretRef, SecretScheme
from integration_tui.domain.value import replace
from integration_tui.sandbox.dialect_presets import DIALECTS
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.timeback import SIGNING_SECRET, extension
from integration_tui.services import Services
from integration_tui.settings import load_settings
from tests.providers.oneroster.fixtures import ROSTER

ADMIN = Actor(name="ana", door=Interface.CLI, host="here", role=ActorRole.ADMIN)
NAME = IntegrationId("timeback")
TYPES = ["ActivityEvent"]
HOOK = "https://roster.school.example/hooks"
OURS = SecretRef(SecretScheme.ENV, "HOOK_SECRET")
CANARY = "canary-of-the-hook"


@dataclass(frozen=True, kw_only=True)
class Office:
    """An administrator's services, with a platform behind them."""

    services: Services
    sandbox: OneRosterSandbox

    @property
    def posts(self) -> int:
        """How often the platform was asked for a subscription."""
        return sum(text.startswith("POST ") for text in self.sandbox.seen)

    async def acts(self) -> list[str]:
        """Return what was recorded as done, newest first."""
        entries = await self.services.audit.page(AuditFilter(object=NAME))
        actions = [entry.act.action for entry in entries]
        return [action for action in actions if not action.endswith("_begin")]


@asynccontextmanager
async def office(folder: Path, platform: str) -> AsyncGenerator[Office]:
    dialect = replace(DIALECTS[f"timeback_{platform}"], token_path="/token")
    sandbox = OneRosterSandbox(ROSTER, monotonic=lambda: 0.0, dialect=dialect)
    sandbox.issuer.clients = {"tui": CANARY}
    sandbox.add_routes(extension(sandbox))
    (folder / "integrations").mkdir()
    async with serve(sandbox.app) as address:
        (folder / "integrations" / "timeback.json").write_text(
            json.dumps(
                {
                    "name": "timeback",
                    "type": "timeback",
                    "platform": platform,
                    "base_url": address,
                    "app_id": "app-1",
                    "auth": {
                        "type": "oauth2_client_credentials",
                        "token_url": f"{address}/token",
                        "client_id": "tui",
                        "client_secret": "env:HOOK_SECRET",
                    },
                }
            )
        )
        environ = {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder)}
        settings = load_settings(environ=environ)
        async with open_services(settings, actor=ADMIN) as services:
            yield Office(services=services, sandbox=sandbox)


LONGEST = 2_000_000
TOO_LONG = FaultRule(
    fault=Fault.PATCHED,
    path="*/subscriptions",
    patch={"signingSecret": f"{SIGNING_SECRET}{'A' * LONGEST}"},
)


@contextmanager
def short_files() -> Generator[None]:
    """Let no file grow beyond `LONGEST` bytes: the disk takes no secret that is longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LONGEST, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", CANARY)


async def test_a_subscription_is_made_listed_taken_away_and_recorded(tmp_path: Path) -> None:
    async with office(tmp_path, "beyond_ai") as one:
        hooks = one.services.webhooks
        made = await hooks.subscribe(NAME, HOOK, ["ActivityEvent"], keep=OURS, actor=ADMIN)
        listed = await hooks.subscriptions(NAME)
        await hooks.unsubscribe(NAME, made.id, actor=ADMIN)
        entries = await one.services.audit.page(AuditFilter(object=NAME))

        assert [each.id for each in listed] == [made.id]
        assert await hooks.subscriptions(NAME) == []
        actions = [entry.act.action for entry in entries]
        assert actions[:4] == [
            *("webhook.unsubscribe", "webhook.unsubscribe_begin"),
            *("webhook.subscribe", "webhook.subscribe_begin"),
        ]
        assert CANARY not in repr(entries)


async def test_who_made_a_subscription_and_when_is_told_by_the_audit_log(tmp_path: Path) -> None:
    async with office(tmp_path, "beyond_ai") as one:
        hooks = one.services.webhooks
        await hooks.subscribe(NAME, HOOK, TYPES, keep=OURS, actor=ADMIN)
        entry = (await one.services.audit.page(AuditFilter(object=NAME)))[0]

        found = await hooks.subscription_records(NAME)

        assert [(hook.since, hook.made_by) for hook in found] == [(entry.at, "ana")]


async def test_which_systems_can_be_asked_is_said_without_asking(tmp_path: Path) -> None:
    async with office(tmp_path, "learnwith_ai") as one:
        folder = tmp_path / "integrations"
        sis = {"name": "sis", "type": "oneroster_csv", "path": "/nowhere"}
        (folder / "sis.json").write_text(json.dumps(sis))
        await one.services.files.bring_in(actor=ADMIN)
        await one.services.integrations.stop(NAME, actor=ADMIN)

        sis_, timeback = await one.services.webhooks.systems()

        assert sis_.obstacle == "not supported"
        assert (timeback.obstacle, timeback.caution) == ("", "it is stopped")
        assert timeback.issues_secrets
        assert not one.sandbox.seen


@pytest.mark.parametrize("platform", ["beyond_ai", "learnwith_ai"])
async def test_a_secret_goes_into_a_new_file_of_its_owner_and_nowhere_else(
    tmp_path: Path, platform: str
) -> None:
    async with office(tmp_path, platform) as one:
        path = tmp_path / "hook.secret"

        made = await one.services.webhooks.subscribe(NAME, HOOK, TYPES, keep=path, actor=ADMIN)

        assert path.stat().st_mode & 0o777 == 0o600
        kept = path.read_text()
        assert (kept == SIGNING_SECRET) is (platform == "learnwith_ai")
        assert len(kept) >= 24
        assert made.issued_secret is None


async def test_a_file_that_is_there_is_not_written_over_and_nothing_is_subscribed(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, "learnwith_ai") as one:
        path = tmp_path / "hook.secret"
        path.write_text("another")

        with pytest.raises(UsageError, match="already exists"):
            await one.services.webhooks.subscribe(NAME, HOOK, TYPES, keep=path, actor=ADMIN)

        assert path.read_text() == "another"
        assert one.posts == 0


async def test_a_link_is_no_new_file(tmp_path: Path) -> None:
    async with office(tmp_path, "beyond_ai") as one:
        path = tmp_path / "hook.secret"
        path.symlink_to(tmp_path / "elsewhere")

        with pytest.raises(UsageError, match="already exists"):
            await one.services.webhooks.subscribe(NAME, HOOK, TYPES, keep=path, actor=ADMIN)

        assert not (tmp_path / "elsewhere").exists()


async def test_a_secret_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "hook.secret"
    async with office(tmp_path, "learnwith_ai") as one:
        one.sandbox.faults.play(TOO_LONG)
        with short_files(), pytest.raises(UsageError, match="written") as caught:
            await one.services.webhooks.subscribe(NAME, HOOK, TYPES, keep=path, actor=ADMIN)

        assert caught.value.advice.endswith("the subscription was deleted again")
        assert not path.exists()
        assert await one.services.webhooks.subscriptions(NAME) == []
        assert (await one.acts())[:2] == ["webhook.unsubscribe", "webhook.subscribe"]


async def test_what_could_not_be_taken_away_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "hook.secret"
    kept = FaultRule(fault=Fault.STATUS, path="*/subscriptions/*", times=None, status=403)
    async with office(tmp_path, "learnwith_ai") as one:
        one.sandbox.faults.play(TOO_LONG, kept)
        with short_files(), pytest.raises(UsageError, match="written") as caught:
            await one.services.webhooks.subscribe(NAME, HOOK, TYPES, keep=path, actor=ADMIN)

        assert "webhook unsubscribe timeback subscription-1" in caught.value.advice
        assert not path.exists()
        assert SIGNING_SECRET not in str(caught.value)
        assert (await one.acts())[0] == "webhook.subscribe"


async def test_a_platform_that_makes_its_own_secret_is_not_asked_without_a_file(
    tmp_path: Path,
) -> None:
    async with office(tmp_path, "learnwith_ai") as one:
        with pytest.raises(UsageError, match="--secret-file"):
            await one.services.webhooks.subscribe(NAME, HOOK, TYPES, keep=OURS, actor=ADMIN)

        assert one.posts == 0


async def test_a_subscription_that_is_refused_leaves_no_file(tmp_path: Path) -> None:
    async with office(tmp_path, "beyond_ai") as one:
        path = tmp_path / "hook.secret"

        with pytest.raises(UsageError, match="https"):
            await one.services.webhooks.subscribe(NAME, "ftp://x", [], keep=path, actor=ADMIN)

        assert not path.exists()


async def test_who_may_only_look_subscribes_to_nothing(tmp_path: Path) -> None:
    async with office(tmp_path, "beyond_ai") as one:
        viewer = replace(ADMIN, role=ActorRole.VIEWER)

        with pytest.raises(NotAllowedError):
            await one.services.webhooks.subscribe(NAME, HOOK, [], keep=OURS, actor=viewer)


@pytest.mark.parametrize(
    ("named", "subscribed"), [((), ("user.changed", "class.*")), (("org.*",), ("org.*",))]
)
async def test_without_a_named_event_the_configured_ones_are_subscribed_to(
    services: Services, tmp_path: Path, named: tuple[str, ...], subscribed: tuple[str, ...]
) -> None:
    text = "name: mock\ntype: mock\nwebhook: {event_types: [user.changed, class.*]}\n"
    await services.integrations.register(Draft(text=text, format=DocumentFormat.YAML), actor=ADMIN)

    made = await services.webhooks.subscribe(
        IntegrationId("mock"), HOOK, named, keep=tmp_path / "secret", actor=ADMIN
    )

    assert made.event_types == subscribed


async def test_a_configuration_may_forbid_subscriptions(services: Services, tmp_path: Path) -> None:
    text = "name: mock\ntype: mock\nwebhook: {enabled: false}\n"
    await services.integrations.register(Draft(text=text, format=DocumentFormat.YAML), actor=ADMIN)

    with pytest.raises(UsageError, match=r"webhook\.enabled is false"):
        await services.webhooks.subscribe(
            IntegrationId("mock"), HOOK, (), keep=tmp_path / "secret", actor=ADMIN
        )

    assert not (tmp_path / "secret").exists()


async def test_a_mock_lists_what_it_accepted_in_this_process_and_says_so(
    services: Services, tmp_path: Path
) -> None:
    mock = IntegrationId("mock")
    draft = Draft(text="name: mock\ntype: mock\n", format=DocumentFormat.YAML)
    await services.integrations.register(draft, actor=ADMIN)

    made = await services.webhooks.subscribe(mock, HOOK, (), keep=tmp_path / "key", actor=ADMIN)

    (hook,) = await services.webhooks.subscription_records(mock)
    assert (hook.subscription.id, hook.made_by) == (made.id, "ana")
    assert (
        "mock subscriptions are in memory and end with the process"
        in await services.webhooks.remark(mock)
    )
    await services.webhooks.unsubscribe(mock, made.id, actor=ADMIN)
    assert await services.webhooks.subscriptions(mock) == []
