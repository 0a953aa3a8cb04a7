"""The throttle: what pours in, what leaks out, and how it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from integration_tui.sandbox.canvas.bucket import BucketRule, Buckets, LeakyBucket, Throttled
from integration_tui.sandbox.canvas.system import CLOUD, SELF_HOSTED, WITHOUT_SIS, CanvasKind
from integration_tui.sandbox.served_system import SECRET
from integration_tui.testing.clock import FakeClock
from tests.sandbox.canvas.fixtures import campus


def left(headers: object) -> float:
    return float(headers["x-rate-limit-remaining"])  # type: ignore[index]  # any mapping


async def test_every_answer_tells_its_cost_and_what_is_left() -> None:
    async with campus() as one:
        small = await one.ask("/users/self")
        large = await one.ask("/accounts/1/users?sort=id&per_page=100")

    assert 0 < float(small.headers["x-request-cost"]) < float(large.headers["x-request-cost"]) < 1
    assert left(small.headers) == pytest.approx(600 - float(small.headers["x-request-cost"]))
    assert left(large.headers) < left(small.headers)


@pytest.mark.parametrize(("kind", "status"), [(CLOUD, 429), (SELF_HOSTED, 403)])
async def test_a_full_bucket_refuses_in_text_without_a_cost(kind: CanvasKind, status: int) -> None:
    async with campus(kind) as one:
        one.system.buckets.of(SECRET).add(600)
        refused = await one.ask("/users/self")
        one.clock.advance(0.1)
        taken = await one.ask("/users/self")

    assert refused.status == status
    assert refused.body == f"{status} Forbidden (Rate Limit Exceeded)\n".encode()
    assert refused.headers["content-type"].startswith("text/plain")
    assert refused.headers["x-rate-limit-remaining"] == "0.0"
    assert "x-request-cost" not in refused.headers
    assert taken.status == 200
    assert one.system.buckets.refused == 1


async def test_what_is_left_may_read_less_than_nothing_and_ten_a_second_come_back() -> None:
    async with campus() as one:
        one.control("PUT", "settings", {"cost_factor": 60_000.0})  # 720 and more a request
        spent = await one.ask("/users/self")
        refused = await one.ask("/users/self")
        one.clock.advance(30)
        after = one.system.buckets.of(SECRET).remaining

    assert left(spent.headers) == pytest.approx(-120)
    assert refused.status == 429
    assert after == pytest.approx(180)


async def test_each_token_has_a_bucket_of_its_own() -> None:
    async with campus() as one:
        one.system.buckets.of(SECRET).add(800)
        answer = await one.ask("/users/self", token=WITHOUT_SIS)

    assert answer.status == 200


async def test_what_is_on_its_way_holds_fifty() -> None:
    async with campus() as one:
        bucket = one.system.buckets.of(SECRET)
        assert bucket.reserve()
        answer = await one.ask("/users/self")

    assert left(answer.headers) == pytest.approx(550, abs=1)


async def test_a_request_that_breaks_gives_back_what_it_held() -> None:
    buckets = Buckets(BucketRule(), FakeClock().monotonic)

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ConnectionAbortedError("as asked for")

    async def unused() -> Message:
        raise AssertionError("nothing is read")

    async def unsent(message: Message) -> None:
        raise AssertionError("nothing is sent")

    scope: Scope = {"type": "http", "path": "/api/v1/users/self", "headers": []}
    with pytest.raises(ConnectionAbortedError):
        await Throttled(broken, buckets, counts=bool)(scope, unused, unsent)

    assert buckets.of("").remaining == 600
    assert buckets.lowest == 550


async def test_files_and_tokens_are_not_counted() -> None:
    async with campus() as one:
        answer = await one.ask(f"{one.address}/login")

    assert "x-rate-limit-remaining" not in answer.headers


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 40), st.booleans()), max_size=40))
def test_a_bucket_stays_within_its_bounds(steps: list[tuple[float, float, bool]]) -> None:
    clock = FakeClock()
    bucket, held = LeakyBucket(BucketRule(), clock.monotonic), 0
    for seconds, cost, ends in steps:
        clock.advance(seconds)
        if ends and held:
            held -= 1
            bucket.settle(cost)
        elif bucket.reserve():
            held += 1
        assert -200 <= bucket.remaining <= 600
        assert bucket.lowest <= bucket.remaining + 1e-9
