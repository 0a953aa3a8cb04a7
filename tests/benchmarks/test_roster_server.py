"""The benchmark's server keeps what the figures rest on: a night touches all pages, and little."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Generator

import pytest
from benchmarks.roster_server import ONE_IN, SizedLayout
from benchmarks.serving import BASE, FEW, FEW_USERS, PAGE, next_night, serving

from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.providers.mock.district import District

RECORDS = 6_000
LISTS = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
Row = dict[str, object]


@pytest.fixture(scope="module")
def address() -> Generator[str]:
    with serving(RECORDS) as found:
        yield found


def listed(address: str, path: str, query: str = "") -> list[list[Row]]:
    """Return the rows of each page of a listing."""
    pages: list[list[Row]] = []
    while not pages or len(pages[-1]) == PAGE:
        url = f"{address}{path}?limit={PAGE}&offset={len(pages) * PAGE}{query}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - ours
            pages.append(json.load(answer)[path.rpartition("/")[2]])
    return pages


def whole(address: str, query: str = "") -> dict[str, list[list[Row]]]:
    return {name: listed(address, f"{BASE}/{name}", query) for name in LISTS}


def everything(listings: dict[str, list[list[Row]]]) -> list[Row]:
    return [row for pages in listings.values() for page in pages for row in page]


def test_a_night_changes_one_record_of_a_hundred_on_every_page(address: str) -> None:
    before = whole(address)

    counts = [next_night(address) for _ in range(2)]

    after, total = whole(address), 0
    for name, pages in after.items():
        for old, new in zip(before[name], pages, strict=True):
            changed = [row["sourcedId"] for row, was in zip(new, old, strict=True) if row != was]
            assert len(changed) <= 2 * -(-len(new) // ONE_IN)
            assert len(changed) == 2 * len(new) // ONE_IN or len(new) < PAGE
            total += len(changed)
    assert total == sum(counts)


def test_a_filter_asks_for_what_the_last_night_changed(address: str) -> None:
    next_night(address)
    old = {row["sourcedId"]: [row] for row in everything(whole(address))}
    count = next_night(address)

    changed = whole(address, "&filter=dateLastModified%3E%272026-01-01%27")

    rows = everything(changed)
    assert len(rows) == count
    assert rows == [row for row in everything(whole(address)) if row not in old[row["sourcedId"]]]


def test_a_district_of_any_size_refers_to_its_own_records(address: str) -> None:
    district = whole(address)

    ids = {
        name: {row["sourcedId"] for page in pages for row in page}
        for name, pages in district.items()
    }
    count = sum(map(len, ids.values()))
    assert abs(count - RECORDS) < RECORDS / 100
    for page in district["enrollments"]:
        for row in page:
            assert _reference(row, "user") in ids["users"]
            assert _reference(row, "class") in ids["classes"]


def test_the_few_are_ten_thousand_people_and_never_change(address: str) -> None:
    before = listed(address, f"{FEW}{BASE}/users")
    next_night(address)

    assert listed(address, f"{FEW}{BASE}/users") == before
    assert sum(map(len, before)) == FEW_USERS
    assert listed(address, f"{FEW}{BASE}/enrollments") == [[]]


def _reference(row: Row, field: str) -> str:
    match row[field]:
        case {"sourcedId": str(found)}:
            return found
        case _:
            raise AssertionError(f"{field} refers to nothing: {row}")


def test_a_district_larger_than_the_mocks_has_everybody() -> None:
    layout = SizedLayout(1_600_000)
    district = District(DistrictSize.LARGE)
    district.layout = district.timeline.layout = layout

    for collection in (Collection.USERS, Collection.ENROLLMENTS):
        last = district.count(collection)
        assert len([*district.records(collection, last - 100, last)]) == 100
    assert abs(sum(map(district.count, ROSTER)) - 1_600_000) < 1_000
