"""A pull: a roster brought from a system into files, or what of it changed since a moment."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

import msgspec

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.paging import Duplicate
from integration_tui.domain.quantity import counted
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.listing_findings import (
    ReadFinding,
    duplicates_sentence,
    loss_sentence,
)
from integration_tui.domain.sync.run import SkippedPart, skipped_sentences

LAST: Final = "last"
"""Since the last whole pull, instead of a moment."""

_OF_DELTAS: Final = ("only what changed", "absence means nothing")


class FileFormat(StrEnum):
    """What the files are written as."""

    CSV = "csv"
    JSONL = "jsonl"


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for.

    `version` is OneRoster's, for CSV. `is_zipped` makes one file of them. No `collections` are
    all that the config has. With `accepts_less` a smaller roster than before is taken as right.
    """

    integration_id: IntegrationId
    folder: Path
    format: FileFormat = FileFormat.CSV
    version: Literal["1.1", "1.2"] = "1.2"
    is_zipped: bool = False
    since: datetime | Literal["last"] | None = None
    collections: tuple[Collection, ...] = ()
    accepts_less: bool = False


class ExportProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a collection has come. `expected` is how many there may be, where that is known.

    The last word on a collection has `is_over`.
    """

    collection: Collection
    records: int = 0
    quarantined: int = 0
    duplicates: int = 0
    skipped: int = 0
    expected: int | None = None
    is_over: bool = False
    complete: bool = False
    reason: str = ""


class ExportedCollection(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one collection.

    Every row on the wire is one of three: `records` are in the file, `quarantined` could not be
    read or written, `duplicates` came again under an id that is one of these already. `complete`:
    the listing came to its end, and nothing speaks against it; otherwise `reason` says why, and
    `advice` what to do. `undated` records of a delta did not say when they changed. `less` says
    that it is suddenly less than before. `differing` duplicates said something else than the
    record that was kept, `doubled` names some; `with_loss` records have `findings` of a loss.
    `skipped` parts, such as classes, could not be read; `unread` are the first of them.
    """

    collection: Collection
    records: int = 0
    quarantined: int = 0
    duplicates: int = 0
    differing: int = 0
    doubled: tuple[Duplicate, ...] = ()
    with_loss: int = 0
    findings: tuple[ReadFinding, ...] = ()
    complete: bool = False
    was_tried: bool = True
    reason: str = ""
    advice: str = ""
    as_of: datetime | None = None
    undated: int = 0
    less: str = ""
    skipped: int = 0
    unread: tuple[SkippedPart, ...] = ()

    @property
    def listed(self) -> int:
        """How many rows came over the wire."""
        return self.records + self.quarantined + self.duplicates

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be known of it though it may be complete, in words."""
        doubled = duplicates_sentence(self.duplicates, self.differing, self.doubled)
        lost = loss_sentence(self.with_loss, self.findings)
        skipped = skipped_sentences(self.unread, self.skipped)
        return tuple(text for text in (doubled, lost, *skipped) if text)

    @property
    def trouble(self) -> str:
        """Why the file is not all there is; empty where it is."""
        aside = ""
        if self.quarantined:
            aside = f"{counted(self.quarantined, 'record')} quarantined"
        unread = f"{counted(self.skipped, 'part')} could not be read" if self.skipped else ""
        reason = "" if self.complete else self.reason or "listing incomplete"
        return "; ".join(text for text in (reason, aside, unread, self.less) if text)


class ExportResult(msgspec.Struct, frozen=True, kw_only=True):
    """A pull that is over.

    `remarks` are what the files could not carry, in words; `failure` is why they could not be
    finished although the listings were.
    """

    integration_id: IntegrationId
    folder: Path
    format: FileFormat
    started_at: datetime
    since: datetime | None
    collections: tuple[ExportedCollection, ...]
    remarks: tuple[str, ...] = ()
    failure: str = ""

    @property
    def complete(self) -> bool:
        """Whether the folder holds all that was asked for, and nothing speaks against it."""
        return not self.failure and not any(collection.trouble for collection in self.collections)


def warnings(reason: str) -> str:
    """Return what of a delta's reason is more than that it is a delta.

    A delta is never a whole listing, so its last page always has a reason.
    """
    parts = [text for text in reason.split("; ") if not any(word in text for word in _OF_DELTAS)]
    return "; ".join(parts)
