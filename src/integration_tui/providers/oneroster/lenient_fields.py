"""The members of one record, read with patience: what is lost or corrected becomes a finding.

A null, a wrong kind of value or a damaged text costs the field, never the record. Findings name
the field and the kind of fault, no value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from integration_tui.domain.paging import RecordFinding
from integration_tui.domain.roster import RecordStatus
from integration_tui.domain.text_damage import (
    ADVICE,
    LONGEST_ID,
    LONGEST_TEXT,
    Damage,
    damage_of,
    means_nothing,
    without_invisible,
)
from integration_tui.providers.http.models import is_list, is_object
from integration_tui.providers.oneroster.field_parsing import LOOSE_FLAGS, YEAR, moment, status
from integration_tui.providers.oneroster.lenient_json import (
    DAMAGED,
    INNER,
    Members,
    Number,
    UnreadableRecordError,
    is_nil,
    listed,
)

_DAY: Final = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})", re.ASCII)
_TIME: Final = re.compile(r"([\d./-]{8,10})[T ]+(.+)", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_ZERO: Final = re.compile(
    r"0?0:00(?::00(?:\.0*)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?))?|12:00(?::00)? ?AM",
    re.ASCII | re.IGNORECASE,
)
_MONTHS: Final = 12


class Day(NamedTuple):
    """A day. `is_cut`: a time behind it was left out, so that another day may be meant."""

    day: date
    is_cut: bool = False


def day_in(written: str, zone: ZoneInfo | None) -> Day:
    """Return the day that is meant in a zone. Raises `ValueError`.

    Midnight, in whatever zone it is written, is the day itself (TimeBack sends it so).
    """
    behind = _TIME.fullmatch(written)
    if behind is None:
        return Day(_date(written))
    if _ZERO.fullmatch(behind[2].strip()):
        return Day(_date(behind[1]))
    moment = _moment(written)
    if zone is None:
        return Day(_date(behind[1]), is_cut=True)
    if moment is None or moment.tzinfo is None:
        return Day(_date(behind[1]), is_cut=moment is None)  # a time on the clock of the zone
    try:
        return Day(moment.astimezone(zone).date())
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def _moment(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _date(written: str) -> date:
    if found := _DAY.fullmatch(written):
        return date(int(found[1]), int(found[2]), int(found[3]))
    found = _YEAR_LAST.fullmatch(written)
    if found is None:
        raise ValueError("no date")
    one, two, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == "." or one > _MONTHS:
        return date(year, two, one)
    if two > _MONTHS or one == two:
        return date(year, one, two)
    raise ValueError("day and month are ambiguous")


_Found = dict[tuple[str, str], tuple[str, bool]]
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


class LenientFields:
    """Reads the fields of one record. Its `findings` know no record yet."""

    def __init__(
        self, members: Members, zone: ZoneInfo | None, found: _Found | None = None
    ) -> None:
        """`zone` is where a moment becomes a day; `None` where nobody has said so."""
        self.members = members
        self._zone = zone
        self._found: _Found = {} if found is None else found

    def findings(self, sourced_id: str) -> tuple[RecordFinding, ...]:
        """Return what was lost or corrected so far."""
        return tuple(
            RecordFinding(
                sourced_id=sourced_id, rule=rule, field=field, message=message, is_loss=is_loss
            )
            for (rule, field), (message, is_loss) in self._found.items()
        )

    def note(self, field: str, rule: str, message: str, *, is_loss: bool = False) -> None:
        """Add a finding, once a rule and field."""
        self._found.setdefault((rule, field), (message, is_loss))

    def sourced_id(self) -> str:
        """Return the record's own id. Raises `UnreadableRecordError` where it has none."""
        field = "sourcedId"
        value = self._scalar(field, self.members.get(field))
        if value is None:
            raise UnreadableRecordError("sourcedId is missing")
        self._damaged(field, damage_of(value))
        found = self._key(field, value)
        if found is None:
            raise UnreadableRecordError("sourcedId is empty")
        if len(found) > LONGEST_ID:
            raise UnreadableRecordError(
                f"sourcedId has more than {LONGEST_ID:,} characters", found[:LONGEST_ID]
            )
        return found

    def name(self, field: str) -> str:
        """Return a name or title, without which a record is still one; as it is written."""
        if self.members.get(field) == "":
            return ""
        value = self._scalar(field, self.members.get(field))
        if value is None:
            self.note(field, "required-missing", "is missing or null")
            return ""
        damage = damage_of(value)
        self._damaged(field, damage)
        return "" if means_nothing(damage, is_name=True) else self._bounded(field, value)

    def word(self, field: str, known: Mapping[str, str] = {}) -> str:
        """Return a word that a record must have, in its own spelling."""
        value = self.text(field)
        if value is None:
            self.note(field, "required-missing", "is missing or null")
            return ""
        return known.get(value.lower(), value)

    def text(self, field: str) -> str | None:
        """Return a text without blanks around it; `None` where there is none."""
        return self._text(field, self.members.get(field))

    def key(self, field: str) -> str | None:
        """Return an address or identifier: a text that is compared, without what nobody sees."""
        value = self.text(field)
        return None if value is None else self._key(field, value)

    def flag(self, field: str) -> bool | None:
        """Return the truth of a boolean; `None` where it is not said."""
        value = self._one(field, self.members.get(field))
        if isinstance(value, bool):
            return value
        written = self._text(field, value)
        found = None if written is None else LOOSE_FLAGS.get(written.lower())
        if found is None and written is not None:
            self.note(field, "not-a-flag", "is neither true nor false; passed over", is_loss=True)
        return found

    def day(self, field: str) -> date | None:
        """Return a date; a time behind it is read in the zone, or reported."""
        written = self.text(field)
        if written is None:
            return None
        try:
            found = day_in(written, self._zone)
        except ValueError:
            self.note(field, "not-a-date", "is no date; passed over", is_loss=True)
            return None
        if found.is_cut:
            self.note(
                field,
                "time-behind-day",
                "has a time behind its day, which was cut off: the day may be the one before or"
                " after; write sync.timezone",
                is_loss=True,
            )
        return found.day

    def moment(self, field: str) -> datetime | None:
        """Return a moment in UTC."""
        written = self.text(field)
        found = moment(written)
        if written is not None and found is None:
            self.note(field, "not-a-moment", "is no date and time; passed over", is_loss=True)
        return found

    def status(self, field: str = "status") -> RecordStatus:
        """Return a record's status. Raises `UnreadableRecordError` for a word that is none."""
        try:
            found = status(self.text(field))
        except ValueError:
            found = None
        if found is None or ("wrong-kind", field) in self._found:
            raise UnreadableRecordError("status must be active or tobedeleted")
        return found

    def year(self, field: str) -> str | None:
        """Return a school year, as it is written."""
        written = self.text(field)
        if written is not None and not YEAR.fullmatch(written):
            self.note(field, "not-a-year", "is not a year such as 2027; kept as it is")
        return written

    def ref(self, field: str, *, is_needed: bool = False) -> str | None:
        """Return the id that a reference names; one that `is_needed` may be an odd one."""
        value = self._one(field, self.members.get(field))
        return self.id_in(field, value, is_needed=is_needed)

    def refs(self, field: str) -> tuple[str, ...]:
        """Return the ids that a list of references names."""
        found: list[str | None] = []
        for value in self.each(field):
            parts = value.split(",") if isinstance(value, str) else [value]
            found += [self.id_in(field, part) for part in parts]
        return tuple(dict.fromkeys(found_one for found_one in found if found_one))

    def words(self, field: str) -> tuple[str, ...]:
        """Return the words of a list, of which some servers make one text with commas."""
        found: list[str] = []
        for value in self.each(field):
            parts = value.split(",") if isinstance(value, str) else [value]
            found += [word for part in parts if (word := self._text(field, part))]
        return tuple(found)

    def each(self, field: str) -> list[object]:
        """Return the members of a list; a single value is a list of one."""
        values = listed(self.members.get(field))
        kept = [value for value in values if value is not None and not is_nil(value)]
        if len(kept) < len(values):
            self.note(field, "null-inside", "has a null within its list, which was left out")
        return kept

    def inner(self, field: str, value: object) -> LenientFields | None:
        """Return what reads an object within the record, with its findings under `field`."""
        if not is_object(value):
            self.note(field, "wrong-kind", "holds something else than an object", is_loss=True)
            return None
        members = {f"{field}.{name}": one for name, one in value.items()}
        return LenientFields(members, self._zone, self._found)

    def id_in(self, field: str, value: object, *, is_needed: bool = False) -> str | None:
        """Return the id of one reference: an object, or simply the id."""
        if value is None or value == "":
            return None
        if is_object(value):
            value = self._id_of(field, value)
        found = self._scalar(field, value)
        if found is None:
            self.note(field, "reference-without-id", "names no id; passed over")
            return None
        damage = damage_of(found)
        self._damaged(field, damage)
        is_none = means_nothing(damage) and not is_needed
        found = None if is_none else self._key(field, found)
        if found is not None and len(found) > LONGEST_ID:
            note = f"names an id of more than {LONGEST_ID:,} characters; passed over"
            self.note(field, Damage.TOO_LONG.value, note, is_loss=True)
            return None
        return found

    def _id_of(self, field: str, reference: Mapping[str, object]) -> object:
        for name in ("sourcedId", "id", *INNER):
            if reference.get(name) not in (None, ""):
                return reference[name]
        href = reference.get("href")
        if not isinstance(href, str):
            return None
        try:
            last = urlsplit(href).path.rstrip("/").rpartition("/")[2]
        except ValueError:
            return None
        if last:
            self.note(field, "reference-by-href", "names no id; it was read from the address")
        return unquote(last) or None

    def _text(self, field: str, value: object) -> str | None:
        written = self._scalar(field, value)
        if written is None:
            return None
        damage = damage_of(written)
        self._damaged(field, damage)
        if means_nothing(damage):
            return None
        return self._bounded(field, written.strip()) or None

    def _key(self, field: str, value: str) -> str | None:
        found = without_invisible(value)
        if found != value:
            self._damaged(field, Damage.INVISIBLE_CHARACTERS)
        if (bare := found.strip()) != found:
            self.note(field, "blanks-around", "has blanks around it, which were removed")
        return bare or None

    def _damaged(self, field: str, damage: Damage | None) -> None:
        if damage is not None:
            self.note(field, damage.value, "; ".join(ADVICE[damage]))

    def _bounded(self, field: str, text: str) -> str:
        if len(text) <= LONGEST_TEXT:
            return text
        self.note(field, Damage.TOO_LONG.value, ADVICE[Damage.TOO_LONG].message, is_loss=True)
        return text[:LONGEST_TEXT]

    def _one(self, field: str, value: object) -> object:
        """Return a single value; of a list the first one."""
        if is_list(value):
            kept = [member for member in value if member is not None]
            if len(kept) > 1:
                note = "has several values; the first was taken"
                self.note(field, "several-values", note, is_loss=True)
            value = kept[0] if kept else None
        return None if is_nil(value) else value

    def _scalar(self, field: str, value: object) -> str | None:
        """Return what is written as a plain text, with what no text may hold taken out of it."""
        value = self._one(field, value)
        if is_object(value):
            value = next((value[name] for name in INNER if name in value), DAMAGED)
        if value is None or value == "":
            return None
        if isinstance(value, bool) and field != "sourcedId":
            value = "true" if value else "false"
        if not isinstance(value, str):
            self.note(field, "wrong-kind", "holds something that cannot be read", is_loss=True)
            return None
        return str(value) if isinstance(value, Number) else self._clean(field, value)

    def _clean(self, field: str, text: str) -> str:
        if _SURROGATE.search(text):
            note = "has half a character, which was replaced by U+FFFD"
            self.note(field, "half-a-character", note, is_loss=True)
            return self._clean(field, _SURROGATE.sub("\ufffd", text))
        if _CONTROL.search(text):
            self.note(field, "control-characters", "has control characters")
        return text
