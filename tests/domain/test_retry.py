"""Delays grow, are spread, and have an end."""

from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.retry import delay_s

attempts = st.integers(1, 10_000)
seconds = st.floats(0.01, 3600)
chances = st.floats(0, 1, exclude_max=True)


@given(attempts, seconds, seconds, chances)
def test_a_delay_lies_between_nothing_and_the_longest(
    attempt: int, base_s: float, max_s: float, chance: float
) -> None:
    found = delay_s(attempt, base_s=base_s, max_s=max_s, chance=lambda: chance)

    assert 0 <= found <= max_s


@given(attempts, seconds, seconds)
def test_the_ceiling_doubles_until_it_is_the_longest(
    attempt: int, base_s: float, max_s: float
) -> None:
    now = delay_s(attempt, base_s=base_s, max_s=max_s, chance=lambda: 1.0)
    then = delay_s(attempt + 1, base_s=base_s, max_s=max_s, chance=lambda: 1.0)

    assert then == min(max_s, 2 * now) or then == now


@given(chances)
def test_the_whole_delay_is_a_matter_of_chance(chance: float) -> None:
    assert delay_s(3, base_s=1, max_s=60, chance=lambda: chance) == 4 * chance
