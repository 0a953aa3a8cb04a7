"""Safety checks: a plan that looks like an accident is held before anything is written.

Shares are of what the system listed before, by collection and by school. The numbers are the
field's: see docs/sync.md for where each comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from integration_tui.domain.quantity import counted, noun_of
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.change_checks import (
    SCHOOLS,
    ChangeStats,
    change_sentences,
    explains,
)
from integration_tui.domain.sync.plan import ChangeKind, Hold
from integration_tui.domain.sync.run import CollectionProgress
from integration_tui.domain.sync.thresholds import Thresholds


class School(msgspec.Struct, frozen=True, kw_only=True):
    """What one school would lose of one collection."""

    org: str
    known: int
    lost: int


class CollectionStats(msgspec.Struct, frozen=True, kw_only=True):
    """One collection of a plan, as the guard sees it.

    `rekeyed` of those who are gone came back in the same run under other ids. `narrowed` says
    that less is seen than before with other rights; empty where it is not so. `peopled` are orgs
    that are missing though people belong to them, `replaced` are people who seem to be others now,
    by the system's ids. `changes` is `None` where they are not looked at. `vanished` are the fields
    that the listing lacks and the last one had, with how many records keep a value. `is_undo`:
    nothing was listed, records are lost by taking a run back.
    """

    listing: CollectionProgress
    schools: Sequence[School] = ()
    rekeyed: int = 0
    narrowed: str = ""
    orgs_with_people: Sequence[School] = ()
    replaced: Sequence[str] = ()
    changes: ChangeStats | None = None
    vanished: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    is_undo: bool = False

    @property
    def loss(self) -> str:
        """Return what becomes of the records that are lost."""
        return "deactivated by the undo" if self.is_undo else "missing from source"


def safety_holds(judged: Sequence[CollectionStats], thresholds: Thresholds) -> list[Hold]:
    """Return why a person has to look at a plan, a sentence each; empty where nobody has to."""
    found: list[Hold] = []
    for collection_stats in judged:
        found += _about_losses(collection_stats, thresholds)
        found += [
            Hold(sentence=told, is_loss=False)
            for told in _about_changes(collection_stats, thresholds)
        ]
    return found


def _about_losses(one: CollectionStats, limits: Thresholds) -> Iterator[Hold]:
    listing, nouns = one.listing, noun_of(2, one.listing.collection)
    lost = listing.count(*ChangeKind.losses())
    if one.narrowed and lost:
        yield Hold(sentence=one.narrowed)
    if is_rekeyed(one, limits):
        yield Hold(
            sentence=f"{one.rekeyed:,} of {lost:,} missing {nouns} came back under other IDs: the"
            " system may have changed its IDs. Relink keeps their history"
        )
    for org in one.orgs_with_people:
        yield Hold(
            sentence=f"{org.org} is missing from source, and"
            f" {counted(org.known, 'active person', 'active people')}"
            f" {'belongs' if org.known == 1 else 'belong'} to it"
        )
    yield from _losses(one, lost, limits)


def _about_changes(one: CollectionStats, limits: Thresholds) -> Iterator[str]:
    listing = one.listing
    for name, count in one.vanished.items():
        yield _vanished(listing, name, count)
    if one.replaced:
        yield (
            f"{one.replaced[0]}: name and email address change under the same ID"
            f"{_more(len(one.replaced) - 1)}; the ID may belong to another person now"
        )
    if listing.known:
        if not (one.changes and explains(one.changes, listing.count(ChangeKind.UPDATE), limits)):
            yield from _share(listing, (ChangeKind.UPDATE,), "change", limits.update_share, limits)
        yield from _share(listing, (ChangeKind.CREATE,), "are new", limits.create_share, limits)
    if one.changes:
        yield from change_sentences(one.changes, listing.known, limits)


def _vanished(listing: CollectionProgress, name: str, count: int) -> str:
    kept = f"; {counted(count, 'record')} keep their local value" if count > 1 else ""
    if count == 1:
        kept = "; 1 record keeps its local value"
    return (
        f"field {name.rstrip('_')} of {noun_of(2, listing.collection)} missing from this listing,"
        f" present in the last one{kept}. Approve the plan to continue without the field"
    )


def skipped_holds(
    skipped: Mapping[Collection, int], listed: Mapping[Collection, int], limits: Thresholds
) -> Iterator[Hold]:
    """Yield a hold where too many classes, or other parts of listings, could not be read.

    Both are counted by what they belong to. One alone never holds a plan.
    """
    for owner, count in skipped.items():
        known = max(listed.get(owner, 0), count)
        share = count / known
        if count > 1 and share > limits.skipped_share:
            nouns = noun_of(2, owner)
            yield Hold(
                sentence=f"{count:,} of {known:,} {nouns} could not be read"
                f" ({share:.0%}, limit {limits.skipped_share:.0%})",
                brief=f"{share:.0%} of {nouns} could not be read,"
                f" limit {limits.skipped_share:.0%}.",
            )


def is_rekeyed(one: CollectionStats, limits: Thresholds) -> bool:
    """Return whether those who are gone and those who came look like the same ones."""
    lost = one.listing.count(*ChangeKind.losses())
    return one.rekeyed > limits.floor and one.rekeyed >= limits.relink_share * lost


def _losses(one: CollectionStats, lost: int, limits: Thresholds) -> Iterator[Hold]:
    listing, nouns = one.listing, noun_of(2, one.listing.collection)
    if lost <= limits.floor:
        return
    share = lost / max(listing.known, lost)
    if lost >= listing.known:
        yield Hold(
            sentence=f"all {listing.known:,} {nouns} {one.loss} (limit {limits.loss_share:.0%})",
            brief=f"All {nouns} {one.loss}, limit {limits.loss_share:.0%}.",
        )
    elif share >= limits.loss_share:
        yield Hold(
            sentence=f"{lost:,} of {listing.known:,} {nouns} {one.loss}"
            f" ({_near(share, limits.loss_share)}, limit {limits.loss_share:.0%})",
            brief=f"{_near(share, limits.loss_share)} of {nouns} {one.loss},"
            f" limit {limits.loss_share:.0%}.",
        )
    elif lost >= limits.loss_count:
        yield Hold(
            sentence=f"{lost:,} of {listing.known:,} {nouns} {one.loss}"
            f" ({share:.0%}, limit {limits.loss_count:,})",
            brief=f"{lost:,} {nouns} {one.loss}, limit {limits.loss_count:,}.",
        )
    yield from _schools(one, limits)


def _near(share: float, limit: float) -> str:
    """Return a share as percent; with a decimal where it would read the same as its limit."""
    whole = f"{share:.0%}"
    return f"{share:.1%}" if share != limit and whole == f"{limit:.0%}" else whole


def _schools(one: CollectionStats, limits: Thresholds) -> Iterator[Hold]:
    """Yield a hold for each of the schools that lose most, and one for the rest of them."""
    nouns = noun_of(2, one.listing.collection)
    held = [
        school
        for school in one.schools
        if school.lost > limits.floor and school.lost >= limits.school_share * school.known
    ]
    held.sort(key=lambda school: school.lost / school.known, reverse=True)
    for school in held[:SCHOOLS]:
        share = school.lost / school.known
        yield Hold(
            sentence=f"{school.lost:,} of {school.known:,} {nouns} of {school.org} {one.loss}"
            f" ({share:.0%}, limit {limits.school_share:.0%})",
            brief=f"{share:.0%} of {nouns} of {school.org} {one.loss},"
            f" limit {limits.school_share:.0%}.",
        )
    if len(held) > SCHOOLS:
        more = counted(len(held) - SCHOOLS, "more school")
        yield Hold(
            sentence=f"a large part of the {nouns} of {more} {one.loss}"
            f" (limit {limits.school_share:.0%})"
        )


def _more(count: int) -> str:
    return f", and so do those of {count:,} more" if count else ""


def _share(
    listing: CollectionProgress,
    kinds: tuple[ChangeKind, ...],
    verb: str,
    limit: float,
    limits: Thresholds,
) -> Iterator[str]:
    count = listing.count(*kinds)
    share = count / listing.known
    if count > limits.floor and share >= limit:
        nouns = noun_of(2, listing.collection)
        yield (
            f"{count:,} {nouns} {verb}, {listing.known:,} known ({share:.0%}, limit {limit:.0%})"
        )


def deactivations(listings: Sequence[CollectionProgress]) -> int:
    """Return how many records a plan would deactivate or remove."""
    return sum(listing.count(ChangeKind.DEACTIVATE, ChangeKind.REMOVE) for listing in listings)
