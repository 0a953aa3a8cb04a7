"""`webhook` as its users call it, against TimeBack's platforms on loopback."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.domain.value import replace
from integration_tui.sandbox.dialect_presets import DIALECTS
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.timeback import SIGNING_SECRET, extension
from tests.providers.oneroster.fixtures import ROSTER

CANARY = "canary-of-the-platform"
OURS = "canary-of-our-own-webhook"
IN_URL = "in-the-address-7"
HOOK = "https://roster.school.example/hooks"


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@dataclass
class Program:
    """The program, with a platform as its integration `timeback`."""

    sandbox: OneRosterSandbox
    patch: pytest.MonkeyPatch
    printed: pytest.CaptureFixture[str]

    async def call(self, *words: str) -> Answer:
        self.patch.setattr(sys, "argv", ["integration-tui", *words])
        code = await asyncio.to_thread(run, show_console)
        printed = self.printed.readouterr()
        return Answer(code, printed.out, printed.err)

    async def subscribe(self, *words: str) -> Answer:
        named = ("--url", HOOK, "--event", "ActivityEvent")
        return await self.call("webhook", "subscribe", "timeback", *named, *words)

    async def listed(self) -> list[dict[str, object]]:
        answer = await self.call("webhook", "list", "timeback", "--json")
        found: list[dict[str, object]] = json.loads(answer.out)
        return found


Open = Callable[[str], AbstractAsyncContextManager[Program]]


@pytest.fixture
def opened(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Open:
    """Serve a platform, and return the program that has it as an integration."""
    secrets = {"TIMEBACK_SECRET": CANARY, "HOOK_SECRET": OURS}
    for name, value in {**environ, **secrets}.items():
        monkeypatch.setenv(name, value)
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    folder.mkdir(parents=True)

    @asynccontextmanager
    async def opening(platform: str) -> AsyncGenerator[Program]:
        dialect = replace(DIALECTS[f"timeback_{platform}"], token_path="/token")
        sandbox = OneRosterSandbox(ROSTER, monotonic=lambda: 0.0, dialect=dialect)
        sandbox.issuer.clients = {"tui": CANARY}
        sandbox.add_routes(extension(sandbox))
        async with serve(sandbox.app) as address:
            (folder / "timeback.yaml").write_text(
                f"name: timeback\ntype: timeback\nplatform: {platform}\napp_id: app\n"
                f"base_url: {address}\nauth:\n  type: oauth2_client_credentials\n"
                f"  token_url: {address}/token\n  client_id: tui\n"
                "  client_secret: env:TIMEBACK_SECRET\n"
            )
            yield Program(sandbox, monkeypatch, capsys)

    return opening


async def test_subscribe_prints_the_id_that_list_shows_and_unsubscribe_takes(opened: Open) -> None:
    async with opened("beyond_ai") as program:
        made = await program.subscribe("--secret", "env:HOOK_SECRET")
        shown = await program.call("webhook", "list", "timeback")
        gone = await program.call("webhook", "unsubscribe", "timeback", made.out.strip())
        rest = await program.listed()

    assert (made.code, shown.code, gone.code) == (0, 0, 0)
    assert made.out == "hook-1\n"
    assert shown.out.splitlines()[0].split() == [
        *("SUBSCRIPTION", "URL", "EVENTS", "ACTIVE", "SINCE", "BY"),
    ]
    assert shown.out.splitlines()[1].split()[:4] == ["hook-1", HOOK, "ActivityEvent", "yes"]
    assert "Webhook hook-1 deleted." in gone.err
    assert rest == []


@pytest.mark.parametrize(
    ("platform", "secret"), [("beyond_ai", None), ("learnwith_ai", SIGNING_SECRET)]
)
async def test_a_secret_is_in_its_file_and_is_printed_nowhere(
    opened: Open, tmp_path: Path, platform: str, secret: str | None
) -> None:
    path = tmp_path / "hook.secret"
    async with opened(platform) as program:
        made = await program.subscribe("--secret-file", str(path))
        shown = await program.call("webhook", "list", "timeback", "--json")
        audit = await program.call("audit", "list", "--json")

    kept = path.read_text()
    assert made.code == 0, made.err
    assert kept == secret or (secret is None and len(kept) > 40)
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(path) in made.err
    for answer in (made, shown, audit):
        assert kept not in answer.out + answer.err
    assert json.loads(audit.out)[0]["act"]["action"] == "webhook.subscribe"


async def test_without_a_name_every_system_with_webhooks_is_asked(
    opened: Open, environ: dict[str, str]
) -> None:
    async with opened("beyond_ai") as program:
        folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
        (folder / "lincoln.yaml").write_text("name: lincoln\ntype: mock\n")
        await program.subscribe("--secret", "env:HOOK_SECRET")
        text = (folder / "timeback.yaml").read_text()
        silent = text.replace("name: timeback", "name: silent\nenabled: false")
        (folder / "silent.yaml").write_text(silent)

        answer = await program.call("webhook", "list")

    assert answer.code == 1
    assert answer.out.splitlines()[1].split()[:3] == ["timeback", "hook-1", HOOK]
    assert "silent: unknown: it is disabled" in answer.err
    assert "lincoln" not in answer.out + answer.err


async def test_our_own_secret_is_printed_nowhere(opened: Open) -> None:
    async with opened("beyond_ai") as program:
        url = ("--url", f"{HOOK}?token={IN_URL}")  # the last one counts
        made = await program.subscribe("--secret", "env:HOOK_SECRET", *url)
        table = await program.call("webhook", "list", "timeback")
        shown = await program.call("webhook", "list", "timeback", "--json")
        audit = await program.call("audit", "list", "--json")

    assert made.code == 0
    for answer in (made, table, shown, audit):
        assert OURS not in answer.out + answer.err
        assert IN_URL not in answer.out + answer.err
    assert f"{HOOK}?token=" in shown.out


async def test_a_platform_with_a_secret_of_its_own_needs_a_file_for_it(
    opened: Open, tmp_path: Path
) -> None:
    path = tmp_path / "hook.secret"
    path.write_text("of another")
    async with opened("learnwith_ai") as program:
        without = await program.subscribe("--secret", "env:HOOK_SECRET")
        over = await program.subscribe("--secret-file", str(path))
        posts = [text for text in program.sandbox.seen if text.startswith("POST ")]

    assert (without.code, over.code) == (2, 2)
    assert "--secret-file" in without.err
    assert "already exists" in over.err
    assert path.read_text() == "of another"
    assert posts == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "use --secret or --secret-file, not both"),
        (("--secret", "env:A", "--secret-file", "b"), "use --secret or --secret-file, not both"),
        (("--secret", "the-secret-itself"), "--secret is a reference"),
    ],
)
async def test_one_way_to_a_secret_is_given_and_never_the_secret_itself(
    opened: Open, words: tuple[str, ...], sentence: str
) -> None:
    async with opened("beyond_ai") as program:
        answer = await program.subscribe(*words)

    assert answer.code == 2
    assert sentence in answer.err
    assert "the-secret-itself" not in answer.err


async def test_who_may_only_look_may_list_but_not_subscribe(opened: Open) -> None:
    async with opened("beyond_ai") as program:
        await program.listed()  # makes the store, which who only looks does not
        listing = await program.call("--readonly", "webhook", "list", "timeback")
        words = ("--url", HOOK, "--secret", "env:HOOK_SECRET")
        making = await program.call("--readonly", "webhook", "subscribe", "timeback", *words)
        taking = await program.call("--readonly", "webhook", "unsubscribe", "timeback", "hook-1")

    assert (listing.code, making.code, taking.code) == (0, 2, 2)
    assert "has read-only access" in making.err
    assert "has read-only access" in taking.err


async def test_a_type_without_webhooks_says_so(opened: Open, environ: dict[str, str]) -> None:
    async with opened("beyond_ai") as program:
        folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
        text = (folder / "timeback.yaml").read_text()
        plain = "".join(
            line
            for line in text.splitlines(keepends=True)
            if not line.startswith(("platform", "app_id"))
        )
        (folder / "sis.yaml").write_text(
            plain.replace("name: timeback", "name: sis").replace(
                "type: timeback", "type: oneroster\nschema_version: 2"
            )
        )

        answer = await program.call("webhook", "list", "sis")

    assert answer.code == 2
    assert "sis does not support webhooks" in answer.err
