"""What is expected of roster records: our rules in words, and the rules that somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.quality import QualityRule, Severity

if TYPE_CHECKING:
    from integration_tui.domain.config.sync_policy import CustomQualityRule

LONGEST: Final = 1_000
"""Longer values are found without being matched: an expression may take forever with them."""
_FIX_AT_SOURCE: Final = "correct the record in the source system"
_ENTER: Final = "add the value in the source system"
_GRADE: Final = "map the grade to a CEDS grade level (KG, 01 to 13, ...) in the source system"
_PERSON: Final = (
    "check whether both are the same person; merge or correct them in the source system"
)
_LOST: Final = "refers to a missing record"
_WARNINGS: Final[Mapping[Collection, Mapping[str, tuple[str, str]]]] = {
    Collection.ORGS: {
        "orgs-same": (
            "has the name and identifier of another org",
            "merge the orgs in the source system, or give them different identifiers",
        ),
        "orgs-reference": (f"parent {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.ACADEMIC_SESSIONS: {
        "sessions-dates": ("ends before it starts", _FIX_AT_SOURCE),
        "sessions-reference": (f"parent {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.COURSES: {
        "courses-grades": ("has an invalid grade", _GRADE),
        "courses-reference": (f"org or school year {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.CLASSES: {
        "classes-no-teacher": (
            "has no teacher",
            "enroll a teacher or end the class in the source system",
        ),
        "classes-grades": ("has an invalid grade", _GRADE),
        "classes-reference": (f"course or term {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.USERS: {
        "users-same-email": ("has another person's email address", _PERSON),
        "users-same-identifier": ("has another person's identifier", _PERSON),
        "users-same-username": ("has another person's username", _PERSON),
        "users-no-email": ("is staff without an email address", _ENTER),
        "users-email": ("has an invalid email address", _FIX_AT_SOURCE),
        "users-grades": ("has an invalid grade", _GRADE),
        "users-no-role": ("has no role", _ENTER),
        "users-no-org": ("belongs to no org", _ENTER),
        "users-reference": (f"org or agent {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.ENROLLMENTS: {
        "enrollments-same": (
            "is a duplicate enrollment",
            "end one enrollment in the source system",
        ),
        "enrollments-dates": ("ends before it starts", _FIX_AT_SOURCE),
        "enrollments-role": ("has a role the person does not have", _FIX_AT_SOURCE),
        "enrollments-reference": (
            f"person or class {_LOST}",
            "end the enrollment in the source system",
        ),
    },
}
_REMARKS: Final[Mapping[Collection, Mapping[str, tuple[str, str]]]] = {
    Collection.CLASSES: {
        "classes-no-student": (
            "has no students",
            "end the class in the source system if it is unused",
        ),
        "classes-size": (
            "has too many students",
            "split the class, or raise sync.quality.max_class_size",
        ),
    },
    Collection.USERS: {
        "users-no-grade": ("is a student without a grade", _ENTER),
        "users-not-enrolled": ("is a student without a class", _ENTER),
    },
    Collection.ENROLLMENTS: {
        "enrollments-term": ("starts or ends outside the terms of its class", _FIX_AT_SOURCE),
    },
}
RULES: Final[Mapping[str, QualityRule]] = {
    name: QualityRule(
        name=name, severity=severity, collection=collection, message=told, advice=advice
    )
    for severity, texts in ((Severity.WARNING, _WARNINGS), (Severity.INFO, _REMARKS))
    for collection, rules in texts.items()
    for name, (told, advice) in rules.items()
}
"""By name. None of them keeps a record out."""
KEPT_OUT: Final[Mapping[str, tuple[str, str]]] = {
    "unreadable": ("is unreadable and quarantined", _FIX_AT_SOURCE),
    "orphan": (
        "refers to an unknown record and is quarantined",
        "included once that record is listed; otherwise correct the reference in the source system",
    ),
}
"""Why a record is in quarantine, and the way out."""


class QualityCheck:
    """A rule that somebody wrote into a config."""

    def __init__(self, written: CustomQualityRule) -> None:
        name, _, field = written.field.partition(".")
        self.collection = Collection(name)
        self.field = "class_" if field == "class" else field
        self.rule = QualityRule(
            name=written.name,
            severity=Severity(written.severity),
            collection=self.collection,
            message=_format_message(field, written),
            advice=_FIX_AT_SOURCE,
        )
        self._is_required = written.required
        self._pattern = None if written.matches is None else re.compile(written.matches)

    def is_broken_by(self, values: Sequence[str]) -> bool:
        """Return whether a field breaks the rule: its value, or all entries of a list.

        An empty text is no value. What is not there breaks only a rule that requires it.
        """
        there = [value for value in values if value]
        if not there:
            return self._is_required
        pattern = self._pattern
        return pattern is not None and not all(
            len(text) <= LONGEST and pattern.fullmatch(text) for text in there
        )


def _format_message(field: str, written: CustomQualityRule) -> str:
    demands = ["is required"] if written.required else []
    demands += [f"must match {written.matches}"] if written.matches is not None else []
    return f"{field} {' and '.join(demands) or 'is not checked'}"
