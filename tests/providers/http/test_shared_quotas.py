"""A quota that several connections use up together, and how many requests are under way at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from integration_tui.domain.config.policies import RateLimitPolicy
from integration_tui.domain.errors import SecretError, ThrottledError
from integration_tui.domain.secret import SecretRef, SecretScheme
from integration_tui.providers.http.models import Params
from integration_tui.providers.http.session import HttpSession, SessionOptions, SharedQuota
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import line
from tests.providers.http.fixtures import CANARY, Here, raw_server, read_request

KEY = {"type": "api_key", "key": "env:SIS_SECRET"}
PLENTY = RateLimitPolicy(requests=1000)
EMPTY = {"content-type": "application/json", "ratelimit": '"default";r=0;t=12'}


def sharing(*quotas: SharedQuota) -> SessionOptions:
    return SessionOptions(quotas=quotas)


def by_secret(name: str) -> SessionOptions:
    return sharing(
        SharedQuota(
            key="Canvas", policy=PLENTY, secret=SecretRef(scheme=SecretScheme.ENV, name=name)
        )
    )


async def test_a_pause_holds_all_connections_that_share_the_quota() -> None:
    app, here = ScriptedServer(Reply(headers=EMPTY), Reply()), Here()
    project = sharing(SharedQuota(key="project 12", policy=PLENTY))

    async with (
        serve(app) as address,
        line(address, KEY, here, project) as one,
        line(address, KEY, here, project) as other,
    ):
        await one.read(f"{address}/a")
        await other.read(f"{address}/b")

    assert here.clock.slept == [pytest.approx(12)]


async def test_a_pause_holds_nobody_with_another_quota() -> None:
    app, here = ScriptedServer(Reply(headers=EMPTY), Reply()), Here()

    async with (
        serve(app) as address,
        line(address, KEY, here, sharing(SharedQuota(key="a", policy=PLENTY))) as one,
        line(address, KEY, here, sharing(SharedQuota(key="b", policy=PLENTY))) as other,
    ):
        await one.read(f"{address}/a")
        await other.read(f"{address}/b")

    assert here.clock.slept == []


async def test_connections_keep_the_pace_of_their_quota_together() -> None:
    app, here = ScriptedServer(Reply()), Here()
    slow = sharing(SharedQuota(key="subject", policy=RateLimitPolicy(requests=1, period_s=5)))

    async with (
        serve(app) as address,
        line(address, KEY, here, slow) as one,
        line(address, KEY, here, slow) as other,
    ):
        for turn in (one, other, one):
            await turn.read(f"{address}/a")

    assert here.clock.elapsed_s == pytest.approx(10)


@pytest.mark.parametrize(("value", "waited_s"), [(CANARY, 12), ("another-token", 0)])
async def test_whose_secret_is_the_same_shares_wherever_it_is_kept(
    value: str, waited_s: float
) -> None:
    app, here = ScriptedServer(Reply(headers=EMPTY), Reply()), Here(OTHER=value)

    async with (
        serve(app) as address,
        line(address, KEY, here, by_secret("SIS_SECRET")) as one,
        line(address, KEY, here, by_secret("OTHER")) as other,
    ):
        await one.read(f"{address}/a")
        await other.read(f"{address}/b")

    assert sum(here.clock.slept) == pytest.approx(waited_s)


async def test_a_pause_of_others_that_is_too_long_is_told_at_once() -> None:
    long = {"content-type": "application/json", "ratelimit": '"default";r=0;t=600'}
    app, here = ScriptedServer(Reply(headers=long), Reply()), Here()
    project = sharing(SharedQuota(key="project 12", policy=PLENTY))

    async with (
        serve(app) as address,
        line(address, KEY, here, project) as one,
        line(address, KEY, here, project) as other,
    ):
        await one.read(f"{address}/a")
        with pytest.raises(ThrottledError, match="asked for a pause, 600 s of it are left"):
            await other.read(f"{address}/b")

    assert len(app.seen) == 1


async def test_a_secret_of_a_quota_that_is_missing_is_told_with_the_request() -> None:
    app, here = ScriptedServer(Reply()), Here()

    async with serve(app) as address, line(address, KEY, here, by_secret("GONE")) as one:
        with pytest.raises(SecretError, match="env:GONE is not set"):
            await one.read(f"{address}/a")
        here.secrets["GONE"] = "here-it-is"
        await one.read(f"{address}/a")

    assert len(app.seen) == 1


class Crowded:
    """Holds back its answers until it is opened; a probe is answered at once."""

    def __init__(self, *, at_once: int, left: str = "600.0") -> None:
        self._at_once = at_once
        self._left = left.encode()
        self._open = asyncio.Event()
        self._is_full = asyncio.Event()
        self._running = 0
        self.most = 0

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] != "/probe":
            await self._wait()
        headers = [
            (b"content-type", b"application/json"),
            (b"x-request-cost", b"0.1"),
            (b"x-rate-limit-remaining", self._left),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"[]"})

    async def _wait(self) -> None:
        self._running += 1
        self.most = max(self.most, self._running)
        if self._running >= self._at_once:
            self._is_full.set()
        await self._open.wait()
        self._running -= 1

    async def serves_all(self, one: HttpSession, probe: HttpSession, address: str) -> None:
        """Have many ask at once; others have had the time to ask before any is answered."""
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            for number in range(24):
                group.create_task(one.read(f"{address}/{number}"))
            await self._is_full.wait()
            for _ in range(3):
                await probe.read(f"{address}/probe")
            self._open.set()


@asynccontextmanager
async def lines(app: Crowded, at_once: int) -> AsyncGenerator[tuple[HttpSession, HttpSession, str]]:
    options, rate = SessionOptions(at_once=at_once), {"requests": 1000}
    async with (
        serve(app) as address,
        line(address, KEY, Here(), options, rate_limit=rate) as one,
        line(address, KEY, Here(), rate_limit=rate) as probe,
    ):
        yield one, probe, address


@pytest.mark.parametrize("at_once", [2, 8])
async def test_so_many_requests_are_under_way_at_once_and_not_more(at_once: int) -> None:
    app = Crowded(at_once=at_once)

    async with lines(app, at_once) as (one, probe, address):
        await app.serves_all(one, probe, address)

    assert app.most == at_once


async def test_where_little_is_left_one_request_is_under_way_at_a_time() -> None:
    app = Crowded(at_once=1, left="299.9")

    async with lines(app, 4) as (one, probe, address):
        await one.read(f"{address}/probe")
        await app.serves_all(one, probe, address)

    assert app.most == 1


async def test_several_values_of_a_parameter_are_sent_one_after_the_other() -> None:
    app = ScriptedServer()
    params: Params = {
        "courseStates": ("ACTIVE", "ARCHIVED"),
        "state[]": ["a&b"],
        "none": (),
        "size": 5,
    }

    async with serve(app) as address, line(address, KEY, Here()) as one:
        await one.read(f"{address}/courses", params)
        await one.read(f"{address}/courses?as_user_id=7", {"per_page": 10})

    assert app.seen[1].query == "as_user_id=7&per_page=10"
    assert app.seen[0].query == "courseStates=ACTIVE&courseStates=ARCHIVED&state%5B%5D=a%26b&size=5"


async def test_a_whole_address_is_asked_for_byte_by_byte() -> None:
    targets: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        targets.append((await read_request(reader)).split(b" ")[1])
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]")
        await writer.drain()

    target = (
        "/api/v1/accounts/1/users?as_user_id=7&include%5B%5D=email&state[]=a&state[]=b"
        "&page=bookmark:WyJ1c2VyOkzDs3BleiIsMTAwMDJd&q=a+b%20c%2fd%2F~'!*()&empty=&per_page=2"
    )
    async with raw_server(answer) as address, line(address, KEY, Here()) as one:
        await one.read(f"{address}{target}")

    assert targets == [target.encode()]
