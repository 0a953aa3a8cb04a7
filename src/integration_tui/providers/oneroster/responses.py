"""OneRoster's envelopes: what a page and a single record are wrapped in (REST binding, 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from integration_tui.domain.errors import IncompatibleError, RecordError
from integration_tui.domain.paging import Duplicate, KnownRecords, Recalled, RecordFinding, Rejected
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.value import replace
from integration_tui.providers.http.json_decoding import Envelope, read_list, read_members
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.oneroster.implied_schools import Find, Follows, lacks_school
from integration_tui.providers.oneroster.lenient_json import may_be_damaged
from integration_tui.providers.oneroster.page_records import (
    ParsedRows,
    ParsingContext,
    read_one,
    read_rows,
)
from integration_tui.providers.oneroster.recalled_records import (
    learn_from,
    read_unknown,
)
from integration_tui.providers.paging.headers import number_in
from integration_tui.providers.paging.record_prints import page_digest, prints_of

PATHS: Final[Mapping[Collection, str]] = {
    Collection.ORGS: "orgs",
    Collection.ACADEMIC_SESSIONS: "academicSessions",
    Collection.COURSES: "courses",
    Collection.CLASSES: "classes",
    Collection.USERS: "users",
    Collection.ENROLLMENTS: "enrollments",
    Collection.DEMOGRAPHICS: "demographics",
}
"""Also the keys of the lists."""
SINGULAR: Final[Mapping[Collection, str]] = {
    Collection.ORGS: "org",
    Collection.ACADEMIC_SESSIONS: "academicSession",
    Collection.COURSES: "course",
    Collection.CLASSES: "class",
    Collection.USERS: "user",
    Collection.ENROLLMENTS: "enrollment",
    Collection.DEMOGRAPHICS: "demographics",  # plural by the specification
}


class ParsedPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page as it came. `total` is the server's count of all, where it says one.

    All else is as in `Page`. The school of a row may be empty, see `follows.lacks_school`.
    """

    rows: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    total: int | None
    digest: bytes = b""
    same: tuple[str, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    findings: tuple[RecordFinding, ...] = ()
    fields: frozenset[str] | None = None
    prints: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])

    @property
    def received(self) -> int:
        """How many records the server sent, readable or not."""
        return len(self.rows) + len(self.rejected) + len(self.same) + len(self.duplicates)


def read_page(
    collection: Collection,
    answer: Response,
    request: Request,
    context: ParsingContext | None = None,
    known: KnownRecords | None = None,
    *,
    by_record: bool = False,
) -> ParsedPage:
    """Return a page. Raises `IncompatibleError` where the answer is no page of that collection.

    What is `known` is not read: the whole page, and `by_record` also one record of it.
    """
    key = PATHS[collection]
    found = read_list(answer, request, key)
    if found is None:
        raise IncompatibleError(
            f"{answer.host} answers without a list called {key}",
            advice="check that it is a OneRoster server, and its version",
        )
    context, total = context or ParsingContext(), _total(answer, found.total)
    digest = b"" if known is None else page_digest(found.listed)
    page = None if known is None else known.page(collection, digest)
    if page is not None:
        learn_from(collection, lambda: found.texts, context)
        return _known_page(page, total, digest)
    read, same = _read(collection, found, context, known if by_record else None)
    return ParsedPage(
        rows=tuple(read.rows),
        rejected=tuple(read.rejected),
        total=total,
        digest=digest,
        same=same,
        duplicates=tuple(read.duplicates),
        findings=(*read.findings, *([_REST] if found.has_rest else [])),
        fields=read.fields,
        prints=read.prints,
    )


def _known_page(page: Recalled, total: int | None, digest: bytes) -> ParsedPage:
    same = tuple([text for text in page.ids if text is not None])
    return ParsedPage(
        rows=(), rejected=(), total=total, digest=digest, same=same, fields=page.fields
    )


def _read(
    collection: Collection, found: Envelope, context: ParsingContext, known: KnownRecords | None
) -> tuple[ParsedRows, tuple[str, ...]]:
    """Return the records of a page that are to be read, and the ids of those that are known."""
    is_sound = not may_be_damaged(found.listed)
    prints = () if known is None else prints_of(found.texts)
    recalled = None if known is None else known.records(collection, prints)
    if recalled is not None:
        read = read_unknown(collection, found.texts, prints, recalled, context, is_sound=is_sound)
        if read is not None:
            return read
    texts = found.texts
    return read_rows(collection, texts, context, is_sound=is_sound, prints=prints), ()


def read_single(
    collection: Collection,
    answer: Response,
    request: Request,
    context: ParsingContext | None = None,
) -> Record:
    """Return one record, whose school may be empty. Raises `RecordError` where it is unreadable."""
    key = SINGULAR[collection]
    text = read_members(answer, request).texts.get(key)
    if text is None:
        raise IncompatibleError(
            f"{answer.host} answers without {key}",
            advice="check that it is a OneRoster server, and its version",
        )
    found = read_one(collection, text, context or ParsingContext())
    if found.rejected:
        raise RecordError(
            f"{answer.host} sent a record that cannot be read: {found.rejected[0].reason}",
            advice="have it fixed in the source system",
        )
    return found.rows[0]


_NOWHERE: Final = "school names no id, and none follows from its class or course"
_FOLLOWS: Final = "names no school; that of its class or course was taken"
_REST: Final = RecordFinding(
    sourced_id="", rule="bytes-behind-end", message="the answer goes on behind the end of its JSON"
)


async def completed(listed: ParsedPage, follows: Follows, find: Find) -> ParsedPage:
    """Return a page on which every class and enrollment has its school.

    One whose school follows from nothing is rejected: it belongs nowhere.
    """
    if not any(map(lacks_school, listed.rows)):
        return listed
    whole = [await follows.complete(row, find) if lacks_school(row) else row for row in listed.rows]
    rows = tuple(row for row in whole if row is not None)
    without = [row.sourced_id for row in listed.rows if lacks_school(row)]
    lost = {*without} - {row.sourced_id for row in rows}
    follows.learn(rows)
    return replace(
        listed,
        rows=rows,
        rejected=(
            *listed.rejected,
            *(Rejected(sourced_id=text, reason=_NOWHERE) for text in without if text in lost),
        ),
        findings=(
            *(finding for finding in listed.findings if finding.sourced_id not in lost),
            *(
                RecordFinding(
                    sourced_id=text, rule="school-follows", message=_FOLLOWS, field="school"
                )
                for text in without
                if text not in lost
            ),
        ),
    )


def _total(answer: Response, in_body: bytes) -> int | None:
    """Return the total by the header (1.2) or by the body; `None` without a sane one.

    TimeBack says `totalCount` on one of its platforms and `total` on the other.
    """
    in_text = in_body.decode(errors="replace").strip().strip('"')
    return number_in(answer.headers.get("x-total-count") or in_text)
