"""What Google sends, in the shape in which it is read: proto3's JSON leaves out what is empty.

Source: discovery documents classroom.v1 and admin.directory_v1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec

from integration_tui.domain.record_shape import shape_of
from integration_tui.providers.http.errors import not_json
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.models import Request, Response

T = TypeVar("T")

_NULL: Final = b"null"
_NEXT: Final = "nextPageToken"
_LONGEST_ID: Final = 256
_DAMAGE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


_ABSENT: Final = msgspec.Raw(b"")
"""msgspec does not know a raw part that may be null."""


class UnreadableError(ValueError):
    """A record of which nothing can be made. `reason` names its fields, never their values."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CourseItem(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A course. Classroom has neither its school nor its term."""

    id: str
    name: str | None = None
    section: str | None = None
    room: str | None = None
    subject: str | None = None
    owner_id: str | None = None
    course_state: str | None = None
    update_time: str | None = None


class ProfileName(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A name, as Classroom and the Directory write it."""

    given_name: str | None = None
    family_name: str | None = None


class Profile(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """What Classroom tells of a person; the address only with a scope for it, without an error."""

    id: str | None = None
    name: ProfileName | None = None
    email_address: str | None = None


class MemberRow(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A student or teacher of a course. A profile that cannot be read costs only itself."""

    user_id: str | None = None
    profile: msgspec.Raw = _ABSENT


class ExternalId(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """What another system calls a user of the Directory."""

    value: str | None = None
    type: str | None = None
    custom_type: str | None = None


class DirectoryUserRow(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A user of the Directory."""

    id: str
    primary_email: str | None = None
    name: ProfileName | None = None
    suspended: bool | None = None
    archived: bool | None = None
    org_unit_path: str | None = None
    external_ids: msgspec.Raw = _ABSENT


class PlaceRow(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Where a user of the Directory is: all that is needed of the whole of it at once."""

    id: str
    org_unit_path: str | None = None


class OrgUnitRow(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """An org unit; its id stays where it is moved or renamed."""

    org_unit_id: str
    org_unit_path: str
    name: str | None = None


class Organization(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The part of a customer's postal address that names it."""

    organization_name: str | None = None


class CustomerRow(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A Workspace account."""

    customer_domain: str | None = None
    postal_address: Organization | None = None


class AliasRow(msgspec.Struct, frozen=True, gc=False):
    """Another name of a course: `d:` is the domain's, `p:` the project's."""

    alias: str


class ListPage(msgspec.Struct, frozen=True):
    """The records of one page as JSON texts. `next` is the token of the page behind it."""

    texts: Sequence[bytes]
    next: str


def read_page(answer: Response, request: Request, key: str) -> ListPage:
    """Return a page of the list `key`; without that member it is empty.

    Raises `IncompatibleError` where the answer is no page.
    """
    members = read_json(answer, request, dict[str, msgspec.Raw])
    try:
        texts = _part(members, key, list[msgspec.Raw])
        return ListPage(list(map(bytes, texts or ())), _part(members, _NEXT, str) or "")
    except _DAMAGE:
        pass  # not raised from here: what the library raises may hold a part of the body
    raise not_json(answer, request)


def _part(members: Mapping[str, msgspec.Raw], name: str, of: type[T]) -> T | None:
    text = members.get(name)
    if text is None or bytes(text) == _NULL:
        return None
    return msgspec.json.decode(text, type=of)


def read_row(text: bytes | msgspec.Raw, of: type[T]) -> T:
    """Return a record. Raises `UnreadableError`."""
    try:
        return msgspec.json.decode(text, type=of)
    except _DAMAGE as error:
        reason = _reason(error)
    raise UnreadableError(reason)


def read_if_any(text: bytes | msgspec.Raw | None, of: type[T]) -> T | None:
    """Return a part of a record; `None` where there is none that can be read."""
    if not text or bytes(text) == _NULL:
        return None
    try:
        return read_row(text, of)
    except UnreadableError:
        return None


def outline(text: bytes) -> str:
    """Return the shape of a record that could not be read, without its content."""
    try:
        return shape_of(msgspec.json.decode(text))
    except _DAMAGE:
        return ""


def loose_id(text: bytes, *names: str) -> str:
    """Return the id of a record that cannot be read otherwise; empty where it has none."""
    try:
        found = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except _DAMAGE:
        return ""
    return next((value for name in names if (value := _id_in(found, name))), "")


def _id_in(members: Mapping[str, msgspec.Raw], name: str) -> str:
    try:
        return checked_id(read_if_any(members.get(name), str))
    except UnreadableError:
        return ""


def checked_id(text: str | None) -> str:
    """Return an id that a record can have. Raises `UnreadableError`."""
    if not text or len(text) > _LONGEST_ID or not text.isprintable() or text != text.strip():
        raise UnreadableError("it has no id" if not text else "its id is none of Google's")
    return text


def moment(text: str | None) -> datetime | None:
    """Return an RFC 3339 time in UTC; `None` where it is none."""
    try:
        found = datetime.fromisoformat(text or "")
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _reason(error: Exception) -> str:
    """Return what is wrong with a record; msgspec names the place and the types, never a value."""
    if isinstance(error, msgspec.ValidationError):
        return f"{error}"[:200]
    return "it cannot be read"
