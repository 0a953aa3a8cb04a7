"""How often, how soon and how long we ask: repeats and pace."""

import asyncio
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.config.policies import RateLimitPolicy, RetryPolicy
from integration_tui.domain.errors import (
    CredentialsError,
    IncompatibleError,
    RetryableError,
    ThrottledError,
)
from integration_tui.domain.rate_limits import RateLimitHint
from integration_tui.providers.http.rate_limiter import RateLimiter
from integration_tui.providers.http.retry import with_retries
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import line
from tests.providers.http.fixtures import NOW, Here

KEY = {"type": "api_key", "key": "env:SIS_SECRET"}


class Failing:
    """Fails so many times, then answers."""

    def __init__(self, times: int, error: Exception | None = None) -> None:
        self.left = times
        self.asked = 0
        self._error = error or RetryableError("no", advice="wait")

    async def __call__(self) -> str:
        self.asked += 1
        if self.left:
            self.left -= 1
            raise self._error
        return "answer"


async def test_what_may_pass_is_repeated_with_growing_delay() -> None:
    here, failing = Here(), Failing(3)

    answer = await with_retries(failing, RetryPolicy(), here.context(max_retries=3))

    assert answer == "answer"
    assert here.clock.slept == [0.25, 0.5, 1.0]  # half of 0.5, 1 and 2 s, by chance


async def test_it_is_repeated_so_often_and_not_more() -> None:
    here, failing = Here(), Failing(99)

    with pytest.raises(RetryableError):
        await with_retries(failing, RetryPolicy(), here.context(max_retries=2))

    assert failing.asked == 3


async def test_the_configs_number_of_repeats_comes_before_the_settings() -> None:
    failing = Failing(99)

    with pytest.raises(RetryableError):
        await with_retries(failing, RetryPolicy(attempts=0), Here().context(max_retries=5))

    assert failing.asked == 1


@pytest.mark.parametrize(
    "error", [CredentialsError("no"), IncompatibleError("no"), ValueError("a bug")]
)
async def test_what_will_not_pass_is_not_repeated(error: Exception) -> None:
    failing = Failing(1, error)

    with pytest.raises(type(error)):
        await with_retries(failing, RetryPolicy(), Here().context(max_retries=5))

    assert failing.asked == 1


async def test_the_server_is_never_asked_sooner_than_it_said() -> None:
    here, failing = Here(), Failing(1, ThrottledError("slow down", retry_after_s=30))

    await with_retries(failing, RetryPolicy(), here.context(max_retries=1))

    assert here.clock.slept[0] >= 30


async def test_a_wait_that_is_longer_than_allowed_in_all_is_not_begun() -> None:
    here, failing = Here(), Failing(1, ThrottledError("slow down", retry_after_s=61))

    with pytest.raises(ThrottledError):
        await with_retries(failing, RetryPolicy(max_wait_s=60), here.context(max_retries=5))

    assert here.clock.slept == []


@given(st.integers(1, 20), st.floats(0.1, 60), st.integers(1, 60))
async def test_no_period_sees_more_than_a_burst_and_its_share(
    requests: int, period_s: float, turns: int
) -> None:
    here = Here()
    policy = RateLimitPolicy(requests=requests, period_s=period_s)
    throttle = RateLimiter(
        policy, host="sis.example.org", monotonic=here.clock.monotonic, sleep=here.context().sleep
    )

    moments: list[float] = []
    for _ in range(turns):
        await throttle.acquire()
        moments.append(here.clock.elapsed_s)

    for number, begin in enumerate(moments):
        inside = [moment for moment in moments[number:] if moment < begin + period_s * 0.999]
        assert len(inside) <= 2 * requests
    assert moments[-1] >= (turns - requests) * period_s / requests * 0.999


async def test_a_first_burst_does_not_wait() -> None:
    here = Here()
    policy = RateLimitPolicy(requests=10, period_s=1)
    throttle = RateLimiter(
        policy, host="sis.example.org", monotonic=here.clock.monotonic, sleep=here.context().sleep
    )

    for _ in range(10):
        await throttle.acquire()

    assert here.clock.slept == []
    await throttle.acquire()
    assert here.clock.slept == [pytest.approx(0.1)]


def throttle(here: Here, *, requests: int = 10, period_s: float = 1) -> RateLimiter:
    policy = RateLimitPolicy(requests=requests, period_s=period_s)
    return RateLimiter(
        policy, host="sis.example.org", monotonic=here.clock.monotonic, sleep=here.context().sleep
    )


async def test_a_pause_holds_everybody_and_ends_without_a_burst() -> None:
    here = Here()
    one = throttle(here)

    one.adapt(RateLimitHint(pause_s=20))
    moments = []
    for _ in range(4):
        await one.acquire()
        moments.append(here.clock.elapsed_s)

    assert moments == [pytest.approx(20 + number / 10) for number in range(4)]


async def test_a_pause_reaches_those_who_wait_already() -> None:
    here = Here()
    context = here.context()
    learnt = RateLimitHint(pause_s=20)

    async def sleep(seconds: float) -> None:
        await context.sleep(seconds)
        if len(here.clock.slept) == 1:
            one.adapt(learnt)

    policy = RateLimitPolicy(requests=1, period_s=1)
    one = RateLimiter(policy, host="sis", monotonic=here.clock.monotonic, sleep=sleep)
    await one.acquire()
    await one.acquire()

    assert here.clock.slept == [pytest.approx(1), pytest.approx(20)]


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    here = Here()
    one = throttle(here)

    one.adapt(RateLimitHint(pause_s=20))
    one.adapt(RateLimitHint(pause_s=1))
    await one.acquire()

    assert here.clock.elapsed_s == pytest.approx(20)


async def test_a_pause_that_is_too_long_for_whoever_asks_is_told_at_once() -> None:
    here = Here()
    one = throttle(here)
    one.adapt(RateLimitHint(pause_s=600))

    with pytest.raises(ThrottledError) as caught:
        await one.acquire(patience_s=60)

    assert caught.value.message == "sis.example.org asked for a pause, 600 s of it are left"
    assert caught.value.advice
    assert caught.value.retry_after_s == 600
    assert caught.value.unprocessed
    assert here.clock.slept == []


async def test_little_that_is_left_is_spread_until_the_reset_and_no_longer() -> None:
    here = Here()
    one = throttle(here)

    one.adapt(RateLimitHint(step_s=2, slow_s=5))
    moments = []
    for _ in range(6):
        await one.acquire()
        moments.append(here.clock.elapsed_s)

    assert moments == [pytest.approx(at) for at in (0, 2, 4, 5, 5.1, 5.2)]


async def test_plenty_ends_the_spreading() -> None:
    here = Here()
    one = throttle(here)

    one.adapt(RateLimitHint(step_s=2, slow_s=50))
    await one.acquire()
    one.adapt(RateLimitHint())
    await one.acquire()
    before = here.clock.elapsed_s
    await one.acquire()

    assert here.clock.elapsed_s - before == pytest.approx(0.1)


async def test_a_server_is_never_asked_faster_than_the_config_allows() -> None:
    here = Here()
    one = throttle(here, requests=1, period_s=10)

    one.adapt(RateLimitHint(step_s=2, slow_s=50))
    await one.acquire()
    await one.acquire()

    assert here.clock.elapsed_s == pytest.approx(10)


@given(
    st.lists(
        st.builds(
            RateLimitHint,
            pause_s=st.floats(0, 900),
            step_s=st.floats(0, 30),
            slow_s=st.floats(0, 900),
        ),
        max_size=8,
    )
)
async def test_whatever_is_learnt_no_turn_takes_more_than_a_quarter_of_an_hour(
    paces: list[RateLimitHint],
) -> None:
    here = Here()
    one = throttle(here)

    for pace in paces:
        one.adapt(pace)
        before = here.clock.elapsed_s
        await one.acquire()
        assert here.clock.elapsed_s - before <= 15 * 60 + 30


async def test_a_wait_is_ended_at_once_by_cancelling_it() -> None:
    started = asyncio.Event()

    async def sleep(seconds: float) -> None:
        started.set()
        await asyncio.sleep(seconds)

    policy = RateLimitPolicy()
    one = RateLimiter(policy, host="sis", monotonic=time.monotonic, sleep=sleep)
    one.adapt(RateLimitHint(pause_s=600))

    waiting = asyncio.create_task(one.acquire())
    async with asyncio.timeout(30):
        await started.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


PAGE = b"<html><body>Too many requests, please try again later.</body></html>"


def html(retry_after: str, status: int = 429) -> Reply:
    headers = {"content-type": "text/html; charset=utf-8", "retry-after": retry_after}
    return Reply(status, PAGE, headers)


@pytest.mark.parametrize(
    ("text", "waited_s"),
    [
        ("20", 20.0),
        (format_datetime(NOW + timedelta(seconds=20), usegmt=True), 20.0),
        ("-5", 0.25),
        ("junk", 0.25),
    ],
    ids=["seconds", "date", "negative", "junk"],
)
async def test_a_read_waits_as_long_as_a_refusal_in_html_says(text: str, waited_s: float) -> None:
    app = ScriptedServer(html(text), Reply())
    here = Here()

    async with serve(app) as address, line(address, KEY, here, repeats=1) as one:
        answer, _ = await one.read(f"{address}/orgs")

    assert answer.status == 200
    assert waited_s <= sum(here.clock.slept) <= waited_s + 0.5


async def test_a_refusal_for_years_is_told_and_stops_the_whole_line_for_15_minutes() -> None:
    app = ScriptedServer(html("1000000000"), Reply())
    here = Here()

    async with serve(app) as address, line(address, KEY, here, repeats=3) as one:
        with pytest.raises(ThrottledError, match="is rate limiting requests") as first:
            await one.read(f"{address}/orgs")
        with pytest.raises(ThrottledError, match="900 s of it are left"):
            await one.ask(f"{address}/users")
        here.clock.elapsed_s += 900
        answer, _ = await one.ask(f"{address}/users")

    assert first.value.retry_after_s == 900
    assert "Too many requests" not in first.value.message
    assert answer.status == 200
    assert len(app.seen) == 2


async def test_a_check_waits_for_a_short_pause() -> None:
    app = ScriptedServer(html("3", 503), Reply())
    here = Here()

    async with serve(app) as address, line(address, KEY, here) as one:
        with pytest.raises(RetryableError):
            await one.ask(f"{address}/orgs")
        await one.ask(f"{address}/orgs")

    assert here.clock.slept == [pytest.approx(3)]


async def test_an_empty_quota_is_waited_for_before_it_is_refused() -> None:
    empty = {"content-type": "application/json", "ratelimit": '"default";r=0;t=12'}
    app = ScriptedServer(Reply(headers=empty), Reply())
    here = Here()

    async with serve(app) as address, line(address, KEY, here) as one:
        await one.read(f"{address}/orgs")
        await one.read(f"{address}/orgs")

    assert here.clock.slept == [pytest.approx(12)]
