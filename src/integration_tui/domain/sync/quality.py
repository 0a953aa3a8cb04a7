"""How good a roster is: rules, what they found, and a score that can hold a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.run import Run


class Severity(StrEnum):
    """How bad a finding is: how much of the score it costs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


WEIGHTS: Final = {Severity.ERROR: 1.0, Severity.WARNING: 0.25, Severity.INFO: 0.0}
"""How much of a record's point a finding costs."""


SAMPLES: Final = 10
"""So many records of a finding, and so many schools, are told with it."""


class QualityRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected of a record: `told` says what is wrong with one that is found.

    `advice` is the way out, for whoever keeps the source.
    """

    name: str
    severity: Severity
    collection: Collection
    message: str
    advice: str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was found: the system's id of it, and what people call it."""

    external_id: str
    label: str


class SchoolCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of one school were found."""

    school: str
    count: int


class QualityFinding(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of a collection break a rule, and some of them.

    `schools` are those with the most of them; none where records have no school. `field` is
    what the system calls the field in which something was lost or corrected by reading; such
    findings (`is_of_reading`) cost no score.
    """

    rule: str
    severity: Severity
    collection: Collection
    count: int
    told: str = ""
    advice: str = ""
    samples: tuple[Sample, ...] = ()
    schools: tuple[SchoolCount, ...] = ()
    field: str = ""
    is_of_reading: bool = False

    @property
    def name(self) -> str:
        """The rule, with the field where there is one."""
        return f"{self.rule} ({self.field})" if self.field else self.rule


class FoundRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record that breaks a rule. `detail` is what of it does, such as an address."""

    rule: str
    collection: Collection
    external_id: str
    label: str
    school: str = ""
    detail: str = ""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How good one collection is, 0 to 100. `before` is the last applied run's."""

    collection: Collection
    records: int
    percent: int
    before: int | None = None


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was judged, with its scores in the order of the collections."""

    run: Run
    scores: tuple[Score, ...]


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A record that cannot be taken as it is; it is looked at again by every run."""

    integration_id: IntegrationId
    collection: Collection
    external_id: str
    rule: str
    reason: str
    advice: str = ""
    raw: str = ""
    times: int = 1


def percent(records: int, findings: Iterable[QualityFinding]) -> int:
    """Return the score of a collection, rounded down: 100 means that no finding costs anything."""
    if not records:
        return 100
    lost = sum(WEIGHTS[finding.severity] * min(finding.count, records) for finding in findings)
    return max(0, int(100 * (records - lost) / records))


def complaints(scores: Sequence[Score], *, least: float, most_lost: float) -> list[str]:
    """Return why the scores hold a plan, a sentence each."""
    found: list[str] = []
    for score in scores:
        noun = score.collection.replace("_", " ")
        if score.percent < least:
            found.append(f"quality score of {noun} is {score.percent}, minimum {least:g}")
        elif score.before is not None and score.before - score.percent > most_lost:
            found.append(f"quality score of {noun} fell from {score.before} to {score.percent}")
    return found


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of a collection, 0 to 100, the newest last. `None`: that run did not list it."""

    collection: Collection
    scores: tuple[int | None, ...]

    @property
    def known(self) -> list[int]:
        return [score for score in self.scores if score is not None]

    @property
    def span(self) -> str:
        """Say between which scores it went."""
        low, high = min(self.known), max(self.known)
        return f"{low}" if low == high else f"{low}-{high}"


def trends(graded: Sequence[Graded]) -> list[Trend]:
    """Return how each collection went that was ever judged. `graded` comes newest first."""
    by_run = [{score.collection: score.percent for score in run.scores} for run in reversed(graded)]
    listed = (collection for collection in ROSTER if any(collection in scores for scores in by_run))
    return [
        Trend(collection=collection, scores=tuple(scores.get(collection) for scores in by_run))
        for collection in listed
    ]
