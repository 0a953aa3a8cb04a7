"""The official OneRoster 1.2 document judges both sides: our client and our sandbox.

Stoplight's Prism serves the document, or stands before a server and reports what breaks it.
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

from integration_tui.domain.roster import Collection, Org, Record
from integration_tui.domain.sync import Page
from integration_tui.providers.http.client import HttpClient
from integration_tui.providers.http.messages import Request
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.providers.oneroster.envelope import PATHS
from tests.providers.http.here import Here, client
from tests.providers.oneroster.served import config, district

REPOSITORY = Path(__file__).parents[3]
DATA = Path(os.environ.get("INTEGRATION_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
DOCUMENT = DATA / "oneroster/openapi/1edtech-oneroster-1.2-rostering.fixed-bool-enums.yaml"
PRISM = Path(
    os.environ.get("PRISM", REPOSITORY / "node_modules/@stoplight/prism-cli/dist/index.js")
)
START_S = 30.0


def required() -> str:
    """Return where node is. Skips where anything is missing, and fails instead in CI."""
    node = which("node")
    missing = [str(path) for path in (PRISM, DOCUMENT) if not path.is_file()]
    if node is None:
        missing.append("node")
    if node is None or missing:
        reason = f"the judge needs {', '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return node


@asynccontextmanager
async def prism(*arguments: str) -> AsyncGenerator[str]:
    """Run Prism on a free port until the block ends; yields its address."""
    node, port = required(), free_port()
    # Node itself and not npx, which would leave a child behind.
    process = await asyncio.create_subprocess_exec(
        node,
        str(PRISM),
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


async def judged(http: HttpClient, url: str, token: str, *, offset: int = 1) -> tuple[int, str]:
    """Return the status of an answer and the violations that the judge saw."""
    window: dict[str, str | int] = {
        "limit": 3,
        "offset": offset,
        "sort": "sourcedId",
        "orderBy": "asc",
    }
    request = Request.get(url, window)
    headers = {**request.headers, "Authorization": f"Bearer {token}"}
    answer = await http.send(Request(method="GET", url=request.url, headers=headers))
    return answer.status, answer.headers.get("sl-violations", "")


async def test_our_check_understands_a_server_made_from_the_official_document() -> None:
    async with prism("mock", str(DOCUMENT)) as address:
        auth = {"type": "jwt", "token": "env:SIS_SECRET"}
        connector = OneRosterConnector(
            config(address, base_path="", auth=auth),
            Here().context(timeout_s=10.0),
            product="OneRoster server",
        )
        await connector.connect()

        await connector.check()
        metadata = await connector.metadata()

        await connector.disconnect()
    assert metadata.version == "OneRoster 1.2"


async def test_the_official_document_finds_no_fault_with_our_sandbox() -> None:
    async with district() as one:
        base = one.connector_url
        token = await one.token()
        async with prism("proxy", str(DOCUMENT), base, "--errors") as judge, client() as http:
            verdicts = {
                path: await judged(http, f"{judge}/{path}", token)
                for path in (*PATHS.values(), "schools", "terms", "students", "teachers")
            }
            refused = await judged(http, f"{judge}/orgs", "no-token-of-ours")
            unknown = await judged(http, f"{judge}/users/nobody", token)
            one.sandbox.roster = {Collection.ORGS: (Org(sourced_id="o", name="O", type="shop"),)}
            wrong = await judged(http, f"{judge}/orgs", token, offset=0)

    assert verdicts == dict.fromkeys(verdicts, (200, ""))
    assert refused == (401, "")
    assert unknown == (404, "")
    assert wrong[0] == 500  # it judges indeed


async def test_our_connector_reads_everything_through_the_judge() -> None:
    async with (
        district() as one,
        prism("proxy", str(DOCUMENT), one.connector_url, "--errors") as judge,
    ):
        auth = {
            "type": "oauth2_client_credentials",
            "token_url": f"{one.address}/token",
            "client_id": "integration-tui",
            "client_secret": "env:SIS_SECRET",
        }
        connector = OneRosterConnector(
            config(judge, base_path="", auth=auth, sync={"page_size": 10}),
            one.here.context(timeout_s=10.0),
            product="OneRoster server",
        )
        await connector.connect()

        last: dict[Collection, Page[Record]] = {}
        for collection in Collection:
            async for page in connector.pages(collection):
                last[collection] = page
                assert page.rejected == ()
        found = await connector.find(Collection.USERS, "user-07")

        await connector.disconnect()
    assert all(page.complete for page in last.values())
    assert found is not None
