"""Is what a connector hands over what its type says? Python does not ask.

One wrong field in one answer would break what is written for all integrations together.
"""

from __future__ import annotations

from collections.abc import Collection as AbstractCollection
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from integration_tui.domain.health.status import HealthFinding, HealthStatus
from integration_tui.domain.paging import Duplicate, Page, RecordFinding, Rejected, Skipped
from integration_tui.domain.provider import Authentication, SystemMetadata
from integration_tui.domain.redaction import impersonal
from integration_tui.domain.roster import Collection, Owner, Record
from integration_tui.domain.text import visible

if TYPE_CHECKING:
    from integration_tui.domain.errors import ConsoleError

LONGEST_PAUSE_S: Final = 86_400.0
"""A system that asks for more is asked again after a day."""
_LONGEST: Final = 4_000
"""Characters; what is behind them is not even searched for secrets, since that takes time."""
_MOST_PRINT: Final = 1 << 64
_FOUND: Final = {HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.DOWN}


def is_valid_result(found: object) -> bool:
    """Return whether the fields of a connector's answer are of their types."""
    match found:
        case HealthFinding():
            return (
                _are(HealthStatus, found.status)
                and found.status in _FOUND
                and _are(str, found.detail)
            )
        case SystemMetadata():
            return _are(str, found.product, found.version, found.address)
        case Authentication():
            expires = (found.expires_at,) if found.expires_at is not None else ()
            return _are(str, found.kind) and _are(datetime, *expires)
        case Page(
            rows=tuple(),
            rejected=tuple(),
            same=tuple(),
            duplicates=tuple(),
            findings=tuple(),
            skipped=tuple(),
            prints=Mapping(),
        ):
            return True
        case Page():
            return False
        case _:
            return True


def is_valid_page(page: Page[Record], kind: type[Record]) -> bool:
    """Return whether a page holds such records, and facts about itself that can be kept."""
    as_of = page.as_of
    is_aware = as_of is None or (_are(datetime, as_of) and as_of.tzinfo is not None)
    return (
        _are(kind, *page.rows)
        and _are(str, *page.same)
        and _are_accounted(page)
        and (page.total is None or _are(int, page.total))
        and _are(str, page.reason)
        and is_aware
    )


def _are_accounted(page: Page[Record]) -> bool:
    """Return whether what a page says of records that are not in its rows can be kept."""
    return (
        _are(Rejected, *page.rejected)
        and all(
            _are(str, rejected.sourced_id, rejected.reason, rejected.raw)
            for rejected in page.rejected
        )
        and _are(Duplicate, *page.duplicates)
        and all(_are(str, duplicate.sourced_id) for duplicate in page.duplicates)
        and _are(RecordFinding, *page.findings)
        and all(_are_texts(finding) for finding in page.findings)
        and _are(Skipped, *page.skipped)
        and all(_is_owned(part) for part in page.skipped)
        and (page.fields is None or _are(str, *page.fields))
        and (page.lesson is None or _are(str, page.lesson))
        and _are(str, *page.prints)
        and _are_prints(page.prints.values())
    )


def _are_prints(prints: AbstractCollection[int]) -> bool:
    return _are(int, *prints) and (not prints or (min(prints) >= 0 and max(prints) < _MOST_PRINT))


def _is_owned(part: Skipped) -> bool:
    owner = part.owner
    return (
        _are(Owner, owner)
        and _are(Collection, owner.collection)
        and _are(str, owner.sourced_id, part.reason)
    )


def _are_texts(finding: RecordFinding) -> bool:
    return _are(str, finding.sourced_id, finding.rule, finding.message, finding.field)


def is_valid_error(error: ConsoleError) -> bool:
    """Return whether an error has its texts; a subclass may have forgotten them."""
    known = vars(error)
    accounts = known.get("accounts", ())
    return (
        _are(str, known.get("message"), known.get("advice"))
        and _are(tuple, accounts)
        and _are(str, *accounts)
    )


def pause_s(error: ConsoleError) -> float:
    """Return how many seconds the system asks us to wait, between 0 and `LONGEST_PAUSE_S`."""
    asked = vars(error).get("retry_after_s")
    if isinstance(asked, int | float) and asked > 0:  # which NaN is not
        return float(min(asked, LONGEST_PAUSE_S))
    return 0.0


def sanitize(text: str, *, naming: AbstractCollection[str] = ()) -> str:
    """Return outside text as it may be stored and shown: short, harmless, nobody's address in it.

    `naming` are addresses that stay, such as an error's `accounts`.

    Connectors say place and kind, never content: see docs/providers.md. This is the last guard.
    """
    return visible(impersonal(text[:_LONGEST], naming=naming))


def _are(kind: type, *values: object) -> bool:
    return all(isinstance(value, kind) for value in values)
