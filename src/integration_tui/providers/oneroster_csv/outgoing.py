"""Records turned into rows of texts, and what a version, or CSV itself, cannot carry of them.

What is written is what our own reading takes without a finding, as far as the source allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import msgspec

from integration_tui.domain.damage import LONGEST_ID, may_be_damaged
from integration_tui.domain.roster import AcademicSession, Record, Role, User
from integration_tui.providers.oneroster_csv.damaged import TOO_LONG, EndlessIdError, judged
from integration_tui.providers.oneroster_csv.findings import Remark, error, warning
from integration_tui.providers.oneroster_csv.tables import (
    USERS_1_1,
    USERS_1_2,
    Column,
    Table,
)
from integration_tui.providers.oneroster_csv.texts import can_be_written, school_year, text_of

_USER_ID: Final = warning("a user id with brackets in it, or a colon in its type, is left out")
_SEVERAL_ROLES: Final = warning(
    "the user has several roles; OneRoster 1.1 carries one of them", "write 1.2 to keep all"
)
_ONLY_1_2: Final = warning("OneRoster 1.1 cannot carry it; it is left out", "write 1.2 to keep it")
_OWN_WORD: Final = warning("is no word of OneRoster's; it is written with ext: before it")
_NO_YEAR: Final = warning("is no year; the year in which it ends is written, or none")
_LACKING: Final = error("the record lacks what CSV requires; it is left out", "add it")
_DISTRICT: Final = {"district", "local", "state", "national"}
_AS_IN_1_2: Final = {
    True: warning(
        "OneRoster 1.2 has no administrator; of a district one is written as districtAdministrator"
    ),
    False: warning(
        "OneRoster 1.2 has no administrator; of a school one is written as siteAdministrator"
    ),
}
_AS_IN_1_1: Final = warning("OneRoster 1.1 has but one administrator; it is written as that")
_ADMINISTRATORS: Final = {
    "districtAdministrator", "siteAdministrator", "systemAdministrator", "principal",
}  # fmt: skip
_NEW_IN_1_2: Final = tuple(
    column
    for column in USERS_1_2.columns
    if column.field not in {one.field for one in USERS_1_1.columns}
)
Said = tuple[str, Remark]
"""A column, and what is to be said of it."""


class UncarriedError(Exception):
    """No row can carry a record. `column` is empty where the whole is meant."""

    def __init__(self, remark: Remark, column: str = "") -> None:
        super().__init__(remark.message)
        self.remark = remark
        self.column = column


def values_of(record: Record) -> dict[str, object]:
    """Return what a record holds by field, of users also what 1.1 makes of their roles."""
    values: dict[str, object] = {name: getattr(record, name) for name in record.__struct_fields__}
    if isinstance(record, User) and (main := _main(record)) is not None:
        same = [one for one in record.roles if one.role == main.role]
        same.sort(key=lambda one: one.type != "primary")
        values["role"] = "administrator" if main.role in _ADMINISTRATORS else main.role
        values["orgs"] = tuple(dict.fromkeys(one.org for one in same))
    return values


def roles_of(
    user: User, org_types: Mapping[str, str]
) -> Iterator[tuple[dict[str, object], Remark | None]]:
    """Yield the rows of `roles.csv`, and what is to be said of them.

    Their ids are the user's with the number of the role. `org_types` tell districts from schools.
    """
    for number, role in enumerate(user.roles, start=1):
        values: dict[str, object] = msgspec.structs.asdict(role)
        values |= {"sourced_id": f"{user.sourced_id}-role-{number}", "user": user.sourced_id}
        remark = None
        if role.role == "administrator":
            is_district = org_types.get(role.org) in _DISTRICT
            values["role"] = "districtAdministrator" if is_district else "siteAdministrator"
            remark = _AS_IN_1_2[is_district]
        yield values, remark


def cells(table: Table, values: Mapping[str, object]) -> tuple[list[str], Sequence[Said]]:
    """Return the texts of a row, in the order of the table's columns, and what they leave out.

    Raises `UncarriedError` where no record could be read from them.
    """
    texts = [text(values.get(field)) for field, text in _ways(table)]
    said: list[Said] = []
    together = ",".join(texts)
    if len(together) > LONGEST_ID or may_be_damaged(together):
        texts = [_sound(column, text, said) for column, text in _paired(table, texts)]
    for place, column, known in _vocabularies(table):
        word = texts[place]
        if word and word not in known and not word.startswith("ext:"):
            texts[place] = f"ext:{word}"
            said.append((column.name, _OWN_WORD))
    for place, column in _needed(table):
        if not texts[place] or texts[place].isspace():
            raise UncarriedError(_LACKING, column.name)
    return texts, said


def losses(table: Table, record: Record) -> Iterator[Said]:
    """Yield what of a record its table cannot carry: the column and why."""
    if isinstance(record, AcademicSession) and record.school_year:
        if school_year(record.school_year) != record.school_year:
            yield "schoolYear", _NO_YEAR
        return
    if not isinstance(record, User):
        return
    if not all(map(can_be_written, record.user_ids)):
        yield "userIds", _USER_ID
    if table is USERS_1_1:
        yield from _losses_of_1_1(record)


def _losses_of_1_1(user: User) -> Iterator[Said]:
    if len({one.role for one in user.roles}) > 1:
        yield "role", _SEVERAL_ROLES
    for column in _NEW_IN_1_2:
        if getattr(user, column.field):
            yield column.name, _ONLY_1_2
    if any(one.begins_on or one.ends_on for one in user.roles):
        yield "role", _ONLY_1_2
    if (main := _main(user)) is not None and main.role in _ADMINISTRATORS:
        yield "role", _AS_IN_1_1


def _sound(column: Column, text: str, said: list[Said]) -> str:
    try:
        sound, remarks = judged(column, text)
    except EndlessIdError:
        raise UncarriedError(TOO_LONG, column.name) from None
    if sound != text:
        said.extend((column.name, remark) for remark in remarks)
    return sound


def _paired(table: Table, texts: Sequence[str]) -> Iterator[tuple[Column, str]]:
    return zip(table.columns, texts, strict=True)


@cache
def _ways(table: Table) -> Sequence[tuple[str, Callable[[object], str]]]:
    return [(column.field, text_of(column.kind)) for column in table.columns]


@cache
def _vocabularies(table: Table) -> Sequence[tuple[int, Column, frozenset[str]]]:
    return [
        (place, column, frozenset(column.words.values()))
        for place, column in enumerate(table.columns)
        if column.words is not None
    ]


@cache
def _needed(table: Table) -> Sequence[tuple[int, Column]]:
    return [(place, column) for place, column in enumerate(table.columns) if column.needed]


def _main(user: User) -> Role | None:
    """Return the role that stands for all: the first primary one, or the first."""
    primary = (one for one in user.roles if one.type == "primary")
    return next(primary, user.roles[0] if user.roles else None)
