"""The org units of a Workspace account: which of them are schools, and what people there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from integration_tui.domain.paging import RecordFinding
from integration_tui.domain.roster import Org
from integration_tui.providers.google_classroom.responses import OrgUnitRow

V = TypeVar("V")
_ANY: Final = "*"


def _key(path: str) -> str:
    """Return a path as it is compared: Google takes no difference between large and small."""
    return path.rstrip("/").casefold()


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and those of the units above it, without the account itself."""
    key = _key(path)
    while key:
        yield key
        key = key.rpartition("/")[0]


class PathTable(Generic[V]):
    """What paths are named for. A name that is only `*` stands for any one name."""

    def __init__(self, named: Mapping[str, V]) -> None:
        self._exact = {_key(path): value for path, value in named.items()}
        self._patterns = [
            (key.split("/"), value) for key, value in self._exact.items() if _ANY in key.split("/")
        ]

    def at(self, path: str) -> V | None:
        """Return what just this path is named for; its own name goes before a pattern."""
        key = _key(path)
        if key in self._exact:
            return self._exact[key]
        names = key.split("/")
        return next((value for parts, value in self._patterns if _fits(names, parts)), None)

    def above(self, path: str) -> V | None:
        """Return what a path or the nearest unit above it is named for."""
        found = (self.at(key) for key in _upwards(path))
        return next((value for value in found if value is not None), self._exact.get(""))


def _fits(names: Sequence[str], parts: Sequence[str]) -> bool:
    return len(names) == len(parts) and all(
        part in {name, _ANY} for name, part in zip(names, parts, strict=True)
    )


class OrgUnits(msgspec.Struct, frozen=True):
    """Which school a path belongs to, and which role. The account itself is the district."""

    district: Org
    schools: Mapping[str, Org] = msgspec.field(default_factory=dict[str, Org])
    """By their paths, as they are compared."""
    roles: PathTable[str] = msgspec.field(default_factory=lambda: PathTable[str]({}))
    findings: tuple[RecordFinding, ...] = ()

    @property
    def orgs(self) -> Sequence[Org]:
        """The district, and the schools by their paths."""
        return (self.district, *(self.schools[key] for key in sorted(self.schools)))

    def school_of(self, path: str | None) -> str:
        """Return the org of whoever is at a path; the district where no school is above it."""
        for key in _upwards(path or ""):
            if key in self.schools:
                return self.schools[key].sourced_id
        return self.district.sourced_id

    def role_of(self, path: str | None) -> str | None:
        """Return the role that a path is named for."""
        return self.roles.above(path or "")


def org_units(
    district: Org,
    rows: Sequence[OrgUnitRow],
    *,
    schools: Sequence[str],
    people: Mapping[str, str],
) -> OrgUnits:
    """Return what the rows of an account mean. Units that are no schools are looked through."""
    wanted = PathTable({path: path for path in schools})
    units = {_key(row.org_unit_path): row for row in rows if _key(row.org_unit_path)}
    found: dict[str, Org] = {}
    used: set[str] = set()
    for key in sorted(units):  # a unit comes behind those above it
        if (written := wanted.at(key)) is None:
            continue
        row = units[key]
        above = next((found[up] for up in _upwards(key) if up in found), district)
        found[key] = Org(
            sourced_id=row.org_unit_id,
            name=row.name or row.org_unit_path,
            type="school",
            parent=above.sourced_id,
        )
        used.add(written)
    findings = tuple(
        RecordFinding(
            sourced_id=path,
            rule="school-not-found",
            field="schools",
            message="the config names a school by an org unit that is not there",
        )
        for path in schools
        if path not in used
    )
    return OrgUnits(district, found, PathTable(people), findings)
