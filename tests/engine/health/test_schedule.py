"""Who is due when: spread, once, and without piling up."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from integration_tui.engine.health.schedule import Schedule, missed_turns, next_turn, share

names = st.text(min_size=1, max_size=20)
moments = st.floats(0, 1e7)
intervals = st.floats(0.05, 86_400)


def test_the_longest_waiting_comes_first() -> None:
    schedule: Schedule[str] = Schedule()
    for name, due in (("late", 3.0), ("early", 1.0), ("middle", 2.0)):
        schedule.put(name, due)

    taken = [schedule.pop(10) for _ in range(4)]

    assert taken == [("early", 1.0), ("middle", 2.0), ("late", 3.0), None]


def test_nothing_comes_before_it_is_due() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.put("lincoln", 5.0)

    assert schedule.pop(4.9) is None
    assert schedule.next_due == 5.0
    assert schedule.pop(5.0) == ("lincoln", 5.0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100))))
def test_one_is_in_it_once_with_its_last_time(puts: list[tuple[str, float]]) -> None:
    schedule: Schedule[str] = Schedule()
    for name, due in puts:
        schedule.put(name, due)

    taken = []
    while (found := schedule.pop(1000)) is not None:
        taken.append(found)

    assert dict(taken) == dict(puts)
    assert len(taken) == len(dict(puts))
    assert [due for _, due in taken] == sorted(due for _, due in taken)


def test_one_that_was_dropped_does_not_come() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.put("lincoln", 1.0)
    schedule.drop("lincoln")
    schedule.drop("lincoln")

    assert schedule.next_due is None
    assert schedule.pop(10) is None


@given(names, intervals, moments)
def test_the_next_turn_is_ahead_and_within_one_interval(
    name: str, interval_s: float, now: float
) -> None:
    turn = next_turn(name, interval_s, now)

    assert now < turn + 1e-6 * interval_s
    assert turn <= now + interval_s * (1 + 1e-6)


@given(names, intervals, st.integers(0, 1000))
def test_turns_lie_an_interval_apart(name: str, interval_s: float, number: int) -> None:
    first = next_turn(name, interval_s, number * interval_s)
    second = next_turn(name, interval_s, first + interval_s / 1000)

    assert abs(second - first - interval_s) < 1e-6 * max(1.0, first)


def test_many_are_spread_over_the_interval() -> None:
    tenths = Counter(int(share(f"school-{number}") * 10) for number in range(1000))

    assert len(tenths) == 10
    assert max(tenths.values()) < 150


def test_late_by_less_than_an_interval_is_not_missed() -> None:
    assert missed_turns(10.0, 14.9, 5.0) == 0
    assert missed_turns(10.0, 15.0, 5.0) == 1
    assert missed_turns(10.0, 27.0, 5.0) == 3
    assert missed_turns(10.0, 9.0, 5.0) == 0


def test_when_somebody_is_due_is_known() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.put("lincoln", 5.0)
    schedule.put("lincoln", 3.0)

    assert (schedule.due("lincoln"), schedule.due("adams")) == (3.0, None)
