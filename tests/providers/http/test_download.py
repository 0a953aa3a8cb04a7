"""Files that a system names: fetched from other hosts without proof, never from our own network."""

import asyncio
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from integration_tui.domain.errors import IncompatibleError, ProviderError, RetryableError
from integration_tui.providers.http.session import HttpSession
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import line
from tests.providers.http.fixtures import Here, raw_server, read_request

KEY = {"type": "api_key", "key": "env:SIS_SECRET"}
FILE = Reply(200, b"PK" * 5000, {"content-type": "application/zip"})
FAR = "https://sis.example.org"


@asynccontextmanager
async def session(
    base_url: str = "http://127.0.0.1:1", *, repeats: int = 0, private: bool = False
) -> AsyncGenerator[HttpSession]:
    async with line(base_url, KEY, Here(), repeats=repeats, allow_private_network=private) as one:
        yield one


async def test_a_file_on_another_host_is_fetched_without_our_proof(tmp_path: Path) -> None:
    files, into = ScriptedServer(FILE), tmp_path / "report.zip"

    async with serve(files) as address, session() as one:
        await one.download(f"{address}/files/9?verifier=a%2Fb", into, most=2**20)

    assert into.read_bytes() == FILE.body
    assert stat.S_IMODE(into.stat().st_mode) == 0o600
    assert files.seen[0].query == "verifier=a%2Fb"
    assert not {"authorization", "x-api-key", "cookie"} & files.seen[0].headers.keys()
    assert files.seen[0].headers["user-agent"].startswith("integration-tui/")


async def test_a_file_is_followed_to_where_it_is_kept(tmp_path: Path) -> None:
    store, into = ScriptedServer(FILE), tmp_path / "report.zip"

    async with serve(store) as elsewhere:
        moved = Reply(302, b"not the file", {"location": f"{elsewhere}/bucket/9"})
        async with serve(ScriptedServer(moved)) as address, session() as one:
            await one.download(f"{address}/files/9", into, most=2**20)

    assert into.read_bytes() == FILE.body
    assert store.seen[0].path == "/bucket/9"


async def test_what_may_pass_is_repeated_and_the_file_begun_anew(tmp_path: Path) -> None:
    into, replies = tmp_path / "report.zip", iter((b"HTTP/1.1 200 OK", b"HTTP/1.1 503 No"))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        head = next(replies, b"")
        if head:  # cut off
            writer.write(head + b"\r\ncontent-length: 900\r\n\r\n" + b"x" * 500)
        else:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nPK!")
        await writer.drain()

    async with raw_server(answer) as address, session(repeats=4) as one:
        await one.download(f"{address}/files/9", into, most=2**20)

    assert into.read_bytes() == b"PK!"


async def test_a_file_is_read_to_a_bound_and_no_farther(tmp_path: Path) -> None:
    async with serve(ScriptedServer(FILE)) as address, session() as one:
        with pytest.raises(IncompatibleError, match="the file is larger than"):
            await one.download(f"{address}/files/9", tmp_path / "a", most=len(FILE.body) - 1)


@pytest.mark.parametrize(
    ("status", "kind"), [(403, IncompatibleError), (404, IncompatibleError), (500, RetryableError)]
)
async def test_a_refusal_is_not_taken_for_one_of_our_proof(
    status: int, kind: type[ProviderError], tmp_path: Path
) -> None:
    refused = Reply(status, b"<Error><Code>AccessDenied</Code></Error>", {})

    async with serve(ScriptedServer(refused)) as address, session() as one:
        with pytest.raises(
            kind, match=rf"could not be downloaded from 127.*\(HTTP {status}\)"
        ) as caught:
            await one.download(f"{address}/files/9?verifier=signed", tmp_path / "a", most=9)

    assert "signed" not in str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.org/9",
        "https:///9",
        "ftp://files.example.org/9",
        "file:///etc/passwd",
        "https://[",
        "https://files.example.org:x/9",
        "",
        "http://localhost/9",
        "https://127.0.0.1/9",
    ],
)
async def test_a_file_of_a_far_system_is_neither_here_nor_without_tls(
    url: str, tmp_path: Path
) -> None:
    async with session(FAR) as one:
        with pytest.raises(ProviderError) as caught:
            await one.download(url, tmp_path / "a", most=9)

    assert caught.value.advice


async def test_this_machine_is_not_asked_for_a_file_of_a_far_system(tmp_path: Path) -> None:
    trap = ScriptedServer(FILE)

    async with serve(trap) as address, session(FAR, private=True) as one:
        with pytest.raises(IncompatibleError, match="which is not allowed"):
            await one.download(f"{address}/files/9", tmp_path / "a", most=2**20)

    assert trap.seen == []


@pytest.mark.parametrize("host", ["10.0.0.8", "192.168.1.1", "[fd12::1]", "169.254.169.254"])
@pytest.mark.parametrize("is_redirect", [True, False])
async def test_no_file_is_fetched_from_a_private_network(
    host: str, is_redirect: bool, tmp_path: Path
) -> None:
    """The configured host may be in one; what it names may be there only where it is that host."""
    there = f"https://{host}/latest/meta-data"
    app = ScriptedServer(Reply(302, b"", {"location": there}))

    async with serve(app) as address, session(private=True) as one:
        url = f"{address}/files/9" if is_redirect else there
        with pytest.raises(IncompatibleError, match=r"private network|not a server address"):
            await one.download(url, tmp_path / "a", most=9)


async def test_a_redirect_to_plain_http_is_not_followed(tmp_path: Path) -> None:
    app = ScriptedServer(Reply(302, b"", {"location": "http://files.example.org/9"}))

    async with serve(app) as address, session() as one:
        with pytest.raises(
            IncompatibleError, match=r"redirects to files\.example\.org, where files are not"
        ):
            await one.download(f"{address}/files/9", tmp_path / "a", most=9)


async def test_a_file_that_cannot_be_written_is_told_as_that(tmp_path: Path) -> None:
    async with serve(ScriptedServer(FILE)) as address, session() as one:
        with pytest.raises(RetryableError, match="cannot be written here"):
            await one.download(f"{address}/files/9", tmp_path / "none" / "a", most=2**20)
