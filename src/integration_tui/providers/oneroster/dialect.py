"""How a OneRoster server differs from the specification, as data.

The defaults are the specification's. What nobody has pinned is found out (`profile`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from integration_tui.domain.value import replace

Version = Literal["1.1", "1.2"]
Since = Literal[">=", ">", "none"]
References = Literal["dotted", "flat", "none"]
Totals = Literal["any", "header", "body", "none"]
Users = Literal["users", "students_and_teachers"]
Orgs = Literal["orgs", "schools"]

BASE_PATHS: Final[dict[Version, str]] = {
    "1.1": "/ims/oneroster/v1p1",
    "1.2": "/ims/oneroster/rostering/v1p2",
}
_ROOT: Final = "/ims/oneroster"
_OTHERS: Final = ("", "/rostering/1.0")
"""Behind a base_url that is the service's own; LearnWithAI's."""


class ServerDialect(msgspec.Struct, frozen=True, kw_only=True):
    """What a server takes and gives.

    `base_path` follows the config's base_url. `trailing_slash`: collections are asked for as
    `/users/`; nested routes and single records never are. `max_limit` is the largest page.
    `sorts`: `sort` and `orderBy` are taken. `since` is the operator with which
    `dateLastModified` may be filtered by. `nested`: there are routes such as
    `schools/{id}/classes`. `references`: whether one may filter by `class.sourcedId` or, flat,
    by `classSourcedId`. `totals` says where the count of all is, if it is to be believed.
    """

    version: Version = "1.2"
    base_path: str = BASE_PATHS["1.2"]
    trailing_slash: bool = False
    max_limit: int | None = None
    sorts: bool = True
    since: Since = ">="
    nested: bool = True
    references: References = "dotted"
    totals: Totals = "any"
    users: Users = "users"
    orgs: Orgs = "orgs"

    def describe(self) -> str:
        """Return in a few words what is unlike the specification; empty where nothing is."""
        found = {
            f"pages of at most {self.max_limit}": self.max_limit is not None,
            "collections end in a slash": self.trailing_slash,
            "no totals": self.totals == "none",
            "no sorting": not self.sorts,
            "no filter by date": self.since == "none",
            "filter by date with > only": self.since == ">",
            "no nested routes": not self.nested,
            "flat filters": self.references == "flat",
            "no filter by reference": self.references == "none",
            "students and teachers instead of users": self.users != "users",
            "schools instead of orgs": self.orgs != "orgs",
        }
        return ", ".join(words for words, is_so in found.items() if is_so)


LEARN_WITH_AI: Final = ServerDialect(
    version="1.1", base_path="/rostering/1.0", max_limit=100, references="flat"
)
"""TimeBack's LearnWithAI, https://docs.platform.timeback.com: limit 1 to 100, by default 10."""
BEYOND_AI: Final = ServerDialect(max_limit=3000, references="flat")
"""TimeBack's BeyondAI by its OpenAPI document; clients call paths with and without the slash."""


def forms(
    dialect: ServerDialect, base_url: str, *, pinned: frozenset[str]
) -> Iterator[ServerDialect]:
    """Yield a dialect, then with what is not pinned of its addresses as they are elsewhere."""
    paths = [dialect.base_path]
    if "base_path" not in pinned:
        paths += [path for path in _known_paths(base_url) if path != dialect.base_path]
    for path in paths:
        version = _version(path) or dialect.version
        one = replace(dialect, base_path=path, version=version)
        yield one
        if "trailing_slash" not in pinned:
            yield replace(one, trailing_slash=not one.trailing_slash)


def _known_paths(base_url: str) -> tuple[str, ...]:
    if base_url.endswith(_ROOT):
        return tuple(path.removeprefix(_ROOT) for path in BASE_PATHS.values())
    if _ROOT in base_url:
        return ()
    return (BASE_PATHS["1.2"], BASE_PATHS["1.1"], *_OTHERS)


def _version(path: str) -> Version | None:
    if path.endswith("v1p2"):
        return "1.2"
    return "1.1" if path.endswith(("v1p1", "/1.0")) else None
