"""The sandbox's server: on this machine only, in this loop, and gone when its block ends."""

import asyncio
import socket

import pytest

from integration_tui.domain.errors import RetryableError, UsageError
from integration_tui.providers.http.models import Request
from integration_tui.sandbox.server import serve
from integration_tui.testing.http_server import Reply, ScriptedServer
from tests.providers.http.fixtures import client


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "example.org"])  # noqa: S104 - refused
async def test_it_serves_this_machine_only(host: str) -> None:
    with pytest.raises(UsageError, match="is not this machine"):
        async with serve(ScriptedServer(), host=host):
            pass


async def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(UsageError, match=f"port {port} .* cannot be used") as caught:
            async with serve(ScriptedServer(), port=port):
                pass

    assert caught.value.advice


async def test_it_stops_when_the_block_ends_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()

    async with client(timeout_s=1) as http:
        async with serve(ScriptedServer()) as address:
            await http.send(Request.get(address))
        with pytest.raises(RetryableError, match="refused the connection"):
            await http.send(Request.get(address))

    assert asyncio.all_tasks() == before


async def test_it_stops_in_the_middle_of_an_answer() -> None:
    arrived = asyncio.Event()

    async def stuck(scope: object, receive: object, send: object) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with client(timeout_s=60) as http, asyncio.timeout(30):
        async with serve(stuck) as address:
            asking = asyncio.ensure_future(http.send(Request.get(address)))
            await arrived.wait()
        answer = await asking

    assert answer.status == 500


async def test_an_error_inside_the_block_comes_out_as_it_is() -> None:
    with pytest.raises(ValueError, match="as it is"):
        async with serve(ScriptedServer(Reply())):
            raise ValueError("as it is")


async def test_two_sandboxes_live_side_by_side() -> None:
    async with (
        serve(ScriptedServer(Reply(201))) as one,
        serve(ScriptedServer(Reply(202))) as other,
        client() as http,
    ):
        statuses = [(await http.send(Request.get(url))).status for url in (one, other)]

    assert statuses == [201, 202]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_it_serves_ipv6() -> None:
    async with serve(ScriptedServer(), host="::1") as address, client() as http:
        answer = await http.send(Request.get(address))

    assert address.startswith("http://[::1]:")
    assert answer.status == 200
