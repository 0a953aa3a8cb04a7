"""Audit entries by place: every place can be asked for, nothing is loaded unasked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.audit.log import (
    Action,
    ActionOutcome,
    AuditEntry,
    AuditFilter,
    AuditPage,
    Key,
)
from integration_tui.domain.audit.query import parse_filter, spelled
from integration_tui.domain.errors import UsageError
from integration_tui.tui.screens.audit.data_source import PAGE, AllEntries, FilteredEntries
from tests.tui.fake_services import world


def newest(entries: list[AuditEntry], before: int | None) -> list[AuditEntry]:
    """Return a page as the service does."""
    older = [entry for entry in entries if before is None or entry.seq < before]
    return sorted(older, key=lambda entry: -entry.seq)[:PAGE]


LOG = world(entries=1_000).entries


@given(st.integers(min_value=1, max_value=1_000), st.data())
def test_every_place_of_the_whole_log_is_one_page_away(count: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(min_value=0, max_value=count - 1))
    entries = AllEntries()
    entries.add_newest(newest(LOG[:count], None))

    entries.add(newest(LOG[:count], entries.before(place)))

    found = entries.entry(place)
    assert found is not None
    assert found.seq == count - place
    assert entries.count == count


def stretch(
    count: int, *, before: int | None = None, after: int = 0, back: bool = True
) -> AuditPage:
    """Return what the service finds of every third entry, looking at 50 entries."""
    numbers = range((before or count + 1) - 1, 0, -1) if back else range(after + 1, count + 1)
    found = [LOG[number - 1] for number in numbers[:50] if number % 3 == 0]
    return AuditPage(entries=found, reached=numbers[49] if len(numbers) > 50 else None)


@given(st.integers(min_value=0, max_value=500), st.lists(st.booleans(), max_size=12))
def test_a_filtered_log_is_complete_whichever_ends_are_looked_from(
    count: int, backs: list[bool]
) -> None:
    entries = FilteredEntries()
    backs += [True] * 12
    while not entries.is_complete:
        if backs.pop(0):
            entries.add_back(stretch(count, before=entries.back_from))
        else:
            entries.add_on(stretch(count, after=entries.on_from, back=False))

    wanted = [number for number in range(count, 0, -1) if number % 3 == 0]
    shown = [entries.entry(place) for place in range(entries.count)]
    assert [entry.seq for entry in shown if entry] == wanted
    assert [entries.index_of(str(number)) for number in wanted] == list(range(len(wanted)))


def test_new_entries_are_put_above() -> None:
    entries = FilteredEntries()
    entries.add_back(stretch(90))

    entries.add_newer([LOG[92], LOG[95]], seen_to=100)

    assert [entries.index_of(key) for key in ("96", "93", "90")] == [0, 1, 2]
    assert entries.seen_to == 100


def test_of_a_filtered_log_only_the_numbers_are_kept() -> None:
    log = world(entries=6_000).entries
    entries = FilteredEntries()
    for last in range(6_000, 0, -PAGE):
        found = log[last - PAGE : last][::-1]
        entries.add_back(AuditPage(entries=found, reached=found[-1].seq))

    assert entries.entry(0) is None
    forgotten = entries.forgotten(0)
    assert forgotten == list(range(6_000, 5_950, -1))
    entries.remember([log[number - 1] for number in forgotten])
    assert entries.entry(0) == log[-1]
    assert sum(entries.entry(place) is not None for place in range(6_000)) == 50 * PAGE


def test_what_is_kept_is_bounded() -> None:
    log = world(entries=12_000).entries
    entries = AllEntries()
    entries.add_newest(newest(log, None))
    for place in range(0, 12_000, PAGE):
        entries.add(log[max(12_000 - place - PAGE, 0) : 12_000 - place])

    known = sum(entries.entry(place) is not None for place in range(12_000))
    assert known == 50 * PAGE


def test_every_word_of_the_filter_line() -> None:
    text = "actor=ana action=config.save object=lincoln outcome=done since=2026-01-31T00:00+00:00"

    wanted = parse_filter(text)

    assert wanted.actor == "ana"
    assert wanted.action is Action.SAVE_CONFIG
    assert wanted.object == "lincoln"
    assert wanted.outcome is ActionOutcome.DONE
    assert wanted.since == datetime(2026, 1, 31, tzinfo=UTC)
    assert parse_filter("") == AuditFilter()


def test_words_may_be_ruled_out_and_looked_for() -> None:
    wanted = parse_filter('!actor=ana integration:lincoln !until=2026-01-31T00:00+00:00 "a b" !x')

    assert wanted == AuditFilter(
        object="lincoln",
        since=datetime(2026, 1, 31, tzinfo=UTC),
        text=("a b",),
        without=((Key.ACTOR, "ana"), (Key.TEXT, "x")),
    )
    assert parse_filter(spelled(wanted)) == wanted


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("!---", 'no letter or digit in "---"'),
        ("who=ana", 'unknown filter "who=ana"'),
        ("actor=", 'unknown filter "actor="'),
        ("action=nope", 'unknown action "nope"'),
        ("outcome=nope", 'unknown outcome "nope"'),
        ("since=yesterday", 'invalid time "yesterday"'),
    ],
)
def test_a_wrong_word_is_named(text: str, names: str) -> None:
    with pytest.raises(UsageError, match=names):
        parse_filter(text)
