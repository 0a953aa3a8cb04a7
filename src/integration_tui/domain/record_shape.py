"""The shape of a record that could not be read: names of fields and kinds of values, no content.

Whoever keeps the source sees what is odd about a record; whoever reads over a shoulder learns
nothing about a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeGuard

LONGEST_SHAPE: Final = 500
_MEMBERS: Final = """
sourcedId id status dateLastModified metadata href name title type identifier parent children org
orgs orgSourcedIds startDate endDate beginDate schoolYear sessionType course courseCode courses
school schools term terms class classes classCode classType location grade grades subjects
subjectCodes periods academicSession resources username userIds userId users user givenName
familyName middleName preferredFirstName preferredMiddleName preferredLastName firstName lastName
displayName pronouns email sms phone password role roles roleType on enabledUser
userMasterIdentifier agents agentSourcedIds primaryOrg primary userProfiles userProfile profileId
profileType vendorId applicationId description credentials birthDate sex gender value
"""
_NAMES: Final = frozenset(_MEMBERS.split())
"""Members that a record may have; any other name was chosen by the server, and may be anybody's."""
_FIELDS: Final = 40
_DEPTH: Final = 3
_ALIKE: Final = 3


def shape_of(value: object, *, limit: int = LONGEST_SHAPE) -> str:
    """Return the shape of a record, such as `{sourcedId: text, givenName: null}`.

    At most `limit` characters. A name that is not one of a field is a question mark.
    """
    text = _shape(value, _DEPTH)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _shape(value: object, depth: int) -> str:
    if _is_object(value):
        return _object(value, depth)
    if _is_list(value):
        return _list(value, depth)
    if isinstance(value, str):
        return "text" if value.strip() else "blank"
    return _KINDS.get(type(value), "unreadable")


_KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "flag",
    int: "number",
    float: "number",
}


def _object(value: Mapping[object, object], depth: int) -> str:
    if not depth:
        return "object"
    names = [*value][:_FIELDS]
    fields = [f"{_name(name)}: {_shape(value[name], depth - 1)}" for name in names]
    return f"{{{', '.join([*fields, *_more(len(value) - len(names))])}}}"


def _list(value: Iterable[object], depth: int) -> str:
    if not depth:
        return "list"
    kinds = [*dict.fromkeys(_shape(member, depth - 1) for member in value)]
    return f"[{', '.join([*kinds[:_ALIKE], *_more(len(kinds) - _ALIKE)])}]"


def _more(count: int) -> list[str]:
    return [f"{count} more"] if count > 0 else []


def _name(name: object) -> str:
    return name if isinstance(name, str) and name in _NAMES else "?"


def _is_object(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    return isinstance(value, list | tuple)
