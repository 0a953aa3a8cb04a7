"""Canvas' JSON objects, and how a row of them is read: at once, or field by field.

A field of another kind than Canvas documents costs that field; a row without an id costs the
row. Sources: Canvas LMS REST API, objects Account, EnrollmentTerm, User, Course, Section,
Enrollment, Admin and AccountReport.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from integration_tui.domain.paging import RecordFinding, Rejected
from integration_tui.domain.record_shape import shape_of

Id = int | str
"""A number, or a text where the server heeds `canvas-string-ids`."""
MaybeId = Id | UnsetType | None
MaybeText = str | UnsetType | None

_ID: Final = re.compile(r"[1-9]\d{0,19}(?:~[1-9]\d{0,19})?", re.ASCII)
"""`2107~565` is number 565 of shard 2107."""
_ANY: Final = msgspec.json.Decoder()
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
UNREADABLE: Final = "unreadable-field"


class CanvasRow(msgspec.Struct, kw_only=True, gc=False):
    """What every object has. A field that was not sent is `UNSET`: hidden, not empty."""

    id: Id


class CanvasAccount(CanvasRow, kw_only=True, gc=False):
    """An account or sub-account; the root has no parent."""

    name: MaybeText = UNSET
    parent_account_id: MaybeId = UNSET
    root_account_id: MaybeId = UNSET
    sis_account_id: MaybeText = UNSET
    integration_id: MaybeText = UNSET
    default_time_zone: MaybeText = UNSET
    workflow_state: MaybeText = UNSET


class CanvasTerm(CanvasRow, kw_only=True, gc=False):
    """An enrollment term; the default term has no dates."""

    name: MaybeText = UNSET
    start_at: MaybeText = UNSET
    end_at: MaybeText = UNSET
    sis_term_id: MaybeText = UNSET
    integration_id: MaybeText = UNSET
    workflow_state: MaybeText = UNSET


class CanvasUser(CanvasRow, kw_only=True, gc=False):
    """A person. SIS ids are there only for those who may read them."""

    name: MaybeText = UNSET
    sortable_name: MaybeText = UNSET
    sis_user_id: MaybeText = UNSET
    integration_id: MaybeText = UNSET
    login_id: MaybeText = UNSET
    email: MaybeText = UNSET
    workflow_state: MaybeText = UNSET


class CanvasCourse(CanvasRow, kw_only=True, gc=False):
    """A course; its sections are the classes."""

    name: MaybeText = UNSET
    course_code: MaybeText = UNSET
    account_id: MaybeId = UNSET
    enrollment_term_id: MaybeId = UNSET
    sis_course_id: MaybeText = UNSET
    integration_id: MaybeText = UNSET
    workflow_state: MaybeText = UNSET


class CanvasSection(CanvasRow, kw_only=True, gc=False):
    """A section; `nonxlist_course_id` is its own course, where it is cross-listed into another."""

    name: MaybeText = UNSET
    course_id: MaybeId = UNSET
    nonxlist_course_id: MaybeId = UNSET
    sis_section_id: MaybeText = UNSET
    integration_id: MaybeText = UNSET
    workflow_state: MaybeText = UNSET


class CanvasEnrollment(CanvasRow, kw_only=True, gc=False):
    """One person in one section in one role; `role` may be a name of the school's own."""

    user_id: MaybeId = UNSET
    course_id: MaybeId = UNSET
    course_section_id: MaybeId = UNSET
    type: MaybeText = UNSET
    role: MaybeText = UNSET
    enrollment_state: MaybeText = UNSET
    associated_user_id: MaybeId = UNSET


class CanvasPerson(msgspec.Struct, kw_only=True, gc=False):
    """A person within another object."""

    id: MaybeId = UNSET


class CanvasAdmin(CanvasRow, kw_only=True, gc=False):
    """Somebody's administration of an account; `id` is of that, not of the person."""

    user: CanvasPerson | UnsetType | None = UNSET
    workflow_state: MaybeText = UNSET


Row = TypeVar("Row", bound=CanvasRow)


class RowReader(msgspec.Struct, Generic[Row], frozen=True):
    """Reads rows of one kind."""

    of: type[Row]

    def read(self, text: bytes) -> ReadRow[Row]:
        """Return the row with its findings, or why it cannot be read."""
        try:
            row = msgspec.json.decode(text, type=self.of)
        except _ERRORS:
            return self._piecemeal(text)
        if not is_id(row.id):
            return ReadRow(rejected=_rejected(text, "its id is not one of Canvas"))
        return ReadRow(row=row)

    def _piecemeal(self, text: bytes) -> ReadRow[Row]:
        """Take what can be taken of a row that has a field of another kind."""
        try:
            members = _MEMBERS.decode(text)
        except _ERRORS:
            return ReadRow(rejected=_rejected(text, "it is not an object of JSON"))
        values: dict[str, object] = {}
        lost: list[str] = []
        for field in msgspec.structs.fields(self.of):
            if field.name not in members:
                continue
            try:
                values[field.name] = msgspec.json.decode(members[field.name], type=field.type)
            except _ERRORS:
                lost.append(field.name)
        row_id = values.get("id")
        if not isinstance(row_id, int | str) or not is_id(row_id):
            return ReadRow(rejected=_rejected(text, "its id is not one of Canvas"))
        # The values are of the fields' types already.
        row = msgspec.convert(values, type=self.of)
        return ReadRow(row=row, findings=tuple(_lost(text_of(row.id), lost)))


class ReadRow(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """What became of one row: `row`, or `rejected`."""

    row: Row | None = None
    rejected: Rejected | None = None
    findings: tuple[RecordFinding, ...] = ()


def is_id(value: Id) -> bool:
    """Return whether a value is a Canvas id: a positive number, if need be with its shard."""
    return _ID.fullmatch(f"{value}") is not None


def text_of(value: Id) -> str:
    """Return an id as we keep it, to its last digit."""
    return f"{value}"


def reference(value: MaybeId) -> str | None:
    """Return the id that a field names; `None` where it names none."""
    if value is None or value is UNSET:
        return None
    return text_of(value) if is_id(value) else None


def _lost(sourced_id: str, names: list[str]) -> Iterator[RecordFinding]:
    for name in names:
        yield RecordFinding(
            sourced_id=sourced_id,
            rule=UNREADABLE,
            field=name,
            message="it is of another kind than Canvas documents, and was left out",
            is_loss=True,
        )


def _rejected(text: bytes, reason: str) -> Rejected:
    try:
        value: object = _ANY.decode(text)
    except _ERRORS:
        value = None
    return Rejected(sourced_id="", reason=reason, raw=shape_of(value))
