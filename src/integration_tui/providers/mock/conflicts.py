"""Conflicts to practise on: the same field edited on both sides since they last agreed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from integration_tui.domain.roster import Collection, RecordStatus, User
from integration_tui.providers.mock.district import District
from integration_tui.providers.mock.names import names_of
from integration_tui.providers.mock.seeded import mix


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldConflict:
    """`base` is what both sides had, `ours` our edit, `theirs` what the district lists now."""

    collection: Collection
    sourced_id: str
    field: str
    base: str
    ours: str
    theirs: str


def conflicts(district: District, *, share: float, generation: int = 0) -> Iterator[FieldConflict]:
    """Yield a conflict for about `share` (0 to 1) of the users, always the same ones."""
    names = names_of(district.seed)
    for slot in range(district.layout.users):
        number = mix(district.seed ^ 0xC0F11C7, slot)
        if number % 10_000 >= share * 10_000:
            continue
        user = district.record(Collection.USERS, slot, generation)
        if isinstance(user, User) and user.status is RecordStatus.ACTIVE:
            theirs = user.family_name
            yield FieldConflict(
                collection=Collection.USERS,
                sourced_id=user.sourced_id,
                field="family_name",
                base=f"{theirs}-{names.pick(number)[1].text}",
                ours=f"{names.pick(number, family=1)[1].text} {theirs}",
                theirs=theirs,
            )
