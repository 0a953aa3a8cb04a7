"""Parts of a roster: what belongs to a school, a term, a course, a class or a user.

By a nested route where there is one, else by a filter, else out of the whole collection.
Whatever comes is looked at again: some servers ignore what they do not know, and would give
away others' records.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from functools import partial
from typing import Final
from urllib.parse import quote

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import PARTS, Collection, Owner, Record, belongs
from integration_tui.domain.value import replace
from integration_tui.providers.oneroster.listing import whole
from integration_tui.providers.oneroster.listing_strategies import ListingReader, ListingStrategy
from integration_tui.providers.oneroster.responses import PATHS
from integration_tui.providers.oneroster.server_profile import STUDENTS_AND_TEACHERS, ServerProfile

_OWNERS: Final[Mapping[Collection, str]] = {
    Collection.ORGS: "schools",
    Collection.ACADEMIC_SESSIONS: "terms",
    Collection.COURSES: "courses",
}
"""Whose nested routes hold more than links (REST binding 1.2); enrollments of a class or a user
have none."""
_REFERENCES: Final[Mapping[tuple[Collection, Collection], str]] = {
    (Collection.ORGS, Collection.COURSES): "org",
    (Collection.ORGS, Collection.CLASSES): "school",
    (Collection.ORGS, Collection.ENROLLMENTS): "school",
    (Collection.ACADEMIC_SESSIONS, Collection.CLASSES): "terms",
    (Collection.COURSES, Collection.CLASSES): "course",
    (Collection.CLASSES, Collection.ENROLLMENTS): "class",
    (Collection.USERS, Collection.ENROLLMENTS): "user",
}
"""The field that names the owner. A user's orgs are in several, which no filter reaches."""
_ONLY_SOME: Final = "only students and teachers were listed: there is no route to others of an org"


class ScopedListing:
    """Lists parts of one service's roster."""

    def __init__(self, reader: ListingReader, profile: ServerProfile) -> None:
        self._reader = reader
        self._profile = profile

    def pages(self, collection: Collection, of: Owner) -> AsyncGenerator[Page[Record]]:
        """Return the pages of what belongs to `of`, as `RosterProvider.part` says."""
        if collection not in PARTS.get(of.collection, frozenset()):
            raise IncompatibleError(
                f"{collection} do not belong to {of.collection}", advice="list the collection"
            )
        ways = [*self._strategies(collection, of)]
        return self._reader.pages(collection, ways)

    def _strategies(self, collection: Collection, of: Owner) -> Iterator[ListingStrategy]:
        keep = partial(belongs, owner=of)
        special = [*_filtered(collection, of, self._profile)]
        if self._profile.dialect.nested:
            special = [*_nested(collection, of), *special]
        yield from (way for way in special if way.key not in self._profile.refused)
        for way in whole(collection, self._profile):
            yield replace(way, keep=keep, owner=of.sourced_id)


def _nested(collection: Collection, of: Owner) -> Iterator[ListingStrategy]:
    route = _OWNERS.get(of.collection)
    if route is None or not of.sourced_id.strip("."):
        return  # such an id would be another path
    lists = STUDENTS_AND_TEACHERS if collection is Collection.USERS else (PATHS[collection],)
    yield ListingStrategy(
        paths=tuple(f"{route}/{quote(of.sourced_id, safe='')}/{list_}" for list_ in lists),
        route=f"{route}/{'+'.join(lists)}",
        keep=partial(belongs, owner=of),
        note=_ONLY_SOME if collection is Collection.USERS else "",
        owner=of.sourced_id,
    )


def _filtered(
    collection: Collection, of: Owner, profile: ServerProfile
) -> Iterator[ListingStrategy]:
    name = _REFERENCES.get((of.collection, collection))
    if name is None or "'" in of.sourced_id:
        return  # servers do not agree on how a quote is written within a value
    known = profile.dialect.references
    others = () if "references" in profile.pinned or known == "none" else ("dotted", "flat")
    for form in dict.fromkeys((known, *others)):
        if form != "none":
            by = f"{name}.sourcedId" if form == "dotted" else f"{name}SourcedId"
            yield ListingStrategy(
                paths=(PATHS[collection],),
                route=PATHS[collection],
                by=by,
                filter=f"{by}='{of.sourced_id}'",
                keep=partial(belongs, owner=of),
                owner=of.sourced_id,
            )
