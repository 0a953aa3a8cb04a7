"""Cells that show signs of damage: what they are read as, and what is said of it.

The judgement of texts is the domain's; here it meets columns, since what is nothing in a
column of addresses may be somebody's name in another.
"""

from __future__ import annotations

from typing import Final

from integration_tui.domain.text_damage import (
    ADVICE,
    LONGEST_ID,
    LONGEST_TEXT,
    Damage,
    damage_of,
    means_nothing,
    without_invisible,
)
from integration_tui.providers.oneroster_csv.findings import Remark, error, warning
from integration_tui.providers.oneroster_csv.tables import CellKind, CsvColumn

_LOSSES: Final = {Damage.SPREADSHEET_ERROR, Damage.TOO_LONG}
REMARKS: Final = {
    damage: warning(*advice, rule=damage.value, is_loss=damage in _LOSSES)
    for damage, advice in ADVICE.items()
}
TOO_LONG: Final = error(f"has more than {LONGEST_ID:,} characters; no id has", "shorten it")
_MEMBER_TOO_LONG: Final = warning(
    f"has an id of more than {LONGEST_ID:,} characters; it is passed over",
    "shorten it",
    rule="too-long",
    is_loss=True,
)
_IDENTIFIERS: Final = {
    "identifier", "master_identifier", "username", "email", "course_code", "class_code", "sms",
    "phone",
}  # fmt: skip
_NAMES: Final = {
    "name", "title", "given_name", "family_name", "middle_name", "preferred_given_name",
    "preferred_middle_name", "preferred_family_name",
}  # fmt: skip
_REFERENCES: Final = {CellKind.ID, CellKind.REF, CellKind.REFS}
_LISTS: Final = {CellKind.REFS, CellKind.TEXTS}


class EndlessIdError(Exception):
    """An id is so long that no record is made of its row."""


def repaired(column: CsvColumn, cell: str) -> tuple[str, tuple[Remark, ...]]:
    """Return what a cell is read as, and what is to be said of it. Raises `EndlessIdError`."""
    remarks: list[Remark] = []
    plain = cell
    if _is_identity(column) and (plain := without_invisible(cell)) != cell:
        remarks.append(REMARKS[Damage.INVISIBLE_CHARACTERS])
    if column.kind in _LISTS and "," in plain:
        members = [_part(column, member, remarks) for member in plain.split(",")]
        plain = ",".join(member for member in members if member)
    else:
        plain = _part(column, plain, remarks)
    return plain, tuple(dict.fromkeys(remarks))


def _part(column: CsvColumn, text: str, remarks: list[Remark]) -> str:
    """Return a cell, or a member of its list, as it is read."""
    found = damage_of(text)
    if found is Damage.SHORTENED_NUMBER and not _is_identity(column):
        found = None
    if found is not None:
        remarks.append(REMARKS[found])
    if means_nothing(found, is_name=column.field in _NAMES):
        return ""
    return _bounded(column, text, remarks)


def _bounded(column: CsvColumn, text: str, remarks: list[Remark]) -> str:
    if column.kind in _REFERENCES:
        if len(text) <= LONGEST_ID:
            return text
        if column.needed or column.kind is CellKind.ID:
            raise EndlessIdError
        remarks.append(_MEMBER_TOO_LONG)
        return ""
    if len(text) <= LONGEST_TEXT:
        return text
    remarks.append(REMARKS[Damage.TOO_LONG])
    return text[:LONGEST_TEXT]


def _is_identity(column: CsvColumn) -> bool:
    """Return whether a column tells one record from another."""
    return (
        column.kind in _REFERENCES
        or column.kind is CellKind.USER_IDS
        or column.field in _IDENTIFIERS
    )


def shortened(sourced_id: str) -> bool:
    """Return whether an id is a number that a spreadsheet shortened."""
    return damage_of(sourced_id) is Damage.SHORTENED_NUMBER
