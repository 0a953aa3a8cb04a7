"""A server that fails and fails is left alone, and found again when it is back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from integration_tui.domain.errors import ProviderError, RetryableError, ThrottledError
from integration_tui.providers.http.session import HttpSession
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import line
from tests.providers.http.fixtures import Here
from tests.providers.http.test_session_writes import KEY

DOWN = Reply(500)


@asynccontextmanager
async def failed(
    app: ScriptedServer, here: Here, *, times: int = 5, repeats: int = 0
) -> AsyncGenerator[tuple[HttpSession, str]]:
    """Give a line on which so many checks have failed, and the address."""
    async with serve(app) as address, line(address, KEY, here, repeats=repeats) as one:
        for _ in range(times):
            with pytest.raises(ProviderError):
                await one.ask(f"{address}/orgs")
        yield one, f"{address}/orgs"


async def test_after_five_failures_in_a_row_nothing_is_sent() -> None:
    app, here = ScriptedServer(DOWN), Here()

    async with failed(app, here, repeats=3) as (one, url):
        with pytest.raises(RetryableError, match="failed 5 times in a row") as caught:
            await one.read(url)
        with pytest.raises(RetryableError, match="failed 5 times in a row"):
            await one.write("PUT", url, {}, repeatable=True)

    assert len(app.seen) == 5
    assert here.clock.slept == []
    assert "requests paused for another 5 s" in caught.value.message
    assert "returned a server error (HTTP 500)" in caught.value.message
    assert caught.value.advice
    assert caught.value.retry_after_s == pytest.approx(5)
    assert caught.value.unprocessed


async def test_four_failures_are_not_enough() -> None:
    app = ScriptedServer(*[DOWN] * 4, Reply())

    async with failed(app, Here(), times=4) as (one, url):
        answer, _ = await one.read(url)

    assert answer.status == 200


async def test_an_answer_between_them_begins_the_count_anew() -> None:
    app = ScriptedServer(*[DOWN] * 4, Reply(404), *[DOWN] * 4, Reply())

    async with failed(app, Here(), times=9) as (one, url):
        answer, _ = await one.read(url)

    assert answer.status == 200


async def test_being_asked_for_patience_is_no_failure() -> None:
    app = ScriptedServer(*[Reply(429)] * 9, Reply())

    async with failed(app, Here(), times=9) as (one, url):
        answer, _ = await one.read(url)

    assert answer.status == 200


async def test_a_refused_connection_is_a_failure() -> None:
    async with serve(ScriptedServer()) as address:
        pass

    async with line(address, KEY, Here()) as one:
        for _ in range(5):
            with pytest.raises(RetryableError, match="refused the connection"):
                await one.read(address)
        with pytest.raises(RetryableError, match="failed 5 times"):
            await one.read(address)


async def test_a_check_is_sent_in_any_case_and_its_success_ends_it() -> None:
    app = ScriptedServer(*[DOWN] * 5, Reply())

    async with failed(app, Here()) as (one, url):
        await one.ask(url)
        answer, _ = await one.read(url)

    assert answer.status == 200
    assert len(app.seen) == 7


async def test_each_fruitless_try_doubles_the_rest_up_to_a_minute() -> None:
    app, here = ScriptedServer(DOWN), Here()
    rests: list[float] = []

    async with failed(app, here) as (one, url):
        for _ in range(6):
            with pytest.raises(RetryableError) as caught:
                await one.read(url)
            assert caught.value.retry_after_s is not None
            rests.append(round(caught.value.retry_after_s))
            here.clock.elapsed_s += caught.value.retry_after_s
            with pytest.raises(RetryableError, match="HTTP 500"):
                await one.read(url)

    assert rests == [5, 10, 20, 40, 60, 60]


async def test_checks_that_fail_meanwhile_do_not_prolong_the_rest() -> None:
    app, here = ScriptedServer(DOWN), Here()

    async with failed(app, here, times=9) as (one, url):
        with pytest.raises(RetryableError) as caught:
            await one.read(url)

    assert caught.value.retry_after_s == pytest.approx(5)


async def test_a_success_after_the_rest_ends_it() -> None:
    app, here = ScriptedServer(*[DOWN] * 5, Reply(), *[DOWN] * 4, Reply()), Here()

    async with failed(app, here) as (one, url):
        here.clock.elapsed_s += 5
        await one.read(url)
        for _ in range(4):
            with pytest.raises(RetryableError, match="HTTP 500"):
                await one.read(url)
        answer, _ = await one.read(url)

    assert answer.status == 200


async def test_a_read_that_is_being_repeated_waits_for_the_end_of_the_rest() -> None:
    app, here = ScriptedServer(*[DOWN] * 5, Reply()), Here()

    async with failed(app, here, times=4, repeats=1) as (one, url):
        answer, _ = await one.read(url)

    assert answer.status == 200
    assert sum(here.clock.slept) == pytest.approx(5)


async def test_a_rest_that_is_longer_than_a_read_may_take_ends_it() -> None:
    app, here = ScriptedServer(DOWN), Here()
    retry = {"max_wait_s": 4}

    async with serve(app) as address, line(address, KEY, here, repeats=9, retry=retry) as one:
        for _ in range(4):
            with pytest.raises(RetryableError):
                await one.ask(address)
        with pytest.raises(RetryableError, match="HTTP 500"):
            await one.read(address)

    assert len(app.seen) == 5
    assert here.clock.slept == []


class Held(ScriptedServer):
    """Answers only when it is let go."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__(*replies)
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, scope, receive, send):  # type: ignore[no-untyped-def]  # as ASGI
        self.asked.set()
        await self.go.wait()
        await super().__call__(scope, receive, send)


@pytest.mark.parametrize(("trial", "sent"), [(Reply(), 10), (DOWN, 6)], ids=["works", "fails"])
async def test_one_request_tries_and_the_others_wait_for_how_it_ends(
    trial: Reply, sent: int
) -> None:
    app, here = Held(*[DOWN] * 5, trial, Reply()), Here()
    ended: list[str] = []

    async def read(one: HttpSession, url: str) -> None:
        try:
            await one.read(url)
            ended.append("read")
        except RetryableError as error:
            ended.append("alone" if "requests paused" in error.message else "failed")

    async with failed(app, here) as (one, url):
        here.clock.elapsed_s += 5
        app.asked.clear()
        app.go.clear()
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(read(one, url))
            await app.asked.wait()
            app.go.set()

    assert len(app.seen) == sent
    assert ended == (["read"] * 5 if sent == 10 else ["failed", *["alone"] * 4])


async def test_a_cancelled_try_leaves_the_next_one_to_try() -> None:
    app, here = Held(*[DOWN] * 5, Reply()), Here()

    async with failed(app, here) as (one, url):
        here.clock.elapsed_s += 5
        app.asked.clear()
        app.go.clear()
        trying = asyncio.create_task(one.read(url))
        async with asyncio.timeout(30):
            await app.asked.wait()
            trying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await trying
            app.go.set()
            answer, _ = await one.read(url)

    assert answer.status == 200


async def test_a_throttled_try_neither_ends_nor_prolongs_the_rest() -> None:
    app, here = ScriptedServer(*[DOWN] * 5, Reply(429), Reply()), Here()

    async with failed(app, here) as (one, url):
        here.clock.elapsed_s += 5
        with pytest.raises(ThrottledError):
            await one.read(url)
        answer, _ = await one.read(url)

    assert answer.status == 200
