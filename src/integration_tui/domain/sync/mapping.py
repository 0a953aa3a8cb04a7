"""Id mappings: our id of a record, and the id that an external system has for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from integration_tui.domain.ids import IntegrationId, RecordId
from integration_tui.domain.roster import Collection


class MappingOrigin(StrEnum):
    """How it came to be known that two ids are the same record."""

    CREATED = "created"
    """The system brought the record."""
    MATCHED = "matched"
    """A rule found it, without doubt."""
    CONFIRMED = "confirmed"
    """A person said so."""
    RELINKED = "relinked"
    """The system gave the record another id."""


class MatchStatus(StrEnum):
    """What became of an uncertain match."""

    OPEN = "open"
    SAME = "same"
    APART = "apart"


class ExternalMapping(msgspec.Struct, frozen=True, kw_only=True):
    """Unique both ways: one external id per internal id and system, and the reverse.

    `aliases` are further ids of the same person in the same system; they have no mapping of their
    own. `missed` complete sweeps have not listed it, the first of them at `missing_since`.
    """

    integration_id: IntegrationId
    collection: Collection
    internal_id: RecordId
    external_id: str
    mapped_at: datetime
    bond: MappingOrigin = MappingOrigin.CREATED
    is_listed: bool = True
    missed: int = 0
    missing_since: datetime | None = None
    aliases: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A record that may be the same as another: found by `rule`, but called otherwise.

    `score` says how alike their names are, 0 to 100. `label` and `candidate_label` are what
    the two are called.
    """

    integration_id: IntegrationId
    collection: Collection
    external_id: str
    record_id: RecordId
    candidate_id: RecordId
    rule: str
    score: int
    label: str = ""
    candidate_label: str = ""
    status: MatchStatus = MatchStatus.OPEN
