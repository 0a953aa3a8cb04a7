"""What a run's listings do not tell: held values stay, and that is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integration_tui.domain.sync.absent_fields import Absence, absent
from integration_tui.domain.sync.listing_findings import ReadFinding
from integration_tui.domain.sync.run import CollectionProgress, Mode, Run

if TYPE_CHECKING:
    from integration_tui.store.repositories import Repositories, Transaction

RULE: Final = "field-not-listed"
_MESSAGE: Final = "no record of the listing has this field; local values stay"


def lacking(run: Run, listing: CollectionProgress, before: frozenset[str] | None) -> frozenset[str]:
    """Return the fields of which a listing says nothing; `before` are those of the last whole one.

    A part of a roster may be too small to tell: then it is taken to be like the whole.
    """
    if run.mode is Mode.UNDO:
        return frozenset()
    is_part = run.mode is not Mode.FULL
    fields = before if is_part and listing.fields is None else listing.fields
    return absent(listing.collection, fields)


async def absence(rows: Repositories, run: Run, listing: CollectionProgress) -> Absence:
    """Return what a listing lacks, once its plan is made."""
    before = await rows.listings.last_fields(run, listing.collection)
    fields = lacking(run, listing, before)
    if run.mode is not Mode.FULL or not listing.is_whole_to_see or not fields:
        return Absence(fields=fields)
    return Absence(
        fields=fields,
        vanished=fields if before is None else fields - absent(listing.collection, before),
        kept=await rows.plans.kept(run, listing.collection, fields),
    )


async def report(
    transaction: Transaction, run: Run, listing: CollectionProgress, found: Absence
) -> None:
    """Add to the findings of a run what is kept of fields that were not listed."""
    findings = [
        ReadFinding(rule=RULE, field=name, message=_MESSAGE, count=count)
        for name, count in found.kept.items()
    ]
    await transaction.read_findings.add(run.id, listing.collection, findings)
