"""A secret is stored once, for its owner alone, and nothing but its reference is told."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration_tui.config.secret_resolver import SecretResolver
from integration_tui.domain.actor import ActorRole
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.errors import (
    ConflictError,
    NotAllowedError,
    SecretError,
    StoreError,
    UsageError,
)
from integration_tui.domain.secret import Secret, SecretRef, SecretScheme
from integration_tui.domain.value import replace
from integration_tui.engine.event_bus import EventBus
from integration_tui.services import Services
from integration_tui.services.secrets import SecretService
from integration_tui.settings import Settings
from integration_tui.store.database import Database
from tests.conftest import ANA

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CANARY = "s3cr3t-CANARY"
FILE, ENV, KEYRING = SecretScheme.FILE, SecretScheme.ENV, SecretScheme.KEYRING


async def test_a_secret_in_a_file_is_its_owners_alone(
    services: Services, settings: Settings
) -> None:
    reference = services.secrets.reference(FILE, "sis")
    await services.secrets.store(reference, Secret(f"{CANARY}\nline 2"), actor=ANA)

    path = Path(reference.name)
    assert path.parent == settings.config_dir / "secrets"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert SecretResolver(environ={}).resolve(reference).reveal() == f"{CANARY}\nline 2"


async def test_the_audit_log_tells_the_reference_and_never_the_secret(services: Services) -> None:
    reference = services.secrets.reference(FILE, "sis")
    await services.secrets.store(reference, Secret(CANARY), actor=ANA)

    [entry] = await services.audit.page(AuditFilter(action=Action.STORE_SECRET))
    assert entry.act.object == str(reference)
    assert CANARY not in repr(entry)


async def test_a_secret_that_is_there_is_replaced_only_when_told_so(services: Services) -> None:
    reference = services.secrets.reference(FILE, "sis")
    await services.secrets.store(reference, Secret("old"), actor=ANA)
    with pytest.raises(ConflictError, match="already exists"):
        await services.secrets.store(reference, Secret(CANARY), actor=ANA)
    assert SecretResolver(environ={}).resolve(reference).reveal() == "old"

    await services.secrets.store(reference, Secret("new"), actor=ANA, replaces=True)
    assert SecretResolver(environ={}).resolve(reference).reveal() == "new"
    assert Path(reference.name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", ["", f"\ud800{CANARY}", CANARY * 6000])
async def test_what_cannot_be_kept_is_refused_without_a_word_of_it(
    services: Services, value: str
) -> None:
    reference = services.secrets.reference(FILE, "sis")
    with pytest.raises(UsageError) as caught:
        await services.secrets.store(reference, Secret(value), actor=ANA)

    assert CANARY not in f"{caught.value!r} {caught.value.__context__!r} {caught.value.__cause__!r}"
    assert not Path(reference.name).exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 101])
async def test_a_name_is_no_path(services: Services, name: str) -> None:
    with pytest.raises(UsageError):
        services.secrets.reference(FILE, name)


async def test_a_file_elsewhere_and_a_variable_are_not_written(
    services: Services, tmp_path: Path
) -> None:
    for reference in (SecretRef(FILE, str(tmp_path / "x")), SecretRef(ENV, "SIS")):
        with pytest.raises(UsageError):
            await services.secrets.store(reference, Secret(CANARY), actor=ANA)
    assert not (tmp_path / "x").exists()


async def test_who_may_only_look_stores_nothing(services: Services) -> None:
    reference = services.secrets.reference(FILE, "sis")
    with pytest.raises(NotAllowedError):
        await services.secrets.store(
            reference, Secret(CANARY), actor=replace(ANA, role=ActorRole.VIEWER)
        )
    assert not Path(reference.name).exists()


class _Backend:
    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if username == "locked":
            raise RuntimeError(password)
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@asynccontextmanager
async def with_keyring(
    settings: Settings, module: str
) -> AsyncGenerator[tuple[SecretService, _Backend]]:
    kind = type("Keyring", (_Backend,), {"__module__": module})
    backend: _Backend = kind()
    database = Database(settings.store_url, publish=EventBus().publish, clock=lambda: AT)
    await database.open()
    folder = settings.config_dir / "secrets"
    yield SecretService(database, folder, environ={}, clock=lambda: AT, keyring=backend), backend
    await database.close()


async def test_a_keyring_that_encrypts_keeps_it(settings: Settings) -> None:
    async with with_keyring(settings, "keyring.backends.SecretService") as (secrets, backend):
        await secrets.store(SecretRef(KEYRING, "sis"), Secret(CANARY), actor=ANA)

        assert backend.entries == {("integration-tui", "sis"): CANARY}
        assert [target.trouble for target in await secrets.targets()] == ["", "", ""]
        with pytest.raises(ConflictError):
            await secrets.store(SecretRef(KEYRING, "sis"), Secret("other"), actor=ANA)
        with pytest.raises(SecretError) as caught:
            await secrets.store(SecretRef(KEYRING, "locked"), Secret(CANARY), actor=ANA)
        assert CANARY not in str(caught.value)


async def test_a_secret_that_is_not_recorded_is_not_replaced(settings: Settings) -> None:
    async with with_keyring(settings, "keyring.backends.SecretService") as (secrets, backend):
        places = [secrets.reference(FILE, "sis"), SecretRef(KEYRING, "sis")]
        for place in places:
            await secrets.store(place, Secret("old\n"), actor=ANA)
        with closing(sqlite3.connect(settings.store_url.removeprefix("sqlite:///"))) as store:
            store.execute(
                "CREATE TRIGGER t BEFORE INSERT ON integration_audit_logs"
                " BEGIN SELECT RAISE(ABORT, 'no'); END"
            )

        for place in [*places, secrets.reference(FILE, "new"), SecretRef(KEYRING, "new")]:
            with pytest.raises(StoreError):
                await secrets.store(place, Secret(CANARY), actor=ANA, replaces=True)

        assert Path(places[0].name).read_text() == "old\n"
        assert not Path(places[0].name).with_name("new").exists()
        assert backend.entries == {("integration-tui", "sis"): "old\n"}


async def test_a_keyring_that_may_not_encrypt_is_not_offered(settings: Settings) -> None:
    async with with_keyring(settings, "keyrings.alt.file") as (secrets, _):
        assert "not known to encrypt" in (await secrets.targets())[0].trouble
