"""Compares a page with what is known of its records: those that are unchanged leave no row.

This is the hot path of a pull: it runs for every record.

See docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from struct import pack
from typing import Final

import msgspec

from integration_tui.domain.ids import RunId
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Record, RecordStatus
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.store.column_types import instant, storable
from integration_tui.store.roster.fields import SHAPES, RowMaker, encodable, fingerprint, without

_CREATE, _UPDATE = ChangeKind.CREATE.value, ChangeKind.UPDATE.value
_json: Final = msgspec.json.Encoder().encode
_read_fields: Final = msgspec.json.Decoder(frozenset[str]).decode
_pack: Final = msgspec.msgpack.Encoder().encode

Row = list[object]
"""The values of `HEAD` but the tenant, and of the fields; claims only where there are some."""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """One page, compared. `rows` are its records that are new or not as they were.

    `prints` are those of its ids, see `KnownPage`. `records` is how many of it could be read.
    `again` are newer ones of records that the run has kept before: they take their place.
    """

    digest: bytes
    ids: str
    rows: list[Row]
    same: int
    records: int
    again: Sequence[Row] = ()
    fields: frozenset[str] | None = None
    lesson: str | None = None
    prints: bytes = b""


PRINT_BYTES: Final = 8
"""So long is a print: an unsigned number, its last byte first; 0 stands for none."""


class KnownPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was applied: its ids as JSON, their prints, and the fields that it had.

    The digest is empty where the page has to be looked at again as a whole, and so is a print of
    a record; there may be none of them at all.
    """

    digest: bytes
    ids: str
    fields: frozenset[str] | None
    prints: bytes = b""


Mapped = Mapping[str, tuple[int, int, int]]
"""By external id: our id, the fingerprint, and whether it is listed as usual."""


def read_fields(stored: str | None) -> frozenset[str] | None:
    """Return the fields that a page or a listing had; `None` where nobody can tell."""
    return None if stored is None else _read_fields(stored)


def write_fields(fields: frozenset[str] | None) -> str | None:
    """Return them as they are stored."""
    return None if fields is None else _json(sorted(fields)).decode()


def compared(
    page: Page[Record],
    collection: Collection,
    run_id: RunId,
    mapped: Mapped,
    *,
    absent: frozenset[str] = frozenset(),
    known: KnownPage | None = None,
) -> Staged:
    """Return what of a page is new, or not as it is mapped.

    Records that were applied when the listing lacked `absent` fields are unchanged if the page
    lacks them still. `known` is the page as it was applied, where it is one that is known.
    """
    absent -= page.fields or frozenset()
    ids = [*(row.sourced_id for row in page.rows), *_others(page)]
    if page.rows and page.same and page.prints:  # in the order in which they came
        places = {text: place for place, text in enumerate(page.prints)}
        ids.sort(key=lambda text: places.get(text, len(places)))
    listed = _json(ids).decode()
    rows = list(_changed(page.rows, mapped, _MAKERS[collection], run_id, absent))
    return Staged(
        # Such a page says more than its ids: it has to be looked at again, and is never known.
        digest=b"" if _says_more(page) else page.digest,
        ids=listed,
        prints=known.prints if known and listed == known.ids else _prints(page, ids),
        rows=rows,
        same=len(page.rows) - len(rows) + len(page.same),
        records=len(page.rows) + len(page.same),
        fields=page.fields,
        lesson=None if page.lesson is None else storable(page.lesson),
    )


HEAD: Final = (
    "tenant_id", "run_id", "external_id", "kind", "id", "fingerprint", "status", "modified_at",
)  # fmt: skip
RECORD_ID: Final = HEAD.index("id") - 1  # the tenant comes in front last
EXTERNAL_ID: Final = HEAD.index("external_id") - 1
FINGERPRINT: Final = HEAD.index("fingerprint") - 1
MOMENT: Final = HEAD.index("modified_at") - 1
"""Where these are in a row."""
_MAKERS: Final = {one: RowMaker(shape) for one, shape in SHAPES.items()}


def _says_more(page: Page[Record]) -> bool:
    return bool(page.rejected or page.duplicates or page.findings or page.skipped)


def _prints(page: Page[Record], ids: Sequence[str]) -> bytes:
    """Return the prints of a page's ids: none for whom something else has to be said each time."""
    if not page.prints:
        return b""
    odd = {
        *(finding.sourced_id for finding in page.findings),
        *(duplicate.sourced_id for duplicate in page.duplicates),
        *(rejected.sourced_id for rejected in page.rejected),
    }
    of = page.prints.get
    found = [0 if text in odd else of(text, 0) for text in ids] if odd else [of(i, 0) for i in ids]
    return pack(f"<{len(found)}Q", *found)


def _others(page: Page[Record]) -> Iterable[str]:
    yield from page.same
    yield from (rejected.sourced_id for rejected in page.rejected if rejected.sourced_id)


def digest_of(rows: Sequence[Row]) -> bytes:
    """Return a digest of staged rows: their ids, and what is to be stored of them."""
    facts = [(row[EXTERNAL_ID], row[RECORD_ID], row[FINGERPRINT]) for row in rows]
    return blake2b(_pack(facts), digest_size=16).digest() if rows else b""


def _changed(
    records: Iterable[Record],
    mapped: Mapped,
    maker: RowMaker,
    run_id: RunId,
    absent: frozenset[str],
) -> Iterable[Row]:
    make, active = maker.values, RecordStatus.ACTIVE
    for record in records:
        moment = None
        values, external_id = make(record), record.sourced_id
        status = "active" if record.status is active else "inactive"
        try:
            print_ = fingerprint(status, values)
        except UnicodeEncodeError:
            values = encodable(values)
            print_ = fingerprint(status, values)
        known = mapped.get(external_id)
        if known is None:
            if status == "inactive":
                continue  # it was gone before we heard of it
            kind, number = _CREATE, None
        else:
            number, before, is_listed = known
            if is_listed and before in (print_, without(print_, absent) if absent else print_):
                continue
            kind = _UPDATE
            if record.modified_at is not None:
                moment = instant(record.modified_at)
        yield [run_id, external_id, kind, number, print_, status, moment, *values]
