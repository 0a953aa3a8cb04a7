"""What a roster of CSV files holds and what is wrong with it, without keeping any of it."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from integration_tui.domain.roster import Collection
from integration_tui.providers.oneroster_csv.findings import (
    FileFinding,
    Findings,
    FindingSeverity,
    Remark,
    warning,
)
from integration_tui.providers.oneroster_csv.records import File
from integration_tui.providers.oneroster_csv.roster import Roster, read
from integration_tui.providers.oneroster_csv.tables import (
    STEMS,
    TABLES,
    FileKind,
    Table,
    Version,
    is_list,
)
from integration_tui.providers.paging.id_set import SeenRows, fingerprint

_LEAVE: Final = "it is kept; list what it names, or take the reference out"
_ORPHANS: Final[Mapping[Collection, Remark]] = {
    collection: warning(f"names an id that is not in {stem}.csv", _LEAVE)
    for collection, stem in STEMS.items()
}


class References:
    """Looks after the references of one file. `ids` are those of the files that are whole."""

    def __init__(
        self, table: Table, file: str, findings: Findings, *, ids: Mapping[Collection, SeenRows]
    ) -> None:
        self._file = file
        self._findings = findings
        self._ids = ids
        self._own = table.collection
        self._columns = [
            (column.refers_to, column.name, column.field)
            for column in table.columns
            if column.refers_to is not None
        ]
        self._looked_at: list[tuple[str, SeenRows | None, Collection, str]] = [
            (field, None if target is self._own else ids[target], target, name)
            for target, name, field in self._columns
            if target is self._own or target in ids
        ]
        self._waiting = {name: (array("Q"), array("Q")) for _, name, _ in self._columns}

    def follow(self, line: int, values: Mapping[str, object]) -> None:
        """Tell the references of a row that lead nowhere.

        Those to the file's own rows wait for `finish`.
        """
        for field, known, target, name in self._looked_at:
            value = values.get(field)
            if value is None or (known is not None and isinstance(value, str) and value in known):
                continue
            for sourced_id in _named(value):
                if known is None:
                    self._wait(line, sourced_id, name)
                elif sourced_id not in known:
                    self._report(target, line, name)

    def finish(self, own: SeenRows) -> None:
        """Tell the references to the file's own records, now that all of them are known."""
        for name, (fingerprints, lines) in self._waiting.items():
            for found, line in zip(fingerprints, lines, strict=True):
                if not own.holds(found):
                    self._report(self._own, line, name)

    def _wait(self, line: int, sourced_id: str, column: str) -> None:
        fingerprints, lines = self._waiting[column]
        fingerprints.append(fingerprint(sourced_id))
        lines.append(line)

    def _report(self, target: Collection, line: int, column: str) -> None:
        self._findings.add(self._file, _ORPHANS[target], line=line, column=column)


def _named(value: object) -> tuple[str, ...]:
    if is_list(value):
        return tuple(str(member) for member in value)
    return (value,) if isinstance(value, str) else ()


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """One file. Every row of data is in just one of the counts.

    `records` could be read, `put_aside` could not, or had the id of another record;
    `duplicates` say nothing that their record does not say.
    """

    file: str
    kind: FileKind
    records: int = 0
    put_aside: int = 0
    duplicates: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A roster, checked. `findings` are bounded; `more` is how many there are beyond them."""

    version: Version
    system: str
    files: tuple[FileReport, ...]
    findings: tuple[FileFinding, ...]
    counts: Mapping[FindingSeverity, int]
    more: int

    @property
    def is_valid(self) -> bool:
        """Whether nothing is lost by reading it."""
        return not self.counts[FindingSeverity.ERROR]


def check(path: Path, *, version: Version | None = None) -> Report:
    """Read every file of a folder or zip, and return what was found.

    Takes seconds for a large district: call it in a thread. Raises `RemoteNotFoundError`,
    `ForbiddenError`, `RetryableError` where the path cannot be read, `IncompatibleError` where it
    holds no roster or is not safe to read.
    """
    roster = Roster(path, version=version)
    try:
        ids: dict[Collection, SeenRows] = {}
        files = [
            report for collection in Collection for report in _checked(roster, collection, ids)
        ]
    finally:
        roster.close()
    findings = roster.findings
    return Report(
        version=roster.version,
        system=roster.manifest.system,
        files=tuple(files),
        findings=tuple(findings.kept),
        counts={severity: findings.counts[severity] for severity in FindingSeverity},
        more=findings.more,
    )


def _checked(
    roster: Roster, collection: Collection, ids: dict[Collection, SeenRows]
) -> list[FileReport]:
    """Read the files of a collection, and put the ids of a whole one into `ids`."""
    with ExitStack() as stack:
        files = {stem: _opened(roster, stem, ids, stack) for stem in _stems(roster, collection)}
        main = files[STEMS[collection]]
        if main is not None:
            deque(read(main, files.get("roles")), maxlen=0)
            if roster.kind(STEMS[collection]) is FileKind.BULK and main.is_readable:
                ids[collection] = main.ids
    return [_report(roster, stem, file) for stem, file in files.items()]


def _stems(roster: Roster, collection: Collection) -> list[str]:
    tables = TABLES[roster.version].values()
    return [table.stem for table in tables if table.collection is collection]


def _opened(
    roster: Roster, stem: str, ids: Mapping[Collection, SeenRows], stack: ExitStack
) -> File | None:
    """Open a file that is closed with `stack`, after its references were followed to the end."""
    file = roster.open(stem)
    if file is None:
        return None
    stack.enter_context(file.raw)
    references = References(file.table, file.name, file.findings, ids=ids)
    file.follow = references.follow
    if stem in STEMS.values() and roster.kind(stem) is FileKind.BULK:
        stack.callback(references.finish, file.ids)
    return file


def _report(roster: Roster, stem: str, file: File | None) -> FileReport:
    kind = roster.kind(stem)
    if file is None:
        return FileReport(file=f"{stem}.csv", kind=kind)
    return FileReport(
        file=file.name,
        kind=kind,
        records=file.records,
        put_aside=file.rejected_count,
        duplicates=file.duplicates - file.lost,
    )
