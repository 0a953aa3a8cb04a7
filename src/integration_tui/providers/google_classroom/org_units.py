"""The org units of a Workspace account: which of them are schools, and what people there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from integration_tui.domain.paging import RecordFinding
from integration_tui.domain.roster import Org
from integration_tui.providers.google_classroom.responses import OrgUnitRow

V = TypeVar("V")
_ANY: Final = "/*"


def _key(path: str) -> str:
    """Return a path as it is compared: Google takes no difference between large and small."""
    return path.rstrip("/").casefold()


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and those of the units above it, without the account itself."""
    key = _key(path)
    while key:
        yield key
        key = key.rpartition("/")[0]


def _named(paths: Mapping[str, V], path: str) -> V | None:
    """Return what a path is named for: the nearest one upwards counts, by its name or by `/*`."""
    for key in _upwards(path):
        for written in (key, f"{key.rpartition('/')[0]}{_ANY}"):
            if written in paths:
                return paths[written]
    return paths.get("")


@dataclass(frozen=True, slots=True)
class OrgUnits:
    """Which school a path belongs to, and which role. The account itself is the district."""

    district: Org
    schools: Mapping[str, Org] = field(default_factory=dict[str, Org])
    """By their paths, as they are compared."""
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
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
        return _named(self.roles, path or "")


def role_table(people: Mapping[str, str]) -> Mapping[str, str]:
    """Return the roles by paths as they are compared."""
    return {_written(path): role for path, role in people.items()}


def _written(path: str) -> str:
    return f"{_key(path.removesuffix(_ANY))}{_ANY}" if path.endswith(_ANY) else _key(path)


def org_units(
    district: Org,
    rows: Sequence[OrgUnitRow],
    *,
    schools: Sequence[str],
    people: Mapping[str, str],
) -> OrgUnits:
    """Return what the rows of an account mean. Units that are no schools are looked through."""
    wanted = {_written(path): path for path in schools}
    units = {_key(row.org_unit_path): row for row in rows if _key(row.org_unit_path)}
    chosen = [key for key in sorted(units) if _match(key, wanted)]
    found: dict[str, Org] = {}
    for key in chosen:  # a unit comes behind those above it
        row = units[key]
        above = next((found[up] for up in _upwards(key) if up in found), district)
        found[key] = Org(
            sourced_id=row.org_unit_id,
            name=row.name or row.org_unit_path,
            type="school",
            parent=above.sourced_id,
        )
    used = {_match(key, wanted) for key in chosen}
    findings = tuple(
        RecordFinding(
            sourced_id=path,
            rule="school-not-found",
            field="schools",
            message="the config names a school by an org unit that is not there",
        )
        for written, path in wanted.items()
        if written not in used
    )
    return OrgUnits(district, found, role_table(people), findings)


def _match(key: str, wanted: Mapping[str, str]) -> str:
    """Return by which of the written paths a unit is a school; empty where by none."""
    for written in (key, f"{key.rpartition('/')[0]}{_ANY}"):
        if written in wanted:
            return written
    return ""
