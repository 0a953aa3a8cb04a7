"""What the fields and codes of roster records are called by people: one word a thing.

The codes are OneRoster 1.2's; what is none of them is shown with spaces and nothing else changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from integration_tui.domain.quantity import listed
from integration_tui.domain.roster import Collection, Role, UserId
from integration_tui.domain.sync.plan import Value

_FIELDS: Final[Mapping[str, str]] = {
    "given_name": "First name",
    "family_name": "Last name",
    "preferred_given_name": "Preferred first name",
    "preferred_family_name": "Preferred last name",
    "identifier": "Identifier",
    "parent": "Part of",
    "starts_on": "First day",
    "ends_on": "Last day",
    "course_code": "Code",
    "class_code": "Code",
    "class_type": "Type",
    "org": "School",
    "primary_org": "School",
    "enabled": "Account enabled",
    "sms": "Mobile",
    "master_identifier": "Master ID",
    "agents": "Guardians",
    "user_ids": "User IDs",
    "grades_as_sent": "Grades as sent",
    "terms": "Sessions",
    "user": "Person",
    "class_": "Class",
    "primary": "Main teacher",
    "begins_on": "First day",
    "claims": "IDs elsewhere",
}
_OF_PEOPLE: Final[Mapping[str, str]] = {"identifier": "Student no.", "grades": "Grade"}
_GRADES: Final[Mapping[str, str]] = {"KG": "K", "Other": "other"}
_LISTS: Final = frozenset(
    {"roles", "user_ids", "grades", "subjects", "subject_codes", "periods", "agents", "terms"}
    | {"grades_as_sent", "claims"}
)
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\s]+")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def field_label(name: str, *, role: str = "") -> str:
    """Return what a field is called; some are called otherwise for a student."""
    known = _OF_PEOPLE.get(name) if role == "student" else None
    return known or _FIELDS.get(name) or code_words(name)


def fields_sentence(names: list[str]) -> str:
    """Return fields as a sentence begins with them: "Email, grade and school"."""
    labels = dict.fromkeys(field_label(name) for name in names)
    first, *others = [*labels] or [""]
    lowered = [label if label[1:2].isupper() else label[:1].lower() + label[1:] for label in others]
    return listed([first, *lowered])


def code_words(code: str) -> str:
    """Return a code as words: `schoolYear` and `school_year` are both `School year`."""
    words = [word for word in _WORD.split(code) if word]
    text = " ".join([*words[:1], *(word.lower() if word.isalpha() else word for word in words[1:])])
    return text[:1].upper() + text[1:]


def role_words(roles: str) -> str:
    """Return roles that stand behind each other with commas, as words."""
    return ", ".join(code_words(role) for role in roles.split(",") if role)


def grade_word(code: str) -> str:
    """Return a grade as a school says it: `6` and not `06`, `K` for kindergarten."""
    return _GRADES.get(code) or (code.lstrip("0") or code if code.isdecimal() else code)


def grade_words(codes: str) -> str:
    """Return grades that stand behind each other with spaces; a span of years as `6-8`."""
    words = [grade_word(code) for code in codes.split()]
    years = [int(word) for word in words if word.isdecimal() and len(word) < 3]
    is_span = len(words) == len(years) > 2 and years == list(range(years[0], years[-1] + 1))
    return f"{words[0]}-{words[-1]}" if is_span else ", ".join(words)


def day_words(text: str) -> str:
    """Return a day as people write it: `17 Aug 2026`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%b %Y}"


def value_words(name: str, value: Value, orgs: Mapping[str, str] | None = None) -> str:
    """Return a field's value as people write it; nothing where there is none.

    `orgs` are the names of the organizations that roles lead to.
    """
    if value is None or value in {"", "[]"}:
        return ""
    if name in {"enabled", "primary"}:
        return "yes" if value == 1 else "no"
    if name in {"type", "class_type", "role", "status"}:
        return code_words(f"{value}")
    text = f"{value}"
    if name in _LISTS:
        return _list_words(name, text, orgs or {})
    return day_words(text) if _DAY.fullmatch(text) else text


def _list_words(name: str, text: str, orgs: Mapping[str, str]) -> str:
    try:
        if name == "roles":
            return _roles_text(msgspec.json.decode(text, type=tuple[Role, ...]), orgs)
        if name == "user_ids":
            ids = msgspec.json.decode(text, type=tuple[UserId, ...])
            return ", ".join(f"{one.type}: {one.identifier}" for one in ids)
        texts = msgspec.json.decode(text, type=tuple[str, ...])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text
    return grade_words(" ".join(texts)) if name == "grades" else ", ".join(texts)


def _roles_text(roles: tuple[Role, ...], orgs: Mapping[str, str]) -> str:
    return ", ".join(f"{code_words(role.role)} at {orgs.get(role.org, role.org)}" for role in roles)


NOUNS: Final[Mapping[Collection, str]] = {
    Collection.USERS: "person",
    Collection.CLASSES: "class",
    Collection.ORGS: "school",
    Collection.COURSES: "course",
    Collection.ACADEMIC_SESSIONS: "session",
    Collection.ENROLLMENTS: "enrollment",
    Collection.DEMOGRAPHICS: "demographics record",
}
"""What one record of a collection is called where people look at it."""
