"""JSON field values as the specification writes them, turned into ours: at the first doubt, none.

What is refused here is read again with patience (`patience`), which corrects and reports. Sources:
OneRoster 1.1 and 1.2 REST bindings; where most servers differ from them, the difference is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, UnsetType

from integration_tui.domain.roster import Record, RecordStatus
from integration_tui.domain.text_damage import LONGEST_ID, LONGEST_TEXT

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
String = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
Required = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
Flag = bool | String | None | UnsetType
"""1.1 has true, 1.2 has "true", CSV imports leave "TRUE"."""
Number = Annotated[int, msgspec.Meta(ge=1)]
Words = tuple[String | int, ...] | None | UnsetType
Text = String | Number | None | UnsetType
"""TimeBack sends school years as numbers."""
MaybeWord = str | None | UnsetType

NOTHING: Final = frozenset({"NULL", "null", "(null)", "<null>", "[NULL]", "\\N", "N/A", "n/a"})
"""What `damage_of` calls a word for nothing, for one look-up."""
YEAR: Final = re.compile(r"(?:19|20|21)\d\d", re.ASCII)
_MIDNIGHT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII
)


class DoubtError(ValueError):
    """A value is not as it should be. Holds none of it."""


class JsonModel(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """What every JSON object of a roster has. What was not sent is `UNSET`."""

    sourced_id: Id
    status: MaybeWord = UNSET
    date_last_modified: MaybeWord = UNSET

    def record(self) -> Record:
        """Return our record. Raises `DoubtError` where a value needs a closer look."""
        raise NotImplementedError

    def parts(self) -> int:
        """Return how many objects are in its lists."""
        return 0


class Ref(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A GUIDRef; only the id counts. TimeBack leaves out `href` and `type`."""

    sourced_id: Id


MaybeRef = Ref | None | UnsetType
MaybeRefs = list[Ref] | None | UnsetType
MaybeText = String | None | UnsetType

_STATUSES: Final[Mapping[object, RecordStatus]] = {
    None: RecordStatus.ACTIVE,
    UNSET: RecordStatus.ACTIVE,
    "": RecordStatus.ACTIVE,
    "active": RecordStatus.ACTIVE,
    "tobedeleted": RecordStatus.TO_BE_DELETED,
    "inactive": RecordStatus.TO_BE_DELETED,
}
_FLAGS: Final[Mapping[object, bool | None]] = {
    True: True,
    False: False,
    None: None,
    UNSET: None,
    "true": True,
    "false": False,
    "": None,
    "True": True,
    "False": False,
    "TRUE": True,
    "FALSE": False,
}


LOOSE_FLAGS: Final = {
    "true": True, "false": False, "1": True, "0": False, "yes": True, "no": False,
    "y": True, "n": False, "t": True, "f": False, "on": True, "off": False,
}  # fmt: skip
"""What is written for true and false elsewhere."""


def sourced_id(value: str) -> str:
    """Return an id as it is."""
    if value.strip() is not value or value in NOTHING:
        raise DoubtError
    return value


def id_of(ref: MaybeRef) -> str | None:
    """Return the id of a reference; `None` where there is none."""
    return sourced_id(ref.sourced_id) if ref else None


def ids(refs: MaybeRefs) -> tuple[str, ...]:
    """Return the ids of references."""
    if not refs:
        return ()
    found = [ref.sourced_id for ref in refs]
    for found_one in found:
        if found_one.strip() is not found_one or found_one in NOTHING:
            raise DoubtError
    return tuple(found)


def name(value: str) -> str:
    """Return a name or title, which may not be missing."""
    if value in NOTHING:
        raise DoubtError
    return value


def text(value: Text) -> str | None:
    """Return a text; `None` where it is empty."""
    if isinstance(value, str):
        if value in NOTHING:
            raise DoubtError
        return value.strip() or None
    return None if value is None or value is UNSET else str(value)


@lru_cache(maxsize=4096)
def words(value: Words) -> tuple[str, ...]:
    """Return the words of a list."""
    if not value:
        return ()
    found = tuple([word for string in value if (word := str(string).strip())])
    if not NOTHING.isdisjoint(found):
        raise DoubtError
    return found


def flag(value: Flag) -> bool | None:
    """Return the truth of a boolean; `None` where it is not said."""
    try:
        return _FLAGS[value]
    except KeyError:
        raise DoubtError from None


def word(value: str, known: Mapping[str, str]) -> str:
    """Return a word of a vocabulary in its own spelling; any other as it is."""
    found = known.get(value) or known.get((value := value.strip()).lower(), value)
    if not found or found in NOTHING:
        raise DoubtError
    return found


def year(value: Text) -> str | None:
    """Return a school year, the year in which it ends."""
    found = text(value)
    if found is not None and not YEAR.fullmatch(found):
        raise DoubtError
    return found


@lru_cache(maxsize=4096)
def day(value: MaybeWord) -> date | None:
    """Return a date; TimeBack sends midnight with it."""
    return _day(value) if isinstance(value, str) and value else None


def _day(value: str) -> date:
    if len(value) != 10:
        midnight = _MIDNIGHT.fullmatch(value)
        if midnight is None:
            raise DoubtError
        value = midnight[1]
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise DoubtError from None


def moment(value: str | None) -> datetime | None:
    """Return a moment in UTC; `None` where it is missing or no moment."""
    try:
        found = datetime.fromisoformat(value) if value else None
    except ValueError:
        return None
    if found is None or found.tzinfo is UTC:
        return found
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:
        return None


def modified(value: str | UnsetType | None) -> datetime | None:
    """Return when a record was changed, as `moment`."""
    if not value:
        return None
    found = moment(value)
    if found is None:
        raise DoubtError
    return found


def status(value: str | UnsetType | None) -> RecordStatus:
    """Return a record's status; nothing is active, 1.0's `inactive` is to be deleted."""
    found = _STATUSES.get(value) or (value and _STATUSES.get(value.strip().lower()))
    if not found:
        raise DoubtError
    return found
