"""What each version of OneRoster's CSV binding consists of, and what its manifest lists."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.providers.oneroster_csv.tables import (
    CLASSES,
    COURSES,
    DEMOGRAPHICS,
    ENROLLMENTS,
    ORGS,
    ROLES_1_2,
    SESSIONS,
    USERS_1_1,
    USERS_1_2,
    Table,
    Version,
)


class FileKind(StrEnum):
    """What a manifest says of a file. `UNTOLD`: the file is there, and nothing is said."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"
    UNTOLD = "untold"


MANIFEST: Final = "manifest.csv"
MANIFEST_HEADER: Final = ("propertyName", "value")
MANIFEST_VERSION: Final = "1.0"

_OF_BOTH: Final = (ORGS, SESSIONS, COURSES, CLASSES)

TABLES: Final[Mapping[Version, Mapping[str, Table]]] = {
    "1.1": {one.stem: one for one in (*_OF_BOTH, USERS_1_1, ENROLLMENTS, DEMOGRAPHICS)},
    "1.2": {one.stem: one for one in (*_OF_BOTH, USERS_1_2, ROLES_1_2, ENROLLMENTS, DEMOGRAPHICS)},
}
"""The files of a version that are read and written, by name, in the order of their dependence."""

STEMS: Final[Mapping[Collection, str]] = {
    one.collection: one.stem for one in TABLES["1.1"].values()
}
"""The file that lists a collection; of users, the one that has their names."""

LISTED: Final[Mapping[Version, tuple[str, ...]]] = {
    "1.1": (
        "academicSessions", "categories", "classes", "classResources", "courses",
        "courseResources", "demographics", "enrollments", "lineItems", "orgs", "resources",
        "results", "users",
    ),
    "1.2": (
        "academicSessions", "categories", "classes", "classResources", "courses",
        "courseResources", "demographics", "enrollments", "lineItemLearningObjectiveIds",
        "lineItems", "lineItemScoreScales", "orgs", "resources", "resultLearningObjectiveIds",
        "results", "resultScoreScales", "roles", "scoreScales", "userProfiles",
        "userResources", "users",
    ),
}  # fmt: skip
"""Every file that a manifest of that version says something of, in its order."""
