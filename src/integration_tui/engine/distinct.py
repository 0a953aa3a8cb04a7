"""Each id once on a page: what a connector lets through twice is a duplicate, not a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from integration_tui.domain.roster import Record
from integration_tui.domain.sync import Duplicate, Page


def distinct(page: Page[Record]) -> Page[Record]:
    """Return a page on which every id stands once; one that can be read goes before all others."""
    ids = _ids(page)
    if len({*ids}) == len(ids):
        return page
    rows, duplicates = _rows(page.rows)
    taken = {*rows}
    same = [one for one in page.same if _is_new(one, taken)]
    rejected = [
        one for one in page.rejected if not one.sourced_id or _is_new(one.sourced_id, taken)
    ]
    duplicates += [Duplicate(sourced_id=one) for one in _beyond(page.same, same)]
    duplicates += [
        Duplicate(sourced_id=one, differs=one in rows)
        for one in _beyond(
            (one.sourced_id for one in page.rejected), (one.sourced_id for one in rejected)
        )
    ]
    return replace(
        page,
        rows=tuple(rows.values()),
        same=tuple(same),
        rejected=tuple(rejected),
        duplicates=(*page.duplicates, *duplicates),
    )


def _rows(records: Iterable[Record]) -> tuple[dict[str, Record], list[Duplicate]]:
    rows: dict[str, Record] = {}
    duplicates: list[Duplicate] = []
    for record in records:
        kept = rows.setdefault(record.sourced_id, record)
        if kept is not record:
            duplicates.append(Duplicate(sourced_id=record.sourced_id, differs=kept != record))
            rows[record.sourced_id] = record if _is_newer(record, kept) else kept
    return rows, duplicates


def _is_new(sourced_id: str, taken: set[str]) -> bool:
    if sourced_id in taken:
        return False
    taken.add(sourced_id)
    return True


def _beyond(ids: Iterable[str], kept: Iterable[str]) -> list[str]:
    """Return the ids that are not kept, each as often as it is too much."""
    return [*(Counter(ids) - Counter(kept)).elements()]


def _ids(page: Page[Record]) -> list[str]:
    rejected = (one.sourced_id for one in page.rejected if one.sourced_id)
    return [*(record.sourced_id for record in page.rows), *page.same, *rejected]


def _is_newer(record: Record, kept: Record) -> bool:
    if record.modified_at is None:
        return False
    return kept.modified_at is None or record.modified_at > kept.modified_at
