"""Pages, cursors and the state of a record's sync."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Generic, NewType, Protocol, TypeVar

import msgspec

from integration_tui.domain.roster import Collection, Owner
from integration_tui.domain.value import ContractValue

Cursor = NewType("Cursor", str)
T_co = TypeVar("T_co", covariant=True)


KnownPages = Callable[[Collection, bytes], Sequence[str] | None]
"""Returns the ids on a page with this digest, where it was taken as it is; else `None`."""


class Recalled(ContractValue, frozen=True, kw_only=True):
    """What is known of records that came as they were applied: their ids, `None` for the others.

    `fields` are those that the known pages had on which these records stood, `None` where nobody
    can tell; `listed` those of the whole listing that was applied: whoever finds a record with
    another field has to read all.
    """

    ids: Sequence[str | None]
    fields: frozenset[str] | None
    listed: frozenset[str]


class KnownRecords(Protocol):
    """The records that were applied as they came, by their `Page.prints`."""

    def page(self, collection: Collection, digest: bytes) -> Recalled | None:
        """Return all that stands on a page with this digest; `None` where that is not known."""
        ...

    def records(self, collection: Collection, prints: Sequence[int]) -> Recalled | None:
        """Return who of a page is known by the prints of its records; `None` for nobody."""
        ...


class SyncStatus(StrEnum):
    """How one record stands between its systems and us."""

    SYNCED = "synced"
    CONFLICT = "conflict"
    """A field of it waits for somebody to decide."""


class Duplicate(ContractValue, frozen=True, kw_only=True):
    """A record that came again under an id that its listing had already brought.

    Exactly one of them is in the rows. `differs`: the others said something else, so two
    people may share the id, and the listing is not complete.
    """

    sourced_id: str
    differs: bool = False


class RecordFinding(ContractValue, frozen=True, kw_only=True):
    """What of a record was lost or corrected while it was read, though the record was kept.

    It names place and kind, never content: `rule` in kebab-case ("role-without-org"), `field`
    as the system calls it, `message` in words for whoever keeps the source. `is_loss`: something
    that the system sent is not held.
    """

    sourced_id: str
    rule: str
    message: str
    field: str = ""
    is_loss: bool = False


class Rejected(ContractValue, frozen=True, kw_only=True):
    """A record that could not be read, and why. `raw` is bounded and holds no password."""

    sourced_id: str
    reason: str
    raw: str = ""


class Skipped(ContractValue, frozen=True, kw_only=True):
    """A part of a listing that could not be read, such as one class that the system refuses.

    `owner` is what its records belong to. What is known of it stays as it is; the absence of
    everything else still counts. `reason` is what the system said, in a few words; or, where the
    connector knows what the part is called, the whole sentence that is shown: "the class NAME
    could not be read (what the system said): its members stay as they are". It names no people.
    """

    owner: Owner
    reason: str


class Page(ContractValue, Generic[T_co], frozen=True, kw_only=True):
    """Rows of one collection, in a stable order.

    `next` is the cursor to give back to continue behind them; `None` on the last page.
    The last page says in `complete` whether every record was listed, and if not, in
    `reason` why: only a complete listing may ever be read as "the others are gone".
    `as_of` is when the page was made by the system's own clock, where it tells: the first
    page's is the moment to ask from next time. `digest` tells this page from others; where the
    host knows it already (see `RecallingProvider`), `same` are its ids, and it has no rows.

    Every record on the wire is in just one of `rows`, `same`, `rejected` and `duplicates`.
    `fields` are the fields of ours that at least one record of the page had, even an empty one;
    `None` where that cannot be told: a field that a whole listing lacks says nothing.
    `skipped` are parts that could not be read; a listing may be complete but for them.
    `prints` are numbers below 2**64 by id, each made of all that came for a record: the same number
    is the same record, and an id without one is read again each time (see `KnownRecords`). They
    stand in the order of the page.
    `lesson` is what a connector has learned from the page and will need after a rest, in a text of
    its own making, without names and addresses of people (see `LearningProvider`); `None`: nothing
    of that kind is told.
    """

    rows: tuple[T_co, ...]
    next: Cursor | None = None
    rejected: tuple[Rejected, ...] = ()
    total: int | None = None
    complete: bool = False
    reason: str = ""
    as_of: datetime | None = None
    digest: bytes = b""
    same: tuple[str, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    findings: tuple[RecordFinding, ...] = ()
    fields: frozenset[str] | None = None
    skipped: tuple[Skipped, ...] = ()
    lesson: str | None = None
    prints: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
