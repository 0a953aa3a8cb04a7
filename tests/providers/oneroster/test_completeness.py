"""Whatever a server's dialect, page size and troubles: nobody is lost without being told.

A listing that calls itself complete has exactly the district's records, each once.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.domain.errors import ProviderError
from integration_tui.domain.provider import RosterProvider
from integration_tui.domain.roster import ROSTER, Collection, Record, RecordStatus
from integration_tui.engine.config_loader import ConfigLoader, Draft
from integration_tui.providers.catalog import Catalog
from integration_tui.sandbox.dialect_presets import DIALECTS
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.multi_server import MultiServer, Plan
from integration_tui.sandbox.oneroster import OneRosterSandbox
from integration_tui.sandbox.oneroster_system import OneRosterKind, OneRosterSystem
from integration_tui.sandbox.sample_configs import address_of
from integration_tui.sandbox.served_system import SECRET, SECRET_NAME
from integration_tui.sandbox.server import serve
from tests.providers.http.fixtures import NOW, Here

CATALOG = Catalog(enabled=("oneroster", "timeback"), trusted=())
DOCUMENTS = ConfigLoader(CATALOG, Environment.PRODUCTION)
WITHOUT_KEYS = sorted(set(DIALECTS) - {"classlink"})
TELLS_TOTALS = sorted(set(WITHOUT_KEYS) - {"edfi", "gg4l"})

PASSING = st.builds(
    FaultRule,
    fault=st.sampled_from([Fault.DROP, Fault.STATUS]),
    path=st.sampled_from(["*/users", "*/enrollments", "*/classes", ""]),
    after=st.integers(0, 6),
    times=st.integers(1, 3),
    status=st.sampled_from([429, 500, 502, 503, 504]),
    retry_after=st.sampled_from(["", "1", "7", "Mon, 02 Nov 2026 08:00:30 GMT", "soon"]),
)
LIES = st.builds(
    FaultRule,
    fault=st.sampled_from(
        [
            Fault.MISSING_ROWS,
            Fault.WRONG_TOTAL,
            Fault.GROWING_TOTAL,
            Fault.SHIFTED,
            Fault.REPEATED_PAGE,
            Fault.CLAMPED,
            Fault.EMPTY,
            Fault.TRUNCATED,
            Fault.FAILURE_200,
        ]
    ),
    path=st.sampled_from(["*/users", "*/enrollments", ""]),
    after=st.integers(0, 6),
    times=st.none() | st.integers(1, 3),
    rows=st.integers(1, 5),
    by=st.integers(-5, 5),
)

LOSES_ONE = FaultRule(fault=Fault.MISSING_ROWS, path="*/users", rows=1, by=0)
LOSES_IT_AGAIN = FaultRule(fault=Fault.MISSING_ROWS, path="*/users", after=8, times=None)
TOO_OFTEN = FaultRule(fault=Fault.STATUS, path="*/users", after=1, status=429, retry_after="1")


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What one listing came to; `error` where it ended with one."""

    ids: list[str]
    complete: bool = False
    reason: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class World:
    """A served dialect, and a connector to it made from the document that is printed for it."""

    sandbox: OneRosterSandbox
    roster: RosterProvider
    here: Here

    def there(self, collection: Collection) -> list[Record]:
        """Return the district's own list."""
        return [*_active(self.sandbox, collection)]

    async def pull(self, collection: Collection) -> Pulled:
        ids: list[str] = []
        complete, reason = False, ""
        try:
            async for page in self.roster.pages(collection):
                ids += [row.sourced_id for row in page.rows]
                complete, reason = page.complete, page.reason
        except ProviderError as error:
            return Pulled(ids=ids, error=str(error))
        return Pulled(ids=ids, complete=complete, reason=reason)


def _active(sandbox: OneRosterSandbox, collection: Collection) -> Iterator[Record]:
    snapshot = sandbox.overlay.snapshot()
    for number in range(snapshot.size(collection)):
        record = snapshot.at(collection, number)
        if record is not None and record.status is RecordStatus.ACTIVE:
            yield record


def pulling(
    dialect: str, rules: list[FaultRule], *, page_size: int, changes_per_hour: float = 0.0
) -> dict[Collection, tuple[list[Record], Pulled, list[Record]]]:
    """Return for each collection what was there before, what was pulled, what is there now."""

    async def go() -> dict[Collection, tuple[list[Record], Pulled, list[Record]]]:
        here = Here(**{SECRET_NAME: SECRET})
        served = DIALECTS[dialect]
        ticks = iter(range(10**9))

        def clock() -> datetime:
            # Time passes with every question, so that a district that changes does so midway.
            return NOW.astimezone(UTC) + timedelta(seconds=next(ticks) * bool(changes_per_hour))

        plan = Plan(systems=[OneRosterKind(served)], changes_per_hour=changes_per_hour)
        estate = MultiServer(plan, clock=clock, monotonic=here.clock.monotonic)
        async with serve(estate.app) as address:
            world = _world(estate, address, here, page_size)
            await world.roster.connect()
            world.sandbox.faults.play(*rules)
            found: dict[Collection, tuple[list[Record], Pulled, list[Record]]] = {}
            for collection in ROSTER:
                before = world.there(collection)
                pulled = await world.pull(collection)
                found[collection] = before, pulled, world.there(collection)
            await world.roster.disconnect()
            return found

    return asyncio.run(go())


def _world(estate: MultiServer, address: str, here: Here, page_size: int) -> World:
    ((name, served),) = estate.systems.items()
    assert isinstance(served, OneRosterSystem)
    text = address_of(DIALECTS[name], address).document
    text += f"sync:\n  page_size: {page_size}\nrate_limit:\n  requests: 100000\n"
    config = DOCUMENTS.config_of(Draft(text=text, format=DocumentFormat.YAML))
    connector = CATALOG.spec(config.type).build(config, here.context(max_retries=8))
    return World(sandbox=served.sandbox, roster=cast(RosterProvider, connector), here=here)


@pytest.mark.parametrize("dialect", WITHOUT_KEYS)
def test_every_dialect_is_read_to_the_last_record(dialect: str) -> None:
    for _, pulled, there in pulling(dialect, [], page_size=97).values():
        assert sorted(pulled.ids) == sorted(record.sourced_id for record in there)
        assert pulled.complete is (dialect in TELLS_TOTALS)
        assert pulled.complete or "total" in pulled.reason


@settings(max_examples=25, deadline=None)
@given(
    dialect=st.sampled_from(WITHOUT_KEYS),
    page_size=st.integers(40, 1200),
    rules=st.lists(PASSING, max_size=3),
)
def test_trouble_that_passes_costs_nobody(
    dialect: str, page_size: int, rules: list[FaultRule]
) -> None:
    for _, pulled, there in pulling(dialect, rules, page_size=page_size).values():
        assert pulled.error == ""
        assert sorted(pulled.ids) == sorted(record.sourced_id for record in there)
        assert pulled.complete is (dialect in TELLS_TOTALS)


def _agree(rules: list[FaultRule]) -> bool:
    """Return whether two lies fit together: with fewer rows and a smaller total, all is there."""
    hides = any(rule.fault is Fault.MISSING_ROWS for rule in rules)
    lessens = {Fault.WRONG_TOTAL, Fault.GROWING_TOTAL}
    return hides and any(rule.fault in lessens and rule.by < 0 for rule in rules)


@settings(max_examples=25, deadline=None)
@given(
    dialect=st.sampled_from(WITHOUT_KEYS),
    page_size=st.integers(40, 400),
    rules=st.lists(LIES, min_size=1, max_size=2),
)
@example(dialect="html429", page_size=40, rules=[LOSES_ONE])
@example(dialect="v1p1", page_size=40, rules=[LOSES_ONE, TOO_OFTEN])
@example(dialect="timeback_learnwith_ai", page_size=299, rules=[LOSES_ONE])
@example(dialect="specification", page_size=40, rules=[LOSES_ONE, LOSES_IT_AGAIN])
def test_a_listing_that_lost_somebody_never_calls_itself_complete(
    dialect: str, page_size: int, rules: list[FaultRule]
) -> None:
    assume(not _agree(rules))
    for _, pulled, there in pulling(dialect, rules, page_size=page_size).values():
        assert len(pulled.ids) == len(set(pulled.ids))
        assert set(pulled.ids) <= {record.sourced_id for record in there}
        if pulled.complete:
            assert len(pulled.ids) == len(there)
        else:
            assert pulled.reason or pulled.error


@example(dialect="edfi", page_size=66, changes_per_hour=36_000.0)  # the last row comes twice
@settings(max_examples=15, deadline=None)
@given(
    dialect=st.sampled_from(WITHOUT_KEYS),
    page_size=st.integers(40, 400),
    changes_per_hour=st.sampled_from([3600.0, 36_000.0, 360_000.0]),
)
def test_who_was_there_all_the_time_is_listed_or_the_listing_says_that_it_is_not_complete(
    dialect: str, page_size: int, changes_per_hour: float
) -> None:
    found = pulling(dialect, [], page_size=page_size, changes_per_hour=changes_per_hour)

    for before, pulled, after in found.values():
        stayed = {record.sourced_id for record in before} & {record.sourced_id for record in after}
        assert pulled.error == ""
        assert stayed <= set(pulled.ids) or not pulled.complete
        assert len(pulled.ids) == len(set(pulled.ids))
