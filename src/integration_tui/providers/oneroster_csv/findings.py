"""What is wrong with a roster's files, said so that its author can fix it.

A finding never repeats a cell: a row that has slipped may show a password anywhere.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Final

import msgspec

from integration_tui.domain.text import visible

KEPT: Final = 500
"""So many findings are kept in all ..."""
KEPT_ALIKE: Final = 20
"""... and so many of one kind in one column, so that one habit does not hide the others."""


class FindingSeverity(StrEnum):
    """An error loses something; a warning was read, and may be meant otherwise."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, wherever it is.

    Where a record was kept although something was lost (`is_loss`) or put right, `rule` names
    the kind for whoever lists it.
    """

    severity: FindingSeverity
    message: str
    advice: str = ""
    rule: str = ""
    is_loss: bool = False


class FileFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to know. `line` counts from 1, the header being the first; 0 is the whole file.

    `column` is a name of the specification, empty where the row or the file is meant.
    """

    file: str
    severity: FindingSeverity
    message: str
    line: int = 0
    column: str = ""
    advice: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        column = f" {self.column}:" if self.column else ""
        advice = f"; {self.advice}" if self.advice else ""
        return f"{place}:{column} {self.message}{advice}"


class Findings(msgspec.Struct):
    """Collects findings, in bounded memory; what is not kept is counted."""

    kept: list[FileFinding] = msgspec.field(default_factory=list[FileFinding])
    counts: Counter[FindingSeverity] = msgspec.field(default_factory=Counter[FindingSeverity])
    _alike: Counter[tuple[str, str, str]] = msgspec.field(
        default_factory=Counter[tuple[str, str, str]]
    )

    @property
    def more(self) -> int:
        """How many there were beyond those kept."""
        return self.counts.total() - len(self.kept)

    def add(self, file: str, remark: Remark, *, line: int = 0, column: str = "") -> None:
        self.counts[remark.severity] += 1
        alike = (file, column, remark.message)
        self._alike[alike] += 1
        if self._alike[alike] > KEPT_ALIKE or len(self.kept) >= KEPT:
            return
        self.kept.append(
            FileFinding(
                file=visible(file, limit=100),
                severity=remark.severity,
                message=remark.message,
                line=line,
                column=column,
                advice=remark.advice,
            )
        )


def error(message: str, advice: str = "") -> Remark:
    return Remark(severity=FindingSeverity.ERROR, message=message, advice=advice)


def warning(message: str, advice: str = "", *, rule: str = "", is_loss: bool = False) -> Remark:
    return Remark(
        severity=FindingSeverity.WARNING, message=message, advice=advice, rule=rule, is_loss=is_loss
    )


def info(message: str, advice: str = "") -> Remark:
    return Remark(severity=FindingSeverity.INFO, message=message, advice=advice)
