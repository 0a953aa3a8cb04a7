"""Records turned into rows of texts, and what a version cannot carry of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import msgspec

from integration_tui.domain.roster import Record, Role, User
from integration_tui.providers.oneroster_csv.findings import Remark, warning
from integration_tui.providers.oneroster_csv.tables import (
    USERS_1_1,
    USERS_1_2,
    Table,
)
from integration_tui.providers.oneroster_csv.texts import can_be_written, text_of

_USER_ID: Final = warning("a user id with brackets in it, or a colon in its type, is left out")
_SEVERAL_ROLES: Final = warning(
    "the user has several roles; OneRoster 1.1 carries one of them", "write 1.2 to keep all"
)
_ONLY_1_2: Final = warning("OneRoster 1.1 cannot carry it; it is left out", "write 1.2 to keep it")
_NEW_IN_1_2: Final = tuple(
    column
    for column in USERS_1_2.columns
    if column.field not in {one.field for one in USERS_1_1.columns}
)


def values_of(record: Record) -> dict[str, object]:
    """Return what a record holds by field, of users also what 1.1 makes of their roles."""
    values: dict[str, object] = {name: getattr(record, name) for name in record.__struct_fields__}
    if isinstance(record, User) and (main := _main(record)) is not None:
        same = [one for one in record.roles if one.role == main.role]
        same.sort(key=lambda one: one.type != "primary")
        values["role"] = main.role
        values["orgs"] = tuple(dict.fromkeys(one.org for one in same))
    return values


def roles_of(user: User) -> Iterator[dict[str, object]]:
    """Yield the rows of `roles.csv`. Their ids are the user's with the number of the role."""
    for number, role in enumerate(user.roles, start=1):
        values: dict[str, object] = msgspec.structs.asdict(role)
        values |= {"sourced_id": f"{user.sourced_id}-role-{number}", "user": user.sourced_id}
        yield values


def cells(table: Table, values: Mapping[str, object]) -> list[str]:
    """Return the texts of a row, in the order of the table's columns."""
    return [text(values.get(field)) for field, text in _ways(table)]


@cache
def _ways(table: Table) -> Sequence[tuple[str, Callable[[object], str]]]:
    return [(column.field, text_of(column.kind)) for column in table.columns]


def losses(table: Table, record: Record) -> Iterator[tuple[str, Remark]]:
    """Yield what of a record its table cannot carry: the column and why."""
    if not isinstance(record, User):
        return
    if not all(map(can_be_written, record.user_ids)):
        yield "userIds", _USER_ID
    if table is not USERS_1_1:
        return
    if len({one.role for one in record.roles}) > 1:
        yield "role", _SEVERAL_ROLES
    for column in _NEW_IN_1_2:
        if getattr(record, column.field):
            yield column.name, _ONLY_1_2
    if any(one.begins_on or one.ends_on for one in record.roles):
        yield "role", _ONLY_1_2


def _main(user: User) -> Role | None:
    """Return the role that stands for all: the first primary one, or the first."""
    primary = (one for one in user.roles if one.type == "primary")
    return next(primary, user.roles[0] if user.roles else None)
