"""`serve` as it is called: what it refuses, real consoles, a real browser, and no orphans."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from integration_tui.web.auth import PROTOCOL
from tests.web.browser import CHROMIUM, browsing
from tests.web.fixtures import gone

PROGRAM = (sys.executable, "-m", "integration_tui")


@pytest.fixture
def env(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of somebody with one integration."""
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    folder.mkdir(parents=True)
    (folder / "lincoln.yaml").write_text("name: lincoln\ntype: mock\ntitle: Lincoln\n")
    return {**os.environ, **environ, "INTEGRATION_STATE_DIR": str(tmp_path / "state")}


@asynccontextmanager
async def serving(
    env: dict[str, str], *words: str
) -> AsyncGenerator[tuple[asyncio.subprocess.Process, str]]:
    """Yield a server in a process of its own, and its address."""
    server = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "serve",
        "--port=0",
        *words,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert server.stdout is not None
    try:
        yield server, (await server.stdout.readline()).decode().strip()
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


async def until(condition: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends, what
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("words", [["--host", "192.0.2.1"], ["--behind-proxy", "http://a.example"]])
def test_nothing_goes_over_a_network_in_clear_text(words: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(
        [*PROGRAM, "serve", "--port=0", *words], env=env, capture_output=True, text=True
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "https://" in done.stderr


def test_without_the_extra_it_says_how_to_get_it(env: dict[str, str]) -> None:
    code = "import sys; sys.modules['textual_serve'] = None; sys.argv[1:] = ['serve']\n"
    code += "from integration_tui.__main__ import main; main()"

    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)

    assert done.returncode == 2
    assert "pip install '.[web]'" in done.stderr
    assert done.stderr.count("\n") == 1


async def test_no_console_outlives_its_server(env: dict[str, str]) -> None:
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(_ended_by(signal.SIGINT, env))
        group.create_task(_ended_by(signal.SIGKILL, env))

    assert asked.result() == 0


async def _ended_by(number: signal.Signals, env: dict[str, str]) -> int:
    """End a server that has a console; return its exit code once the console is gone."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with serving(env, "--write") as (server, address):
        origin, token = address.split("/#token=")
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": origin}) as client:
            async with client.post(f"{origin}/enter", data=token) as answer:
                key = await answer.text()
            async with client.ws_connect(
                f"{origin}/ws", max_msg_size=0, protocols=(PROTOCOL, key)
            ) as line:
                said = b""
                while b"lincoln" not in said:
                    said += await line.receive_bytes(timeout=20)
                consoles = psutil.Process(server.pid).children(recursive=True)
                words = [word for console in consoles for word in console.cmdline()]
                server.send_signal(number)
                code = await server.wait()

        assert len(consoles) == 1
        assert await gone(consoles[0].pid)
    logs = [path.read_text() for path in Path(env["INTEGRATION_DATA_DIR"]).glob("*.log")]
    assert not any(secret in text for secret in (token, key) for text in (*logs, *words))
    return code


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
async def test_a_browser_shows_the_console_and_asks_nobody_else(
    env: dict[str, str], tmp_path: Path
) -> None:
    async with (
        serving(env, "--write") as (_server, address),
        browsing(tmp_path / "profile", address) as page,
    ):
        await until(lambda: "lincoln" in page.text, page.text)
        before = await page.picture()
        await until(lambda: "engine running" in page.text, page.text)
        await page.press("7")  # without a click
        await until(lambda: "integration.register" in page.text, page.text)
        after, where = await page.picture(), await page.evaluate("location.href")
        await page.press("q")
        await until(lambda: page.is_closed, "the line")

    origin = address.split("/#")[0]
    hosts = {text.split("/")[2] for text in page.asked if not text.startswith("data:")}
    assert hosts == {origin.removeprefix("http://")}
    assert '["focus"]' in page.sent
    assert where == f"{origin}/"
    assert before != after
    assert len(after) > 10_000  # letters, not one colour
    assert not [complaint for complaint in page.complaints if "Content Security" in complaint]
