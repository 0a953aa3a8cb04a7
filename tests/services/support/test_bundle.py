"""What holds and why, and the support bundle: all that helps, no secret, nobody's name."""

import base64
import html
import json
import os
import re
import resource
import sqlite3
import stat
import time
import zipfile
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from integration_tui import logging_setup
from integration_tui.bootstrap import open_services, this_host
from integration_tui.config.secret_resolver import SecretResolver
from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, AuditFilter, AuditRecord
from integration_tui.domain.errors import NotAllowedError, NotFoundError, UsageError
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.value import replace
from integration_tui.files.atomic import AtomicFile
from integration_tui.services import Services
from integration_tui.services.support.archive import packed
from integration_tui.services.support.redactor import Redactor
from integration_tui.settings import load_settings
from tests.conftest import ANA

SIS = IntegrationId("sis")
MARIA = Actor(name="maria.garcia", door=Interface.CONSOLE, host="marias-laptop")
SECRETS = {
    "SIS_SECRET": 's3cret of the "sis" & more',
    "OTHER_STAGE": "only-for-staging-77",
    "MY_API_TOKEN": "never-referenced-token-1",
    "PROXY": "http://proxyuser:proxypassword@proxy.example.org:3128",
}
DOCUMENT = """\
name: sis
type: oneroster
schema_version: 2
base_url: https://sis.example.org/ims
auth:
  type: oauth2_client_credentials
  token_url: https://sis.example.org/token
  client_id: tui
  client_secret: env:SIS_SECRET
environments:
  production:
    title: The real one
  staging:
    auth:
      client_secret: env:OTHER_STAGE
"""
KEYED = """\
name: keyed
type: oneroster
schema_version: 2
base_url: https://keyed.example.org/ims
auth: {type: basic, username: jane.doe, password: "file:PATH"}
"""


VAULTED = """\
name: vaulted
type: oneroster
schema_version: 2
base_url: https://vaulted.example.org/ims
auth: {type: jwt, token: "keyring:district/token"}
"""


class Keyring:
    """Stands in for the keyring of a desktop."""

    __module__ = "keyring.backends.SecretService"

    def get_password(self, service: str, username: str) -> str:
        return f"kept-in-the-keyring-of-{service}-{username}"

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture
async def services(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncGenerator[Services]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    secret = tmp_path / "password"
    secret.write_text("hunter2hunter2\n")
    secret.chmod(0o600)
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    folder.mkdir(parents=True)
    (folder / "sis.yaml").write_text(DOCUMENT)
    (folder / "keyed.yaml").write_text(KEYED.replace("PATH", str(secret)))
    (folder / "vaulted.yaml").write_text(VAULTED)
    secrets = SecretResolver(environ=os.environ, keyring=Keyring())
    host = replace(this_host(), secret=secrets.resolve)
    async with open_services(load_settings(environ=environ), actor=ANA, host=host) as services:
        yield services
    logging_setup.close()


async def test_each_value_tells_its_line_its_overlay_or_that_it_is_a_default(
    services: Services,
) -> None:
    found = {
        effective_value.path: effective_value
        for effective_value in await services.diagnostics.effective(SIS)
    }

    assert found["title"].text == "The real one"
    assert found["title"].origin == "sis.yaml:12, environments.production"
    assert found["base_url"].origin == "sis.yaml:4"
    assert (found["health.interval_ms"].origin, found["enabled"].text) == ("default", "true")
    secret = found["auth.client_secret"]
    assert (secret.text, secret.origin) == ("env:SIS_SECRET", "sis.yaml:9")
    assert (secret.is_secret, secret.trouble) == (True, "")


async def test_a_reference_that_leads_nowhere_is_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIS_SECRET")

    found = {
        effective_value.path: effective_value
        for effective_value in await services.diagnostics.effective(SIS)
    }

    assert "the variable is not set" in found["auth.client_secret"].trouble
    with pytest.raises(NotFoundError):
        await services.diagnostics.effective(IntegrationId("nowhere"))


async def test_the_checks_come_one_by_one_with_what_is_being_looked_at(services: Services) -> None:
    told: list[str] = []

    subjects = [check.subject async for check in services.diagnostics.checking(told.append)]

    assert subjects[0] == "file keyed.yaml"
    assert subjects[-3:] == ["store", "roster references", "audit chain"]
    assert "the audit chain" in told


async def test_what_names_records_that_are_gone_is_told(services: Services) -> None:
    with closing(sqlite3.connect(services.support.database.path)) as store:
        store.execute(
            "INSERT INTO organizations (tenant_id, id, external_system_id, external_id, status,"
            " sync_status, name, type, parent_id)"
            " VALUES ('local', 1, 'sis', 'o', 'active', 'synced', 'North', 'school', 7)"
        )
        store.commit()

    (found,) = [
        check
        for check in await services.diagnostics.checks()
        if check.subject == "roster references"
    ]

    assert not found.right
    assert found.detail == "1 orgs name orgs that are not in the roster"
    assert "backup" in found.advice


async def plant(services: Services) -> None:
    """Put secrets and names wherever a careless text may have them."""
    telling = " ".join(
        [
            *SECRETS.values(),
            "Authorization: Bearer abc.def.ghi123456",
            "https://user:pass-in-a-url@sis.example.org/x?api_key=key-in-a-query&page=2#frag=f00f00",
            "the keyring has kept-in-the-keyring-of-district-token",
            "student jane.doe@school.example has hunter2hunter2",
            "by maria.garcia on marias-laptop",
        ]
    )
    logging_setup.get("integration_tui.engine").error(
        "resume the run; see the log for details and attach it to a report",
        problem=telling,
        password="a-field-pw",
    )
    logging_setup.get("integration_tui.engine").info(
        "a record", given_name="Ada", email="ada@x.example"
    )
    database = services.support.database
    report = HealthReport(
        integration_id=SIS,
        status=HealthStatus.DOWN,
        checked_at=services.clock(),
        detail=f"{telling} \x1b]0;x\x07\x9b31z\x7f\u202e\u200b",
    )
    acts = [
        AuditRecord(action=Action.START, actor=MARIA, object=SIS, detail=telling),
        AuditRecord(
            action=Action.EDIT_RECORD, actor=MARIA, object="Ada Park", detail="Ada Park moved"
        ),
        AuditRecord(
            action=Action.SAVE_CONFIG, actor=MARIA, object=SIS, after={"title": "in-a-value"}
        ),
    ]
    async with database.transaction() as transaction:
        await transaction.health.save([report])
        await transaction.audit.add(acts, at=services.clock())


FORBIDDEN = (
    *("s3cret of the", "s3cret%20of", "only-for-staging-77", "never-referenced-token-1"),
    *("proxyuser", "proxypassword", "abc.def.ghi123456", "pass-in-a-url", "key-in-a-query"),
    *("f00f00", "hunter2hunter2", "a-field-pw", "in-a-value", "Ada", "jane.doe", "@school"),
    "kept-in-the-keyring",
    *("@x.example", "maria.garcia", "marias-laptop"),
)


async def test_no_secret_and_no_name_is_in_a_bundle(services: Services, tmp_path: Path) -> None:
    await plant(services)

    bundle = await services.support.gather(actor=ANA)
    path = await services.support.write(bundle, tmp_path / "help.zip", actor=ANA)

    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        content = {name: archive.read(name).decode() for name in names}
    assert names == [
        *("findings.json", "facts.json", "settings.json"),
        *("configurations/keyed.json", "configurations/sis.json", "configurations/vaulted.json"),
        *("store.json", "health.json", "runs.json", "audit.json", "log.json"),
    ]
    everything = "\n".join(content.values())
    assert {text for text in "\x1b\x07\x9b\x7f\u202e" if text in everything} == set()
    assert [text for text in FORBIDDEN if text in everything] == []
    assert all(json.loads(text) is not None for text in content.values())
    assert "env:SIS_SECRET" in content["configurations/sis.json"]
    assert (
        "resume the run; see the log for details and attach it to a report" in content["log.json"]
    )
    assert "page=•••" in content["log.json"]
    assert "integration.start" in content["audit.json"]
    assert "schema" in content["store.json"]


async def test_a_path_that_is_no_text_is_in_a_bundle(
    environ: dict[str, str], tmp_path: Path
) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xc2\x9b31z"))
    odd.mkdir()
    environ["INTEGRATION_DATA_DIR"] = str(odd)

    async with open_services(load_settings(environ=environ), actor=ANA) as services:
        bundle = await services.support.gather(actor=ANA)
        path = await services.support.write(bundle, tmp_path / "odd.zip", actor=ANA)

    with zipfile.ZipFile(path) as archive:
        assert "/\ufffd\ufffd31z" in archive.read("facts.json").decode()


async def test_a_bundle_is_its_owners_is_recorded_and_replaces_nothing(
    services: Services, tmp_path: Path
) -> None:
    bundle = await services.support.gather(actor=ANA)
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    taken = tmp_path / "taken.zip"
    taken.write_text("mine")

    await services.support.write(bundle, first, actor=ANA)
    await services.support.write(bundle, second, actor=ANA)
    with pytest.raises(UsageError, match="already exists"):
        await services.support.write(bundle, taken, actor=ANA)

    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert first.read_bytes() == second.read_bytes()
    assert taken.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.glob(".*")) == []
    entries = await services.audit.page(AuditFilter(action=Action.EXPORT_SUPPORT))
    assert [entry.act.detail for entry in entries] == ["b.zip", "a.zip"]


async def test_what_cannot_be_written_is_not_recorded(services: Services, tmp_path: Path) -> None:
    bundle = await services.support.gather(actor=ANA)

    with pytest.raises(UsageError, match="cannot be written"):
        await services.support.write(bundle, tmp_path / "no" / "x.zip", actor=ANA)
    for place in ("~no-such-user/x", "x" * 300, "a\0b"):
        with pytest.raises(UsageError, match="cannot be written to"):
            await services.support.write(bundle, Path(place), actor=ANA)
    with pytest.raises(NotAllowedError):
        await services.support.gather(actor=replace(ANA, role=ActorRole.VIEWER))

    assert await services.audit.page(AuditFilter(action=Action.EXPORT_SUPPORT)) == []


async def test_a_full_disk_is_left_as_it_was(services: Services, tmp_path: Path) -> None:
    bundle = await services.support.gather(actor=ANA)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    folder = tmp_path / "folder"
    folder.mkdir()
    file = AtomicFile(folder / "a.zip")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))

    try:
        with pytest.raises(UsageError, match="cannot be written"):
            file.write(packed(bundle.parts, at=bundle.made_at) * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        file.discard()

    assert list(folder.iterdir()) == []


SECRET = "p\"ä/s+wörd'& 99%"


@pytest.mark.parametrize(
    "spelled",
    [
        *(SECRET, repr(SECRET), repr(SECRET.encode()), json.dumps(SECRET), html.escape(SECRET)),
        *(quote(SECRET), re.sub("%..", lambda code: code[0].lower(), quote(SECRET))),
        *(
            base64.b64encode(f"{literal}:{SECRET}".encode()).decode()
            for literal in ("ab", "abc", "abcd")
        ),
    ],
)
def test_a_secret_is_found_however_it_is_spelled(spelled: str) -> None:
    text = f"it said {spelled}."

    shown = Redactor(secrets=frozenset({SECRET})).text(text)

    assert len(shown) <= len("it said '•••'.") + len("YWJjZDp") + len("U=")
    assert "•••" in shown


@pytest.mark.parametrize("piece", ["a", "a.", "a+", "a@", "b.a@", "://", "a://", "?a&", "a="])
def test_a_long_text_costs_the_redactor_little(piece: str) -> None:
    redactor = Redactor(secrets=frozenset({"aaaaaaab"}), names=frozenset({"a.b"}), home="/home/a")
    begun = time.process_time()

    redactor.text(piece * 20_000)

    assert time.process_time() - begun < 1
