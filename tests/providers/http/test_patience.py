"""How often, how soon and how long we ask: repeats and pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.errors import (
    CredentialsError,
    IncompatibleError,
    RetryableError,
    ThrottledError,
)
from integration_tui.domain.policies import RateLimitPolicy, RetryPolicy
from integration_tui.providers.http.retry import repeated
from integration_tui.providers.http.throttle import Throttle
from tests.providers.http.here import Here


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

    answer = await repeated(failing, RetryPolicy(), here.context(max_retries=3))

    assert answer == "answer"
    assert here.slept == [0.25, 0.5, 1.0]  # half of 0.5, 1 and 2 s, by chance


async def test_it_is_repeated_so_often_and_not_more() -> None:
    here, failing = Here(), Failing(99)

    with pytest.raises(RetryableError):
        await repeated(failing, RetryPolicy(), here.context(max_retries=2))

    assert failing.asked == 3


async def test_the_configs_number_of_repeats_comes_before_the_settings() -> None:
    failing = Failing(99)

    with pytest.raises(RetryableError):
        await repeated(failing, RetryPolicy(attempts=0), Here().context(max_retries=5))

    assert failing.asked == 1


@pytest.mark.parametrize(
    "error", [CredentialsError("no"), IncompatibleError("no"), ValueError("a bug")]
)
async def test_what_will_not_pass_is_not_repeated(error: Exception) -> None:
    failing = Failing(1, error)

    with pytest.raises(type(error)):
        await repeated(failing, RetryPolicy(), Here().context(max_retries=5))

    assert failing.asked == 1


async def test_the_server_is_never_asked_sooner_than_it_said() -> None:
    here, failing = Here(), Failing(1, ThrottledError("slow down", retry_after_s=30))

    await repeated(failing, RetryPolicy(), here.context(max_retries=1))

    assert here.slept[0] >= 30


async def test_a_wait_that_is_longer_than_allowed_in_all_is_not_begun() -> None:
    here, failing = Here(), Failing(1, ThrottledError("slow down", retry_after_s=61))

    with pytest.raises(ThrottledError):
        await repeated(failing, RetryPolicy(max_wait_s=60), here.context(max_retries=5))

    assert here.slept == []


@given(st.integers(1, 20), st.floats(0.1, 60), st.integers(1, 60))
async def test_no_period_sees_more_than_a_burst_and_its_share(
    requests: int, period_s: float, turns: int
) -> None:
    here = Here()
    policy = RateLimitPolicy(requests=requests, period_s=period_s)
    throttle = Throttle(policy, monotonic=here.monotonic, sleep=here.context().sleep)

    moments: list[float] = []
    for _ in range(turns):
        await throttle.turn()
        moments.append(here.passed_s)

    for number, begin in enumerate(moments):
        inside = [one for one in moments[number:] if one < begin + period_s * 0.999]
        assert len(inside) <= 2 * requests
    assert moments[-1] >= (turns - requests) * period_s / requests * 0.999


async def test_a_first_burst_does_not_wait() -> None:
    here = Here()
    policy = RateLimitPolicy(requests=10, period_s=1)
    throttle = Throttle(policy, monotonic=here.monotonic, sleep=here.context().sleep)

    for _ in range(10):
        await throttle.turn()

    assert here.slept == []
    await throttle.turn()
    assert here.slept == [pytest.approx(0.1)]
