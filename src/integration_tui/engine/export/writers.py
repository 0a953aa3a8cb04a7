"""The files a roster is written into, page by page. Everything here blocks; call it in a thread."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

import msgspec

from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.roster_export import ExportRequest, FileFormat
from integration_tui.domain.text import visible
from integration_tui.engine.connectors.validation import sanitize
from integration_tui.files.atomic import created
from integration_tui.providers.oneroster_csv.writer import writing

if TYPE_CHECKING:
    from integration_tui.domain.paging import Rejected

REJECTED: Final = "rejected.jsonl"
ZIP: Final = "roster.zip"
_NAMES: Final[Mapping[Collection, str]] = {
    collection: f"{collection}.jsonl" for collection in Collection
}
_MOST_REMARKS: Final = 50


class ExportWriter(Protocol):
    """Takes a roster. Raises `UsageError` where the disk does not let it."""

    @property
    def remarks(self) -> Sequence[str]:
        """What the format could not carry, in words; bounded."""
        ...

    def write(self, collection: Collection, rows: Sequence[Record]) -> int:
        """Append records; return how many of them could not be carried and were left out."""
        ...

    def finish(self, collections: Sequence[Collection]) -> None:
        """Say that these collections are all there. Nothing follows."""
        ...

    def close(self) -> None:
        """Close the files. May be called twice; without `finish` the roster is not finished."""
        ...


def sink(request: ExportRequest, *, written_at: datetime, is_delta: bool) -> ExportWriter:
    """Return what writes the files that a request wants into its folder, which is there."""
    if request.format is FileFormat.JSONL:
        return JsonLines(request.folder)
    return CsvFiles(request, written_at=written_at, is_delta=is_delta)


def names() -> frozenset[str]:
    """Return the names of all files that a pull, also one of another format, may write."""
    from integration_tui.providers.oneroster_csv.tables import LISTED, MANIFEST

    csv = {f"{stem}.csv" for stems in LISTED.values() for stem in stems} | {MANIFEST}
    return frozenset({*csv, *_NAMES.values(), REJECTED, ZIP})


class CsvFiles:
    """OneRoster CSV. `finish` writes the manifest, without which it is no roster."""

    def __init__(self, request: ExportRequest, *, written_at: datetime, is_delta: bool) -> None:
        from integration_tui.providers.oneroster_csv.writer import CsvWriter

        self._writer = CsvWriter(
            request.folder,
            version=request.version,
            delta=is_delta,
            source=request.integration_id,
            written_at=written_at,
        )

    @property
    def remarks(self) -> Sequence[str]:
        findings = self._writer.findings
        told = Counter((finding.file, finding.column, finding.message) for finding in findings.kept)
        return [_remark(*what, count) for what, count in told.items()][:_MOST_REMARKS]

    def write(self, collection: Collection, rows: Sequence[Record]) -> int:
        before = self._writer.left_out
        self._writer.write(collection, rows)
        return self._writer.left_out - before

    def finish(self, collections: Sequence[Collection]) -> None:
        self._writer.finish(collections)

    def close(self) -> None:
        self._writer.close()


def zipped(folder: Path) -> None:
    """Pack the CSV files of a folder into `ZIP`, instead of leaving them beside it."""
    from integration_tui.providers.oneroster_csv import writer

    writer.zipped(folder, folder / ZIP)
    for path in folder.glob("*.csv"):
        path.unlink()


class JsonLines:
    """A file a collection, a OneRoster 1.2 JSON object a line."""

    remarks: Sequence[str] = ()

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Collection, LineFile] = {}

    def write(self, collection: Collection, rows: Sequence[Record]) -> int:
        from integration_tui.providers.oneroster.serializer import encode

        self._file(collection).add(encode(row) for row in rows)
        return 0

    def finish(self, collections: Sequence[Collection]) -> None:
        for collection in collections:
            self._file(collection)
        self.close()

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _file(self, collection: Collection) -> LineFile:
        if collection not in self._files:
            self._files[collection] = LineFile(self._folder / _NAMES[collection])
        return self._files[collection]


class LineFile:
    """A JSON object a line, for its owner only, never over another file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoder = msgspec.json.Encoder()
        with writing(path):
            self._file: IO[bytes] = os.fdopen(created(path), "wb")

    def add(self, objects: Iterator[object]) -> None:
        with writing(self._path):
            self._file.writelines(self._encoder.encode(object_) + b"\n" for object_ in objects)

    def close(self) -> None:
        with writing(self._path):
            self._file.close()


class RejectedFile:
    """The records that could not be read, with the reason: never what was in them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / REJECTED
        self._file: LineFile | None = None

    def add(self, collection: Collection, rejected: Sequence[Rejected]) -> None:
        if rejected and self._file is None:
            self._file = LineFile(self._path)
        if self._file is not None:
            self._file.add(_without_content(collection, record) for record in rejected)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _without_content(collection: Collection, one: Rejected) -> dict[str, str]:
    return {
        "collection": collection,
        "sourcedId": visible(one.sourced_id),
        "reason": sanitize(one.reason),
    }


def _remark(file: str, column: str, message: str, count: int) -> str:
    from integration_tui.providers.oneroster_csv.findings import KEPT_ALIKE

    where = f"{file} {column}".rstrip()
    if count == 1:
        return f"{where}: {message}"
    return f"{where}: {message} ({count} times{' or more' if count >= KEPT_ALIKE else ''})"
