"""OneRoster's envelopes: what a page and a single record are wrapped in (REST binding, 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec

from integration_tui.domain.errors import IncompatibleError, RecordError
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.sync import Duplicate, Recall, RecordFinding, Rejected
from integration_tui.domain.text import visible
from integration_tui.providers.http.decode import read_json
from integration_tui.providers.http.messages import Answer, Request
from integration_tui.providers.oneroster.wire import read_record
from integration_tui.providers.paging.headers import number_in

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
_MAX_RAW: Final = 500
_PRIVATE: Final = frozenset({"password", "userProfiles", "metadata"})
"""Not kept in what is shown of a rejected record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page as it came. `total` is the server's count of all, where it says one.

    All else is as in `Page`.
    """

    rows: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    total: int | None
    digest: bytes = b""
    same: tuple[str, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    findings: tuple[RecordFinding, ...] = ()
    fields: frozenset[str] | None = None

    @property
    def received(self) -> int:
        """How many records the server sent, readable or not."""
        return len(self.rows) + len(self.rejected) + len(self.same) + len(self.duplicates)


def read_page(
    collection: Collection, answer: Answer, request: Request, recall: Recall | None = None
) -> Listed:
    """Return a page. Raises `IncompatibleError` where the answer is no page of that collection.

    With `recall`, the records of a page that is known already are not read.
    """
    key = PATHS[collection]
    envelope = read_json(answer, request, dict[str, msgspec.Raw])
    digest = b""
    if recall is not None and key in envelope:
        digest = blake2b(envelope[key], digest_size=16).digest()
        if (same := recall(collection, digest)) is not None:
            total = _total(answer, envelope)
            return Listed(rows=(), rejected=(), total=total, digest=digest, same=tuple(same))
    raws = _list(envelope.get(key))
    if raws is None:
        raise IncompatibleError(
            f"{answer.host} answers without a list called {key}",
            advice="check that it is a OneRoster server, and its version",
        )
    rows: list[Record] = []
    rejected: list[Rejected] = []
    for raw in raws:
        try:
            rows.append(read_record(collection, raw))
        except (ValueError, RecursionError) as error:
            rejected.append(_rejected(raw, error))
    return Listed(
        rows=tuple(rows),
        rejected=tuple(rejected),
        total=_total(answer, envelope),
        digest=digest,
    )


def read_single(collection: Collection, answer: Answer, request: Request) -> Record:
    """Return one record. Raises `RecordError` where it cannot be read."""
    key = SINGULAR[collection]
    envelope = read_json(answer, request, dict[str, msgspec.Raw])
    if key not in envelope:
        raise IncompatibleError(
            f"{answer.host} answers without {key}",
            advice="check that it is a OneRoster server, and its version",
        )
    try:
        return read_record(collection, envelope[key])
    except (ValueError, RecursionError) as error:
        raise RecordError(
            f"{answer.host} sent a record that cannot be read: {_reason(error)}",
            advice="have it mended in the source system",
        ) from None


def _list(raw: msgspec.Raw | None) -> list[msgspec.Raw] | None:
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return None


def _total(answer: Answer, envelope: Mapping[str, msgspec.Raw]) -> int | None:
    """Return the total by the header (1.2) or by the body; `None` without a sane one.

    TimeBack says `totalCount` on one of its platforms and `total` on the other.
    """
    in_body = envelope.get("totalCount") or envelope.get("total") or b""
    return number_in(answer.headers.get("x-total-count") or bytes(in_body).decode())


def _rejected(raw: msgspec.Raw, error: Exception) -> Rejected:
    fields = _fields(raw)
    kept = {key: value for key, value in fields.items() if key not in _PRIVATE}
    sourced_id = fields.get("sourcedId", "")
    return Rejected(
        # As it is: a record is known by it, and one that is listed must not be taken for gone.
        sourced_id=f"{sourced_id}" if isinstance(sourced_id, str | int) else "",
        reason=_reason(error),
        raw=visible(msgspec.json.encode(kept).decode(), limit=_MAX_RAW),
    )


def _fields(raw: msgspec.Raw) -> dict[str, object]:
    try:
        return msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return {}


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else visible(error, limit=200)
