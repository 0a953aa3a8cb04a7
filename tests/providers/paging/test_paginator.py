"""The paginator: nobody is lost, nobody comes twice, and a listing is complete only if it is."""

import asyncio
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.errors import (
    CredentialsError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
)
from integration_tui.domain.paging import Cursor, Duplicate, Page, RecordFinding, Rejected
from integration_tui.domain.roster import Org, Record
from integration_tui.providers.http.models import Response
from integration_tui.providers.paging.completeness import ListingBounds, Position
from integration_tui.providers.paging.duplicates import MOST_APART
from integration_tui.providers.paging.headers import as_of, offset_in, total_in
from integration_tui.providers.paging.id_set import IdSet
from integration_tui.providers.paging.page import Fetch, FetchedPage, PageStart
from integration_tui.providers.paging.paginator import Paginator

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def org(number: int) -> Org:
    return Org(sourced_id=f"{number:05}", name="A", type="school")


class Shelf:
    """Holds `count` orgs, and gives pages of them in its own way."""

    def __init__(
        self,
        count: int,
        *,
        limit: int = 10,
        size: Callable[[PageStart], int] | None = None,
        total: Callable[[PageStart], int | None] = lambda _place: None,
        links: bool = False,
    ) -> None:
        self.rows = [org(number) for number in range(count)]
        self.limit = limit
        self.asked: list[int] = []
        self.under_way = self.most_under_way = 0
        self.fails_at: int | None = None
        self._size = size or (lambda _place: limit)
        self._total = total
        self._links = links

    async def __call__(self, place: PageStart) -> FetchedPage:
        self.asked.append(place.offset)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        limit = self.limit  # as it was when this was asked for
        try:
            await asyncio.sleep(0)
            if place.offset == self.fails_at:
                raise RetryableError("out of order", advice="wait")
        finally:
            self.under_way -= 1
        end = place.offset + min(self._size(place), limit)
        return FetchedPage(
            rows=tuple(self.rows[place.offset : end]),
            asked=limit,
            total=self._total(place),
            more=self._links and end < len(self.rows),
            hint=end + 1 if self._links else None,  # one of those that count from one
        )


async def listed(paginator: Paginator, start: Position | None = None) -> list[Page[Record]]:
    return [page async for page in paginator.pages(start)]


def ids(pages: Sequence[Page[Record]]) -> list[str]:
    return [row.sourced_id for page in pages for row in page.rows]


def everybody(shelf: Shelf) -> list[str]:
    return [row.sourced_id for row in shelf.rows]


@given(
    count=st.integers(0, 60),
    limit=st.integers(1, 12),
    ahead=st.integers(0, 8),
    seed=st.none() | st.integers(0, 10**6),
    total=st.sampled_from(["none", "true", "page", "half", "links"]),
)
async def test_fetching_ahead_changes_nothing(
    count: int, limit: int, ahead: int, seed: int | None, total: str
) -> None:
    def size(place: PageStart) -> int:
        if seed is None:
            return limit
        return 1 + hash((seed, place.offset)) % limit

    def reported_total(place: PageStart) -> int | None:
        page = min(size(place), max(0, count - place.offset))
        return {"true": count, "page": page, "half": count // 2}.get(total)

    def shelf() -> Shelf:
        return Shelf(count, limit=limit, size=size, total=reported_total, links=total == "links")

    one, other = shelf(), shelf()
    plain = await listed(Paginator(fetch=one))
    fast = await listed(Paginator(fetch=other, prefetch=ahead))

    # Pages of any size and a count that is too small: nothing is left to tell the end by.
    assert ids(plain) == everybody(one) or (total == "half" and seed is not None)
    assert fast == plain
    assert other.under_way == 0
    assert other.most_under_way <= ahead + 1
    if total in {"none", "true", "links"}:
        assert plain[-1].complete


async def test_pages_ahead_are_asked_for_while_a_page_is_worked_on() -> None:
    shelf = Shelf(100, total=lambda _: 100)
    async with aclosing(Paginator(fetch=shelf, prefetch=3).pages()) as pages:
        await anext(pages)
        await asyncio.sleep(0)

        assert shelf.asked == [0, 10, 20, 30]
        assert shelf.under_way == 3


async def test_nothing_is_asked_for_behind_the_announced_total() -> None:
    shelf = Shelf(25, total=lambda _: 25)

    await listed(Paginator(fetch=shelf, prefetch=8))

    assert shelf.asked == [0, 10, 20]


async def test_leaving_early_gives_up_what_is_under_way() -> None:
    shelf = Shelf(1000)
    async with aclosing(Paginator(fetch=shelf, prefetch=8).pages()) as pages:
        await anext(pages)
        await asyncio.sleep(0)
        assert shelf.under_way == 8

    assert shelf.under_way == 0
    assert len(asyncio.all_tasks()) == 1


async def test_an_error_is_raised_at_the_page_to_which_it_belongs() -> None:
    shelf = Shelf(100)
    shelf.fails_at = 30
    seen: list[Page[Record]] = []

    async def read() -> None:
        async for page in Paginator(fetch=shelf, prefetch=8).pages():
            seen.append(page)  # noqa: PERF401 - what came before the error is looked at

    with pytest.raises(RetryableError, match="out of order"):
        await read()

    assert ids(seen) == everybody(shelf)[:30]


async def test_an_error_behind_the_end_is_nobodys_error() -> None:
    shelf = Shelf(15)
    shelf.fails_at = 30

    pages = await listed(Paginator(fetch=shelf, prefetch=8))

    assert ids(pages) == everybody(shelf)
    assert pages[-1].complete


async def test_being_cancelled_in_the_middle_leaves_no_task() -> None:
    class Stuck(Shelf):
        async def __call__(self, place: PageStart) -> FetchedPage:
            if place.offset >= 20:
                reached.set()
                await asyncio.Event().wait()
            return await super().__call__(place)

    reached = asyncio.Event()
    listing = asyncio.ensure_future(listed(Paginator(fetch=Stuck(100), prefetch=3)))
    await reached.wait()

    listing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await listing
    assert len(asyncio.all_tasks()) == 1


async def test_a_full_page_at_the_total_is_followed_by_one_more() -> None:
    shelf = Shelf(45, total=lambda _: 20)

    pages = await listed(Paginator(fetch=shelf))

    assert ids(pages) == everybody(shelf)
    assert pages[-1].reason == "45 of 20 announced records were listed"


async def test_a_server_that_counts_its_pages_and_not_its_records_loses_nobody() -> None:
    shelf = Shelf(45, limit=100, size=lambda _: 10, total=lambda place: min(10, 45 - place.offset))

    pages = await listed(Paginator(fetch=shelf))

    assert ids(pages) == everybody(shelf)
    assert not pages[-1].complete


async def test_a_short_page_at_a_total_that_is_trusted_is_the_end() -> None:
    shelf = Shelf(7, total=lambda _: 7)

    pages = await listed(Paginator(fetch=shelf, trusts_total=lambda: True))

    assert shelf.asked == [0]
    assert pages[0].complete


async def test_a_link_that_says_more_is_believed_against_the_total() -> None:
    shelf = Shelf(25, total=lambda _: 15, size=lambda place: 5 if place.offset == 10 else 10)
    shelf._links = True

    pages = await listed(Paginator(fetch=shelf))

    assert ids(pages) == everybody(shelf)


async def test_where_only_a_total_proves_the_end_a_listing_without_one_is_not_complete() -> None:
    reported_total = await listed(Paginator(fetch=Shelf(25, total=lambda _: 25), needs_total=True))
    silent = await listed(Paginator(fetch=Shelf(25), needs_total=True))

    assert reported_total[-1].complete
    assert silent[-1].reason.startswith("the server announces no total")


async def test_an_empty_page_with_a_next_one_is_no_end() -> None:
    async def fetch(place: PageStart) -> FetchedPage:
        rows = (
            () if place.offset == 10 else tuple(org(place.offset + number) for number in range(10))
        )
        return FetchedPage(rows=rows, asked=10, more=place.offset < 20, hint=place.offset + 11)

    pages = await listed(Paginator(fetch=fetch, bounds=ListingBounds(rows=20)))

    assert ids(pages) == [f"{number:05}" for number in (*range(10), *range(20, 30))]


async def test_empty_pages_without_end_are_stopped_and_told() -> None:
    async def fetch(_place: PageStart) -> FetchedPage:
        return FetchedPage(rows=(), asked=10, more=True)

    pages = await listed(Paginator(fetch=fetch))

    assert len(pages) == ListingBounds().empty
    assert pages[-1].reason == "it was stopped: 100 empty pages in a row"


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (ListingBounds(rows=50), "it was stopped: more than 50 records"),
        (ListingBounds(pages=7), "it was stopped: more than 7 pages"),
        (ListingBounds(growing=4), "it was stopped: the announced total grows on every page"),
    ],
)
async def test_a_listing_without_end_is_stopped_and_told(
    bounds: ListingBounds, reason: str
) -> None:
    shelf = Shelf(1000, total=lambda place: place.offset + 1000)

    pages = await listed(Paginator(fetch=shelf, bounds=bounds, prefetch=3))

    assert reason in pages[-1].reason
    assert not pages[-1].complete
    assert len(ids(pages)) <= 80


async def test_pages_that_take_turns_are_told() -> None:
    async def fetch(place: PageStart) -> FetchedPage:
        return FetchedPage(rows=(org(place.offset % 2),), asked=1)

    with pytest.raises(IncompatibleError, match="hold nothing new"):
        await listed(Paginator(fetch=fetch))


def wire(pages: Sequence[Page[Record]]) -> int:
    return sum(
        len(page.rows) + len(page.same) + len(page.rejected) + len(page.duplicates)
        for page in pages
    )


async def test_equal_records_on_one_page_are_listed_once_and_what_is_counted_is_complete() -> None:
    for total in (30, 29):  # servers count rows, or records
        shelf = Shelf(30, total=lambda _, reported_total=total: reported_total)  # type: ignore[misc]  # as mypy has it
        shelf.rows[5] = shelf.rows[3]

        pages = await listed(Paginator(fetch=shelf))

        assert len(ids(pages)) == len(set(ids(pages))) == 29
        assert pages[0].duplicates == (Duplicate(sourced_id="00003"),)
        assert pages[-1].complete
        assert wire(pages) == 30


async def test_equal_records_on_two_pages_are_complete_where_both_pages_still_hold_them() -> None:
    shelf = Shelf(30, total=lambda _: 30)
    shelf.rows[25] = shelf.rows[3]

    pages = await listed(Paginator(fetch=shelf))

    assert pages[2].duplicates == (Duplicate(sourced_id="00003"),)
    assert pages[-1].complete
    assert shelf.asked[-2:] == [0, 20]
    assert wire(pages) == 30


async def test_a_total_that_counts_records_once_proves_as_much() -> None:
    shelf = Shelf(31, total=lambda _: 30)
    shelf.rows[25] = shelf.rows[3]

    pages = await listed(Paginator(fetch=shelf))

    assert pages[-1].complete


@pytest.mark.parametrize(("total", "is_complete"), [(100, False), (80, True)])
async def test_of_many_doubles_some_are_looked_at_again(total: int, is_complete: bool) -> None:
    shelf = Shelf(100, total=lambda _: total)
    shelf.rows[80:] = shelf.rows[:20]

    pages = await listed(Paginator(fetch=shelf))

    assert pages[-1].complete is is_complete
    assert is_complete or pages[-1].reason.startswith("20 records came on two pages")
    assert len(shelf.asked) < 20


async def test_a_record_that_moved_to_the_next_page_is_told_since_another_may_have_slipped_by() -> (
    None
):
    class Moving(Shelf):
        async def __call__(self, place: PageStart) -> FetchedPage:
            received = await super().__call__(place)
            if len(self.asked) == 1:  # one in front comes, and the last one goes
                self.rows = [org(999), *self.rows[:-1]]
            return received

    pages = await listed(Paginator(fetch=Moving(30, total=lambda _: 30), noun="orgs"))

    assert pages[1].duplicates == (Duplicate(sourced_id="00009"),)
    assert pages[-1].reason == (
        "orgs 00009 came on two pages: whether others slipped by cannot be known"
    )


@pytest.mark.parametrize("place", [4, 25])
async def test_records_that_share_an_id_and_differ_are_told_by_the_id(place: int) -> None:
    shelf = Shelf(30, total=lambda _: 30)
    shelf.rows[place] = Org(sourced_id="00003", name="Another", type="school")

    pages = await listed(Paginator(fetch=shelf, noun="orgs"))

    rows = [row for page in pages for row in page.rows if row.sourced_id == "00003"]
    doubles = [duplicate for page in pages for duplicate in page.duplicates]
    assert rows == [org(3)]
    assert doubles == [Duplicate(sourced_id="00003", differs=True)]
    assert pages[-1].reason == "orgs 00003 came twice and differ: two of them may share an id"
    assert wire(pages) == 30


async def test_of_what_changed_the_newest_on_a_page_counts() -> None:
    old, new = (
        Org(sourced_id="a", name=name, type="school", modified_at=NOW - timedelta(days=days))
        for name, days in (("Old", 2), ("New", 1))
    )

    async def fetch(place: PageStart) -> FetchedPage:
        return FetchedPage(rows=(org(1), old, new) if not place.offset else (), asked=3, total=3)

    [page, *_] = await listed(Paginator(fetch=fetch, newest=True))

    assert [row.name for row in page.rows if isinstance(row, Org)] == ["New", "A"]
    assert page.duplicates == (Duplicate(sourced_id="a", differs=True),)


async def test_a_record_on_three_pages_is_named_once() -> None:
    class Shuffled(Shelf):
        async def __call__(self, place: PageStart) -> FetchedPage:
            received = await super().__call__(place)
            self.rows = [*self.rows[1:], self.rows[0]]  # in another order each time
            return received

    shelf = Shuffled(9, limit=3, total=lambda _: 9)
    shelf.rows = [org(1), org(2), org(3), org(4), org(1), org(5), org(6), org(7), org(1)]

    reason = (await listed(Paginator(fetch=shelf)))[-1].reason

    assert reason.count("00001") == 1
    assert "came on two pages" in reason


async def test_many_doubles_are_told_by_a_few_ids_and_harmlessly() -> None:
    shelf = Shelf(40, limit=40, total=lambda _: 40)
    for number in range(7):
        shelf.rows[number] = Org(sourced_id=f"x\x1b{number}", name="A", type="school")
        shelf.rows[20 + number] = Org(sourced_id=f"x\x1b{number}", name="B", type="school")

    reason = (await listed(Paginator(fetch=shelf)))[-1].reason

    assert reason.startswith("records x␛0, x␛1, x␛2, x␛3, x␛4 and 2 more came twice and differ")


@pytest.mark.parametrize(
    ("again", "differs"),
    [(Rejected(sourced_id="x", reason="bad"), False), (Rejected(sourced_id="x", reason="b"), True)],
)
async def test_a_rejected_record_that_comes_twice_is_put_aside_once(
    again: Rejected, differs: bool
) -> None:
    first = Rejected(sourced_id="x", reason="bad")

    async def fetch(place: PageStart) -> FetchedPage:
        rows = (org(place.offset),) if place.offset < 4 else ()
        one = again if place.offset else first
        return FetchedPage(rows=rows, rejected=(one,) if rows else (), asked=2)

    pages = await listed(Paginator(fetch=fetch))

    assert [rejected for page in pages for rejected in page.rejected] == [first]
    assert pages[1].duplicates == (Duplicate(sourced_id="x", differs=differs),)
    assert pages[-1].complete is not differs
    assert wire(pages) == 4


async def test_a_record_that_comes_both_readable_and_not_is_told() -> None:
    bad = Rejected(sourced_id="00001", reason="bad")

    async def fetch(place: PageStart) -> FetchedPage:
        rows = () if place.offset else (org(1),)
        return FetchedPage(rows=rows, rejected=(bad,) if rows else (), asked=2, total=2)

    pages = await listed(Paginator(fetch=fetch))

    assert pages[0].rejected == ()
    assert pages[0].duplicates == (Duplicate(sourced_id="00001", differs=True),)
    assert "00001 came twice" in pages[-1].reason


def lossy(*, count: int, limit: int, lacks: Callable[[int, int], int]) -> Fetch:
    """Serve orgs; in front `lacks(page's offset, how many were asked before)` rows are left out."""
    orgs = [org(number) for number in range(count)]
    asked_before = 0

    async def fetch(place: PageStart) -> FetchedPage:
        nonlocal asked_before
        rows = orgs[place.offset : place.offset + limit]
        lacking = lacks(place.offset, asked_before)
        asked_before += 1
        return FetchedPage(rows=tuple(rows[lacking:]), asked=limit, total=count)

    return fetch


@pytest.mark.parametrize("count", [12, 40, 300])
@pytest.mark.parametrize(
    "lacks",
    [
        lambda _offset, before: before == 0,
        lambda offset, _before: offset == 0,
        lambda offset, _before: 2 * (offset == 0),
        lambda _offset, before: before == 1,
    ],
    ids=["once", "always", "two rows", "behind the first page"],
)
async def test_a_page_that_left_rows_out_is_no_page_of_a_complete_listing(
    count: int, lacks: Callable[[int, int], int]
) -> None:
    """The next page is asked for by the rows received, so its first rows come a second time.

    Then as many rows came as were announced, and both pages show those rows when asked again.
    """
    pages = await listed(Paginator(fetch=lossy(count=count, limit=5, lacks=lacks)))

    assert wire(pages) == count
    assert len(ids(pages)) < count
    assert not pages[-1].complete
    assert "came on two pages" in pages[-1].reason


@pytest.mark.parametrize("pages_before", [1, 3])
async def test_a_page_that_left_rows_out_is_not_forgotten_by_who_goes_on(pages_before: int) -> None:
    fetch = lossy(count=40, limit=5, lacks=lambda _offset, before: before == 0)
    before: list[Page[Record]] = []
    async with aclosing(Paginator(fetch=fetch).pages()) as pages:
        async for page in pages:
            before.append(page)
            if len(before) == pages_before:
                break
    assert before[-1].next is not None

    after = await listed(Paginator(fetch=fetch), Position.read(before[-1].next))

    assert wire([*before, *after]) == 40
    assert not after[-1].complete
    assert "before it was interrupted" in after[-1].reason


async def test_doubles_on_pages_that_a_server_clamps_are_harmless() -> None:
    orgs = [org(number) for number in (0, 1, 2, 3, 3, 4, 5, 6, 7, 8)]

    async def fetch(place: PageStart) -> FetchedPage:
        rows = orgs[place.offset : place.offset + 4]
        return FetchedPage(rows=tuple(rows), asked=50, total=len(orgs))

    pages = await listed(Paginator(fetch=fetch))

    assert wire(pages) == 10
    assert len(ids(pages)) == 9
    assert pages[-1].complete


@given(
    numbers=st.lists(st.integers(0, 12), max_size=40),
    limit=st.integers(1, 9),
    ahead=st.integers(0, 3),
    bad=st.sets(st.integers(0, 12)),
)
async def test_every_record_on_the_wire_is_accounted_for(
    numbers: list[int], limit: int, ahead: int, bad: set[int]
) -> None:
    async def fetch(place: PageStart) -> FetchedPage:
        found = numbers[place.offset : place.offset + limit]
        return FetchedPage(
            rows=tuple(org(found_one) for found_one in found if found_one not in bad),
            rejected=tuple(
                Rejected(sourced_id=f"{found_one}", reason="bad")
                for found_one in found
                if found_one in bad
            ),
            asked=limit,
            total=len(numbers),
        )

    paginator = Paginator(fetch=fetch, prefetch=ahead, bounds=ListingBounds(barren=100))
    try:
        pages = await listed(paginator)
    except IncompatibleError:  # the same page twice in a row
        return

    assert wire(pages) == len(numbers)
    assert len(ids(pages)) == len({number for number in numbers if number not in bad})
    first_page = {number: numbers.index(number) // limit for number in numbers}
    apart = sum(place // limit != first_page[number] for place, number in enumerate(numbers))
    assert pages[-1].complete is (apart <= MOST_APART)


def all_at_once(count: int, total: int | None) -> Fetch:
    """Knows neither limit nor offset."""

    async def fetch(_place: PageStart) -> FetchedPage:
        asked.append(_place.offset)
        return FetchedPage(rows=tuple(map(org, range(count))), asked=5, total=total)

    asked: list[int] = []
    fetch.asked = asked  # type: ignore[attr-defined]  # for the test that made it
    return fetch


async def test_who_sends_everything_at_once_with_a_right_total_is_asked_once() -> None:
    fetch = all_at_once(13, 13)

    pages = await listed(Paginator(fetch=fetch, needs_total=True))

    assert pages[-1].complete
    assert len(ids(pages)) == 13
    assert fetch.asked == [0]  # type: ignore[attr-defined]  # set above


async def test_a_small_page_that_comes_again_is_all_where_the_total_says_so() -> None:
    pages = await listed(Paginator(fetch=all_at_once(2, 2), needs_total=True))

    assert (len(ids(pages)), pages[-1].complete) == (2, True)


@pytest.mark.parametrize(("count", "total"), [(13, 20), (5, None), (2, None)])
async def test_a_page_that_comes_again_is_an_error_where_there_may_be_more(
    count: int, total: int | None
) -> None:
    with pytest.raises(IncompatibleError, match="the same page again"):
        await listed(Paginator(fetch=all_at_once(count, total)))


@pytest.mark.parametrize(("needs_total", "is_complete"), [(True, False), (False, True)])
async def test_everything_at_once_without_a_total_is_all_where_the_config_says_so(
    needs_total: bool, is_complete: bool
) -> None:
    paginator = Paginator(
        fetch=all_at_once(13, None), needs_total=needs_total, ignores_limit=lambda: True
    )

    pages = await listed(paginator)

    assert pages[-1].complete is is_complete
    assert ("dialect.totals: none" in pages[-1].reason) is needs_total


def refusing_behind(shelf: Shelf, error: ProviderError) -> Fetch:
    async def fetch(place: PageStart) -> FetchedPage:
        received = await shelf(place)
        if not received.count:
            raise error
        return received

    return fetch


def refusal(status: int) -> ProviderError:
    error = RemoteNotFoundError("not here") if status == 404 else IncompatibleError("no")
    error.status = status
    return error


@pytest.mark.parametrize("count", [20, 23])
@pytest.mark.parametrize("status", [204, 400, 404, 410, 416, 422])
async def test_a_refusal_behind_the_last_page_is_the_end(status: int, count: int) -> None:
    proven = Shelf(count, total=lambda _: count)
    silent, fewer = Shelf(count), Shelf(count, total=lambda _: count + 3)

    async def last(shelf: Shelf, *, needs_total: bool) -> Page[Record]:
        fetch = refusing_behind(shelf, refusal(status))
        return (await listed(Paginator(fetch=fetch, needs_total=needs_total, prefetch=2)))[-1]

    assert (await last(proven, needs_total=True)).complete
    assert (await last(silent, needs_total=False)).complete
    assert "no total" in (await last(silent, needs_total=True)).reason
    assert "announced records were listed" in (await last(fewer, needs_total=True)).reason


async def test_who_goes_on_behind_the_last_page_is_at_the_end() -> None:
    fetch = refusing_behind(Shelf(20, total=lambda _: 20), refusal(404))

    pages = await listed(Paginator(fetch=fetch), Position(PageStart(20), 20))

    assert pages[-1].complete


async def test_whatever_is_refused_behind_a_total_that_was_reached_is_the_end() -> None:
    for error in (IncompatibleError("no list"), RemoteNotFoundError("no")):
        fetch = refusing_behind(Shelf(20, total=lambda _: 20), error)

        assert (await listed(Paginator(fetch=fetch)))[-1].complete


@pytest.mark.parametrize(
    "error", [RetryableError("out of order"), CredentialsError("no"), IncompatibleError("no")]
)
async def test_another_fault_behind_the_last_page_is_no_end(error: ProviderError) -> None:
    with pytest.raises(type(error)):
        await listed(Paginator(fetch=refusing_behind(Shelf(20), error)))


async def test_a_refusal_of_the_first_page_is_an_error() -> None:
    with pytest.raises(RemoteNotFoundError):
        await listed(Paginator(fetch=refusing_behind(Shelf(0), refusal(404))))


async def test_a_round_bound_behind_full_pages_is_no_proof() -> None:
    shelf = Shelf(12_000, limit=1000)

    async def fetch(place: PageStart) -> FetchedPage:
        if place.offset == 10_000:
            raise refusal(400)
        return await shelf(place)

    last = (await listed(Paginator(fetch=fetch)))[-1]

    assert not last.complete
    assert "refuses to list from record 10,000 on (HTTP 400)" in last.reason


@given(count=st.integers(0, 60), cut=st.integers(0, 60), ahead=st.integers(0, 3))
async def test_a_listing_goes_on_behind_any_mark(count: int, cut: int, ahead: int) -> None:
    shelf = Shelf(count, total=lambda _: count)
    cut = min(cut, count)

    pages = await listed(Paginator(fetch=shelf, prefetch=ahead), Position(PageStart(cut), count))

    assert ids(pages) == everybody(shelf)[cut:]
    assert pages[-1].complete


@pytest.mark.parametrize(
    "mark",
    [
        Position(),
        Position(PageStart(7)),
        Position(PageStart(7), 9),
    ],
)
def test_a_mark_survives_being_written(mark: Position) -> None:
    assert Position.read(mark.cursor()) == mark


@pytest.mark.parametrize("text", ["", "7", "offset=-1", "offset=٣", "offset=1,next=2"])
def test_another_text_is_no_mark(text: str) -> None:
    assert Position.read(Cursor(text)) is None


async def test_pages_clamped_to_one_size_are_told_once() -> None:
    reported_total: list[int] = []
    shelf = Shelf(100, limit=50, size=lambda _: 20)

    await listed(Paginator(fetch=shelf, on_clamp=reported_total.append))

    assert reported_total == [20]


async def test_what_is_learned_of_a_clamp_lets_pages_come_ahead() -> None:
    shelf = Shelf(200, limit=50, size=lambda _: 20)

    def learn(rows: int) -> None:
        shelf.limit = rows

    pages = await listed(Paginator(fetch=shelf, prefetch=3, on_clamp=learn))

    assert ids(pages) == everybody(shelf)
    assert shelf.most_under_way == 3


def test_an_id_costs_less_than_a_hundred_bytes() -> None:
    texts = [f"{number:036}" for number in range(30_000)]
    tracemalloc.start()

    seen = IdSet()
    for place in range(0, len(texts), 500):
        seen.take(texts[place : place + 500])

    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(seen) == 30_000
    assert seen.take([texts[0], "new", "new"]) == [0, 2]
    assert texts[-1] in seen
    assert "another" not in seen
    assert now < 56 * 30_000
    assert peak < 100 * 30_000


def answer(url: str = "https://sis.test/orgs?limit=5&offset=5", /, **headers: str) -> Response:
    reported_total = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=200, headers=reported_total, body=b"", url=url)


@pytest.mark.parametrize(
    ("url", "offset"),
    [("https://a.test/?limit=5&offset=10", 10), ("https://a.test/?offset=-1", None), (None, None)],
)
def test_the_offset_of_a_link_is_read(url: str | None, offset: int | None) -> None:
    assert offset_in(url) == offset


@pytest.mark.parametrize(
    ("headers", "total"),
    [
        ({"x_total_count": "12", "x_count": "5"}, 12),
        ({"x_count": " 5 "}, 5),
        ({"x_total_count": "many", "x_count": "5"}, 5),
        ({"x_total_count": "-1"}, None),
        ({"x_total_count": "13, 13"}, 13),
        ({"x_total_count": "13,13,13"}, 13),
        ({"x_total_count": "13, 14"}, None),
        ({"x_total_count": "13,"}, None),
        ({}, None),
    ],
)
def test_a_total_in_a_header_is_read(headers: dict[str, str], total: int | None) -> None:
    assert total_in(answer(**headers)) == total


@pytest.mark.parametrize(
    ("away", "is_told"),
    [(timedelta(0), True), (timedelta(hours=23), True), (timedelta(hours=-23), True),
     (timedelta(hours=25), False), (timedelta(days=-400), False)],
)  # fmt: skip
def test_the_servers_clock_is_told_unless_it_is_absurd(away: timedelta, is_told: bool) -> None:
    date = format_datetime(NOW + away, usegmt=True)

    assert as_of(answer(date=date), lambda: NOW) == (NOW + away if is_told else None)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 08:00:00 GMT"])
def test_a_clock_that_cannot_be_read_is_none(date: str) -> None:
    assert as_of(answer(date=date), lambda: NOW) is None


async def test_what_a_reader_found_reaches_the_page_of_its_records() -> None:
    finding = RecordFinding(sourced_id="0", rule="role-without-org", message="m", is_loss=True)
    double = Duplicate(sourced_id="0")

    async def fetch(place: PageStart) -> FetchedPage:
        if place.offset:
            return FetchedPage(rows=(), asked=5, total=2)
        return FetchedPage(
            rows=(Org(sourced_id="0", name="A", type="school"),),
            asked=5,
            total=2,
            duplicates=(double,),
            findings=(finding,),
            fields=frozenset({"name"}),
        )

    pages = [page async for page in Paginator(fetch=fetch).pages()]

    assert pages[0].findings == (finding,)
    assert pages[0].duplicates == (double,)
    assert pages[0].fields == frozenset({"name"})
    assert pages[-1].complete


async def test_who_comes_again_and_can_be_read_then_is_a_record() -> None:
    bad = Rejected(sourced_id="0", reason="name is missing")
    org = Org(sourced_id="0", name="A", type="school")

    async def fetch(place: PageStart) -> FetchedPage:
        rows = (org,) if place.offset == 1 else ()
        rejected = () if place.offset else (bad,)
        return FetchedPage(rows=rows, rejected=rejected, asked=1, total=2)

    pages = [page async for page in Paginator(fetch=fetch).pages()]

    assert [row for page in pages for row in page.rows] == [org]
    assert [rejected for page in pages for rejected in page.rejected] == [bad]
    assert not pages[-1].complete
    assert "came twice and differ" in pages[-1].reason
