"""Several rows of one person are one person: OneRoster 1.1 servers send one row a school.

Such rows differ only in their orgs and roles, so that the person keeps all of them. Rows that
differ in anything else may be two people, and stay for whoever judges doubles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from integration_tui.domain.paging import Duplicate
from integration_tui.domain.roster import STAFF, Record, Role, User
from integration_tui.providers.paging.page_boundary import RowJoiner


def _is_staff(record: Record) -> bool:
    """Return whether a record is of somebody who may work at several schools."""
    return isinstance(record, User) and any(role.role in STAFF for role in record.roles)


def merged(one: Record, other: Record) -> Record | None:
    """Return two rows as one person; `None` where they are not the same but for their orgs."""
    if not isinstance(one, User) or not isinstance(other, User) or one.roles == other.roles:
        return None
    if _bare(one) != _bare(other):
        return None
    taken = {(role.role, role.org) for role in one.roles}
    more = [role for role in other.roles if (role.role, role.org) not in taken]
    moments = [moment for moment in (one.modified_at, other.modified_at) if moment is not None]
    return msgspec.structs.replace(
        one,
        roles=(*one.roles, *(_behind(role, one.roles) for role in more)),
        primary_org=one.primary_org or other.primary_org,
        modified_at=max(moments, default=None),
    )


def together(rows: Sequence[Record]) -> tuple[list[Record], list[Duplicate]]:
    """Return the rows of a page with those of one person merged, and which were."""
    found: dict[str, Record] = {}
    kept: list[Record] = []
    duplicates: list[Duplicate] = []
    for row in rows:
        before = found.get(row.sourced_id)
        one = None if before is None else merged(before, row)
        if one is None:
            kept.append(row)
            found.setdefault(row.sourced_id, row)
        else:
            found[row.sourced_id] = one
            duplicates.append(Duplicate(sourced_id=row.sourced_id))
    if not duplicates:
        return kept, duplicates
    # The first of a person stands for all; another that is none of them stays as it is.
    first: set[str] = set()
    for place, row in enumerate(kept):
        if row.sourced_id not in first:
            first.add(row.sourced_id)
            kept[place] = found[row.sourced_id]
    return kept, duplicates


def _bare(user: User) -> User:
    return msgspec.structs.replace(user, roles=(), primary_org=None, modified_at=None)


def _behind(role: Role, before: Sequence[Role]) -> Role:
    """Return a role behind others, of which one is the primary one."""
    has_primary = any(role.type == "primary" for role in before)
    return msgspec.structs.replace(role, type="secondary") if has_primary else role


JOINT: Final = RowJoiner(may_go_on=_is_staff, merge=merged)
"""How rows of one person are known across the pages of a listing."""
