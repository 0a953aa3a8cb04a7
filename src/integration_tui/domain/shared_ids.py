"""Several ids of one system that belong to one person: what all of them together say.

Pure. One of the ids carries the record, the others add their roles; the person is there as long
as any of the ids is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from integration_tui.domain.mapping import Bond
from integration_tui.domain.roster import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedId:
    """One id, with what the system says under it. `home` is its primary org, by the system's id."""

    external_id: str
    is_listed: bool
    roles: tuple[Role, ...] = ()
    home: str | None = None
    bond: Bond = Bond.MATCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the ids say together. `carrier` is the id whose other fields are the person's.

    It is `None` where none of the ids is listed: then the person is gone as anybody else.
    """

    ids: tuple[SharedId, ...]
    carrier: str | None
    roles: tuple[Role, ...] = ()
    home: str | None = None

    @property
    def is_several(self) -> bool:
        """Whether more than one id is listed, so that each run has to look at all of them."""
        return sum(one.is_listed for one in self.ids) > 1


def share(
    before: Mapping[str, SharedId],
    told: Mapping[str, SharedId],
    first: str | None,
    *,
    absent: AbstractSet[str],
) -> Shared:
    """Put together what is said of a person under all ids.

    `before` are all ids as they were known, `told` those that this run read; `first` carried the
    record until now. Ids in `absent` are not listed any more; all others are as they were.
    """
    ids = {
        name: _now(one, told.get(name), is_absent=name in absent) for name, one in before.items()
    }
    order = sorted(ids, key=lambda name: (name != first, name))
    listed = [ids[name] for name in order if ids[name].is_listed]
    carrier = _carrier(listed, told, first)
    homes = [one.home for one in listed if one.home is not None]
    own = ids[carrier].home if carrier is not None and ids[carrier].is_listed else None
    return Shared(
        ids=tuple(ids[name] for name in order),
        carrier=carrier,
        roles=tuple(dict.fromkeys(role for one in listed for role in one.roles)),
        home=own or (homes[0] if homes else None),
    )


def _now(one: SharedId, told: SharedId | None, *, is_absent: bool) -> SharedId:
    if told is not None:
        return replace(told, bond=one.bond)
    return replace(one, is_listed=False) if is_absent else one


def _carrier(listed: list[SharedId], told: Mapping[str, SharedId], first: str | None) -> str | None:
    """Return the first id where it is listed, or else one that this run has read as listed."""
    names = [one.external_id for one in listed]
    if not names or first in names:
        return first if names else None
    read = [name for name in names if name in told]
    return read[0] if read else first
