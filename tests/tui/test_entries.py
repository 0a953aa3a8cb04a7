"""Audit entries by place: every place can be asked for, nothing is loaded unasked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.audit import Action, AuditFilter, Entry, Outcome
from integration_tui.domain.errors import UsageError
from integration_tui.domain.audit_filter import parse_filter
from integration_tui.tui.screens.entries import PAGE, AllEntries, FilteredEntries, entries_for
from tests.tui.standin import world


def newest(entries: list[Entry], before: int | None) -> list[Entry]:
    """Return a page as the service does."""
    older = [one for one in entries if before is None or one.seq < before]
    return sorted(older, key=lambda one: -one.seq)[:PAGE]


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


@given(st.integers(min_value=0, max_value=500))
def test_a_filtered_log_is_complete_after_its_pages(count: int) -> None:
    entries = FilteredEntries()
    entries.add_newest(newest(LOG[:count], None))
    while entries.count and entries.entry(entries.count - 1) is None:
        entries.add(newest(LOG[:count], entries.before(entries.count - 1)))

    assert [entries.entry(place) for place in range(entries.count)] == newest_all(count)


def newest_all(count: int) -> list[Entry]:
    return sorted(LOG[:count], key=lambda one: -one.seq)


def test_new_entries_are_put_above_and_none_twice() -> None:
    entries = FilteredEntries()
    entries.add_newest(newest(LOG[:50], None))

    reaches = entries.add_newest(newest(LOG[:53], None))

    assert reaches
    assert entries.place_of("50") == 3


def test_more_new_entries_than_a_page_is_a_gap() -> None:
    entries = FilteredEntries()
    entries.add_newest(newest(LOG[:50], None))

    assert not entries.add_newest(newest(LOG[:500], None))


def test_what_is_kept_is_bounded() -> None:
    log = world(entries=12_000).entries
    entries = AllEntries()
    entries.add_newest(newest(log, None))
    for place in range(0, 12_000, PAGE):
        entries.add(log[max(12_000 - place - PAGE, 0) : 12_000 - place])

    known = sum(entries.entry(place) is not None for place in range(12_000))
    assert known == 50 * PAGE


def test_no_filter_is_the_whole_log() -> None:
    assert isinstance(entries_for(parse_filter("")), AllEntries)
    assert isinstance(entries_for(parse_filter("actor=ana")), FilteredEntries)


def test_every_word_of_the_filter_line() -> None:
    text = "actor=ana action=config.save object=lincoln outcome=done since=2026-01-31T00:00+00:00"

    wanted = parse_filter(text)

    assert wanted.actor == "ana"
    assert wanted.action is Action.SAVE_CONFIG
    assert wanted.object == "lincoln"
    assert wanted.outcome is Outcome.DONE
    assert wanted.since == datetime(2026, 1, 31, tzinfo=UTC)
    assert parse_filter("") == AuditFilter()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("!---", "--- has no letter or digit"),
        ("who=ana", "who=ana is no filter"),
        ("actor=", "actor= is no filter"),
        ("action=nope", "no action nope"),
        ("outcome=nope", "no outcome nope"),
        ("since=yesterday", "yesterday is no time"),
    ],
)
def test_a_wrong_word_is_named(text: str, names: str) -> None:
    with pytest.raises(UsageError, match=names):
        parse_filter(text)
