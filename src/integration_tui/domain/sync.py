"""Pages, cursors and the state of a record's sync."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, NewType, TypeVar

from integration_tui.domain.roster import Collection

Cursor = NewType("Cursor", str)
T_co = TypeVar("T_co", covariant=True)


Recall = Callable[[Collection, bytes], Sequence[str] | None]
"""Returns the ids on a page with this digest, where it was taken as it is; else `None`."""


class SyncStatus(StrEnum):
    """How one record stands between its system and us."""

    PENDING = "pending"
    SYNCING = "syncing"
    SYNCED = "synced"
    CONFLICT = "conflict"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A record that could not be read, and why. `raw` is bounded and holds no password."""

    sourced_id: str
    reason: str
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T_co]):
    """Rows of one collection, in a stable order.

    `next` is the cursor to give back to continue behind them; `None` on the last page.
    The last page says in `complete` whether every record was listed, and if not, in
    `reason` why: only a complete listing may ever be read as "the others are gone".
    `as_of` is when the page was made by the system's own clock, where it tells: the first
    page's is the moment to ask from next time. `digest` tells this page from others; where the
    host knows it already (see `RecallingProvider`), `same` are its ids, and it has no rows.
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
