"""The legs of a trial: what each does over a line, and the sentence that it is told by."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from integration_tui.domain.config import ProviderConfig
from integration_tui.domain.errors import ConsoleError, IncompatibleError
from integration_tui.domain.health import HealthStatus
from integration_tui.domain.provider import NOT_ATTEMPTED, Step
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.sync import Page
from integration_tui.domain.time import Monotonic
from integration_tui.engine.line import Line
from integration_tui.engine.soundness import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One leg to come. `run` says what came of it, or raises `ConsoleError`s.

    Where a vital one failed there is no connection, and nothing behind it can be tried.
    """

    name: str
    run: Callable[[], Awaitable[str]]
    is_vital: bool = False


@runtime_checkable
class _Paged(Protocol):
    """A config that says how many rows a page is to have."""

    @property
    def page_size(self) -> int: ...


_BUG: Final = "this is a bug of the provider; report it to its authors"


class Legs:
    """What each leg does, and the sentence that it is told by."""

    def __init__(
        self, line: Line, config: ProviderConfig, monotonic: Monotonic, *, check_s: float
    ) -> None:
        self._line = line
        self._timeout_s = check_s
        self._monotonic = monotonic
        self._asked = _page_size(config, line)

    def step(self, step: Step) -> Try:
        async def run() -> str:
            return await self._line.walk(step, timeout_s=self._timeout_s)

        return Try(name=told(step.name), run=run, is_vital=True)

    async def connect(self) -> str:
        await self._line.connect(timeout_s=self._timeout_s)
        return ""

    async def authenticate(self) -> str:
        proof = await self._line.authenticate(timeout_s=self._timeout_s)
        if proof is NOT_ATTEMPTED:
            return "not declared"
        until = f", good until {proof.expires_at:%Y-%m-%d %H:%M} UTC" if proof.expires_at else ""
        return f"{proof.kind}{until}"

    async def check(self) -> str:
        finding = await self._line.check(timeout_s=self._timeout_s)
        weak = f"{finding.status}: " if finding.status is not HealthStatus.HEALTHY else ""
        return f"{weak}{finding.detail}"

    async def metadata(self) -> str:
        found = await self._line.metadata(timeout_s=self._timeout_s)
        return f"{found.product}, {found.version}, at {found.address}"

    def listing(self, collection: Collection, timeout_s: float) -> Try:
        """Return the leg of a collection: its first page. `timeout_s` bounds repeats as well."""

        async def run() -> str:
            pages = self._line.pages(collection, page_timeout_s=timeout_s)
            async with aclosing(pages):
                started = self._monotonic()
                first = await anext(pages, None)
                if first is None:
                    raise IncompatibleError("there was no page at all", advice=_BUG)
                took_s = self._monotonic() - started
                is_clamped = await _is_clamped(first, pages, asked=self._asked)
            size = f"pages of {_count(first):,} though {self._asked:,} were asked for"
            return "; ".join([*_told_of(first, took_s), *([size] if is_clamped else [])])

        return Try(name=title(collection), run=run)


async def _is_clamped(
    first: Page[Record], behind: AsyncIterator[Page[Record]], *, asked: int
) -> bool:
    """Say whether pages are smaller than they were asked for: a short one may be all there is."""
    if first.next is None or not 0 < _count(first) < asked:
        return False
    if first.total is not None:
        return _count(first) < first.total
    second = await anext(behind, None)
    return second is not None and _count(second) > 0


def _told_of(page: Page[Record], took_s: float) -> Iterator[str]:
    """Say what a first page shows: how many of how many, how fast, what speaks against it."""
    count = _count(page)
    yield f"{count:,} of {page.total:,}" if page.total is not None else f"{count:,}, no total told"
    if count and took_s > 0:
        yield f"{count / took_s:,.0f} records/s"
    if page.rejected:
        yield f"{len(page.rejected):,} quarantined: {page.rejected[0].reason}"
    if page.duplicates:
        yield f"{len(page.duplicates):,} duplicates, such as {page.duplicates[0].sourced_id}"
    if page.next is None and not page.complete:
        yield page.reason


def _count(page: Page[Record]) -> int:
    return len(page.rows) + len(page.same) + len(page.rejected) + len(page.duplicates)


def title(collection: Collection) -> str:
    return collection.replace("_", " ")


def _page_size(config: ProviderConfig, line: Line) -> int:
    return config.page_size if isinstance(config, _Paged) else line.spec.limits.page_size


def broken(name: str, error: ConsoleError) -> Try:
    async def fail() -> str:
        raise error

    return Try(name=name, run=fail, is_vital=True)
