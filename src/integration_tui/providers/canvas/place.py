"""Where a listing of Canvas goes on: a place in it, since links are no offsets.

In a report it is the row of a file behind which to go on.

`page` is the link of the page of courses (or of whatever is listed), `course` the one of its
courses at hand, `link` the page of that course's rows, `section` the last class of it that was
handed over. So nothing is read again but one page of courses and one of a course.
"""

from __future__ import annotations

import msgspec

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.paging import Cursor
from integration_tui.domain.roster import Collection
from integration_tui.providers.canvas.links import is_of
from integration_tui.providers.canvas.objects import is_id


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place in the listing of one collection. `doubts` are why it cannot be complete any more.

    `report` is the number of a report, and `line` how many rows of its file were read.
    """

    collection: Collection
    page: str
    course: str = ""
    link: str = ""
    section: str = ""
    doubts: tuple[str, ...] = ()
    report: str = ""
    line: int = 0

    def cursor(self) -> Cursor:
        return Cursor(msgspec.json.encode(self).decode())


def read_place(cursor: Cursor, collection: Collection, service: str) -> Place:
    """Return the place of a cursor. Raises `IncompatibleError` for one of another listing."""
    try:
        place = msgspec.json.decode(cursor, type=Place)
    except (msgspec.DecodeError, UnicodeError):
        place = None
    links = [] if place is None else [link for link in (place.page, place.link) if link]
    if (
        place is None
        or place.collection is not collection
        or not all(is_of(link, service) for link in links)
        or not (place.page or is_id(place.report))
    ):
        raise IncompatibleError(
            "this cursor is not one of a Canvas listing", advice="list from the start again"
        )
    return place
