"""How a roster is brought into the store: who decides, what is held, what may be lost.

Sections of an integration's config, below `sync`; all have defaults that lose nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from integration_tui.domain.config.policies import Cron, Policy, Zone
from integration_tui.domain.grades import GradeCode
from integration_tui.domain.roster import RECORD_TYPES, ROSTER, Collection
from integration_tui.domain.sync.merge import FieldPrecedence
from integration_tui.domain.sync.thresholds import Thresholds

STAFF: Final = frozenset(
    {
        "administrator", "aide", "counselor", "districtAdministrator", "principal", "proctor",
        "siteAdministrator", "systemAdministrator", "teacher",
    }
)  # fmt: skip
"""OneRoster's roles of people who work at a school."""

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
    """From which share or count on a plan is held, before anything is written."""

    loss_share: Share = Field(default=0.10, description="Missing from the source, of a collection.")
    loss_count: int = Field(
        default=500, ge=1, description="Missing from the source, of a collection, in number."
    )
    school_share: Share = Field(
        default=0.25,
        description="Missing of one school; or losing school, role, access or values; or changed.",
    )
    floor: int = Field(default=3, ge=0, le=1000, description="So many may always go.")
    update_share: Share = Field(default=0.75, description="Changed of a collection.")
    create_share: Share = Field(default=0.50, description="New, of those there were.")
    staff_count: int = Field(
        default=4, ge=1, description="People of one school who become staff or administrators."
    )
    reassigned_count: int = Field(
        default=4, ge=1, description="People who get an address that another one had until now."
    )
    protect: tuple[str, ...] = Field(
        default=tuple(sorted(STAFF)),
        description="Roles of users who are never deactivated by a sync.",
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
            staff_count=self.staff_count,
            reassigned_count=self.reassigned_count,
        )


class GracePolicy(Policy):
    """How long who is not listed any more stays. Sweeps are complete listings in full runs."""

    sweeps: int = Field(default=3, ge=1, le=100, description="Missing in so many sweeps ...")
    days: float = Field(default=7, ge=0, le=365, description="... and for so many days.")
    removal_days: float = Field(
        default=30, ge=0, le=3650, description="Inactive for so many days: removed, if asked."
    )
    removes: bool = Field(default=False, description="Whether records are ever removed.")


class DateRange(Policy):
    """Days of the year in which something holds; `until` is included."""

    start: date = Field(description="First day.")
    until: date = Field(description="Last day.")
    reason: str = Field(default="", max_length=200)

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
    """How records are found that are there already: another system's, or under another id."""

    rules: tuple[MatchRule, ...] = Field(
        default=(MatchRule.CLAIM,),
        description="Tried in this order; none: every system has its own records.",
    )
    certain: int = Field(
        default=85, ge=0, le=100, description="Names at least so alike are not reviewed."
    )
    relink: Relink = Field(
        default=Relink.ASK,
        description="Whether people whom their system lists under another id keep their record.",
    )


class ConflictPolicy(Policy):
    """Who decides a field that both sides changed, or that belongs to one system."""

    default: FieldPrecedence = Field(
        default=FieldPrecedence.ASK, description="Where no rule is named below."
    )
    fields: dict[FieldPath, FieldPrecedence] = Field(default_factory=dict, description="By field.")
    owners: dict[FieldPath, str] = Field(
        default_factory=dict, description="The one integration that decides a field."
    )


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"must be a regular expression: {error}") from error
    return text


class CustomQualityRule(Policy):
    """A check of your own: records of a collection whose field breaks this are found."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")
    field: FieldPath
    matches: Annotated[str, AfterValidator(_expression)] | None = Field(
        default=None, max_length=500, description="A regular expression for the whole value."
    )
    required: bool = Field(default=False, description="Whether it must be there.")
    severity: Literal["error", "warning", "info"] = "warning"


class QualityPolicy(Policy):
    """What is expected of what a system lists."""

    min_score: float = Field(default=0, ge=0, le=100, description="A lower score holds the plan.")
    max_drop: float = Field(
        default=10, ge=0, le=100, description="So many points less than last time hold it."
    )
    max_class_size: int = Field(default=40, ge=1, description="More students are a finding.")
    off: tuple[str, ...] = Field(default=(), description="Rules that are not looked at.")
    rules: tuple[CustomQualityRule, ...] = ()

    @model_validator(mode="after")
    def _has_names_once(self) -> Self:
        names = [rule.name for rule in self.rules]
        if len(set(names)) < len(names):
            raise ValueError("two rules must not have the same name")
        return self


class SyncPolicy(Policy):
    """How rosters are brought into the store."""

    schedule: Cron | None = Field(default=None, description="Cron expression of five fields.")
    timezone: Zone = "UTC"
    approval: ApprovalMode = ApprovalMode.HELD
    guard: GuardPolicy = Field(default_factory=GuardPolicy)
    grace: GracePolicy = Field(default_factory=GracePolicy)
    match: MatchPolicy = Field(default_factory=MatchPolicy)
    conflicts: ConflictPolicy = Field(default_factory=ConflictPolicy)
    quality: QualityPolicy = Field(default_factory=QualityPolicy)
    grades: Mapping[str, GradeCode] = Field(
        default_factory=dict,
        description="Grades in words of your own, each with its code: `Kinder: KG`.",
    )
    blackout: tuple[DateRange, ...] = Field(
        default=(), description="Nothing is applied by itself on these days."
    )
    adds_only: tuple[DateRange, ...] = Field(
        default=(), description="Nobody is deactivated on these days."
    )


class ReadingPolicy(SyncPolicy):
    """How rosters are read page by page, and brought into the store."""

    page_size: int | None = Field(default=None, ge=1, le=10_000)
    demographics: bool = Field(
        default=False, description="Whether birth dates, sex and race are read as well."
    )


class ServerReadingPolicy(ReadingPolicy):
    """How rosters are read from a server."""

    ahead: int = Field(default=3, ge=0, le=8, description="Pages fetched before they are needed.")
    overlap_s: int = Field(
        default=300,
        ge=0,
        le=86_400,
        description="How far before the last time changes are asked for, in seconds.",
    )
