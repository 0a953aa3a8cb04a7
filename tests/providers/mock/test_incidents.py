"""The script of what goes wrong, by simulated time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.errors import (
    CredentialsError,
    ProviderError,
    RetryableError,
    ThrottledError,
)
from integration_tui.providers.mock.incidents import (
    IncidentKind,
    ScriptedIncident,
    is_active,
    refusal,
)

SECONDS = st.integers(0, 10_000)


def outage(
    start_s: float = 0, duration_s: float | None = None, every_s: float | None = None
) -> ScriptedIncident:
    return ScriptedIncident(
        kind=IncidentKind.OUTAGE, start_s=start_s, duration_s=duration_s, every_s=every_s
    )


@given(start=SECONDS, duration=st.integers(1, 1000), now=SECONDS)
def test_an_incident_lasts_from_its_start_for_its_duration(
    start: int, duration: int, now: int
) -> None:
    assert is_active(outage(start, duration), now) == (start <= now < start + duration)


@given(start=SECONDS, now=SECONDS)
def test_without_a_duration_it_never_ends(start: int, now: int) -> None:
    assert is_active(outage(start), now) == (now >= start)


@given(start=SECONDS, duration=st.integers(1, 50), now=SECONDS, rounds=st.integers(0, 100))
def test_one_that_comes_back_does_so_every_period(
    start: int, duration: int, now: int, rounds: int
) -> None:
    again = outage(start, duration, 60)

    assert is_active(again, start + now) == is_active(again, start + now + 60 * rounds)
    assert is_active(again, start + now) == (now % 60 < duration)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (IncidentKind.OUTAGE, RetryableError),
        (IncidentKind.AUTH_EXPIRED, CredentialsError),
        (IncidentKind.THROTTLED, ThrottledError),
    ],
)
def test_an_incident_that_refuses_says_the_way_out(
    kind: IncidentKind, error: type[ProviderError]
) -> None:
    refused = refusal([ScriptedIncident(kind=kind)], address="mock://lincoln")

    assert type(refused) is error
    assert refused.message.startswith("mock://lincoln")
    assert refused.advice


def test_a_throttled_caller_is_told_how_long_to_wait() -> None:
    refused = refusal(
        [ScriptedIncident(kind=IncidentKind.THROTTLED, retry_after_s=17)], address="mock://lincoln"
    )

    assert isinstance(refused, ThrottledError)
    assert refused.retry_after_s == 17


def test_spoilt_data_refuses_nothing() -> None:
    dirt = [ScriptedIncident(kind=incident_kind) for incident_kind in list(IncidentKind)[3:]]

    assert refusal(dirt, address="mock://lincoln") is None
