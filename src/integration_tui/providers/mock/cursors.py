"""Cursors of a listing: opaque to the reader, and good in another process and after a restart."""

from __future__ import annotations

import base64
import binascii

import msgspec

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync import Cursor


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Where a listing stands: `generation` is the state it lists, `offset` the next place.

    `since` is in microseconds since 1970. `moved` says that records were lost on the way,
    because the district changed under the listing.
    """

    district: str
    collection: Collection
    generation: int = 0
    offset: int = 0
    since: int | None = None
    moved: bool = False


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Mark)


def encoded(mark: Mark) -> Cursor:
    """Return what goes into a page."""
    return Cursor(base64.urlsafe_b64encode(_ENCODER.encode(mark)).decode().rstrip("="))


def decoded(cursor: Cursor, *, start: Mark) -> Mark:
    """Return the mark behind a cursor of the same listing as `start`.

    Raises `IncompatibleError` where it is of another listing, or nothing at all.
    """
    try:
        mark = _DECODER.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        mark = None
    if mark is None or mark.offset < 0 or not _is_same_listing(mark, start):
        raise IncompatibleError(
            f"the cursor does not belong to this listing of {start.collection}",
            advice="start the listing again from its beginning",
        )
    generation = min(max(mark.generation, 0), start.generation)
    return msgspec.structs.replace(mark, generation=generation)


def _is_same_listing(mark: Mark, start: Mark) -> bool:
    of_mark = (mark.district, mark.collection, mark.since)
    return of_mark == (start.district, start.collection, start.since)
