"""Compares a page with what is known of its records: those that are unchanged leave no row.

This is the hot path of a pull: it runs for every record.

See docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
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

    `records` is how many of it could be read. `again` are newer ones of records that the run has
    kept before: they take their place.
    """

    digest: bytes
    ids: str
    rows: list[Row]
    same: int
    records: int
    again: Sequence[Row] = ()
    fields: frozenset[str] | None = None
    lesson: str | None = None


class KnownPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was applied as it came: its ids as JSON, and the fields that it had."""

    ids: str
    fields: frozenset[str] | None


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
) -> Staged:
    """Return what of a page is new, or not as it is mapped.

    Records that were applied when the listing lacked `absent` fields are unchanged if the page
    lacks them still.
    """
    absent -= page.fields or frozenset()
    rows = list(_changed(page.rows, mapped, _MAKERS[collection], run_id, absent))
    return Staged(
        # Such a page says more than its ids: it has to be looked at again, and is never known.
        digest=b"" if _says_more(page) else page.digest,
        ids=_json([*(row.sourced_id for row in page.rows), *_others(page)]).decode(),
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
