"""Answers that are used again: how long, for whom, and what is never kept."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from integration_tui.domain.errors import IncompatibleError, ProviderError, RetryableError
from integration_tui.providers.http.line import Line
from tests.providers.http.here import Here, Reply, Scripted, served
from tests.providers.http.test_auth import line
from tests.providers.http.test_breaker import Held
from tests.providers.http.test_oauth2 import CLIENT, granted
from tests.providers.http.test_write import KEY

FIRST, SECOND = b'{"n":1}', b'{"n":2}'


def reply(body: bytes, status: int = 200, **headers: str) -> Reply:
    return told(body, {name.replace("_", "-"): value for name, value in headers.items()}, status)


def told(body: bytes, headers: Mapping[str, str], status: int = 200) -> Reply:
    return Reply(status, body, {"content-type": "application/json", **headers})


@asynccontextmanager
async def caching(
    app: Scripted, here: Here | None = None, *, ttl_s: int = 60
) -> AsyncGenerator[tuple[Line, str]]:
    cache = {"enabled": True, "ttl_s": ttl_s}
    async with served(app) as address, line(address, KEY, here or Here(), cache=cache) as one:
        yield one, f"{address}/orgs"


async def bodies(one: Line, url: str, *, times: int = 2) -> list[bytes]:
    return [(await one.read(url))[0].body for _ in range(times)]


async def test_without_being_enabled_nothing_is_kept() -> None:
    app = Scripted(reply(FIRST, cache_control="max-age=60"), reply(SECOND))

    async with served(app) as address, line(address, KEY, Here()) as one:
        assert await bodies(one, address) == [FIRST, SECOND]


async def test_a_fresh_answer_is_not_asked_for_again() -> None:
    app, here = Scripted(reply(FIRST), reply(SECOND)), Here()

    async with caching(app, here, ttl_s=60) as (one, url):
        assert await bodies(one, url) == [FIRST, FIRST]
        here.passed_s = 59
        assert await bodies(one, url) == [FIRST, FIRST]
        here.passed_s = 61
        assert await bodies(one, url) == [SECOND, SECOND]

    assert len(app.seen) == 2


@pytest.mark.parametrize(
    ("told", "age", "fresh_s"),
    [
        ("max-age=10", "", 10),
        ("max-age=10, private", "", 10),
        ('MAX-AGE="10"', "", 10),
        ("max-age=10", "4", 6),
        ("max-age=9999", "", 60),
        ("public", "", 60),
        ("", "", 60),
    ],
)
async def test_the_server_may_say_less_than_the_config_but_not_more(
    told: str, age: str, fresh_s: float
) -> None:
    app, here = Scripted(reply(FIRST, cache_control=told, age=age), reply(SECOND)), Here()

    async with caching(app, here, ttl_s=60) as (one, url):
        await one.read(url)
        here.passed_s = fresh_s - 0.1
        assert await bodies(one, url, times=1) == [FIRST]
        here.passed_s = fresh_s + 0.1
        assert await bodies(one, url, times=1) == [SECOND]


@pytest.mark.parametrize(
    "headers",
    [
        {"cache-control": "no-store"},
        {"cache-control": "private, no-store, max-age=60"},
        {"cache-control": "no-cache"},
        {"cache-control": "private, no-cache"},
        {"cache-control": "max-age=0"},
        {"cache-control": "max-age=junk"},
        {"cache-control": "max-age=-5"},
        {"cache-control": "max-age=10", "age": "10"},
        {"vary": "*"},
    ],
    ids=str,
)
async def test_what_the_server_wants_asked_each_time_is_asked_each_time(
    headers: dict[str, str],
) -> None:
    app = Scripted(told(FIRST, headers), reply(SECOND))

    async with caching(app) as (one, url):
        assert await bodies(one, url) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("validator", "value", "condition"),
    [
        ("etag", 'W/"abc"', "if-none-match"),
        ("last-modified", "Mon, 02 Nov 2026 08:00:00 GMT", "if-modified-since"),
    ],
)
async def test_an_old_answer_is_confirmed_by_its_validator(
    validator: str, value: str, condition: str
) -> None:
    app, here = Scripted(told(FIRST, {validator: value}), reply(b"", 304)), Here()

    async with caching(app, here, ttl_s=60) as (one, url):
        await one.read(url)
        here.passed_s = 61
        confirmed, _ = await one.read(url)
        here.passed_s = 119
        again, _ = await one.read(url)

    assert (confirmed.status, confirmed.body, again.body) == (200, FIRST, FIRST)
    assert confirmed.media_type == "application/json"
    assert [seen.headers.get(condition) for seen in app.seen] == [None, value]


async def test_a_changed_answer_takes_the_place_of_the_old_one() -> None:
    app, here = Scripted(reply(FIRST, etag='"1"'), reply(SECOND, etag='"2"')), Here()

    async with caching(app, here) as (one, url):
        await one.read(url)
        here.passed_s = 61
        assert await bodies(one, url) == [SECOND, SECOND]

    assert len(app.seen) == 2


async def test_what_is_never_fresh_is_still_confirmed() -> None:
    headers = {"etag": '"1"', "cache-control": "private, no-cache"}
    app = Scripted(told(FIRST, headers), reply(b"", 304))

    async with caching(app) as (one, url):
        assert await bodies(one, url, times=3) == [FIRST] * 3

    assert len(app.seen) == 3


async def test_a_304_that_nobody_asked_for_is_an_error() -> None:
    async with caching(Scripted(reply(b"", 304))) as (one, url):
        with pytest.raises(IncompatibleError, match="HTTP 304"):
            await one.read(url)


@pytest.mark.parametrize("status", [201, 203, 204, 404, 500])
async def test_only_a_200_is_kept(status: int) -> None:
    app = Scripted(reply(FIRST, status, cache_control="max-age=60"), reply(SECOND))

    async with caching(app) as (one, url):
        with suppress(ProviderError):
            await one.read(url)
        assert await bodies(one, url, times=1) == [SECOND]


async def test_other_parameters_are_another_answer() -> None:
    app = Scripted(reply(FIRST), reply(SECOND))

    async with caching(app) as (one, url):
        first, _ = await one.read(url, {"offset": 0})
        second, _ = await one.read(url, {"offset": 10})

    assert (first.body, second.body) == (FIRST, SECOND)


async def test_a_check_never_uses_what_is_kept() -> None:
    app = Scripted(reply(FIRST), reply(SECOND))

    async with caching(app) as (one, url):
        await one.read(url)
        answer, _ = await one.ask(url)

    assert answer.body == SECOND


async def test_a_write_empties_it_even_where_it_fails() -> None:
    app = Scripted(reply(FIRST), reply(b"{}", 500), reply(SECOND))

    async with caching(app) as (one, url):
        await one.read(url)
        with pytest.raises(RetryableError):
            await one.write("POST", url, {}, repeatable=False)
        assert await bodies(one, url, times=1) == [SECOND]


async def test_an_answer_from_before_a_write_is_not_kept_after_it() -> None:
    app = Held(reply(FIRST), reply(SECOND))

    async with caching(app) as (one, url):
        app.go.clear()
        reading = asyncio.create_task(one.read(url))
        async with asyncio.timeout(5):
            await app.asked.wait()
            await one.reauthenticate()
            app.go.set()
            await reading
        assert await bodies(one, url, times=1) == [SECOND]


async def test_another_proof_empties_it() -> None:
    app, here = Scripted(reply(FIRST), Reply(401), reply(SECOND), reply(b'{"n":3}')), Here()

    async with caching(app, here) as (one, url):
        await one.read(url)
        here.secrets["SIS_SECRET"] = "of somebody else"
        await one.read(f"{url}/2")
        assert await bodies(one, url, times=1) == [b'{"n":3}']


async def test_a_token_that_allows_something_else_empties_it() -> None:
    endpoint = Scripted(granted(expires_in=100, scope="a"), granted(expires_in=100, scope="b"))
    app, here = Scripted(reply(FIRST), reply(SECOND), reply(b'{"n":3}')), Here()
    cache = {"enabled": True, "ttl_s": 3600}

    async with (
        served(endpoint) as token_url,
        served(app) as address,
        line(address, {**CLIENT, "token_url": token_url}, here, cache=cache) as one,
    ):
        assert await bodies(one, f"{address}/1") == [FIRST, FIRST]
        here.passed_s = 95
        await one.read(f"{address}/2")
        assert await bodies(one, f"{address}/1", times=1) == [b'{"n":3}']


async def test_so_many_are_kept_and_the_least_used_go_first() -> None:
    app = Scripted()

    async with caching(app) as (one, url):
        for number in range(256):
            await one.read(url, {"n": number})
        await one.read(url, {"n": 0})
        await one.read(url, {"n": 256})
        before = len(app.seen)
        await one.read(url, {"n": 0})
        kept = len(app.seen) == before
        await one.read(url, {"n": 1})

    assert kept
    assert len(app.seen) == before + 1


async def test_so_many_bytes_are_kept_and_no_large_body() -> None:
    body = json.dumps("x" * 2**20).encode()
    app = Scripted(reply(body))

    async with caching(app) as (one, url):
        await bodies(one, url)
    large = len(app.seen)
    app = Scripted(reply(body[: 2**20]))
    async with caching(app) as (one, url):
        for number in range(17):
            await one.read(url, {"n": number})
        await one.read(url, {"n": 16})
        before = len(app.seen)
        await one.read(url, {"n": 0})

    assert large == 2
    assert before == 17
    assert len(app.seen) == 18


async def test_an_answer_that_is_replaced_again_and_again_pushes_no_other_out() -> None:
    large = json.dumps("x" * (2**20 - 2)).encode()
    app = Scripted(reply(FIRST), reply(large, etag='"1"', cache_control="no-cache"))

    async with caching(app) as (one, url):
        await one.read(f"{url}/small")
        await bodies(one, f"{url}/large", times=20)
        assert await bodies(one, f"{url}/small", times=1) == [FIRST]


async def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async with caching(Scripted(reply(FIRST))) as (one, url):
        await bodies(one, url)

    assert list(tmp_path.rglob("*")) == []
