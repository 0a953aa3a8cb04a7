"""Messages about runs: written with the change that they tell of. Counts only, never a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from integration_tui.domain.message import MessageKind, NewMessage, as_sentence
from integration_tui.domain.quantity import counted
from integration_tui.domain.sync.plan_sentences import deactivation_sentence, upsert_sentence
from integration_tui.domain.sync.safety import deactivations

if TYPE_CHECKING:
    from integration_tui.domain.sync.run import CollectionProgress, Run


def held_message(run: Run, listings: Sequence[CollectionProgress], *, at: datetime) -> NewMessage:
    """Return what is to be said of a plan that a limit stopped."""
    if deactivations(listings):
        what = deactivation_sentence(listings, has_totals=True)
    else:
        what = f"{upsert_sentence(listings)} Deactivates nobody.".strip()
    return _about(run, MessageKind.HELD, f"Plan held. {what}", at=at)


def waiting_message(run: Run, *, at: datetime) -> NewMessage:
    """Return what is to be said of a plan that is not applied by itself, as it was meant to be."""
    return _about(run, MessageKind.WAITING, f"Plan of run {run.id} is ready to apply.", at=at)


def conflict_message(run: Run, count: int, *, at: datetime) -> NewMessage:
    """Return what is to be said of fields that both sides changed."""
    verb = "needs" if count == 1 else "need"
    sentence = f"{counted(count, 'conflict')} {verb} review."
    return _about(run, MessageKind.CONFLICTS, sentence, at=at)


def failed_message(run: Run, *, at: datetime) -> NewMessage:
    """Return what is to be said of a run that did not come to its end."""
    sentence = f"Run {run.id} failed. {as_sentence(run.problem, run.integration_id)}".strip()
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
