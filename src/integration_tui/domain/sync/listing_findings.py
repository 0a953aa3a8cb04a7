"""What a listing brought besides its records: duplicates and findings, counted, some of them named.

Counts are exact, however many there are; names are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from integration_tui.domain.paging import Duplicate, Page, RecordFinding
from integration_tui.domain.quantity import counted
from integration_tui.domain.roster import Record
from integration_tui.domain.value import replace

NAMED: Final = 20
"""So many duplicates of a listing are named by their id."""
SAMPLES: Final = 10
"""So many records of a finding are named by their id."""
KINDS: Final = 100
"""So many kinds of findings are told apart; what is beyond them is one kind."""
_OTHER: Final = ("other-findings", "")
_BEYOND: Final = "other findings"


class ReadFinding(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of a listing have a `RecordFinding` of one rule and field, and some ids.

    A record counts once, however often it breaks the rule.
    """

    rule: str
    message: str
    count: int
    field: str = ""
    is_loss: bool = False
    samples: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The rule, with the field where there is one."""
        return f"{self.rule} ({self.field})" if self.field else self.rule


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The account of pages. `differing` of the duplicates said something else than the one kept.

    `doubled` are the first duplicates, those that differ before the others; `with_loss` is how
    many records have lost something.
    """

    duplicates: int = 0
    differing: int = 0
    doubled: tuple[Duplicate, ...] = ()
    with_loss: int = 0
    findings: tuple[ReadFinding, ...] = ()

    def plus(self, page: Page[Record]) -> Tally:
        """Return the account with one more page in it."""
        if not page.duplicates and not page.findings:
            return self
        lossy = {finding.sourced_id for finding in page.findings if finding.is_loss}
        return replace(
            self,
            duplicates=self.duplicates + len(page.duplicates),
            differing=self.differing + sum(duplicate.differs for duplicate in page.duplicates),
            doubled=first_named(self.doubled, page.duplicates),
            with_loss=self.with_loss + len(lossy),
            findings=merged(self.findings, kinds_of(page.findings)),
        )


def first_named(known: Iterable[Duplicate], more: Iterable[Duplicate]) -> tuple[Duplicate, ...]:
    """Return the duplicates that are named, each id once, those that differ first."""
    by_id: dict[str, Duplicate] = {}
    for duplicate in (*known, *more):
        before = by_id.get(duplicate.sourced_id)
        if before is None or duplicate.differs:
            by_id[duplicate.sourced_id] = duplicate
    return tuple(sorted(by_id.values(), key=lambda duplicate: not duplicate.differs)[:NAMED])


def kinds_of(findings: Iterable[RecordFinding]) -> tuple[ReadFinding, ...]:
    """Return what was found in one page, a record once for each rule and field."""
    ids: dict[tuple[str, str], dict[str, None]] = {}
    firsts: dict[tuple[str, str], RecordFinding] = {}
    losses: set[tuple[str, str]] = set()
    for finding in findings:
        kind = (finding.rule, finding.field)
        firsts.setdefault(kind, finding)
        ids.setdefault(kind, {})[finding.sourced_id] = None
        if finding.is_loss:
            losses.add(kind)
    return tuple(
        ReadFinding(
            rule=first.rule,
            field=first.field,
            message=first.message,
            is_loss=kind in losses,
            count=len(ids[kind]),
            samples=tuple(ids[kind])[:SAMPLES],
        )
        for kind, first in firsts.items()
    )


def merged(known: Iterable[ReadFinding], more: Iterable[ReadFinding]) -> tuple[ReadFinding, ...]:
    """Return the findings of two disjoint sets of records."""
    kinds = {(finding.rule, finding.field): finding for finding in known}
    for finding in more:
        kind = (finding.rule, finding.field)
        if kind not in kinds and len(kinds) >= KINDS:
            kind = _OTHER
            finding = replace(finding, rule=kind[0], field=kind[1], message=_BEYOND)
        kinds[kind] = _sum(kinds, kind, finding)
    return tuple(kinds.values())


def _sum(
    kinds: Mapping[tuple[str, str], ReadFinding], kind: tuple[str, str], more: ReadFinding
) -> ReadFinding:
    known = kinds.get(kind)
    if known is None:
        return more
    return replace(
        known,
        count=known.count + more.count,
        is_loss=known.is_loss or more.is_loss,
        samples=(*known.samples, *more.samples)[:SAMPLES],
    )


def loss_sentence(with_loss: int, findings: Iterable[ReadFinding]) -> str:
    """Return what was read with a loss, in words; empty where nothing was lost."""
    if not with_loss:
        return ""
    worst = sorted(
        (finding for finding in findings if finding.is_loss),
        key=lambda read_finding: -read_finding.count,
    )
    told = ", ".join(
        f"{read_finding.count:,} x {read_finding.name}" for read_finding in worst[:SAMPLES]
    )
    verb = "was" if with_loss == 1 else "were"
    return f"{counted(with_loss, 'record')} {verb} read with data loss: {told}"


def duplicates_sentence(duplicates: int, differing: int, doubled: Iterable[Duplicate]) -> str:
    """Return which ids came more than once, in words; empty where none did."""
    if not duplicates:
        return ""
    named = [duplicate.sourced_id for duplicate in doubled]
    more = f" and {duplicates - len(named):,} more" if duplicates > len(named) else ""
    noun = counted(duplicates, "duplicate")
    differs = f", {differing:,} with data other than the kept record" if differing else ""
    return f"{noun}{differs}: {', '.join(named)}{more}"


def twice(differing: int) -> str:
    """Return why a listing with such duplicates is not complete."""
    if differing == 1:
        return "1 ID listed twice with different data: two records may share it"
    return f"{differing:,} IDs listed twice with different data: records may share IDs"
