"""Writes a roster as OneRoster CSV: a record goes to its file as it comes, none is kept.

The manifest is written last, so that a folder without one is an export that was not finished.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from shutil import copyfileobj
from typing import Final

import msgspec

from integration_tui.domain.errors import UsageError
from integration_tui.domain.roster import (
    ROSTER,
    AcademicSession,
    Collection,
    Org,
    Record,
    RecordStatus,
    Role,
    User,
)
from integration_tui.domain.text import visible
from integration_tui.domain.text_damage import LONGEST_ID, may_be_damaged
from integration_tui.files.atomic import created, replacing
from integration_tui.providers.oneroster_csv.cell_damage import TOO_LONG, EndlessIdError, repaired
from integration_tui.providers.oneroster_csv.export_integrity import (
    CUT,
    OF_DELETED_RECORDS,
    ROLE_ELSEWHERE,
    TWICE,
    Integrity,
)
from integration_tui.providers.oneroster_csv.findings import Findings, Remark, error, warning
from integration_tui.providers.oneroster_csv.formula_injection import guarded, unguarded
from integration_tui.providers.oneroster_csv.reader import MAX_LINE
from integration_tui.providers.oneroster_csv.tables import (
    LISTED,
    MANIFEST,
    MANIFEST_HEADER,
    MANIFEST_VERSION,
    STEMS,
    TABLES,
    USERS_1_1,
    USERS_1_2,
    CellKind,
    CsvColumn,
    FileKind,
    Table,
    Version,
)
from integration_tui.providers.oneroster_csv.values import (
    can_be_written,
    parts,
    school_year,
    text_of,
)
from integration_tui.providers.paging.id_set import Repeat

_USER_ID: Final = warning("a user id with brackets in it, or a colon in its type, is left out")
_SEVERAL_ROLES: Final = warning(
    "the user has several roles; OneRoster 1.1 carries one of them", "write 1.2 to keep all"
)
_ONLY_1_2: Final = warning("OneRoster 1.1 cannot carry it; it is left out", "write 1.2 to keep it")
_OWN_WORD: Final = warning("is no word of OneRoster's; it is written with ext: before it")
_NO_YEAR: Final = warning("is no year; the year in which it ends is written, or none")
_LACKING: Final = error("the record lacks what CSV requires; it is left out", "add it")
_DISTRICT: Final = {"district", "local", "state", "national"}
_AS_IN_1_2: Final = {
    True: warning(
        "OneRoster 1.2 has no administrator; of a district one is written as districtAdministrator"
    ),
    False: warning(
        "OneRoster 1.2 has no administrator; of a school one is written as siteAdministrator"
    ),
}
_AS_IN_1_1: Final = warning("OneRoster 1.1 has but one administrator; it is written as that")
_ADMINISTRATORS: Final = {
    "districtAdministrator", "siteAdministrator", "systemAdministrator", "principal",
}  # fmt: skip
_NEW_IN_1_2: Final = tuple(
    column
    for column in USERS_1_2.columns
    if column.field not in {column.field for column in USERS_1_1.columns}
)
RemarkedCell = tuple[str, Remark]
"""A column, and what is to be said of it."""


class _NotWritableError(Exception):
    """No row can carry a record. `column` is empty where the whole is meant."""

    def __init__(self, remark: Remark, column: str = "") -> None:
        super().__init__(remark.message)
        self.remark = remark
        self.column = column


def values_of(record: Record) -> dict[str, object]:
    """Return what a record holds by field, of users also what 1.1 makes of their roles."""
    values: dict[str, object] = {name: getattr(record, name) for name in record.__struct_fields__}
    if isinstance(record, User) and (main := _main(record)) is not None:
        same = [role for role in record.roles if role.role == main.role]
        same.sort(key=lambda role: role.type != "primary")
        values["role"] = "administrator" if main.role in _ADMINISTRATORS else main.role
        values["orgs"] = tuple(dict.fromkeys(role.org for role in same))
    return values


def roles_of(
    user: User, org_types: Mapping[str, str]
) -> Iterator[tuple[dict[str, object], Remark | None]]:
    """Yield the rows of `roles.csv`, and what is to be said of them.

    Their ids are the user's with the number of the role. `org_types` tell districts from schools.
    """
    for number, role in enumerate(user.roles, start=1):
        values: dict[str, object] = msgspec.structs.asdict(role)
        values |= {"sourced_id": f"{user.sourced_id}-role-{number}", "user": user.sourced_id}
        remark = None
        if role.role == "administrator":
            is_district = org_types.get(role.org) in _DISTRICT
            values["role"] = "districtAdministrator" if is_district else "siteAdministrator"
            remark = _AS_IN_1_2[is_district]
        yield values, remark


def cells(table: Table, values: Mapping[str, object]) -> tuple[list[str], Sequence[RemarkedCell]]:
    """Return the texts of a row, in the order of the table's columns, and what they leave out.

    Raises `_NotWritableError` where no record could be read from them.
    """
    texts = [text(values.get(field)) for field, text in _formatters(table)]
    said: list[RemarkedCell] = []
    together = ",".join(texts)
    if len(together) > LONGEST_ID or may_be_damaged(together):
        texts = [_sound(column, text, said) for column, text in _paired(table, texts)]
    for place, column, known in _vocabularies(table):
        word = texts[place]
        if word and word not in known and not word.startswith("ext:"):
            texts[place] = f"ext:{word}"
            said.append((column.name, _OWN_WORD))
    for place, column in _needed(table):
        if not texts[place] or texts[place].isspace():
            raise _NotWritableError(_LACKING, column.name)
    return texts, said


def losses(table: Table, record: Record) -> Iterator[RemarkedCell]:
    """Yield what of a record its table cannot carry: the column and why."""
    if isinstance(record, AcademicSession) and record.school_year:
        if school_year(record.school_year) != record.school_year:
            yield "schoolYear", _NO_YEAR
        return
    if not isinstance(record, User):
        return
    if not all(map(can_be_written, record.user_ids)):
        yield "userIds", _USER_ID
    if table is USERS_1_1:
        yield from _losses_of_1_1(record)


def _losses_of_1_1(user: User) -> Iterator[RemarkedCell]:
    if len({role.role for role in user.roles}) > 1:
        yield "role", _SEVERAL_ROLES
    for column in _NEW_IN_1_2:
        if getattr(user, column.field):
            yield column.name, _ONLY_1_2
    if any(role.begins_on or role.ends_on for role in user.roles):
        yield "role", _ONLY_1_2
    if (main := _main(user)) is not None and main.role in _ADMINISTRATORS:
        yield "role", _AS_IN_1_1


def _sound(column: CsvColumn, text: str, said: list[RemarkedCell]) -> str:
    try:
        sound, remarks = repaired(column, text)
    except EndlessIdError:
        raise _NotWritableError(TOO_LONG, column.name) from None
    if sound != text:
        said.extend((column.name, remark) for remark in remarks)
    return sound


def _paired(table: Table, texts: Sequence[str]) -> Iterator[tuple[CsvColumn, str]]:
    return zip(table.columns, texts, strict=True)


@cache
def _formatters(table: Table) -> Sequence[tuple[str, Callable[[object], str]]]:
    return [(column.field, text_of(column.kind)) for column in table.columns]


@cache
def _vocabularies(table: Table) -> Sequence[tuple[int, CsvColumn, frozenset[str]]]:
    return [
        (place, column, frozenset(column.words.values()))
        for place, column in enumerate(table.columns)
        if column.words is not None
    ]


@cache
def _needed(table: Table) -> Sequence[tuple[int, CsvColumn]]:
    return [(place, column) for place, column in enumerate(table.columns) if column.needed]


def _main(user: User) -> Role | None:
    """Return the role that stands for all: the first primary one, or the first."""
    primary = (role for role in user.roles if role.type == "primary")
    return next(primary, user.roles[0] if user.roles else None)


_UNWRITABLE: Final = re.compile("[\0\ud800-\udfff]")


class SheetWriter:
    """Writes rows of texts. Raises `UsageError` where the disk does not let it."""

    def __init__(self, path: Path, header: Sequence[str], *, guard: bool) -> None:
        self._path = path
        self._guard = guard
        with writing(path):
            self._file = os.fdopen(created(path), "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self.rows = 0
        self._put(header)

    def add(self, cells: Sequence[str]) -> None:
        """Write a row that `is_writable`."""
        self._put([_guarded(cell) for cell in cells] if self._guard else cells)
        self.rows += 1

    def rewrite(self, change: Callable[[list[str]], list[str]]) -> None:
        """Change each row of a file that is closed, as it stands there; the header stays."""
        with (
            writing(self._path),
            tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as changed,
            self._path.open("r+", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(changed, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
            reader = csv.reader(file, strict=True)
            writer.writerow(next(reader))
            writer.writerows(map(change, reader))
            for rewound in (file, changed):
                rewound.seek(0)
            file.truncate()
            copyfileobj(changed, file)

    def close(self) -> None:
        with writing(self._path):
            self._file.close()

    def _put(self, cells: Sequence[str]) -> None:
        with writing(self._path):
            self._writer.writerow(cells)


def is_writable(cells: Sequence[str]) -> bool:
    """Return whether a row can be read again."""
    together = "".join(cells)
    # A quote counts twice in the file.
    return len(together) <= MAX_LINE // 3 and not _UNWRITABLE.search(together)


def _guarded(cell: str) -> str:
    # Nearly all cells begin with a letter or figure, which no formula does.
    return cell if not cell or cell[0].isalnum() else guarded(cell)


@contextmanager
def writing(path: Path) -> Generator[None]:
    """Turn what the operating system says about writing `path` into words."""
    shown = visible(path, limit=300)
    try:
        yield
    except FileExistsError:
        raise UsageError(
            f"{shown} already exists; not overwritten",
            advice="choose another file or folder",
        ) from None
    except OSError as error:
        raise UsageError(
            f"{shown} cannot be written: {error.strerror}",
            advice="check the folder, its permissions and free disk space",
        ) from None


_ROLES: Final = "roles"
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""A zip's earliest: the same roster makes the same zip on every day."""
_UNIX: Final = 3
_PIECE: Final = 1 << 20

_LEFT_OUT: Final = error(
    "the record has invalid or too many characters for CSV; it is left out",
    "fix it where it comes from",
)
_DELETED_LEFT_OUT: Final = warning(
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
        self._sheets: dict[str, SheetWriter] = {}
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
                self._report(table, _DELETED_LEFT_OUT)
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
        manifest = SheetWriter(self._folder / MANIFEST, MANIFEST_HEADER, guard=self._guard)
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
                    self._report(table, CUT[table.collection], column)

    def _without_dangling(self, table: Table, texts: list[str]) -> list[str]:
        """Return a row without the references to its own file that lead nowhere."""
        return [
            self._led(table.collection, column.kind, text)
            if column.refers_to is table.collection
            else text
            for column, text in zip(table.columns, texts, strict=True)
        ]

    def _led(self, collection: Collection, kind: CellKind, text: str) -> str:
        bare = unguarded(text)
        ids = parts(bare) if kind is CellKind.REFS else (bare,)
        left = tuple(
            record_id
            for record_id in ids
            if record_id and self._integrity.holds(collection, record_id)
        )
        if left == ids:
            return text
        again = text_of(CellKind.REFS)(left)
        return guarded(again) if self._guard else again

    def _sheet(self, table: Table) -> SheetWriter:
        if table.stem not in self._sheets:
            path = self._folder / table.file
            self._sheets[table.stem] = SheetWriter(path, table.header, guard=self._guard)
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
            self._report(table, remark, column)
        return values

    def _examined(self, table: Table, values: dict[str, object]) -> dict[str, object] | None:
        """Return what a row may say beside the others; `None` where it may not be there."""
        if self._is_delta:
            return values
        found = self._integrity.examine(table, values)
        for column, remark in found.cuts:
            self._report(table, remark, column)
        if found.refusal is None:
            return found.values
        if table.stem == _ROLES:
            self._report(table, ROLE_ELSEWHERE, found.column)
        elif found.refusal is OF_DELETED_RECORDS:
            self._integrity.leave_out(table.collection, str(values["sourced_id"]))
            self._report(table, OF_DELETED_RECORDS)
        else:
            self._refuse(table, found.refusal, found.column)
        return None

    def _texts(self, table: Table, values: dict[str, object]) -> list[str] | None:
        """Return the cells of a row; `None` where no file can carry them."""
        try:
            texts, said = cells(table, values)
        except _NotWritableError as reason:
            self._refuse(table, reason.remark, reason.column)
            return None
        for column, remark in said:
            self._report(table, remark, column)
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
                self._report(table, remark, "role")
            role = self._examined(table, values)
            texts = self._texts(table, role) if role is not None else None
            if texts is not None:
                sheet.add(texts)

    def _refuse(self, table: Table, remark: Remark, column: str = "") -> None:
        self.left_out += 1
        self._report(table, remark, column)

    def _report(self, table: Table, remark: Remark, column: str = "") -> None:
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
        replacing(path, replaces=False) as file,
        zipfile.ZipFile(file.stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for one in sorted(folder.glob("*.csv")):
            member = zipfile.ZipInfo(one.name, _ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = _UNIX
            member.external_attr = 0o600 << 16
            with one.open("rb") as source, archive.open(member, "w") as target:
                copyfileobj(source, target, _PIECE)
