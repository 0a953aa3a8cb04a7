"""Writes a roster as OneRoster CSV: a record goes to its file as it comes, none is kept.

The manifest is written last, so that a folder without one is an export that was not finished.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import Final

from integration_tui.domain.roster import (
    ROSTER,
    Collection,
    Org,
    Record,
    RecordStatus,
    User,
)
from integration_tui.providers.oneroster_csv.cells import parts
from integration_tui.providers.oneroster_csv.findings import Findings, Remark, error, warning
from integration_tui.providers.oneroster_csv.guard import guarded, unguarded
from integration_tui.providers.oneroster_csv.integrity import (
    CUT,
    OF_THE_GONE,
    ROLE_ELSEWHERE,
    TWICE,
    Integrity,
)
from integration_tui.providers.oneroster_csv.outgoing import (
    UncarriedError,
    cells,
    losses,
    roles_of,
    values_of,
)
from integration_tui.providers.oneroster_csv.seen import Repeat
from integration_tui.providers.oneroster_csv.sheet import Sheet, created, is_writable, writing
from integration_tui.providers.oneroster_csv.tables import Kind, Table, Version
from integration_tui.providers.oneroster_csv.texts import text_of
from integration_tui.providers.oneroster_csv.versions import (
    LISTED,
    MANIFEST,
    MANIFEST_HEADER,
    MANIFEST_VERSION,
    STEMS,
    TABLES,
    FileKind,
)

_ROLES: Final = "roles"
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""A zip's earliest: the same roster makes the same zip on every day."""
_UNIX: Final = 3
_PIECE: Final = 1 << 20

_LEFT_OUT: Final = error(
    "the record holds characters, or so many, that no CSV can carry; it is left out",
    "mend it where it comes from",
)
_GONE: Final = warning(
    "the record is to be deleted and is left out: a bulk file lists who is there",
    "write a delta to tell deletions",
)


class CsvWriter:
    """Writes into a folder, which is made where it is not there. Blocks; call it in a thread.

    `source` names the system in the manifest. A bulk export leaves status and dateLastModified
    blank; in a delta a record that does not say when it was changed was so at `written_at`.
    With `guard` a cell that a spreadsheet would compute gets an apostrophe in front.
    `findings` says what could not be carried, `left_out` how many records could not:
    then the export is not whole. Raises `UsageError` where files are there already or cannot be
    written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        version: Version = "1.2",
        delta: bool = False,
        source: str,
        written_at: datetime,
        guard: bool = True,
    ) -> None:
        self.findings = Findings()
        self.left_out = 0
        self._folder = folder
        self._integrity = Integrity()
        self._org_types: dict[str, str] = {}
        self._version: Version = version
        self._is_delta = delta
        self._source = source
        self._written_at = written_at
        self._guard = guard
        self._sheets: dict[str, Sheet] = {}
        self._is_closed = False
        self._dangling: dict[Table, None] = {}
        with writing(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, collection: Collection, rows: Sequence[Record]) -> None:
        """Append records to a collection's file."""
        table = TABLES[self._version][STEMS[collection]]
        self._sheet(table)
        self._integrity.begin(collection)
        for record in rows:
            if record.status is RecordStatus.TO_BE_DELETED and not self._is_delta:
                self._integrity.leave_out(collection, record.sourced_id)
                self._tell(table, _GONE)
            else:
                self._write(table, record)

    def finish(self, collections: Sequence[Collection] = ROSTER) -> None:
        """Write the files that nothing was written to, and the manifest. Nothing follows.

        `collections` are those that were asked for: an empty file says that there is nobody, so
        one of a collection that nobody looked at must be absent.
        """
        for collection in collections:
            self._sheet(TABLES[self._version][STEMS[collection]])
        if self._version == "1.2" and Collection.USERS in collections:
            self._sheet(TABLES["1.2"][_ROLES])
        self.close()
        for table in self._dangling:
            sheet = self._sheets[table.stem]
            sheet.rewrite(partial(self._without_dangling, table))
        manifest = Sheet(self._folder / MANIFEST, MANIFEST_HEADER, guard=self._guard)
        for row in self._manifest():
            manifest.add(row)
        manifest.close()

    def close(self) -> None:
        """Close the files. May be called twice; without `finish` there is no manifest."""
        for sheet in self._sheets.values():
            sheet.close()
        if self._is_closed or self._is_delta:
            return
        self._is_closed = True
        for table in TABLES[self._version].values():
            for column, count in self._integrity.dangling(table):
                self._dangling[table] = None
                for _ in range(count):
                    self._tell(table, CUT[table.collection], column)

    def _without_dangling(self, table: Table, texts: list[str]) -> list[str]:
        """Return a row without the references to its own file that lead nowhere."""
        return [
            self._led(table.collection, column.kind, text)
            if column.refers_to is table.collection
            else text
            for column, text in zip(table.columns, texts, strict=True)
        ]

    def _led(self, collection: Collection, kind: Kind, text: str) -> str:
        bare = unguarded(text)
        ids = parts(bare) if kind is Kind.REFS else (bare,)
        left = tuple(one for one in ids if one and self._integrity.holds(collection, one))
        if left == ids:
            return text
        again = text_of(Kind.REFS)(left)
        return guarded(again) if self._guard else again

    def _sheet(self, table: Table) -> Sheet:
        if table.stem not in self._sheets:
            path = self._folder / table.file
            self._sheets[table.stem] = Sheet(path, table.header, guard=self._guard)
        return self._sheets[table.stem]

    def _write(self, table: Table, record: Record) -> None:
        values = self._examined(table, self._values(table, record))
        texts = self._texts(table, values) if values is not None else None
        if values is None or texts is None:
            return
        repeat = Repeat.NEW
        if not self._is_delta:
            repeat = self._integrity.add(table, values, hash(tuple(texts)))
        if repeat is Repeat.OTHER:
            self._refuse(table, TWICE, "sourcedId")
        if repeat is not Repeat.NEW:
            return
        self._sheet(table).add(texts)
        if isinstance(record, Org):
            self._org_types[record.sourced_id] = record.type
        elif isinstance(record, User):
            self._write_roles(record)

    def _values(self, table: Table, record: Record) -> dict[str, object]:
        """Return what of a record goes into its row, and tell what does not."""
        values = values_of(record)
        if self._is_delta:
            values["modified_at"] = record.modified_at or self._written_at
        else:
            values["status"] = values["modified_at"] = None
        for column, remark in losses(table, record):
            self._tell(table, remark, column)
        return values

    def _examined(self, table: Table, values: dict[str, object]) -> dict[str, object] | None:
        """Return what a row may say beside the others; `None` where it may not be there."""
        if self._is_delta:
            return values
        found = self._integrity.examine(table, values)
        for column, remark in found.cuts:
            self._tell(table, remark, column)
        if found.refusal is None:
            return found.values
        if table.stem == _ROLES:
            self._tell(table, ROLE_ELSEWHERE, found.column)
        elif found.refusal is OF_THE_GONE:
            self._integrity.leave_out(table.collection, str(values["sourced_id"]))
            self._tell(table, OF_THE_GONE)
        else:
            self._refuse(table, found.refusal, found.column)
        return None

    def _texts(self, table: Table, values: dict[str, object]) -> list[str] | None:
        """Return the cells of a row; `None` where no file can carry them."""
        try:
            texts, said = cells(table, values)
        except UncarriedError as reason:
            self._refuse(table, reason.remark, reason.column)
            return None
        for column, remark in said:
            self._tell(table, remark, column)
        if is_writable(texts):
            return texts
        self._refuse(table, _LEFT_OUT)
        return None

    def _write_roles(self, user: User) -> None:
        """Write 1.2's rows of a user's roles, which have ids by their number."""
        if self._version != "1.2":
            return
        table = TABLES["1.2"][_ROLES]
        sheet = self._sheet(table)
        for values, remark in roles_of(user, self._org_types):
            if self._is_delta:
                values["status"] = RecordStatus.ACTIVE
                values["modified_at"] = user.modified_at or self._written_at
            if remark is not None:
                self._tell(table, remark, "role")
            role = self._examined(table, values)
            texts = self._texts(table, role) if role is not None else None
            if texts is not None:
                sheet.add(texts)

    def _refuse(self, table: Table, remark: Remark, column: str = "") -> None:
        self.left_out += 1
        self._tell(table, remark, column)

    def _tell(self, table: Table, remark: Remark, column: str = "") -> None:
        line = self._sheets[table.stem].rows + 1
        self.findings.add(table.file, remark, line=line, column=column)

    def _manifest(self) -> Iterator[tuple[str, str]]:
        whole = FileKind.DELTA if self._is_delta else FileKind.BULK
        yield "manifest.version", MANIFEST_VERSION
        yield "oneroster.version", self._version
        for stem in LISTED[self._version]:
            yield f"file.{stem}", whole if stem in self._sheets else FileKind.ABSENT
        yield "source.systemName", self._source
        yield "source.systemCode", self._source


def zipped(folder: Path, path: Path) -> None:
    """Pack the CSV files of a folder into a zip, the same bytes for the same files.

    Raises `UsageError` where `path` is there already or cannot be written.
    """
    with (
        writing(path),
        os.fdopen(created(path), "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for one in sorted(folder.glob("*.csv")):
            member = zipfile.ZipInfo(one.name, _ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = _UNIX
            member.external_attr = 0o600 << 16
            with one.open("rb") as source, archive.open(member, "w") as target:
                copyfileobj(source, target, _PIECE)
