"""Users of both versions become the same: 1.1 has a role and orgs in a row, 1.2 a file of roles.

Roles may come in any order, so that all of them are held while users are read: equal ones once,
which is about two hundred bytes a user. Each is let go of when its user comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from integration_tui.domain.roster import RecordStatus, Role, User
from integration_tui.providers.oneroster_csv.duplicates import placements
from integration_tui.providers.oneroster_csv.findings import info, warning
from integration_tui.providers.oneroster_csv.records import CsvRecord, File, entries

_OF_NOBODY: Final = warning(
    "there are roles of users who are not in users.csv", "list the users, or take their roles out"
)
_NO_ROLES: Final = info("the user has no role in roles.csv", "give everyone a role")


def users(file: File, roles: File | None) -> Iterator[CsvRecord]:
    """Yield users, with their roles from a file of their own where there is one."""
    of_user = _roles_of_users(roles) if roles is not None else {}
    for entry in entries(file):
        values, line = entry.values, entry.line
        if values is None:
            yield CsvRecord(line, None, entry.rejected, entry.duplicates)
            continue
        if roles is None:
            values["roles"] = _roles_of_rows(values)
        else:
            values["roles"] = of_user.pop(str(values["sourced_id"]), ())
            if not values["roles"] and not roles.is_delta:
                file.findings.add(file.name, _NO_ROLES, line=line)
        yield CsvRecord(line, _user(values), None, entry.duplicates, entry.findings)
    if of_user and roles is not None and not roles.is_delta:
        roles.findings.add(roles.name, _OF_NOBODY, column="userSourcedId")


def _user(values: dict[str, object]) -> User:
    values.pop("orgs", None)
    values.pop("role", None)
    values.pop("placements", None)
    return User(**values)  # type: ignore[arg-type]  # the table says which field is what


def _roles_of_rows(values: dict[str, object]) -> tuple[Role, ...]:
    """Return 1.1's role at several orgs, the first org being the primary one."""
    found = dict.fromkeys(
        (place.role, str(org))
        for place in placements(values)
        if isinstance(place.role, str)
        for org in place.orgs
    )
    return tuple(
        Role(role=str(role), org=org, type="secondary" if number else "primary")
        for number, (role, org) in enumerate(found)
    )


def _roles_of_users(file: File) -> dict[str, tuple[Role, ...]]:
    found: dict[str, tuple[Role, ...]] = {}
    same: dict[tuple[Role, ...], tuple[Role, ...]] = {}
    for entry in entries(file):
        values = entry.values
        if values is not None and values.get("status") != RecordStatus.TO_BE_DELETED:
            user, role = _role(values)
            together = (*found.get(user, ()), role)
            found[user] = same.setdefault(together, together)
    return found


def _role(values: dict[str, object]) -> tuple[str, Role]:
    values = {**values}
    user = str(values.pop("user"))
    for other in ("sourced_id", "status", "modified_at"):
        values.pop(other, None)
    return user, Role(**values)  # type: ignore[arg-type]  # the table says which field is what
