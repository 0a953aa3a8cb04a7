"""What is said of a plan: whom it deactivates, why it is held, and what is safer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from integration_tui.domain.quantity import count_of, counted, listed, noun_of
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.plan_tally import PEOPLE_FIRST, PlanPeople
from integration_tui.domain.sync.run import CollectionProgress

_FEW: Final = 3
"""So many may be missing from one school any day."""


def deactivation_sentence(
    listings: Sequence[CollectionProgress], *, has_totals: bool = False
) -> str:
    """Return whom a plan deactivates, such as "Deactivates 154 people and 616 enrollments.".

    `has_totals` adds of how many, where that is known. People come first; they are never added
    to enrollments.
    """
    deactivated = [
        _count_of_known(listing, ChangeKind.DEACTIVATE, has_totals=has_totals)
        for listing in _people_first(listings, ChangeKind.DEACTIVATE)
    ]
    removed = [
        count_of(listing.count(ChangeKind.REMOVE), listing.collection)
        for listing in _people_first(listings, ChangeKind.REMOVE)
    ]
    sentences = [f"Deactivates {listed(deactivated) if deactivated else 'nobody'}."]
    if removed:
        sentences = [*sentences[: len(deactivated)], f"Removes {listed(removed)} (inactive)."]
    return " ".join(sentences)


def approval_parts(listings: Sequence[CollectionProgress]) -> str:
    """Return what the number that approves a plan consists of: "154 people + 616 enrollments"."""
    kinds = (ChangeKind.DEACTIVATE, ChangeKind.REMOVE)
    return " + ".join(
        count_of(listing.count(*kinds), listing.collection)
        for listing in _people_first(listings, *kinds)
    )


def upsert_sentence(listings: Sequence[CollectionProgress]) -> str:
    """Return what a plan creates and updates; empty where it does neither."""
    parts = {
        "Creates": (ChangeKind.CREATE,),
        "Reactivates": (ChangeKind.RETURN,),
        "Updates": (ChangeKind.UPDATE, ChangeKind.LINK, ChangeKind.RELINK),
    }
    sentences: list[str] = []
    for verb, kinds in parts.items():
        counts = [
            count_of(listing.count(*kinds), listing.collection)
            for listing in _people_first(listings, *kinds)
        ]
        if counts:
            sentences.append(f"{verb} {listed(counts)}.")
    return " ".join(sentences)


def safer_sentence(listings: Sequence[CollectionProgress], way: str) -> str:
    """Return what applying without deactivations does; `way` is the key or the option for it.

    Empty where nothing is left to apply.
    """
    changes = sum(listing.count(*ChangeKind.upserts()) for listing in listings)
    if not changes:
        return ""
    return f"Safer: {way} applies {counted(changes, 'change')} and deactivates nobody."


def likely_cause(people: PlanPeople, *, source: str = "file") -> str:
    """Return a question about the likeliest cause of missing people; empty without evidence.

    It is asked only where all of them belong to one school. `source` is what a school is read
    from.
    """
    if len(people.schools) != 1 or people.missing <= _FEW:
        return ""
    school = people.schools[0]
    if school.lost != people.missing:
        return ""
    if school.lost >= school.known:
        return f"All people of {school.org} are missing: was its {source} left out?"
    return f"All are from {school.org}. Is its {source} incomplete?"


def _count_of_known(listing: CollectionProgress, kind: ChangeKind, *, has_totals: bool) -> str:
    count, known = listing.count(kind), listing.known
    if not has_totals or known < count:
        return count_of(count, listing.collection)
    return f"{count:,} of {known:,} {noun_of(known, listing.collection)}"


def _people_first(
    listings: Sequence[CollectionProgress], *kinds: ChangeKind
) -> Iterator[CollectionProgress]:
    """Yield the listings in which the plan has such changes."""
    by_collection: Mapping[Collection, CollectionProgress] = {
        listing.collection: listing for listing in listings
    }
    for collection in PEOPLE_FIRST:
        listing = by_collection.get(collection)
        if listing is not None and listing.count(*kinds):
            yield listing
