"""The sandbox as a program: what it prints leads to servers that work, and it ends cleanly."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from integration_tui.sandbox.systems import SYSTEMS

PROGRAM = (sys.executable, "-m", "integration_tui")


@asynccontextmanager
async def running(
    *words: str, environ: dict[str, str]
) -> AsyncGenerator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run the sandbox until the block ends; yields it with what it printed."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "sandbox",
        "--port",
        "0",
        "--json",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environ,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            printed = await process.stdout.readline()
        yield process, json.loads(printed)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def called(*words: str, environ: dict[str, str]) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environ,
    )
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_files_it_writes_are_integrations_that_work(
    environ: dict[str, str],
) -> None:
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    names = ("edfi", "timeback_learnwith_ai", "classlink")
    words = [word for name in names for word in ("--dialect", name)]

    async with running(*words, "--config-out", str(folder), environ=environ) as (_, told):
        secret = {told["secret"]["name"]: told["secret"]["value"]}
        codes = [
            await called(
                "provider",
                "test",
                f"sandbox-{name.replace('_', '-')}",
                environ=environ | secret,
            )
            for name in names
        ]

    assert [code for code, _, _ in codes] == [0, 0, 0], codes


async def test_google_classroom_comes_with_the_key_file_of_an_account(
    environ: dict[str, str], tmp_path: Path
) -> None:
    async with running(
        "--dialect", "google_classroom", "--config-out", str(tmp_path), environ=environ
    ) as (_, told):
        (place,) = told["dialects"]
        # Whatever ends in .json is read as a configuration, where that is the integrations' folder.
        document = tmp_path / "sandbox-google-classroom.yaml"
        key = tmp_path / "sandbox-google-classroom.key"
        assert document.read_text() == place["document"]
        document.write_text(place["document"] + "rate_limit: {requests: 1000}\n")
        added = await called(
            "provider", "add", "--untested", "--file", str(document), "gc", environ=environ
        )
        pulled = await called(
            "roster", "pull", "gc", "--out", str(tmp_path / "out"), environ=environ
        )

    assert json.loads(key.read_text())["client_email"] == place["client_id"]
    assert key.stat().st_mode & 0o777 == 0o600
    assert place["secrets"] == {}
    assert [code for code, _, _ in (added, pulled)] == [0, 0], (added, pulled)
    rows = (tmp_path / "out/enrollments.csv").read_text().splitlines()
    assert len(rows) == 1 + 1160


async def test_without_a_folder_the_key_is_printed(environ: dict[str, str]) -> None:
    async with running("--dialect", "google_classroom", environ=environ) as (_, told):
        (place,) = told["dialects"]

    ((name, pem),) = place["secrets"].items()
    assert f"env:{name}" in place["document"]
    assert pem.startswith("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_cleanly_when_it_is_told_to(
    number: signal.Signals, environ: dict[str, str]
) -> None:
    async with running("--dialect", "edfi", environ=environ) as (process, _):
        process.send_signal(number)
        async with asyncio.timeout(10):
            code = await process.wait()
        assert process.stderr is not None
        said = await process.stderr.read()

    assert code == 0
    assert b"Traceback" not in said


async def test_a_port_that_is_taken_is_one_sentence(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, out, err = await called("sandbox", "--port", port, environ=environ)

    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert f"port {port}" in err


async def test_every_dialect_is_listed(environ: dict[str, str]) -> None:
    code, out, _ = await called("sandbox", "--list", environ=environ)

    assert code == 0
    assert all(name in out for name in SYSTEMS)


async def test_an_unknown_dialect_names_the_known_ones(environ: dict[str, str]) -> None:
    code, _, err = await called("sandbox", "--dialect", "klingon", environ=environ)

    assert code == 2
    assert "klingon" in err
    assert "edfi" in err


def test_every_dialect_and_option_is_documented() -> None:
    from integration_tui.cli.commands.sandbox import sandbox

    page = (Path(__file__).parents[3] / "docs/sandbox.md").read_text()

    for name in SYSTEMS:
        assert f"| `{name}` |" in page
    for option in sandbox.params:
        assert option.opts[0] in page
