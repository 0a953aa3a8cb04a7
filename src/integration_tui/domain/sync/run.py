"""A run: one sync of one integration, from its first page to its last row.

It is stored step by step, so that it goes on where it was when its process died.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.paging import Duplicate
from integration_tui.domain.quantity import counted, listed_counts, noun_of
from integration_tui.domain.roster import Collection, Owner
from integration_tui.domain.sync.plan import ChangeKind, Hold
from integration_tui.domain.value import replace


class Mode(StrEnum):
    """How much is looked at."""

    FULL = "full"
    INCREMENTAL = "incremental"
    """What changed since the last run that was applied; absence means nothing."""
    TARGETED = "targeted"
    """One org, class or person; absence means nothing."""
    UNDO = "undo"
    """Nothing is pulled: the plan takes an applied run back."""


class Trigger(StrEnum):
    """What set a run off."""

    HAND = "hand"
    SCHEDULE = "schedule"
    WEBHOOK = "webhook"


class Phase(StrEnum):
    """The step that a run is in, or goes on with."""

    PULL = "pull"
    PLAN = "plan"
    APPLY = "apply"


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    """Somebody works on it; where its process died, it waits to be resumed."""
    PLANNED = "planned"
    """Its plan waits for a person or a policy."""
    HELD = "held"
    """The guard wants a person to look at its plan."""
    PAUSED = "paused"
    APPLIED = "applied"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STALE = "stale"
    """What its plan was made for has moved on; it can only be made anew."""


MOST_SENTENCES: Final = 10
"""So many skipped parts are told in words, one by one."""
_UNREAD: Final = "could not be read"
OPEN: Final = frozenset(
    {RunStatus.RUNNING, RunStatus.PLANNED, RunStatus.HELD, RunStatus.PAUSED, RunStatus.FAILED}
)
"""Something can still be done with these; an integration has one of them at most."""


class StopRequest(StrEnum):
    """What somebody wants of a run that is under way; heeded at its next batch."""

    PAUSE = "pause"
    CANCEL = "cancel"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is stored.

    `base` is the state of the roster that the plan was made for, `config_version` the
    configuration. `preview` says why it is not applied by itself; empty where it may be.
    `applies`: it is applied by itself, where nothing speaks against that. `spares`: nobody is
    deactivated by it, whatever the plan says. `relinks`: changed ids keep their records.
    `scopes` are what the proof of identity allowed.
    """

    id: RunId
    integration_id: IntegrationId
    mode: Mode
    trigger: Trigger
    started_by: str
    started_at: datetime
    status: RunStatus = RunStatus.RUNNING
    phase: Phase = Phase.PULL
    scope: Owner | None = None
    scopes: tuple[str, ...] = ()
    applies: bool = False
    spares: bool = False
    relinks: bool = False
    config_version: int = 0
    base: int = 0
    plan_hash: str = ""
    preview: str = ""
    holds: tuple[Hold, ...] = ()
    problem: str = ""
    advice: str = ""
    wish: StopRequest | None = None
    undoes: RunId | None = None
    updated_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_waiting(self) -> bool:
        """Whether its plan waits to be applied, held or not."""
        return self.status in {RunStatus.PLANNED, RunStatus.HELD}


class CollectionProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one collection of a run has come.

    Every row on the wire is one of three: `records` are taken, `quarantined` are kept out (they
    could not be read, or the plan holds them back), `duplicates` came again under an id that is
    one of these already. `same` of the records are unchanged, `with_loss` have findings of
    something lost. `differing` duplicates said something else; `doubled` names some of them.
    `counts` say what the plan does with the others; `applied` how many of those are done.
    `known` is how many records of this system there were before. `fields` are those that any
    record had, `None` where nobody can tell. `transfers` are the people whom the plan brings to
    another school. `skipped` parts of it, such as classes, could not be read.
    """

    collection: Collection
    pages: int = 0
    records: int = 0
    same: int = 0
    quarantined: int = 0
    duplicates: int = 0
    differing: int = 0
    doubled: tuple[Duplicate, ...] = ()
    with_loss: int = 0
    expected: int | None = None
    known: int = 0
    is_over: bool = False
    complete: bool = False
    reason: str = ""
    cursor: str | None = None
    fields: frozenset[str] | None = None
    as_of: datetime | None = None
    since: datetime | None = None
    counts: Mapping[ChangeKind, int] = msgspec.field(default_factory=dict[ChangeKind, int])
    applied: int = 0
    transfers: int = 0
    skipped: int = 0

    @property
    def listed(self) -> int:
        """How many rows came over the wire."""
        return self.records + self.quarantined + self.duplicates

    @property
    def is_whole_to_see(self) -> bool:
        """Whether it came to its end by itself, be it proven or not."""
        return self.is_over and self.cursor is None and self.records > 0

    @property
    def unreadable(self) -> int:
        """How many of the quarantined could not be read."""
        return self.as_read().quarantined

    def as_read(self) -> CollectionProgress:
        """Return this as it was when its listing ended, without what a plan holds back."""
        held_back = self.count(ChangeKind.QUARANTINE)
        return replace(
            self, records=self.records + held_back, quarantined=self.quarantined - held_back
        )

    def planned(self, counts: Mapping[ChangeKind, int]) -> CollectionProgress:
        """Return this with what a plan does; what it holds back is among the quarantined."""
        held_back, read = counts.get(ChangeKind.QUARANTINE, 0), self.as_read()
        return replace(
            read,
            counts=counts,
            records=read.records - held_back,
            quarantined=read.quarantined + held_back,
        )

    def count(self, *kinds: ChangeKind) -> int:
        """How many changes of these kinds the plan has."""
        return sum(self.counts.get(kind, 0) for kind in kinds)


class SkippedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a listing that could not be read, and why: see `Skipped.reason`."""

    collection: Collection
    owner: Owner
    name: str
    reason: str

    @property
    def sentence(self) -> str:
        """What could not be read, and what becomes of it."""
        if _UNREAD in self.reason:
            return self.reason  # its connector tells it all
        owner = self.owner.collection
        said = f" ({self.reason})" if self.reason else ""
        stays = (
            "its members stay as they are"
            if owner is Collection.CLASSES
            else "what belongs to it stays as it is"
        )
        return f"the {noun_of(1, owner)} {self.name} {_UNREAD}{said}: {stays}"


def skipped_sentences(parts: Sequence[SkippedPart], count: int) -> Iterator[str]:
    """Yield what could not be read, `MOST_SENTENCES` sentences at most about `count` parts in all.

    Parts of which the same is to be said, such as the sections of one course, are told once.
    """
    about = Counter(part.sentence for part in parts)
    shown = [*about][:MOST_SENTENCES]
    yield from shown
    if more := count - sum(about[sentence] for sentence in shown):
        yield f"{counted(more, 'more part')} {_UNREAD}"


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """A run with its listings, in the order of the collections.

    `skipped` are the parts that could not be read, the first ones of very many. `remarks` say
    what else is to be known of how it was read.

    `approved_until`: somebody, `approved_by`, allowed just this plan until then; `None` where no
    word is good, or none is needed.
    """

    run: Run
    listings: tuple[CollectionProgress, ...]
    skipped: tuple[SkippedPart, ...] = ()
    remarks: tuple[str, ...] = ()
    approved_by: str = ""
    approved_until: datetime | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        """What is to be known of how it was read, though nothing is wrong with the plan."""
        skipped = sum(listing.skipped for listing in self.listings)
        return (*skipped_sentences(self.skipped, skipped), *self.remarks)

    @property
    def transfers(self) -> int:
        """How many people the plan brings to another school."""
        return sum(listing.transfers for listing in self.listings)

    @property
    def changes(self) -> int:
        """How many rows the plan would touch."""
        return sum(listing.count(*ChangeKind.effective()) for listing in self.listings)

    def in_words(self, *kinds: ChangeKind) -> str:
        """Return how many records of each collection the plan has of these kinds."""
        counts = {listing.collection: listing.count(*kinds) for listing in self.listings}
        return listed_counts(counts) or "nothing"
