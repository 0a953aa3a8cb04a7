"""Which fields each kind of record has, in 1.1 and in 1.2: what may be filtered, sorted, named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integration_tui.domain.roster import Collection

_EVERY: Final = frozenset({"sourcedId", "status", "dateLastModified", "metadata"})
_NAMES: Final[Mapping[Collection, str]] = {
    Collection.ORGS: "name type identifier parent children",
    Collection.ACADEMIC_SESSIONS: "title startDate endDate type parent children schoolYear",
    Collection.COURSES: "title schoolYear courseCode grades subjects org subjectCodes resources",
    Collection.CLASSES: (
        "title classCode classType location grades subjects course school terms subjectCodes"
        " periods resources"
    ),
    Collection.USERS: (
        "userMasterIdentifier username userIds enabledUser givenName familyName middleName"
        " preferredFirstName preferredMiddleName preferredLastName pronouns roles role orgs"
        " userProfiles primaryOrg identifier email sms phone agents grades resources"
    ),
    Collection.ENROLLMENTS: "user class school role primary beginDate endDate",
    Collection.DEMOGRAPHICS: (
        "birthDate sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican"
        " nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces"
        " hispanicOrLatinoEthnicity countryOfBirthCode stateOfBirthAbbreviation cityOfBirth"
        " publicSchoolResidenceStatus"
    ),
}
FIELDS: Final[Mapping[Collection, frozenset[str]]] = {
    one: _EVERY.union(names.split()) for one, names in _NAMES.items()
}


def is_field(collection: Collection, path: str) -> bool:
    """Say whether a dotted path begins with a field of these records."""
    return path.partition(".")[0] in FIELDS[collection]
