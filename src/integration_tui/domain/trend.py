"""How the quality of a roster went on from run to run: the scores of each collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integration_tui.domain.quality import Graded
from integration_tui.domain.roster import ROSTER, Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The scores of a collection, 0 to 100, the newest last. `None`: that run did not list it."""

    collection: Collection
    scores: tuple[int | None, ...]

    @property
    def known(self) -> list[int]:
        return [one for one in self.scores if one is not None]

    @property
    def span(self) -> str:
        """Say between which scores it went."""
        low, high = min(self.known), max(self.known)
        return f"{low}" if low == high else f"{low}-{high}"


def trends(graded: Sequence[Graded]) -> list[Trend]:
    """Return how each collection went that was ever judged. `graded` comes newest first."""
    by_run = [{one.collection: one.percent for one in run.scores} for run in reversed(graded)]
    listed = (one for one in ROSTER if any(one in scores for scores in by_run))
    return [
        Trend(collection=one, scores=tuple(scores.get(one) for scores in by_run)) for one in listed
    ]
