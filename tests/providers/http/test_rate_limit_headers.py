"""What servers say about the pace: read in every form, never believed beyond reason."""

import math
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.rate_limits import RateLimitHint
from integration_tui.providers.http.models import Response
from integration_tui.providers.http.rate_limit_headers import rate_limit_hint
from tests.providers.http.fixtures import NOW

EPOCH = int(NOW.timestamp())
LONGEST_S = 15 * 60.0


def hint(status: int = 200, **headers: str) -> RateLimitHint | None:
    return read(status, {name.replace("_", "-"): value for name, value in headers.items()})


def three(
    remaining: str, reset: str, limit: str = "100", prefix: str = "ratelimit"
) -> RateLimitHint | None:
    said = {"remaining": remaining, "reset": reset, "limit": limit}
    return read(200, {f"{prefix.replace('_', '-')}-{end}": text for end, text in said.items()})


def read(status: int, headers: Mapping[str, str]) -> RateLimitHint | None:
    answer = Response(status=status, headers=headers, body=b"", url="https://sis.example.org/orgs")
    return rate_limit_hint(answer, clock=lambda: NOW)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("text", "pause_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1000000000", LONGEST_S),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=9), usegmt=True), 0.0),
    ],
)
def test_a_refusal_with_a_time_is_a_pause(status: int, text: str, pause_s: float) -> None:
    assert hint(status, retry_after=text) == RateLimitHint(pause_s=pause_s)


@pytest.mark.parametrize("text", ["-5", "nan", "inf", "soon", "", "Mon, 99 Foo 2026"])
def test_a_refusal_with_junk_is_no_pause(text: str) -> None:
    assert hint(429, retry_after=text) is None


@pytest.mark.parametrize("status", [200, 201, 302, 500])
def test_retry_after_means_a_pause_only_where_the_server_refuses_for_now(status: int) -> None:
    assert hint(status, retry_after="30") is None


PREFIXES = ["ratelimit", "x_ratelimit", "x_rate_limit"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_nothing_left_is_a_pause_until_the_reset(prefix: str) -> None:
    assert three("0", "20", prefix=prefix) == RateLimitHint(pause_s=20)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_little_left_is_spread_over_the_time_that_remains(prefix: str) -> None:
    assert three("10", "20", prefix=prefix) == RateLimitHint(step_s=2, slow_s=20)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_much_left_slows_nothing(prefix: str) -> None:
    assert three("20", "20", prefix=prefix) == RateLimitHint()


def test_without_a_limit_little_is_less_than_ten() -> None:
    assert hint(ratelimit_remaining="10", ratelimit_reset="20") == RateLimitHint()
    assert hint(ratelimit_remaining="5", ratelimit_reset="20") == RateLimitHint(step_s=4, slow_s=20)


@pytest.mark.parametrize(
    ("reset", "pause_s"),
    [
        ("0", 1.0),
        ("20", 20.0),
        ("20.5", 20.5),
        ("86400", LONGEST_S),
        ("999999999", LONGEST_S),
        (str(EPOCH + 20), 20.0),
        (str(EPOCH + 86400), LONGEST_S),
        (str((EPOCH + 20) * 1000), 20.0),
    ],
)
def test_a_reset_is_a_number_of_seconds_or_a_moment(reset: str, pause_s: float) -> None:
    assert three("0", reset) == RateLimitHint(pause_s=pause_s)


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [
        ("0", "-5"),
        ("0", "nan"),
        ("0", "inf"),
        ("0", "soon"),
        ("0", ""),
        ("0", str(EPOCH - 1)),
        ("-1", "20"),
        ("nan", "20"),
        ("many", "20"),
    ],
)
def test_junk_and_what_is_past_is_ignored(remaining: str, reset: str) -> None:
    assert three(remaining, reset) is None


def test_a_limit_with_its_window_is_read_by_its_first_number() -> None:
    assert three("5", "10", limit="10, 10;w=60") == RateLimitHint()
    assert three("1", "10", limit="10;w=60, 1000;w=3600") == RateLimitHint(step_s=10, slow_s=10)


def test_a_step_is_never_longer_than_half_a_minute() -> None:
    assert three("1", "800") == RateLimitHint(step_s=30, slow_s=800)


@pytest.mark.parametrize(
    ("field", "policy", "pace"),
    [
        ('"default";r=50;t=30', '"default";q=100;w=60', RateLimitHint()),
        ('"default";r=10;t=30', '"default";q=100;w=60', RateLimitHint(step_s=3, slow_s=30)),
        ('"default";r=0;t=30', "", RateLimitHint(pause_s=30)),
        ('"default"; r=0 ; t=30', "", RateLimitHint(pause_s=30)),
        ('"day";r=0', '"day";q=100;w=60', RateLimitHint(pause_s=60)),
        ('"a";r=0;t=5, "b";r=0;t=50', "", RateLimitHint(pause_s=50)),
        (
            '"a";r=90;t=5, "b";r=2;t=8',
            '"a";q=100;w=9, "b";q=20;w=9',
            RateLimitHint(step_s=4, slow_s=8),
        ),
        ("limit=100, remaining=0, reset=5", "100;w=60", RateLimitHint(pause_s=5)),
        ("limit=100, remaining=50, reset=5", "100;w=60", RateLimitHint()),
        ('"default";t=30', "", None),
        ('"default";r=;t=', "", None),
        (";;;,,,===", ";;,", None),
    ],
)
def test_the_structured_field_is_read_in_both_its_forms(
    field: str, policy: str, pace: RateLimitHint | None
) -> None:
    assert hint(ratelimit=field, ratelimit_policy=policy) == pace


@pytest.mark.parametrize(
    ("left", "pause_s", "slow_s"),
    [
        ("600.0", 0.0, 0.0),
        ("450.0", 0.0, 0.0),
        ("400.0", 0.0, 5.0),
        ("300.0", 0.0, 15.0),
        ("150.0", 0.0, 30.0),
        ("100.0", 5.0, 35.0),
        ("0.0", 15.0, 45.0),
        ("-50.5", 20.05, 50.05),
        ("-1e9", 95.0, 125.0),
    ],
)
def test_canvas_is_given_time_to_refill_its_bucket(
    left: str, pause_s: float, slow_s: float
) -> None:
    """Ten seconds of work flow back in a second: what cost 2 is asked for each 0.2 s."""
    assert hint(x_rate_limit_remaining=left, x_request_cost="2.0") == RateLimitHint(
        pause_s=pause_s,
        step_s=0.2 if slow_s else 0.0,
        slow_s=slow_s,
        alone=float(left) < 300,
    )


@pytest.mark.parametrize(("cost", "step_s"), [("", 0), ("-4", 0), ("x", 0), ("1e9", 30)])
def test_a_cost_that_makes_no_sense_slows_nothing_for_long(cost: str, step_s: float) -> None:
    found = hint(x_rate_limit_remaining="400.0", x_request_cost=cost)

    assert found == RateLimitHint(step_s=step_s, slow_s=5)


def test_a_count_under_canvas_name_is_no_budget() -> None:
    assert hint(x_rate_limit_remaining="42") is None
    assert three("42", "10", prefix="x_rate_limit") == RateLimitHint()


def test_the_strictest_of_all_that_is_said_holds() -> None:
    pace = hint(
        429,
        retry_after="3",
        ratelimit_remaining="0",
        ratelimit_reset="30",
        x_ratelimit_remaining="1",
        x_ratelimit_reset="20",
        x_ratelimit_limit="100",
    )

    assert pace == RateLimitHint(pause_s=30, step_s=20, slow_s=20)


def test_an_answer_that_says_nothing_changes_nothing() -> None:
    assert hint() is None


NAMES = [
    "retry-after",
    "ratelimit",
    "ratelimit-policy",
    "x-request-cost",
    *(f"{p.replace('_', '-')}-{end}" for p in PREFIXES for end in ("remaining", "reset", "limit")),
]
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30).map(str),
    st.floats().map(str),
    st.text(max_size=30),
    st.sampled_from(
        ["-0", "1e309", "0x10", "\uff11\uff12", "9" * 5000, "1_0", "NaN", "5, 5", '"a";r=0;t=1']
    ),
)


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(NAMES), NUMBERS),
)
def test_nothing_that_is_said_raises_or_stops_us_for_more_than_a_quarter_of_an_hour(
    status: int, headers: dict[str, str]
) -> None:
    pace = read(status, headers)

    for seconds in (pace.pause_s, pace.step_s, pace.slow_s) if pace else ():
        assert math.isfinite(seconds)
        assert 0 <= seconds <= LONGEST_S
    assert pace is None or pace.step_s <= 30


@given(st.text(st.sampled_from('";,=rtqw019. -\t\\a'), max_size=60))
def test_no_structured_field_raises(text: str) -> None:
    hint(ratelimit=text, ratelimit_policy=text)
