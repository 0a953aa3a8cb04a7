"""A request's parameters, read as strictly as the dialect reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from integration_tui.domain.roster import Collection
from integration_tui.domain.value import replace
from integration_tui.sandbox.dialect import Dialect
from integration_tui.sandbox.query import Clause, Filter, QueryError, number, parsed

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


_KNOWN: Final = frozenset({"limit", "offset", "filter", "sort", "orderBy", "fields"})
_FLAT: Final = "SourcedId"
_NOBODY: Final = "\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryParams:
    """Which records, in which order, which window of them, and which of their fields."""

    limit: int
    offset: int
    filter: Filter | None
    sort: str
    descending: bool
    fields: tuple[str, ...]


def read_asked(query: Mapping[str, str], dialect: Dialect, collection: Collection) -> QueryParams:
    """Read a query. Raises `QueryError` where the dialect refuses it."""
    unknown = sorted({*query} - _KNOWN)
    if unknown and dialect.strict:
        raise QueryError(f"{unknown[0]} is not a parameter", minor="invaliddata")
    text = query.get("filter")
    sort, descending = _order(query, dialect, collection)
    return QueryParams(
        limit=_limit(query, dialect),
        offset=number(query.get("offset"), 0, least=0, name="offset"),
        filter=_filter(text, dialect, collection) if text else None,
        sort=sort,
        descending=descending,
        fields=_fields(query.get("fields", ""), dialect, collection),
    )


def _limit(query: Mapping[str, str], dialect: Dialect) -> int:
    status = 400 if dialect.refused_above is None else 422
    limit = number(query.get("limit"), dialect.default_limit, least=1, name="limit", status=status)
    if dialect.refused_above is not None and limit > dialect.refused_above:
        raise QueryError(
            f"limit must be at most {dialect.refused_above}", minor="invaliddata", status=422
        )
    return min(limit, dialect.max_limit or limit)


def _order(query: Mapping[str, str], dialect: Dialect, collection: Collection) -> tuple[str, bool]:
    if dialect.sorts == "ignored":
        return "", False
    sort, order = query.get("sort", ""), query.get("orderBy", "asc").lower()
    if order not in {"asc", "desc"}:
        raise QueryError("orderBy must be asc or desc", minor="invaliddata")
    if sort and dialect.sorts == "known" and not is_field(collection, sort):
        minor = "invalid_sort_field" if dialect.version == "1.1" else "invaliddata"
        raise QueryError("sort names no field of these records", minor=minor)
    return sort, order == "desc"


def _fields(text: str, dialect: Dialect, collection: Collection) -> tuple[str, ...]:
    fields = tuple(name for name in text.split(",") if name)
    if dialect.sorts == "known" and not all(is_field(collection, field) for field in fields):
        raise QueryError("fields names no field of these records", minor="invalid_selection_field")
    return fields


def _filter(text: str, dialect: Dialect, collection: Collection) -> Filter:
    found = parsed(text)
    if len(found.clauses) > dialect.clauses:
        raise QueryError(
            f"a filter has at most {dialect.clauses} clauses", minor="invalid_filter_field"
        )
    understood = tuple(_understood(clause, dialect) for clause in found.clauses)
    if not all(is_field(collection, clause.field) for clause in understood):
        raise QueryError("the filter names no field of these records", minor="invalid_filter_field")
    return replace(found, clauses=understood)


def _understood(clause: Clause, dialect: Dialect) -> Clause:
    name = clause.field
    if name.split(".")[0] in dialect.broken_filters:
        raise QueryError("Internal server error", minor="internal_server_error", status=500)
    if "." in name and not dialect.nested_filters:
        raise QueryError(
            "filtering by nested relations is not supported", minor="invalid_filter_field"
        )
    if dialect.flat_ids and name.endswith(_FLAT):
        name = f"{name.removesuffix(_FLAT)}.sourcedId"
    if "''" in clause.value and not dialect.doubled_quotes:
        clause = replace(clause, value=_NOBODY)
    return replace(clause, field=name)
