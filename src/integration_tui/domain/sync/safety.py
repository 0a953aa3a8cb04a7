"""Safety checks: a plan that looks like an accident is held before anything is written.

Shares are of what the system listed before, by collection and by school. The numbers are the
field's: see docs/sync.md for where each comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from integration_tui.domain.quantity import counted
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


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """What one school would lose of one collection."""

    org: str
    known: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionStats:
    """One collection of a plan, as the guard sees it.

    `rekeyed` of those who are gone came back in the same run under other ids. `narrowed` says
    that less is seen than before with other rights; empty where it is not so. `peopled` are orgs
    that are gone though people belong to them, `replaced` are people who seem to be others now,
    by the system's ids. `changes` is `None` where they are not looked at. `vanished` are the
    fields that the listing lacks and the last one had, with how many records keep a value.
    """

    listing: CollectionProgress
    schools: Sequence[School] = ()
    rekeyed: int = 0
    narrowed: str = ""
    orgs_with_people: Sequence[School] = ()
    replaced: Sequence[str] = ()
    changes: ChangeStats | None = None
    vanished: Mapping[str, int] = field(default_factory=dict[str, int])


def safety_holds(judged: Sequence[CollectionStats], thresholds: Thresholds) -> list[Hold]:
    """Return why a person has to look at a plan, a sentence each; empty where nobody has to."""
    found: list[Hold] = []
    for collection_stats in judged:
        found += [
            Hold(sentence=sentence) for sentence in _about_losses(collection_stats, thresholds)
        ]
        found += [
            Hold(sentence=told, is_loss=False)
            for told in _about_changes(collection_stats, thresholds)
        ]
    return found


def _about_losses(one: CollectionStats, limits: Thresholds) -> Iterator[str]:
    listing = one.listing
    lost = listing.count(*ChangeKind.losses())
    if one.narrowed and lost:
        yield one.narrowed
    if is_rekeyed(one, limits):
        yield (
            f"{one.rekeyed:,} of {lost:,} {_noun(listing.collection)} that are gone came back under"
            " other ids: the system seems to have changed its ids; relink keeps their history"
        )
    for org in one.orgs_with_people:
        yield f"{org.org} is not listed any more, and {org.known:,} active people belong to it"
    yield from _losses(one, lost, limits)


def _about_changes(one: CollectionStats, limits: Thresholds) -> Iterator[str]:
    listing = one.listing
    for name, count in one.vanished.items():
        yield _vanished(listing, name, count)
    if one.replaced:
        yield (
            f"{one.replaced[0]}: names and addresses change together under the same id"
            f"{_more(len(one.replaced) - 1)}; the id may have been given to another person"
        )
    if listing.known:
        if not (one.changes and explains(one.changes, listing.count(ChangeKind.UPDATE), limits)):
            yield from _share(listing, (ChangeKind.UPDATE,), "change", limits.update_share, limits)
        yield from _share(listing, (ChangeKind.CREATE,), "are new", limits.create_share, limits)
    if one.changes:
        yield from change_sentences(one.changes, listing.known, limits)


def _vanished(listing: CollectionProgress, name: str, count: int) -> str:
    kept = f": what is held of it stays ({counted(count, 'record')})" if count else ""
    return (
        f"{_noun(listing.collection)}: the field {name.rstrip('_')} is not in this listing; until"
        f" now it was{kept}. Approve the plan to go on without it"
    )


def is_rekeyed(one: CollectionStats, limits: Thresholds) -> bool:
    """Return whether those who are gone and those who came look like the same ones."""
    lost = one.listing.count(*ChangeKind.losses())
    return one.rekeyed > limits.floor and one.rekeyed >= limits.relink_share * lost


def _losses(one: CollectionStats, lost: int, limits: Thresholds) -> Iterator[str]:
    listing, noun = one.listing, _noun(one.listing.collection)
    if lost <= limits.floor:
        return
    share = lost / max(listing.known, lost)
    if lost >= listing.known:
        yield f"all {listing.known:,} {noun} are gone"
    elif share >= limits.loss_share or lost >= limits.loss_count:
        yield f"{lost:,} of {listing.known:,} {noun} are gone ({share:.0%})"
    yield from _schools(one, limits)


def _schools(one: CollectionStats, limits: Thresholds) -> Iterator[str]:
    """Yield a sentence for the schools that lose most, and one for the rest of them."""
    noun = _noun(one.listing.collection)
    held = [
        school
        for school in one.schools
        if school.lost > limits.floor and school.lost >= limits.school_share * school.known
    ]
    held.sort(key=lambda school: school.lost / school.known, reverse=True)
    for school in held[:SCHOOLS]:
        yield f"{school.lost:,} of {school.known:,} {noun} of {school.org} are gone"
    if len(held) > SCHOOLS:
        yield f"{len(held) - SCHOOLS:,} more schools lose a large part of their {noun}"


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
        noun = _noun(listing.collection)
        yield f"{count:,} {noun} {verb}, and there were {listing.known:,} ({share:.0%})"


def _noun(collection: Collection) -> str:
    return collection.replace("_", " ")


def deactivations(listings: Sequence[CollectionProgress]) -> int:
    """Return how many records a plan would deactivate or remove."""
    return sum(listing.count(ChangeKind.DEACTIVATE, ChangeKind.REMOVE) for listing in listings)
