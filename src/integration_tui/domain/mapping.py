"""The same thing in two places: our id and an external system's id."""

from dataclasses import dataclass
from datetime import datetime

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalMapping:
    """Unique both ways: one external id per internal id and system, and the reverse."""

    integration_id: IntegrationId
    collection: Collection
    internal_id: str
    external_id: str
    mapped_at: datetime
