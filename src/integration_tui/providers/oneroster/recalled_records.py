"""A page of which some records are known: only the others are read, and the page says the same.

What a page says besides its records hangs on all of them: which fields they have, and which school
a class belongs to. Where that cannot be told without reading, all of the page is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from integration_tui.domain.paging import Recalled
from integration_tui.domain.roster import Collection
from integration_tui.providers.oneroster.page_records import (
    ParsedRows,
    ParsingContext,
    members_for,
    read_rows,
)

_TEACHING: Final = frozenset({Collection.COURSES, Collection.CLASSES})
"""Their schools are those of others that name none, see `implied_schools`."""
_DERIVED: Final = "grades_as_sent"
"""The host says that it is there, once the grades are."""
_WITNESSES: Final = 4
"""So many known records are read for one field before all are."""


def read_unknown(
    collection: Collection,
    texts: Sequence[bytes],
    prints: Sequence[int],
    recalled: Recalled,
    context: ParsingContext,
    *,
    is_sound: bool,
) -> tuple[ParsedRows, tuple[str, ...]] | None:
    """Return the records of a page that are not known, and the ids of those that are.

    `None` where all have to be read: an id comes twice, or its fields cannot be told.
    """
    places = [place for place, text in enumerate(recalled.ids) if text is None]
    found = read_rows(
        collection,
        [texts[place] for place in places],
        context,
        is_sound=is_sound,
        prints=[prints[place] for place in places],
    )
    named = {text: print_ for text, print_ in zip(recalled.ids, prints, strict=True) if text}
    same = tuple(named)
    if len(same) + len(places) < len(texts) or not _are_apart(found, same):
        return None
    known = [text for text, sourced_id in zip(texts, recalled.ids, strict=True) if sourced_id]
    fields = _fields(collection, found.fields, known, recalled, context)
    if fields is None:
        return None
    learn_from(collection, lambda: known, context)
    found.fields = fields
    ids = {print_: text for text, print_ in (found.prints | named).items()}
    found.prints = {ids[print_]: print_ for print_ in prints if print_ in ids}
    return found, same


def learn_from(
    collection: Collection, known: Callable[[], Sequence[bytes]], context: ParsingContext
) -> None:
    """Learn from known records what others follow from; most are not even cut out for that."""
    if collection in _TEACHING:
        read_rows(collection, known(), context, is_sound=False)


def _are_apart(found: ParsedRows, same: Sequence[str]) -> bool:
    ids = [row.sourced_id for row in found.rows]
    ids += [rejected.sourced_id for rejected in found.rejected if rejected.sourced_id]
    return not found.duplicates and len({*ids, *same}) == len(ids) + len(same)


def _fields(
    collection: Collection,
    read: frozenset[str],
    known: Sequence[bytes],
    recalled: Recalled,
    context: ParsingContext,
) -> frozenset[str] | None:
    """Return the fields of all records of a page; `None` where that cannot be told.

    A known record has none besides those of the page that it stood on, so that it is enough to
    see each of these once.
    """
    if recalled.fields is None or not read <= recalled.listed:
        return None  # what others keep of it may have to go, so that none of them is unchanged
    for name in sorted(recalled.fields):
        if name in read or (name == _DERIVED and "grades" in read):
            continue
        for text in _witnesses(known, members_for(collection, name)):
            read |= read_rows(collection, [text], context, is_sound=False).fields
            if name in read:
                break
        else:
            return None
    return read


def _witnesses(known: Sequence[bytes], members: Sequence[bytes]) -> Sequence[bytes]:
    """Return the first known records that may have one of these members."""
    found: list[bytes] = []
    for text in known:
        if any(member in text for member in members):
            found.append(text)
            if len(found) == _WITNESSES:
                break
    return found
