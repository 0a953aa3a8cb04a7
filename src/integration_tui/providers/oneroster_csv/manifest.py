"""`manifest.csv`: which version a roster has, and which of its files are whole."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.findings import Findings, Remark, error, info, warning
from integration_tui.providers.oneroster_csv.formula_injection import unguarded
from integration_tui.providers.oneroster_csv.reader import rows
from integration_tui.providers.oneroster_csv.tables import (
    MANIFEST_HEADER,
    MANIFEST_VERSION,
    FileKind,
    Version,
)

_MAX_ROWS: Final = 1000
_KINDS: Final = {
    file_kind.value: file_kind for file_kind in FileKind if file_kind is not FileKind.UNTOLD
}
_VERSIONS: Final[Mapping[str, Version]] = {"1.1": "1.1", "1.2": "1.2", "1.2.1": "1.2"}
_NO_VERSION: Final = warning(
    "the manifest does not say which version of OneRoster this is",
    "write oneroster.version,1.2 into it",
)

_OTHER_VERSION: Final = warning(
    "the manifest names a version of OneRoster that is not read here",
    "1.1 and 1.2 are; the files are read as the one they look like",
)
_OTHER_MANIFEST: Final = info(f"manifest.version is not {MANIFEST_VERSION}")
_TOO_MANY: Final = error(f"the manifest has more than {_MAX_ROWS} rows")
_NO_KIND: Final = warning("is neither bulk, delta nor absent", "write one of them")
_BLANK_KIND: Final = warning(
    "is blank; the file is not called whole", "write bulk, delta or absent"
)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest says. `kinds` are by a file's name in small letters, without `.csv`."""

    version: Version | None
    kinds: Mapping[str, FileKind]
    system: str = ""


def read_manifest(raw: io.BufferedReader, file: str, findings: Findings) -> Manifest:
    """Read a manifest. What is wrong with it is a finding; what is unknown is passed over."""
    properties: dict[str, str] = {}
    kinds: dict[str, FileKind] = {}
    for line, name, value in _properties(raw, file, findings):
        if name.startswith("file."):
            kinds[name.removeprefix("file.")] = _kind(value, file, findings, line)
        else:
            properties[name] = value
    if properties.get("manifest.version", "") not in {"", MANIFEST_VERSION}:
        findings.add(file, _OTHER_MANIFEST)
    return Manifest(
        version=_version(properties.get("oneroster.version", ""), file, findings),
        kinds=kinds,
        system=visible(properties.get("source.systemname", ""), limit=100),
    )


def _properties(
    raw: io.BufferedReader, file: str, findings: Findings
) -> Iterator[tuple[int, str, str]]:
    """Yield line, name in small letters, value."""

    def note(remark: Remark, line: int) -> None:
        findings.add(file, remark, line=line)

    for number, row in enumerate(rows(raw, note)):
        if number > _MAX_ROWS:
            note(_TOO_MANY, row.line)
            return
        if row.remark is not None:
            note(row.remark, row.line)
            continue
        name, value = (*(unguarded(cell).strip() for cell in row.cells), "", "")[:2]
        if number or name.lower() != MANIFEST_HEADER[0].lower():
            yield row.line, name.lower(), value


def _kind(value: str, file: str, findings: Findings, line: int) -> FileKind:
    try:
        return _KINDS[value.lower()]
    except KeyError:
        findings.add(file, _NO_KIND if value else _BLANK_KIND, line=line, column="value")
        return FileKind.UNTOLD


def _version(told: str, file: str, findings: Findings) -> Version | None:
    found = _VERSIONS.get(told.lower().removeprefix("v"))
    if found is None:
        findings.add(file, _OTHER_VERSION if told else _NO_VERSION)
    return found
