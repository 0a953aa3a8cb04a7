"""Fields that a listing does not have at all. Absent is not empty: what is held of them stays.

Only a value that is there and empty clears. A field is absent where no record of a listing has
it, be it empty; so a part of a listing can tell less than the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from integration_tui.domain.paging import Page
from integration_tui.domain.roster import RECORD_TYPES, ROSTER, Collection, Record
from integration_tui.domain.sync.merge import STATUS

_NOT_SAID: Final = frozenset({"sourced_id", "modified_at", "claims", STATUS})
"""No statements about a record: claims are of what others call it, and no value is held of them."""
_FIELDS: Final[Mapping[Collection, frozenset[str]]] = {
    collection: frozenset(RECORD_TYPES[collection].__struct_fields__) - _NOT_SAID
    for collection in ROSTER
}
ALWAYS_VALUED: Final = frozenset({"enabled"})
"""Fields that every record has a value of, whatever the system says."""


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that a listing lacks, and how many records keep what is held of them.

    `vanished` are those that the last whole listing had; nobody knows of that one where they are
    not told apart.
    """

    fields: frozenset[str] = frozenset()
    vanished: frozenset[str] = frozenset()
    kept: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])

    @property
    def held(self) -> Mapping[str, int]:
        """Return by field why a plan is held: it vanished, and records keep what they have."""
        return {
            name: self.kept.get(name, 0)
            for name in sorted(self.vanished)
            if self.kept.get(name) or name in ALWAYS_VALUED
        }


def absent(collection: Collection, fields: frozenset[str] | None) -> frozenset[str]:
    """Return the fields that a listing with these `fields` lacks; none where that is unknown."""
    if not fields:
        return frozenset()
    has = fields | {f"{name}_" for name in fields}
    if "roles" in fields:  # the first role's org is taken for it
        has |= {"primary_org"}
    known = _FIELDS[collection]
    # Who says which column has the id also says which has the status.
    return (known | {STATUS} if "sourced_id" in fields else known) - has


def with_page(fields: frozenset[str] | None, page: Page[Record]) -> frozenset[str] | None:
    """Return the fields of a listing with one more page; `None` as soon as that is unknown."""
    if page.fields is None:
        return None if page.rows or page.same else fields
    return None if fields is None else fields | page.fields
