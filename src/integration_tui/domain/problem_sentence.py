"""What is wrong with an integration, or waits for somebody, as a sentence that ends in a key.

The texts hold what systems and people wrote: a screen makes them harmless before it shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.health.status import HealthReport
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.text import duration
from integration_tui.domain.time_words import short_time

if TYPE_CHECKING:
    from integration_tui.domain.config.validation import ConfigProblem

RECENT_CHECKS: Final = 10
"""So many checks are counted in a sentence."""


class ProblemKind(IntEnum):
    """What a sentence is about, the worst first: the order of a list that is sorted by problem."""

    NEEDS_PERSON = 1
    """Down, and not retried."""
    HELD = 2
    INVALID = 3
    """A configuration file that cannot be used."""
    RETRYING = 4
    """Down, and retried."""
    SYNC_FAILED = 5
    UNCHECKED = 6
    DEGRADED = 7
    EXPIRING = 8
    APPROVED = 9
    """A held plan that somebody approved, and nobody applied yet."""
    CONFLICTS = 10
    STOPPED = 11
    DISABLED = 12


_BAD: Final = frozenset(
    {
        ProblemKind.NEEDS_PERSON,
        ProblemKind.HELD,
        ProblemKind.INVALID,
        ProblemKind.RETRYING,
        ProblemKind.SYNC_FAILED,
    }
)
_IDLE: Final = frozenset({ProblemKind.DISABLED, ProblemKind.STOPPED})
_WAITING: Final = _BAD | {ProblemKind.EXPIRING, ProblemKind.APPROVED, ProblemKind.CONFLICTS}


class Fix(StrEnum):
    """What a person does about a problem; each is a key of the screen of integrations."""

    NEW_SECRET = "new_secret"  # noqa: S105 - a name
    START = "start"
    RECONNECT = "reconnect"
    CHECK = "check"
    REVIEW_PLAN = "review_plan"
    REVIEW_RUN = "review_run"
    EDIT = "edit"
    CONFLICTS = "conflicts"

    @property
    def key(self) -> str:
        """The key, as it is printed in a footer."""
        return _KEYS[self][0]

    @property
    def label(self) -> str:
        """What the key does, in a few words."""
        return _KEYS[self][1]


_KEYS: Final[Mapping[Fix, tuple[str, str]]] = {
    Fix.NEW_SECRET: ("^r", "store a new secret"),
    Fix.START: ("s", "start"),
    Fix.RECONNECT: ("r", "reconnect"),
    Fix.CHECK: ("c", "check now"),
    Fix.REVIEW_PLAN: ("p", "review the plan"),
    Fix.REVIEW_RUN: ("p", "review the run"),
    Fix.EDIT: ("e", "edit the configuration"),
    Fix.CONFLICTS: ("o", "resolve conflicts"),
}


class ProblemSentence(msgspec.Struct, frozen=True, kw_only=True):
    """One problem in words.

    `what` is the first sentence, `next` the second one: what happens by itself, or does not.
    `evidence` is what the system said. `brief` fits where `what` does not; it has no full stop.
    `retries_at` stands for a `next` that counts down. `fixes`: the first one is the key to press.
    """

    kind: ProblemKind
    what: str
    brief: str
    next: str = ""
    evidence: str = ""
    retries_at: datetime | None = None
    fixes: tuple[Fix, ...] = ()

    @property
    def is_bad(self) -> bool:
        """Whether it is red: something does not work."""
        return self.kind in _BAD

    @property
    def is_idle(self) -> bool:
        """Whether it is no trouble: somebody wants it so."""
        return self.kind in _IDLE

    @property
    def fix(self) -> Fix | None:
        """The first thing to do."""
        return self.fixes[0] if self.fixes else None

    def outlook(self, now: datetime) -> str:
        """Return what happens next, counted down to where it is planned."""
        if self.retries_at is None:
            return self.next
        left_s = (self.retries_at - now).total_seconds()
        if left_s < 1:
            return "Retrying now."
        if left_s < _SOON_S:
            return f"Retries in {duration(left_s)}."
        return f"Retries at {short_time(self.retries_at, now)}, in {duration(left_s)}."

    def full(self, now: datetime) -> str:
        """Return what is wrong and what happens next."""
        return f"{self.what} {self.outlook(now)}".rstrip()


_SOON_S: Final = 60


class StoppedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Who stopped or disabled an integration, when, and why where that was said."""

    by: str
    at: datetime
    reason: str = ""


class WaitingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A run that waits for a person, in words: held by the safety check, or failed."""

    kind: ProblemKind
    what: str
    brief: str


class ProblemEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known besides how an integration stands.

    `recent` are its newest checks, newest last; `p95_ms` is that of the last quarter of an hour,
    `slow_ms` the limit of its configuration. `conflicts` counts open ones by field. `invalid` are
    the problems of its file. `expires_at` is when its credentials do, where that is known;
    without `has_secret`, its configuration names none.
    """

    recent: Sequence[HealthReport] = ()
    p95_ms: float | None = None
    slow_ms: float | None = None
    stopped: StoppedBy | None = None
    plan: WaitingPlan | None = None
    conflicts: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    invalid: Sequence[ConfigProblem] = ()
    expires_at: datetime | None = None
    has_secret: bool = True


class NeedsYou(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits for a person."""

    integration_id: IntegrationId
    sentence: ProblemSentence
    since: datetime | None = None


def needs_you(
    sentences: Mapping[IntegrationId, Sequence[ProblemSentence]],
    since: Mapping[IntegrationId, datetime],
) -> tuple[NeedsYou, ...]:
    """Return what waits for a person in the whole store, the worst first, of equals the newest."""
    found = [
        NeedsYou(integration_id=name, sentence=sentence, since=since.get(name))
        for name, several in sentences.items()
        for sentence in several
        if sentence.kind in _WAITING and sentence.fixes
    ]
    return tuple(
        sorted(
            found,
            key=lambda one: (
                one.sentence.kind,
                -one.since.timestamp() if one.since else 0.0,
                one.integration_id,
            ),
        )
    )


class StoreProblems(msgspec.Struct, frozen=True, kw_only=True):
    """All problems as of one moment. `sentences` has those of each integration, the worst first."""

    sentences: Mapping[IntegrationId, tuple[ProblemSentence, ...]] = msgspec.field(
        default_factory=dict[IntegrationId, tuple[ProblemSentence, ...]]
    )
    needs_you: tuple[NeedsYou, ...] = ()

    def of(self, integration_id: IntegrationId) -> ProblemSentence | None:
        """Return the worst problem of an integration; `None` where there is none."""
        return next(iter(self.sentences.get(integration_id, ())), None)
