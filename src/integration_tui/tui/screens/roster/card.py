"""A record as a card: who or what it is, how it is reached, and what is open about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from textual.content import Content

from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordCard, RelatedRecord
from integration_tui.domain.roster_words import (
    NOUNS,
    code_words,
    day_words,
    field_label,
    grade_words,
    role_words,
    value_words,
)
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.merge import STATUS
from integration_tui.domain.sync.plan import Value
from integration_tui.tui.screens.roster.rows import title_of
from integration_tui.tui.widgets.block_list import Block
from integration_tui.tui.widgets.roles import Part, facts, fit, line, text, wrapped

_C = Collection
_TWO_COLUMNS: Final = 76
_LEAST_RIGHT: Final = 32
_WITH_BADGE: Final = 36
_IN_HEAD: Final = frozenset(
    {STATUS, "given_name", "middle_name", "family_name", "pronouns", "enabled", "name", "title"}
    | {"grades_as_sent", "preferred_middle_name", "preferred_family_name", "type", "class_type"}
    | {
        "school",
        "primary_org",
        "org",
        "parent",
        "user",
        "class_",
        "role",
        "terms",
        "starts_on",
        "ends_on",
    }
)
"""What the head of the card says in its own words, or does not say at all."""
_OF_PEOPLE: Final = ("email", "phone", "sms", "username", "identifier")
Fact = tuple[str, Part]


def card_blocks(card: RecordCard, width: int, *, is_readonly: bool) -> Iterator[Block]:
    """Yield the card: head, open conflicts, facts, and what sources have otherwise."""
    yield Block(tuple(_head(card, width)))
    conflicts = list(_conflict_lines(card, width, is_readonly=is_readonly))
    if conflicts:
        yield Block((text("─" * width, "faint"), *conflicts, text("─" * width, "faint")))
    else:
        yield Block((Content(""),))
    yield from (Block((row,)) for row in _fact_lines(card, width))
    otherwise = list(_otherwise(card, width))
    if otherwise:
        yield Block((Content(""), *otherwise))


def subject(card: RecordCard) -> tuple[str, str]:
    """Return what a record is called, and what it is, for a title."""
    record = card.view.line
    roles = record.details.get("roles", "")
    if record.collection is _C.USERS and roles:
        return title_of(record), role_words(roles).lower()
    return title_of(record), _noun(card)


def _noun(card: RecordCard) -> str:
    """Return what kind of a thing a record is; organizations are of many kinds."""
    record = card.view.line
    kind = record.details.get("type", "") if record.collection is _C.ORGS else ""
    return code_words(kind).lower() or NOUNS[record.collection]


def created_text(card: RecordCard) -> str:
    """Say where a record came from."""
    record = card.view.line
    if card.view.created_run is None:
        return f"created by {record.origin}" if record.origin else ""
    return f"created by {record.origin}, run {card.view.created_run}"


# Its head


def _head(card: RecordCard, width: int) -> Iterator[Content]:
    rows = [_name_line(card), line(_what(card)), _where(card)]
    if width < _WITH_BADGE:
        yield from rows
        return
    badge = (
        text("╭───────╮", "info"),
        line(("│", "info"), fit_badge(initials(card)), ("│", "info")),
        text("╰───────╯", "info"),
    )
    for left, right in zip(badge, rows, strict=True):
        yield fit(line(left, "  ", right), width)


def fit_badge(letters: str) -> Content:
    """Return initials in the middle of seven cells, on their ground."""
    room = 7
    content = text(letters, "chip-info")
    left = max((room - content.cell_length) // 2, 0)
    blank = text(" " * left, "chip-info")
    rest = text(" " * max(room - left - content.cell_length, 0), "chip-info")
    return fit(line(blank, content, rest), room)


def initials(card: RecordCard) -> str:
    """Return the letters that stand for a record."""
    record = card.view.line
    words = [record.given_name, record.family_name] if record.family_name else []
    words = words or title_of(record).split()[:2]
    return " ".join(word.strip()[:1].upper() for word in words if word.strip()) or "?"


def _name_line(card: RecordCard) -> Content:
    view = card.view
    pronouns = value_words("pronouns", view.fields.get("pronouns"))
    chips: list[Part] = ["   ", _status_chip(view.line.status)]
    if view.line.is_pinned:
        chips += [" ", (" Pinned ", "chip-info")]
    if view.line.collection is _C.USERS and view.fields.get("enabled") == 0:
        chips += [" ", (" Account disabled ", "chip-warn")]
    called = line((title_of(view.line), "strong"), (f"  {pronouns}" if pronouns else "", "muted"))
    return line(called, *chips)


def _status_chip(status: str) -> Content:
    if status == "active":
        return text(" Active ", "chip-ok")
    return text(f" {code_words(status)} ", "chip-off")


def _what(card: RecordCard) -> str:
    """Say in a line what a record is."""
    fields, details = card.view.fields, card.view.line.details
    parts = {
        _C.USERS: [role_words(details.get("roles", "")) or "Person", _grade(card), _homeroom(card)],
        _C.CLASSES: [_kind(card, "class_type", "Class"), _grade(card), _subjects(card)],
        _C.COURSES: ["Course", _grade(card), _subjects(card)],
        _C.ORGS: [_kind(card, "type", "School")],
        _C.ACADEMIC_SESSIONS: [
            _kind(card, "type", "Session"),
            _span(fields.get("starts_on"), fields.get("ends_on")),
        ],
        _C.ENROLLMENTS: [f"{_kind(card, 'role', 'Member')} in {details.get('class', '')}"],
    }
    return ", ".join(part for part in parts.get(card.view.line.collection, []) if part)


def _kind(card: RecordCard, name: str, otherwise: str) -> str:
    kind = value_words(name, card.view.fields.get(name))
    return "Class" if kind == "Scheduled" else kind or otherwise


def _grade(card: RecordCard) -> str:
    grades = value_words("grades", card.view.fields.get("grades"))
    return f"{'grades' if '-' in grades or ',' in grades else 'grade'} {grades}" if grades else ""


def _subjects(card: RecordCard) -> str:
    return value_words("subjects", card.view.fields.get("subjects"))


def _homeroom(card: RecordCard) -> str:
    if card.view.line.collection is not _C.USERS:
        return ""
    return next((one.label for one in card.related if one.kind == "homeroom"), "")


def _span(first: Value, last: Value) -> str:
    days = [day_words(f"{day}") for day in (first, last) if day]
    return " to ".join(days)


def _where(card: RecordCard) -> Content:
    names = ("primary_org", "school", "org", "parent")
    places = [card.view.references[name].label for name in names if name in card.view.references][
        :1
    ]
    places += [card.district] if card.district else []
    first, *others = [*places, ""]
    rest = "".join(f" · {place}" for place in others if place)
    return line(first, (rest, "muted"))


# What is open


def _conflict_lines(card: RecordCard, width: int, *, is_readonly: bool) -> Iterator[Content]:
    for number, conflict in enumerate(card.conflicts):
        field = field_label(conflict.field)
        count = f" {number + 1} of {len(card.conflicts)}" if len(card.conflicts) > 1 else ""
        yield line(
            (f" CONFLICT{count} ", "chip-warn"),
            f"  {field} was changed here and in {conflict.integration_id}.",
        )
        has_keys = number == 0 and not is_readonly
        yield _side("local", conflict_value(conflict, conflict.ours), width, has_keys)
        yield _side("source", conflict_value(conflict, conflict.theirs), width, has_keys)


_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "local": ("o", " keep local"),
    "source": ("t", " take source"),
}


def _side(side: str, value: str, width: int, has_keys: bool) -> Content:
    key, label = _KEYS[side]
    room = max(width - 10 - 16, 8)
    shown = text(value or "nothing", "" if value else "muted")
    shown = fit(shown, room) if shown.cell_length > room else shown
    keys = line("   ", (key, "key"), label) if has_keys else Content("")
    return line((f"  {side:<8}", "muted"), shown, keys)


def conflict_value(conflict: Conflict, value: Value) -> str:
    """Return a side of a conflict as people read it."""
    name = conflict.names.get(value)
    return name if name is not None else value_words(conflict.field, value)


def _otherwise(card: RecordCard, width: int) -> Iterator[Content]:
    """Yield what sources hold where something else is held here, conflicts apart."""
    for name, system, value in otherwise(card):
        head = line(("▲ ", "warn"), (f"{field_label(name)} in {system}  ", "muted"))
        shown = value_words(name, value, card.orgs)
        yield fit(line(head, shown or text("nothing", "muted")), width)


def otherwise(card: RecordCard) -> list[tuple[str, str, Value]]:
    """Return field, system and value where a source holds something else than is held here."""
    asked = {(conflict.field, conflict.integration_id) for conflict in card.conflicts}
    return [
        (name, system, base.value)
        for system, fields in card.view.said.items()
        for name, base in fields.items()
        if (name, system) not in asked and base.value != card.view.fields.get(name)
    ]


# Facts


def _fact_lines(card: RecordCard, width: int) -> Iterator[Content]:
    is_person = card.view.line.collection is _C.USERS
    left = list(_person_facts(card) if is_person else _other_facts(card))
    right = list(_beside(card))
    if width < _TWO_COLUMNS:
        pairs = [*left, *right]
        yield from _wrapped_facts(pairs, width)
        return
    natural = max((row.cell_length for row in facts(left)), default=0)
    half = max(min(natural + 3, width - _LEAST_RIGHT), width * 2 // 5)
    columns = zip_longest(
        _wrapped_facts(left, half - 2), _wrapped_facts(right, width - half), fillvalue=Content("")
    )
    for one, other in columns:
        yield line(fit(one, half), fit(other, width - half))


def _wrapped_facts(pairs: Sequence[Fact], width: int) -> list[Content]:
    """Return labels with values; a long value goes on below itself."""
    label = max((len(name) for name, _ in pairs), default=0) + 2
    rows: list[Content] = []
    for name, value in pairs:
        parts = wrapped(line(value), max(width - label, 8))[:3] or [Content("")]
        rows += facts([(name, parts[0]), *(("", part) for part in parts[1:])], label)
    return rows


def _person_facts(card: RecordCard) -> Iterator[Fact]:
    role = card.view.line.details.get("roles", "")
    for name in _OF_PEOPLE:
        if value := value_words(name, card.view.fields.get(name)):
            yield field_label(name, role=role), _marked(card, name, value)


def _other_facts(card: RecordCard) -> Iterator[Fact]:
    """Yield every field that holds something, apart from what the head says."""
    for name, value in card.view.fields.items():
        if name in _IN_HEAD or name in {"grades", "subjects"}:
            continue
        reference = card.view.references.get(name)
        shown = reference.label if reference else value_words(name, value, card.orgs)
        if shown:
            yield field_label(name), _marked(card, name, shown)


def _marked(card: RecordCard, name: str, value: str) -> Content:
    """Mark a value that a source holds otherwise."""
    is_asked = any(conflict.field == name for conflict in card.conflicts)
    is_otherwise = is_asked or any(field == name for field, _, _ in otherwise(card))
    return line(value, (" ▲" if is_otherwise else "", "warn"))


def _beside(card: RecordCard) -> Iterator[Fact]:
    yield from _people_beside(card)
    yield from _counts(card)
    for place, session in enumerate(card.named.get("terms", ())):
        first, _, last = session.about.partition(" ")
        yield (
            "" if place else "Sessions",
            line(session.label, (f" ({_span(first, last)})", "muted")),
        )
    if card.view.line.collection is _C.USERS:
        yield from _more_of_person(card)
    yield "Local ID", text(f"{_noun(card)} {card.view.line.id}", "muted")


def _people_beside(card: RecordCard) -> Iterator[Fact]:
    for agent in card.named.get("agents", ()):
        role = role_words(agent.role).lower() or "contact"
        yield "Guardian", line(agent.label, (f" ({role})", "muted"))
        if agent.about:
            yield "", text(agent.about)
    if card.view.line.collection is _C.CLASSES:
        teachers = [one for one in card.related if one.role == "teacher"]
        if teachers:
            yield "Teacher", ", ".join(one.label for one in teachers)


def _counts(card: RecordCard) -> Iterator[Fact]:
    for what, count in card.counts.items():
        if what != "teacher" or card.view.line.collection is not _C.CLASSES:
            yield _plural(what), f"{count:,}"
    below = card.related[0].collection if card.related else None
    if below is _C.ORGS:
        yield "Schools", f"{card.related_count:,}"
    elif card.view.line.collection is _C.COURSES:
        yield "Classes", f"{card.related_count:,}"


def _plural(what: str) -> str:
    words = code_words(what)
    return words if words.endswith("s") else f"{words}s"


def _more_of_person(card: RecordCard) -> Iterator[Fact]:
    fields = card.view.fields
    preferred = [
        value_words(name, fields.get(name))
        for name in ("preferred_given_name", "preferred_middle_name", "preferred_family_name")
    ]
    if any(preferred):
        yield "Preferred name", " ".join(filter(None, preferred))
    roles = value_words("roles", fields.get("roles"), card.orgs).split(", ")
    if len(roles) > 1:
        yield from (("Role" if not place else "", role) for place, role in enumerate(roles))
    for name in ("user_ids", "master_identifier"):
        if value := value_words(name, fields.get(name)):
            yield field_label(name), value


# What stands beside it


def related_title(card: RecordCard) -> str:
    """Return what the records beside one are called."""
    if card.related and card.related[0].collection is _C.CLASSES:
        return "Classes"
    titles = {_C.CLASSES: "People", _C.ORGS: "Schools", _C.ACADEMIC_SESSIONS: "Sessions"}
    return titles.get(card.view.line.collection, "Classes")


def related_blocks(card: RecordCard, width: int) -> Iterator[Block]:
    """Yield the records beside one: each with its name, and what tells it apart."""
    for one in card.related:
        role = {"active": "strong"}.get(one.status, "muted")
        about = line("  ", (_about(one), "muted"))
        name = text(one.label, role)
        if one.collection is _C.USERS and name.cell_length + about.cell_length <= width:
            rows = [line(name, about)]
        else:
            rows = [*wrapped(name, width)[:2], *([fit(about, width)] if _about(one) else [])]
        yield Block(tuple(rows), key=f"{one.collection}/{one.id}")
    more = card.related_count - len(card.related)
    if more > 0:
        yield Block((text(f"and {more:,} more", "muted"),))


def _about(one: RelatedRecord) -> str:
    if one.collection is _C.USERS:
        grades = f"grade {grade_words(one.about)}" if one.about else ""
        return ", ".join(filter(None, [code_words(one.role), grades]))
    if one.collection is _C.ACADEMIC_SESSIONS:
        first, _, last = one.about.partition(" ")
        return ", ".join(filter(None, [code_words(one.kind), _span(first, last)]))
    if one.collection is _C.ORGS:
        return ", ".join(filter(None, [code_words(one.kind), one.about]))
    noun = "period" if len(one.periods) == 1 else "periods"
    periods = f"{noun} {', '.join(one.periods)}" if one.periods else ""
    return ", ".join(filter(None, [one.about, periods]))
