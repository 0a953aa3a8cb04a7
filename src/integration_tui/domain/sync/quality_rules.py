"""What is expected of roster records: our rules in words, and the rules that somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from integration_tui.domain.config.sync_policy import CustomQualityRule
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.quality import QualityRule, Severity

LONGEST: Final = 1_000
"""Longer values are found without being matched: an expression may take forever with them."""
_FIX_AT_SOURCE: Final = "have it fixed in the source system"
_ENTER: Final = "enter it in the source system"
_GRADE: Final = "map it to a grade level of CEDS (KG, 01 to 13, ...) in the source system"
_PERSON: Final = "find out whether they are the same person, and fix it in the source system"
_LOST: Final = "names a record that is not there, or not any more"
_WARNINGS: Final[Mapping[Collection, Mapping[str, tuple[str, str]]]] = {
    Collection.ORGS: {
        "orgs-same": (
            "has the name and the identifier of another one",
            "merge them in the source system, or tell them apart by an identifier",
        ),
        "orgs-reference": (f"its parent {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.ACADEMIC_SESSIONS: {
        "sessions-dates": ("ends before it begins", _FIX_AT_SOURCE),
        "sessions-reference": (f"its parent {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.COURSES: {
        "courses-grades": ("has a grade that is none", _GRADE),
        "courses-reference": (f"its org or school year {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.CLASSES: {
        "classes-no-teacher": (
            "has no teacher",
            "enroll one in the source system, or end the class there",
        ),
        "classes-grades": ("has a grade that is none", _GRADE),
        "classes-reference": (f"its course or a term {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.USERS: {
        "users-same-email": ("has the e-mail address of somebody else", _PERSON),
        "users-same-identifier": ("has the identifier of somebody else", _PERSON),
        "users-same-username": ("has the user name of somebody else", _PERSON),
        "users-no-email": ("works here, and has no e-mail address", _ENTER),
        "users-email": ("has an e-mail address that is none", _FIX_AT_SOURCE),
        "users-grades": ("has a grade that is none", _GRADE),
        "users-no-role": ("has no role", _ENTER),
        "users-no-org": ("belongs to no org", _ENTER),
        "users-reference": (f"an org or agent of it {_LOST}", _FIX_AT_SOURCE),
    },
    Collection.ENROLLMENTS: {
        "enrollments-same": (
            "puts somebody into a class a second time",
            "end one of them in the source system",
        ),
        "enrollments-dates": ("ends before it begins", _FIX_AT_SOURCE),
        "enrollments-role": ("is enrolled as what this person is not", _FIX_AT_SOURCE),
        "enrollments-reference": (f"its person or class {_LOST}", "end it in the source system"),
    },
}
_REMARKS: Final[Mapping[Collection, Mapping[str, tuple[str, str]]]] = {
    Collection.CLASSES: {
        "classes-no-student": (
            "has no students",
            "end the class in the source system if nobody attends it",
        ),
        "classes-size": (
            "has more students than a class should",
            "split it, or raise sync.quality.max_class_size",
        ),
    },
    Collection.USERS: {
        "users-no-grade": ("is a student, and has no grade", _ENTER),
        "users-not-enrolled": ("is a student, and is in no class", _ENTER),
    },
    Collection.ENROLLMENTS: {
        "enrollments-term": ("begins or ends outside the terms of its class", _FIX_AT_SOURCE),
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
    "unreadable": ("cannot be read, and is kept out", _FIX_AT_SOURCE),
    "orphan": (
        "names a record that nobody knows, and is kept out",
        "it is taken as soon as what it names is listed; or fix it in the source system",
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
    demands = ["must be there"] if written.required else []
    demands += [f"must match {written.matches}"] if written.matches is not None else []
    return f"{field} {' and '.join(demands) or 'is not looked at'}"
