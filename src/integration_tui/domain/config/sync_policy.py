"""How a roster is brought into the store: who decides, what is held, what may be lost.

Sections of an integration's config, below `sync`; all have defaults that lose nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from integration_tui.domain.config.policies import Cron, Policy, Zone
from integration_tui.domain.grades import GradeCode
from integration_tui.domain.roster import RECORD_TYPES, ROSTER, STAFF, Collection
from integration_tui.domain.sync.merge import FieldPrecedence
from integration_tui.domain.sync.thresholds import Thresholds

Share = Annotated[float, Field(gt=0, le=1)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$")]


def _known_field(name: str) -> str:
    collection, _, field = name.partition(".")
    if collection not in set(ROSTER) or field not in _fields(Collection(collection)):
        raise ValueError("must name a collection and one of its fields, such as users.email")
    return name


def _fields(collection: Collection) -> frozenset[str]:
    names = frozenset(RECORD_TYPES[collection].__struct_fields__)
    return (names - {"sourced_id", "modified_at", "claims"}) | {
        "class" if "class_" in names else "status"
    }


FieldPath = Annotated[FieldName, AfterValidator(_known_field)]
"""A field by its collection and OneRoster's name in Python's casing: `users.email`."""


class ApprovalMode(StrEnum):
    """When a run that was started to sync waits for a person."""

    HELD = "held"
    """Only when the guard holds it, or it is the first with this configuration."""
    ALWAYS = "always"


class GuardPolicy(Policy):
    """Safety limits: a plan beyond them is held before anything is written."""

    loss_share: Share = Field(
        default=0.10, description="Hold if at least this share of a collection is missing (0-1)."
    )
    loss_count: int = Field(
        default=500,
        ge=1,
        description="Hold if at least this many records of a collection are missing.",
    )
    school_share: Share = Field(
        default=0.25,
        description="Hold if at least this share of a school is missing, moved or changed.",
    )
    floor: int = Field(
        default=3, ge=0, le=1000, description="Deactivations always allowed, up to this number."
    )
    update_share: Share = Field(
        default=0.75, description="Hold if at least this share of a collection is updated (0-1)."
    )
    create_share: Share = Field(
        default=0.50, description="Hold if at least this share of a collection is new (0-1)."
    )
    skipped_share: Share = Field(
        default=0.10,
        description="Hold if more than this share of the classes could not be read (0-1).",
    )
    staff_count: int = Field(
        default=4, ge=1, description="Hold if at least this many people of one school become staff."
    )
    reassigned_count: int = Field(
        default=4, ge=1, description="Hold if at least this many people get another person's email."
    )
    protect: tuple[str, ...] = Field(
        default=tuple(sorted(STAFF)),
        description="Roles whose users are never deactivated by a sync.",
    )

    @property
    def thresholds(self) -> Thresholds:
        """The same as the guard judges by."""
        return Thresholds(
            loss_share=self.loss_share,
            loss_count=self.loss_count,
            school_share=self.school_share,
            floor=self.floor,
            update_share=self.update_share,
            create_share=self.create_share,
            skipped_share=self.skipped_share,
            staff_count=self.staff_count,
            reassigned_count=self.reassigned_count,
        )


class GracePolicy(Policy):
    """Grace period of missing records. Sweeps are complete listings in full runs."""

    sweeps: int = Field(
        default=3, ge=1, le=100, description="Full listings a record may be missing from."
    )
    days: float = Field(
        default=7, ge=0, le=365, description="Minimum days a record is missing before deactivation."
    )
    removal_days: float = Field(
        default=30, ge=0, le=3650, description="Remove inactive records after this many days."
    )
    removes: bool = Field(default=False, description="Allow removing records.")


class DateRange(Policy):
    """A range of days; `until` is included."""

    start: date = Field(description="First day.")
    until: date = Field(description="Last day.")
    reason: str = Field(default="", max_length=200, description="Reason, for people.")

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.until < self.start:
            raise ValueError("until must not be before start")
        return self


class MatchRule(StrEnum):
    """How a record is known to be the same as one of another system. Never by name alone."""

    CLAIM = "claim"
    """What a system itself says that another one calls it: a SIS id, an alias."""
    SOURCED_ID = "sourced_id"
    IDENTIFIER = "identifier"
    EMAIL = "email"
    USERNAME = "username"


class Relink(StrEnum):
    """What becomes of people whom their own system lists under other ids."""

    ASK = "ask"
    """They are new people, unless somebody relinks or merges them."""
    SAME_PERSON = "same_person"
    """They keep their record: by SIS id, state id, or e-mail address and name together."""


class MatchPolicy(Policy):
    """Matching of records across systems and IDs."""

    rules: tuple[MatchRule, ...] = Field(
        default=(MatchRule.CLAIM,),
        description="Match rules, in order. Empty: no matching.",
    )
    certain: int = Field(
        default=85,
        ge=0,
        le=100,
        description="Names at least this similar (0-100) match without review.",
    )
    relink: Relink = Field(
        default=Relink.ASK,
        description="People listed under a new ID: ask, or keep the record.",
    )


class ConflictPolicy(Policy):
    """Precedence of fields that both sides changed, and owners of fields."""

    default: FieldPrecedence = Field(
        default=FieldPrecedence.ASK, description="Precedence for fields without a rule."
    )
    fields: dict[FieldPath, FieldPrecedence] = Field(
        default_factory=dict, description="Precedence by field, such as users.email."
    )
    owners: dict[FieldPath, str] = Field(
        default_factory=dict, description="Owning integration by field."
    )


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"must be a regular expression: {error}") from error
    return text


class CustomQualityRule(Policy):
    """A custom quality rule for one field of a collection."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,62}$", description="Rule name.")
    field: FieldPath = Field(description="Collection and field, such as users.email.")
    matches: Annotated[str, AfterValidator(_expression)] | None = Field(
        default=None, max_length=500, description="Regular expression for the entire value."
    )
    required: bool = Field(default=False, description="Require a value.")
    severity: Literal["error", "warning", "info"] = Field(
        default="warning", description="Severity of the finding."
    )


class QualityPolicy(Policy):
    """Data quality limits and rules."""

    min_score: float = Field(
        default=0, ge=0, le=100, description="Hold if the score is lower than this (0-100)."
    )
    max_drop: float = Field(
        default=10,
        ge=0,
        le=100,
        description="Hold if the score drops by more than this many points.",
    )
    max_class_size: int = Field(
        default=40, ge=1, description="Maximum class size, in students; larger is a finding."
    )
    off: tuple[str, ...] = Field(default=(), description="Disabled rules.")
    rules: tuple[CustomQualityRule, ...] = Field(default=(), description="Custom rules.")

    @model_validator(mode="after")
    def _has_names_once(self) -> Self:
        names = [rule.name for rule in self.rules]
        if len(set(names)) < len(names):
            raise ValueError("two rules must not have the same name")
        return self


class SyncPolicy(Policy):
    """How an integration is synced."""

    schedule: Cron | None = Field(
        default=None, description="Cron expression (5 fields). Empty: no schedule."
    )
    timezone: Zone = Field(
        default="UTC", description="IANA time zone of the schedule, such as America/Chicago."
    )
    approval: ApprovalMode = Field(
        default=ApprovalMode.HELD, description="Plans that need approval: held, or always."
    )
    guard: GuardPolicy = Field(default_factory=GuardPolicy)
    grace: GracePolicy = Field(default_factory=GracePolicy)
    match: MatchPolicy = Field(default_factory=MatchPolicy)
    conflicts: ConflictPolicy = Field(default_factory=ConflictPolicy)
    quality: QualityPolicy = Field(default_factory=QualityPolicy)
    grades: Mapping[str, GradeCode] = Field(
        default_factory=dict,
        description="Grade codes for your own grade names: `Kinder: KG`.",
    )
    blackout: tuple[DateRange, ...] = Field(
        default=(), description="Days without automatic applies."
    )
    adds_only: tuple[DateRange, ...] = Field(default=(), description="Days without deactivations.")


class ReadingPolicy(SyncPolicy):
    """Sync settings of systems that are read page by page."""

    page_size: int | None = Field(
        default=None, ge=1, le=10_000, description="Records per page. Empty: the type's own."
    )
    demographics: bool = Field(default=False, description="Read birth date, sex and race.")


class ServerReadingPolicy(ReadingPolicy):
    """Sync settings of servers."""

    ahead: int = Field(default=3, ge=0, le=8, description="Pages fetched in advance.")
    overlap_s: int = Field(
        default=300,
        ge=0,
        le=86_400,
        description="Overlap of incremental reads, in seconds.",
    )
