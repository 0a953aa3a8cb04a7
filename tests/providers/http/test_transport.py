"""What a server may do to us, and what it may not: over real sockets."""

import asyncio
import gzip
import os
import resource
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from integration_tui.domain.errors import IncompatibleError, ProviderError, RetryableError
from integration_tui.providers.http.models import AuthHeaders, Request
from integration_tui.providers.http.transport import HttpClient
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from integration_tui.version import VERSION
from tests.providers.http.fixtures import CANARY, Talk, client, raw_server, read_request

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def get(url: str) -> Request:
    return Request.get(url).proven(
        AuthHeaders(
            headers={"Authorization": f"Bearer {CANARY}", "X-Api-Key": CANARY}, hidden=(CANARY,)
        )
    )


async def fails(talk: Talk, *, timeout_s: float = 2.0) -> ProviderError:
    """Return how a request to such a server fails."""
    async with raw_server(talk) as address, client(timeout_s=timeout_s) as http:
        with pytest.raises(ProviderError) as caught:
            await http.send(get(f"{address}/orgs"))
    assert caught.value.advice
    assert CANARY not in f"{caught.value}{caught.value!r}{caught.value.__cause__!r}"
    return caught.value


async def test_a_request_says_who_asks_and_wants_json() -> None:
    app = ScriptedServer()

    async with serve(app) as address, client() as http:
        await http.send(Request.get(f"{address}/orgs", {"filter": "name='O Neil'"}))

    seen = app.seen[0]
    assert seen.headers["user-agent"] == f"integration-tui/{VERSION}"
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["accept-encoding"] == "gzip, identity"
    assert seen.headers["host"] == address.removeprefix("http://")
    assert seen.query == "filter=name%3D%27O%20Neil%27"


async def test_connections_are_kept_between_requests() -> None:
    connections: list[object] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while await read_request(reader):
            writer.write(OK)

    async with raw_server(talk) as address, client() as http:
        for _ in range(5):
            await http.send(get(address))

    assert len(connections) == 1


async def test_an_answer_that_drips_ends_at_the_deadline() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x")
            await asyncio.sleep(0.02)

    started = time.perf_counter()
    error = await fails(drip, timeout_s=0.3)

    assert isinstance(error, RetryableError)
    assert "within 0.3 s" in error.message
    assert time.perf_counter() - started < 10  # all of it would take 20


async def test_a_server_that_never_answers_ends_at_the_deadline() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    assert isinstance(await fails(hang, timeout_s=0.2), RetryableError)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200",
    ],
)
async def test_a_connection_that_ends_too_soon_may_pass(said: bytes) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(said)

    error = await fails(cut)

    assert isinstance(error, RetryableError)
    assert "closed the connection" in error.message


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"\x00\x01\x02\x03" * 20 + b"\r\n\r\n"]
)
async def test_what_is_no_http_is_told_as_such(said: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(said)

    error = await fails(talk)

    assert isinstance(error, IncompatibleError)
    assert "did not answer in HTTP" in error.message


async def test_headers_of_200_kilobytes_are_refused() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n")

    assert isinstance(await fails(talk), IncompatibleError)


async def test_a_refused_connection_says_to_check_the_port() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("closed by then")

    async with raw_server(talk) as address:
        pass
    async with client() as http:
        with pytest.raises(RetryableError, match="refused the connection") as caught:
            await http.send(get(address))

    assert "port" in caught.value.advice


async def test_a_machine_without_file_handles_is_not_the_servers_fault() -> None:
    async with serve(ScriptedServer()) as address, client() as http:
        with no_more_files(), pytest.raises(RetryableError, match="too many open files") as caught:
            await http.send(get(address))

    assert "ulimit -n" in caught.value.advice


@contextmanager
def no_more_files() -> Generator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as lowest:
        free = lowest.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_a_name_that_is_not_known_says_to_check_the_address() -> None:
    async with client() as http:
        with pytest.raises(RetryableError, match="name not found") as caught:
            await http.send(get("https://sis.invalid/orgs"))

    assert "base_url" in caught.value.advice


async def test_a_kept_connection_that_was_closed_meanwhile_is_made_again_for_a_get() -> None:
    connections: list[object] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await read_request(reader)
        writer.write(OK)
        await read_request(reader)  # and close without an answer

    async with raw_server(talk) as address, client() as http:
        await http.send(get(address))
        answer = await http.send(get(address))

    assert answer.status == 200
    assert len(connections) == 2


async def test_a_post_is_never_sent_twice() -> None:
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await read_request(reader))

    async with raw_server(talk) as address, client() as http:
        with pytest.raises(RetryableError):
            await http.send(Request.form(f"{address}/token", {"grant_type": "x"}))

    assert len(asked) == 1


async def test_a_redirect_within_the_origin_is_followed_with_the_credentials() -> None:
    app = ScriptedServer(Reply(307, headers={"location": "/orgs/"}), Reply())

    async with serve(app) as address, client() as http:
        answer = await http.send(get(f"{address}/orgs"))

    assert answer.status == 200
    assert [seen.path for seen in app.seen] == ["/orgs", "/orgs/"]
    assert app.seen[1].headers["authorization"] == f"Bearer {CANARY}"


@pytest.mark.parametrize("scheme", ["http://", "//"])
async def test_a_redirect_to_another_origin_sends_nothing_there(scheme: str) -> None:
    thief = ScriptedServer()

    async with serve(thief) as elsewhere:
        where = elsewhere.removeprefix("http://")
        app = ScriptedServer(Reply(302, headers={"location": f"{scheme}{where}/orgs"}))
        async with serve(app) as address, client() as http:
            with pytest.raises(IncompatibleError, match=f"redirects to {where}"):
                await http.send(get(f"{address}/orgs"))

    assert thief.seen == []


@pytest.mark.parametrize("location", ["http://[", "file:///etc/passwd", "javascript:1"])
async def test_a_redirect_to_nowhere_is_refused(location: str) -> None:
    app = ScriptedServer(Reply(302, headers={"location": location}))

    async with serve(app) as address, client() as http:
        with pytest.raises(IncompatibleError, match="redirects to"):
            await http.send(get(f"{address}/orgs"))


async def test_redirects_in_a_circle_end() -> None:
    app = ScriptedServer(Reply(302, headers={"location": "/orgs"}))

    async with serve(app) as address, client() as http:
        with pytest.raises(IncompatibleError, match="more than 3 times"):
            await http.send(get(f"{address}/orgs"))

    assert len(app.seen) == 4


async def test_a_redirected_form_is_not_turned_into_a_get() -> None:
    app = ScriptedServer(Reply(302, headers={"location": "/elsewhere"}))

    async with serve(app) as address, client() as http:
        with pytest.raises(IncompatibleError, match="redirects a POST"):
            await http.send(Request.form(f"{address}/token", {"client_secret": CANARY}))

    assert len(app.seen) == 1


async def test_cookies_are_not_kept() -> None:
    app = ScriptedServer(Reply(headers={"set-cookie": "session=1"}))

    async with serve(app) as address, client() as http:
        await http.send(get(address))
        await http.send(get(address))

    assert "cookie" not in app.seen[1].headers


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    app = ScriptedServer()

    async with serve(app) as address, client() as http:
        answer = await http.send(get(address))

    assert answer.status == 200


async def test_a_gzipped_answer_is_unpacked() -> None:
    body = b'{"orgs":[]}' * 1000
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    app = ScriptedServer(Reply(body=gzip.compress(body), headers=headers))

    async with serve(app) as address, client() as http:
        answer = await http.send(get(address))

    assert answer.body == body


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (gzip.compress(bytes(20 * 2**20)), "gzip", "expands more than 100 times"),
        (gzip.compress(os.urandom(2**15) * 32 * 33, 1), "gzip", "more than 32 MB"),
        (b"no gzip at all", "gzip", "returned a damaged compressed response"),
        (gzip.compress(b"x" * 5000)[:-20], "gzip", "incomplete response"),
        (b"\x1b\x00", "br", "unexpected encoding"),
        (b"x", "gzip, gzip", "unexpected encoding"),
        (bytes(33 * 2**20), "", "more than 32 MB"),
    ],
    ids=["bomb", "much", "no gzip", "cut", "brotli", "twice", "plain"],
)
async def test_an_answer_that_cannot_be_unpacked_in_bounds_is_refused(
    body: bytes, encoding: str, said: str
) -> None:
    reply = Reply(body=body, headers={"content-encoding": encoding} if encoding else {})

    async with serve(ScriptedServer(reply)) as address, client() as http:
        with pytest.raises(IncompatibleError, match=said) as caught:
            await http.send(get(address))

    assert caught.value.advice


async def test_many_requests_at_once_wait_their_turn() -> None:
    app = ScriptedServer()

    async with serve(app) as address, client() as http, asyncio.TaskGroup() as group:
        for _ in range(30):
            group.create_task(http.send(get(address)))

    assert len(app.seen) == 30


async def test_closing_twice_is_fine(recwarn: pytest.WarningsRecorder) -> None:
    async with client() as http:
        await http.close()
        assert isinstance(http, HttpClient)

    assert not recwarn.list
