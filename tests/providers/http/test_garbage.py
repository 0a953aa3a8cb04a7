"""Whatever a server, a network or this machine does ends in an error of its kind: never a bug."""

import asyncio
import gzip
import os
import random
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest

from integration_tui.domain.errors import IncompatibleError, ProviderError, RetryableError
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.models import Request
from integration_tui.providers.http.session import HttpSession
from integration_tui.providers.http.ssrf_guard import AddressGuard
from integration_tui.providers.http.transport import HttpClient
from tests.providers.http.fixtures import Here, Talk, client, raw_server
from tests.providers.http.test_tls import Authority, ask

AUTHORITY = Authority.new()
NAME = b"Anna Muster"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PACKED = gzip.compress(b'{"name":"Anna Muster"}')


def body(content: bytes, *headers: bytes) -> bytes:
    lines = b"".join(line + b"\r\n" for line in headers)
    return HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(content) + content


def redirect(location: bytes) -> bytes:
    return b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"


GARBAGE = {
    "nothing": b"",
    "a name": NAME + b"\r\n\r\n",
    "zeros": bytes(1000),
    "no status": b"HTTP/1.1\r\n\r\n",
    "status as a word": b"HTTP/1.1 Anna OK\r\n\r\n",
    "status 99": b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
    "status 999": b"HTTP/1.1 999 High\r\nContent-Length: 0\r\n\r\n",
    "status 101": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "only 100s": b"HTTP/1.1 100 Continue\r\n\r\n" * 200,
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http 0.9": b"<html>Anna</html>",
    "header without colon": HEAD + NAME + b"\r\n\r\n{}",
    "header with a null": HEAD + b"X: a\0b\r\n\r\n{}",
    "header name with blanks": HEAD + b"X Y : b\r\n\r\n{}",
    "huge headers": HEAD + b"X: " + b"a" * 500_000 + b"\r\n\r\n{}",
    "many headers": HEAD + b"X: a\r\n" * 50_000 + b"\r\n{}",
    "length as a word": HEAD + b"Content-Length: Anna\r\n\r\n{}",
    "length below 0": HEAD + b"Content-Length: -5\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length too long": HEAD + b"Content-Length: 500\r\n\r\n{}",
    "length too short": HEAD + b"Content-Length: 5\r\n\r\n" + b'{"name":"Anna"}',
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
    "unknown transfer": HEAD + b"Transfer-Encoding: gzip\r\n\r\n{}",
    "bad chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nAnna\r\n{}\r\n0\r\n\r\n",
    "huge chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}",
    "chunk below 0": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
    "chunks cut off": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
    "trailer garbage": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{]\r\n0\r\nAnna\r\n\r\n",
    "no gzip": body(b'{"name":"Anna"}', b"Content-Encoding: gzip"),
    "gzip cut off": body(PACKED[:-9], b"Content-Encoding: gzip"),
    "gzip damaged": body(PACKED[:12] + b"\xff" + PACKED[13:], b"Content-Encoding: gzip"),
    "gzip twice told": body(PACKED, b"Content-Encoding: gzip, gzip"),
    "encoding of nothing": body(b"{]", b"Content-Encoding: , ;"),
    "charset of nothing": body(b"{]", b"Content-Type: application/json; charset=Anna"),
    "charset with a null": body(b"\xff", b"Content-Type: application/json; charset=utf\xff"),
    "utf-16": body('{"name":"Anna"}'.encode("utf-16"))[:-3],
    "utf-7 charset": body(b"+ADw-", b"Content-Type: application/json; charset=utf-7"),
    "codec that is none": body(b"{]", b"Content-Type: application/json; charset=rot13"),
    "codec of bytes": body(b"{]", b"Content-Type: application/json; charset=zlib"),
    "redirect to nothing": redirect(b""),
    "redirect to brackets": redirect(b"http://[Anna"),
    "redirect to a port": redirect(b"http://127.0.0.1:99999/Anna"),
    "redirect to a word port": redirect(b"//127.0.0.1:Anna/"),
    "redirect to a control character": redirect(b"/a\x7fb"),
    "redirect to bytes": redirect(b"/\xff\xfe"),
    "redirect to a long path": redirect(b"/" + b"a" * 80_000),
    "redirect to javascript": redirect(b"javascript:alert(1)"),
    "redirect with a password": redirect(b"https://Anna:pass@evil.example/"),
    "retry after a name": b"HTTP/1.1 503 X\r\nRetry-After: Anna\r\nContent-Length: 0\r\n\r\n",
    "date of nothing": b"HTTP/1.1 429 X\r\nRetry-After: Mon, 99\r\nContent-Length: 0\r\n\r\n",
    "deep json": body(b"[" * 100_000),
    "deep refusal": b"HTTP/1.1 400 X\r\nContent-Length: 90000\r\n\r\n" + b"[" * 90_000,
    "refusal in bytes": b"HTTP/1.1 400 X\r\nContent-Length: 8\r\n\r\n\xff\xfe\x00\x01Anna",
    "tls to http": b"\x15\x03\x01\x00\x02\x02\x46",
}  # fmt: skip


def sending(content: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(content)
        await writer.drain()

    return talk


def config(address: str) -> HttpConfig:
    auth = {"type": "jwt", "token": "env:SIS_SECRET"}
    return HttpConfig.model_validate(
        {"name": "a", "type": "any", "base_url": address, "auth": auth}
    )


async def how_it_ends(address: str, timeout_s: float = 1.0) -> ProviderError:
    """Return how a read ends; whatever is no `ProviderError` is raised."""
    line = HttpSession(config(address), Here().context(timeout_s=timeout_s))
    line.open()
    try:
        answer, request = await line.read(f"{address}/orgs")
        read_json(answer, request, dict[str, list[int]])
    except ProviderError as error:
        return error
    finally:
        await line.close()
    raise AssertionError("garbage was read")


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_ends_in_an_error_of_its_kind_that_repeats_none_of_it(
    garbage: bytes,
) -> None:
    async with raw_server(sending(garbage)) as address:
        error = await how_it_ends(address)

    assert error.advice
    shown = f"{error}{error!r}{error.__cause__!r}"
    assert "Anna" not in shown
    assert "pass" not in error.message


@pytest.mark.parametrize("seed", range(40))
async def test_random_bytes_end_in_an_error_of_their_kind(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same bytes each time
    whole = bytearray(body(PACKED, b"Content-Encoding: gzip", b"X-Total-Count: 7"))
    for _ in range(chance.randint(1, 8)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)

    async with raw_server(sending(bytes(whole[: chance.randint(1, len(whole))]))) as address:
        try:
            error = await how_it_ends(address)
        except AssertionError:
            return  # the damage hit what nobody reads

    assert error.advice


def _spoiling(listening: socket.socket, context: ssl.SSLContext, record: bytes) -> None:
    """Secure one connection, send a part of an answer in it, and then a record that is none."""
    plain, _ = listening.accept()
    with plain, context.wrap_socket(plain, server_side=True) as secured:
        secured.recv(65536)
        secured.sendall(HEAD + b"Content-Length: 100000\r\n\r\n" + b"x" * 40_000)
        with socket.socket(fileno=os.dup(secured.fileno())) as raw:
            raw.sendall(record)
            raw.recv(65536)


@pytest.mark.parametrize(
    "record", [b"\x17\x03\x03\x00\x20" + bytes(32), b"\xff" * 500, b"HTTP/1.1 502 Bad\r\n\r\n"]
)
async def test_a_bad_record_in_mid_stream_may_pass(record: bytes, tmp_path: Path) -> None:
    context = AUTHORITY.server(tmp_path, "localhost")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=_spoiling, args=(listening, context, record))
        serving.start()
        port = listening.getsockname()[1]
        with pytest.raises(RetryableError, match="was interrupted") as caught:
            await ask(f"https://localhost:{port}/orgs", AUTHORITY.trusted())
        await asyncio.to_thread(serving.join)

    assert caught.value.advice


@pytest.mark.parametrize("kept", [1, 100, 900, 1500])
async def test_a_connection_that_is_cut_off_while_it_is_secured_is_told(
    kept: int, tmp_path: Path
) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((b"\x16\x03\x03\x40\x00" + bytes(2000))[:kept])

    async with raw_server(talk) as address:
        with pytest.raises(ProviderError, match=r"secure") as caught:
            await ask(address.replace("http", "https"), AUTHORITY.trusted())

    assert "base_url" in caught.value.advice or "TLS" in caught.value.advice


@pytest.mark.parametrize(
    "greeting", [b"220 mail.example.org ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 9]
)
async def test_a_port_that_does_not_speak_tls_is_told(greeting: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(greeting)

    async with raw_server(talk) as address:
        with pytest.raises(IncompatibleError, match="no TLS on port") as caught:
            await ask(address.replace("http", "https"), AUTHORITY.trusted())

    assert "port" in caught.value.advice


async def test_plain_http_to_a_port_of_tls_is_told() -> None:
    async with raw_server(sending(b"\x15\x03\x01\x00\x02\x02\x46")) as address:
        error = await how_it_ends(address)

    assert error.message.endswith("did not answer in HTTP, possibly in TLS")
    assert error.advice == "use https:// in base_url, or check the port"


async def test_a_machine_without_threads_left_is_told_as_that() -> None:
    class Exhausted(ThreadPoolExecutor):
        def submit(self, *_: object, **__: object) -> NoReturn:
            raise RuntimeError("can't start new thread")

    asyncio.get_running_loop().set_default_executor(Exhausted(1))

    async with client() as http:
        with pytest.raises(
            RetryableError, match="out of threads or memory on this machine"
        ) as caught:
            await http.send(Request.get("https://sis.example.org/orgs"))

    assert caught.value.unprocessed
    assert "ulimit" in caught.value.advice


async def test_an_address_without_a_route_is_told() -> None:
    addresses = AddressGuard(monotonic=lambda: 0.0, allow_private=True)
    http = HttpClient(addresses, timeout_s=0.5, tls=AUTHORITY.trusted)
    try:
        with pytest.raises(RetryableError) as caught:
            await http.send(Request.get("https://[2001:db8::1]:9/orgs"))
    finally:
        await http.close()

    assert caught.value.advice


async def test_a_port_of_something_else_is_not_called_plain_http() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        await reader.read(100)

    async with raw_server(talk) as address:
        with pytest.raises(IncompatibleError) as caught:
            await ask(address.replace("http", "https"), AUTHORITY.trusted())

    assert caught.value.message.endswith("the server speaks another protocol")
    assert caught.value.advice == "check the port in base_url"
