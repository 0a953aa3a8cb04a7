"""One roster of CSV files, open: which version it has, which files are whole, and its records."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.roster import Collection
from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.archive import FileStamp, RosterArchive, os_error
from integration_tui.providers.oneroster_csv.findings import Findings, error, info, warning
from integration_tui.providers.oneroster_csv.folder import RosterFolder
from integration_tui.providers.oneroster_csv.manifest import Manifest, read_manifest
from integration_tui.providers.oneroster_csv.records import CsvRecord, File, records
from integration_tui.providers.oneroster_csv.tables import (
    LISTED,
    MANIFEST,
    STEMS,
    TABLES,
    USERS_WITHOUT_ROLES,
    FileKind,
    Version,
)
from integration_tui.providers.oneroster_csv.users import users

_ROLES: Final = "roles"
_NO_MANIFEST: Final = error(
    "there is no manifest.csv, so that no file is known to be whole",
    "export the manifest as well",
)
_OTHER_CASE: Final = warning("the name has other capitals than OneRoster's", "rename the file")
_NOT_PLAIN: Final = error("is a link or no plain file; it is not read", "put the file itself there")
_UNKNOWN: Final = info("is no file of OneRoster's; it is passed over")
_IS_MISSING: Final = error("manifest.csv lists the file, but it is not there", "export it as well")
_IS_THERE: Final = warning(
    "manifest.csv says that the file is absent; it is passed over",
    "write bulk or delta there if it is to be read",
)
_UNREAD: Final = info("lists files that are not read here: gradebooks, resources or user profiles")
_UNTOLD: Final = warning(
    "manifest.csv does not say whether the file is whole", "write bulk or delta there"
)
_NO_ROLES: Final = warning(
    "there is no roles.csv; roles are taken from users.csv, as in OneRoster 1.1",
    "export roles.csv as well",
)


class Roster:
    """The files of one roster. `findings` grow while it is read.

    Raises only `ProviderError`s. Files hold the bytes of strangers; nothing is written.
    """

    def __init__(self, path: Path, *, version: Version | None = None) -> None:
        self.path = path
        self.findings = Findings()
        self._archive = open_archive(path)
        try:
            self.manifest = self._manifest()
            self._report_names()
            self.version: Version = version or self.manifest.version or self._guessed()
            self._report_kinds()
        except BaseException:
            self.close()
            raise

    @property
    def has_manifest(self) -> bool:
        return MANIFEST in self._archive.names

    def close(self) -> None:
        """Let go of the files. May be called twice."""
        self._archive.close()

    def name(self, stem: str) -> str | None:
        """Return a file's name as it is written; `None` where it is not there or not to be read."""
        if self.manifest.kinds.get(stem.lower()) is FileKind.ABSENT:
            return None
        return self._archive.names.get(f"{stem.lower()}.csv")

    def kind(self, stem: str) -> FileKind:
        """Return what is known of a file."""
        told = self.manifest.kinds.get(stem.lower(), FileKind.UNTOLD)
        is_there = f"{stem.lower()}.csv" in self._archive.names
        return FileKind.ABSENT if told is FileKind.UNTOLD and not is_there else told

    def stems(self, collection: Collection) -> tuple[str, ...]:
        """Return the files that a collection is read from, its own first."""
        return tuple(
            stem
            for stem in self.listed_stems(collection)
            if stem != _ROLES or self.name(_ROLES) is not None
        )

    def listed_stems(self, collection: Collection) -> tuple[str, ...]:
        """Return the files that tell of a collection, also those that are not there."""
        has_roles = collection is Collection.USERS and self.version == "1.2"
        return (STEMS[collection], _ROLES) if has_roles else (STEMS[collection],)

    def stamps(self, collection: Collection) -> tuple[FileStamp, ...]:
        """Return the present state of a collection's files."""
        names = [self.name(stem) for stem in self.stems(collection)]
        return tuple(self._archive.stamp(name) for name in names if name is not None)

    def open(self, stem: str) -> File | None:
        """Open a file, `None` where it is not there or not to be read. The caller closes it."""
        name = self.name(stem)
        if name is None:
            return None
        tables = TABLES[self.version]
        is_bare = stem == "users" and self.version == "1.2" and self.name(_ROLES) is None
        opened = partial(self._archive.open, name)
        return File(
            table=USERS_WITHOUT_ROLES if is_bare else tables[stem],
            name=name,
            raw=opened(),
            reopen=opened,
            findings=self.findings,
            is_delta=self.kind(stem) is FileKind.DELTA,
        )

    def _manifest(self) -> Manifest:
        name = self._archive.names.get(MANIFEST)
        if name is None:
            self.findings.add(MANIFEST, _NO_MANIFEST)
            self._raise_if_nothing()
            return Manifest(version=None, kinds={})
        with self._archive.open(name) as raw:
            return read_manifest(raw, name, self.findings)

    def _raise_if_nothing(self) -> None:
        if not any(f"{stem}.csv".lower() in self._archive.names for stem in STEMS.values()):
            raise IncompatibleError(
                f"{visible(self.path, limit=300)} holds no OneRoster files",
                advice="name the folder or zip in which manifest.csv and users.csv are",
            )

    def _guessed(self) -> Version:
        return "1.2" if f"{_ROLES}.csv" in self._archive.names else "1.1"

    def _report_names(self) -> None:
        known = {f"{stem}.csv": stem for stems in LISTED.values() for stem in stems}
        right = {name.lower(): name for name in (*known, MANIFEST)}
        for plain, name in self._archive.names.items():
            if plain not in right:
                self.findings.add(name, _UNKNOWN)
            elif right[plain] != name:
                self.findings.add(name, _OTHER_CASE)
        for remark in self._archive.remarks:
            self.findings.add(self.path.name, remark)
        for name in self._archive.refused:
            self.findings.add(name, _NOT_PLAIN)

    def _report_kinds(self) -> None:
        for stem in TABLES[self.version]:
            file = f"{stem}.csv"
            is_there = file.lower() in self._archive.names
            told = self.manifest.kinds.get(stem.lower(), FileKind.UNTOLD)
            if is_there and told is FileKind.ABSENT:
                self.findings.add(file, _IS_THERE)
            elif is_there and told is FileKind.UNTOLD and self.has_manifest:
                self.findings.add(file, _UNTOLD)
            elif not is_there and told in {FileKind.BULK, FileKind.DELTA}:
                self.findings.add(file, _IS_MISSING)
        unread = {stem.lower() for stem in LISTED[self.version]} - set(
            map(str.lower, TABLES[self.version])
        )
        if any(self.manifest.kinds.get(stem) in {FileKind.BULK, FileKind.DELTA} for stem in unread):
            self.findings.add(MANIFEST, _UNREAD)
        if self.version == "1.2" and self.name("users") and not self.name(_ROLES):
            self.findings.add("users.csv", _NO_ROLES)


def read(file: File, roles: File | None = None) -> Iterator[CsvRecord]:
    """Yield the records of an open file; of users, with what `roles` says of them."""
    return users(file, roles) if file.table.stem == "users" else records(file)


def open_archive(path: Path) -> RosterArchive:
    """Open a folder or a zip.

    Raises `RemoteNotFoundError`, `ForbiddenError`, `IncompatibleError` where it is neither or
    not safe to read, `RetryableError` where the disk fails.
    """
    with os_error(path):
        if path.is_dir():
            return RosterFolder(path)
        if path.is_file():
            from integration_tui.providers.oneroster_csv.safe_zip import SafeZip

            return SafeZip(path)
        path.stat()
    raise IncompatibleError(
        f"{visible(path, limit=300)} is neither a folder nor a file",
        advice="name a folder or a .zip",
    )
