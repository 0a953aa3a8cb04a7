"""The program as its users call it, with a district on loopback that a test changes."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.sandbox.oneroster import OneRosterSandbox
from tests.services.sync.fixtures import NO_GRACE, SECRET, SIS, District, document, serving


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def plan(self) -> str:
        """The hash that is shown."""
        found = re.search(r"^plan +([0-9a-f]{12})$", self.out, re.MULTILINE)
        assert found is not None, self
        return found[1]

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Program:
    """The program with an environment of its own, and the district that it syncs."""

    district: District
    sandbox: OneRosterSandbox
    config: Path
    patch: pytest.MonkeyPatch
    printed: pytest.CaptureFixture[str]

    async def call(self, *words: str) -> Answer:
        self.sandbox.roster = self.district.roster()
        self.patch.setattr(sys, "argv", ["integration-tui", *words])
        code = await asyncio.to_thread(run, show_console)
        printed = self.printed.readouterr()
        return Answer(code, printed.out, printed.err)

    async def sync(self, *words: str) -> Answer:
        return await self.call("sync", *words)

    async def synced(self) -> None:
        """Bring the district into the store."""
        planned = await self.sync("plan", SIS)
        applied = await self.sync("apply", SIS, "--plan", planned.plan)
        assert applied.code == 0, applied

    async def held(self) -> Answer:
        """Sync, let half of the students go, and return the plan that is held for it."""
        await self.synced()
        self.district.leave(*(f"u{number:04}" for number in range(20)))
        return await self.sync("plan", SIS)

    async def start(
        self, *words: str, stderr: int = asyncio.subprocess.PIPE
    ) -> asyncio.subprocess.Process:
        """Start the program as a process of its own."""
        self.sandbox.roster = self.district.roster()
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "integration_tui", *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=stderr,
        )  # fmt: skip


@asynccontextmanager
async def programmed(
    environ: dict[str, str], patch: pytest.MonkeyPatch, printed: pytest.CaptureFixture[str]
) -> AsyncGenerator[Program]:
    for name, value in {**environ, "SIS_SECRET": SECRET}.items():
        patch.setenv(name, value)
    district = District()
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    folder.mkdir(parents=True)
    async with serving(district) as (sandbox, address):
        (folder / "sis.yaml").write_text(document(SIS, address, NO_GRACE))
        yield Program(district, sandbox, folder, patch, printed)
