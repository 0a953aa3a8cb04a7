"""Messages about runs: written with the change that they tell of. Counts only, never a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from integration_tui.domain.message import MessageKind, NewMessage, as_sentence
from integration_tui.domain.quantity import count_of, counted
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress, Run

_NAMED: Final = (Collection.USERS, Collection.ENROLLMENTS)
"""Counted by name, in this order; the others are one number."""


def held_message(run: Run, listings: Sequence[CollectionProgress], *, at: datetime) -> NewMessage:
    """Return what is to be said of a plan that a limit stopped."""
    losing = (ChangeKind.DEACTIVATE, ChangeKind.REMOVE)
    if lost := _shares(listings, losing):
        what = f"Deactivates {lost}."
    elif changed := _shares(listings, (ChangeKind.UPDATE,)):
        what = f"Changes {changed}, deactivates nobody."
    else:
        what = "A safety limit was reached; the plan deactivates nobody."
    return _about(run, MessageKind.HELD, f"Plan held. {what}", at=at)


def waiting_message(run: Run, *, at: datetime) -> NewMessage:
    """Return what is to be said of a plan that is not applied by itself, as it was meant to be."""
    return _about(run, MessageKind.WAITING, f"Plan of run {run.id} waits to be applied.", at=at)


def conflict_message(run: Run, count: int, *, at: datetime) -> NewMessage:
    """Return what is to be said of fields that both sides changed."""
    verb = "waits" if count == 1 else "wait"
    sentence = f"{counted(count, 'conflict')} {verb} for a decision."
    return _about(run, MessageKind.CONFLICTS, sentence, at=at)


def failed_message(run: Run, *, at: datetime) -> NewMessage:
    """Return what is to be said of a run that did not come to its end."""
    sentence = f"Run {run.id} failed. {as_sentence(run.problem)}".strip()
    return _about(run, MessageKind.FAILED, sentence, at=at, advice=run.advice)


def _about(
    run: Run, kind: MessageKind, sentence: str, *, at: datetime, advice: str = ""
) -> NewMessage:
    return NewMessage(
        kind=kind,
        integration_id=run.integration_id,
        run_id=run.id,
        at=at,
        sentence=sentence,
        advice=advice,
    )


def _shares(listings: Iterable[CollectionProgress], kinds: Sequence[ChangeKind]) -> str:
    """Return how many people, enrollments and other records these kinds are about, in words."""
    parts, others = dict[Collection, str](), 0
    for listing in listings:
        count, collection = listing.count(*kinds), listing.collection
        if count and collection in _NAMED:
            parts[collection] = f"{count:,} of {count_of(max(listing.known, count), collection)}"
        else:
            others += count
    named = [parts[collection] for collection in _NAMED if collection in parts]
    if others:
        named.append(counted(others, "other record" if named else "record"))
    return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else "".join(named)
