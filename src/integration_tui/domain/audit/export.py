"""Audit entries as lines of a file: CSV for spreadsheets, JSON lines for programs."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from enum import StrEnum
from typing import Final

from msgspec.structs import asdict

from integration_tui.domain.audit.log import AuditEntry
from integration_tui.domain.text import visible

_LONGEST_CELL: Final = 32_000  # what spreadsheets take
_FORMULA_SIGNS: Final = ("=", "+", "-", "@")
HEADERS: Final = ("seq", "at", "actor", "door", "action", "object", "outcome", "detail")
"""The columns of a table, with whatever speaks against the actor's name beside it."""
_COLUMNS: Final = (*HEADERS, "uid", "claims", "sudo")
"""The columns of a spreadsheet: what identifies the actor stands apart."""


class AuditExportFormat(StrEnum):
    """A format, and how entries are spelled in it."""

    JSONL = "jsonl"
    CSV = "csv"

    @classmethod
    def for_name(cls, name: str) -> AuditExportFormat:
        """Return the format that a file's name asks for."""
        return cls.CSV if name.lower().endswith(".csv") else cls.JSONL

    def head(self) -> str:
        """Return what stands above the entries."""
        return _spelled(_COLUMNS) if self is AuditExportFormat.CSV else ""

    def line(self, entry: AuditEntry) -> str:
        """Return an entry as a line, in ASCII or with everything made visible.

        JSON holds all that was recorded; a CSV row leaves out what was before and after.
        """
        if self is AuditExportFormat.CSV:
            return _spelled(tuple(map(_inert, _row(entry))))
        act = {**asdict(entry.act), "actor": asdict(entry.act.actor)}
        fields = {**asdict(entry), "at": entry.at.isoformat(), "act": act}
        return f"{json.dumps(fields)}\n"


def cells(entry: AuditEntry) -> tuple[object, ...]:
    """Return what stands below `HEADERS`."""
    act = entry.act
    who = (act.actor.label, act.actor.door)
    return (entry.seq, entry.at, *who, act.action, act.object, act.outcome, act.detail)


def _row(entry: AuditEntry) -> tuple[object, ...]:
    """Return what stands below `_COLUMNS`."""
    actor, (seq, at, _, *rest) = entry.act.actor, cells(entry)
    uid = "" if actor.uid is None else actor.uid
    return (seq, at, actor.name, *rest, uid, actor.claims, actor.sudo)


def _spelled(row: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(row)
    return line.getvalue()


def _inert(value: object) -> str:
    """Keep a cell from steering a terminal, and a spreadsheet from taking it for a formula."""
    text = visible(value, limit=_LONGEST_CELL)
    begins = unicodedata.normalize("NFKC", text[:20])  # full-width signs count as well
    return f"'{text}" if begins.lstrip().startswith(_FORMULA_SIGNS) else text
