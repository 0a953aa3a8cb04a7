"""Stoplight's Prism serves an OpenAPI document, or reports where a server breaks it.

Needs node, Prism (PRISM names its index.js) and the document (INTEGRATION_TEST_DATA names the
folder it is in). Where they are missing the tests are skipped; in CI that is a failure.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from shutil import which

import pytest

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("INTEGRATION_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
DOCUMENTS = DATA / "oneroster/openapi"
ROSTERING_1P2 = DOCUMENTS / "1edtech-oneroster-1.2-rostering.fixed-bool-enums.yaml"
ROSTERING_1P1 = DOCUMENTS / "1edtech-oneroster-1.1.openapi3.json"
PRISM = Path(
    os.environ.get("PRISM", REPOSITORY / "node_modules/@stoplight/prism-cli/dist/index.js")
)
START_S = 30.0


def required(document: Path) -> str:
    """Return where node is. Skips where anything is missing, and fails instead in CI."""
    node = which("node")
    missing = [str(path) for path in (PRISM, document) if not path.is_file()]
    if node is None:
        missing.append("node")
    if node is None or missing:
        reason = f"the judge needs {', '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return node


@asynccontextmanager
async def prism(verb: str, document: Path, *arguments: str) -> AsyncGenerator[str]:
    """Run Prism on a free port until the block ends; yields its address."""
    node, port = required(document), free_port()
    # Node itself and not npx, which would leave a child behind.
    process = await asyncio.create_subprocess_exec(
        node,
        str(PRISM),
        verb,
        str(document),
        *arguments,
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await listening(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def free_port() -> int:
    """Return a port that nobody is given meanwhile.

    It lies below those that the system hands out, and each of pytest's processes has its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in range(20_000 + 100 * worker, 20_100 + 100 * worker):
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")


async def listening(port: int, process: asyncio.subprocess.Process) -> None:
    """Wait until somebody listens on `port`."""
    async with asyncio.timeout(START_S):
        while True:
            assert process.returncode is None, "Prism ended by itself"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                await writer.wait_closed()
                return
