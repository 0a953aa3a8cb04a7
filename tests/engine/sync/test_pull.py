"""How many hands a page goes through on its way from the server into a run."""

import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from types import AsyncGeneratorType

import pytest

from integration_tui.domain.roster import ROSTER, Collection, Owner
from integration_tui.settings import Settings
from tests.services.sync.fixtures import NO_GRACE, SECRET, syncing

ON_THE_WAY = (
    "/engine/sync/pull.py",
    "/connectors/connection.py",
    "/providers/oneroster",
    "/paging/",
)
FOUR = [
    "GuardedConnection._read",  # bounds the time of a page, and looks at what it holds
    "ListingReader.pages",  # takes another way where the server refuses one
    "ListingReader._pages",  # goes along the paths of a way, and picks what belongs to it
    "Paginator.pages",  # asks for page after page, to the proven end
]


@contextmanager
def generators() -> Generator[list[str]]:
    """Note which asynchronous generators begin that stand between a server and a run."""
    begun: list[str] = []
    before = sys.get_asyncgen_hooks()

    def note(generator: AsyncGenerator[object]) -> None:
        assert isinstance(generator, AsyncGeneratorType)
        code = generator.ag_code
        if any(part in code.co_filename for part in ON_THE_WAY):
            begun.append(code.co_qualname)
        assert before.firstiter is not None
        before.firstiter(generator)

    sys.set_asyncgen_hooks(firstiter=note)
    try:
        yield begun
    finally:
        sys.set_asyncgen_hooks(firstiter=before.firstiter)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


async def test_a_page_goes_through_four_generators_that_each_do_something(
    settings: Settings,
) -> None:
    async with syncing(settings, more=NO_GRACE) as school:
        with generators() as begun:
            report = await school.plan()

    assert sum(listing.pages for listing in report.listings) >= len(ROSTER) - 1
    assert begun == FOUR * len(report.listings)


async def test_a_page_of_a_part_goes_through_no_more(settings: Settings) -> None:
    async with syncing(settings, more=NO_GRACE) as school:
        await school.sync()
        with generators() as begun:
            await school.plan(scope=Owner(collection=Collection.CLASSES, sourced_id="c1"))

    assert set(begun) == {"Pull._found", *FOUR}
