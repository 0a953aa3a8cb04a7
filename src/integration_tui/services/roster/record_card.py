"""A record with what stands beside it, read at one moment of the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.roster import Collection, Role
from integration_tui.domain.roster_view import RecordCard, RecordView, RelatedRecord
from integration_tui.services.roster.labels import with_names_of

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId, RecordId
    from integration_tui.domain.sync.plan import Value
    from integration_tui.store.repositories import Repositories
    from integration_tui.store.roster.records import Stored

_MOST_RELATED: Final = 200
_roles: Final = msgspec.json.Decoder(tuple[Role, ...]).decode
_texts: Final = msgspec.json.Decoder(tuple[str, ...]).decode


async def read_card(rows: Repositories, stored: Stored, view: RecordView) -> RecordCard:
    """Return a record with its parts, its people, and when each system was last read."""
    collection, record_id = stored.collection, stored.id
    systems = _systems(stored)
    related, count = await rows.records.related.of(collection, record_id, limit=_MOST_RELATED)
    conflicts = await rows.conflicts.open_of(collection, record_id)
    created = stored.created_run
    return RecordCard(
        view=view,
        related=tuple(related),
        related_count=count,
        counts=await rows.records.related.counts(collection, record_id),
        named=await _named(rows, stored, systems),
        orgs=await _orgs(rows, stored, systems),
        district=await _district(rows, view),
        conflicts=tuple(await with_names_of(rows, conflicts)),
        created_at=None if created is None else await rows.records.related.created_at(created),
        last_seen=await rows.records.related.last_seen(collection, systems),
    )


def _systems(stored: Stored) -> list[IntegrationId]:
    """Return who knows a record, the system first that it came from: its lists are of that one."""
    return sorted(stored.knowers, key=lambda system: (system != stored.origin, system))


async def _named(
    rows: Repositories, stored: Stored, systems: Sequence[IntegrationId]
) -> Mapping[str, tuple[RelatedRecord, ...]]:
    """Return the records that a list of IDs leads to, as far as they are known."""
    lists = {"agents": Collection.USERS, "terms": Collection.ACADEMIC_SESSIONS}
    named: dict[str, tuple[RelatedRecord, ...]] = {}
    for name, to in lists.items():
        ids = _ids(stored.values.get(name))
        if ids:
            here = list((await rows.records.related.ids_here(systems, to, ids)).values())
            named[name] = await _read(rows, to, here)
    return named


async def _read(
    rows: Repositories, to: Collection, ids: Sequence[RecordId]
) -> tuple[RelatedRecord, ...]:
    if to is Collection.USERS:
        return await rows.records.related.people(ids)
    return await rows.records.related.sessions(ids)


def _ids(value: Value) -> tuple[str, ...]:
    return _texts(value) if isinstance(value, str) else ()


async def _orgs(
    rows: Repositories, stored: Stored, systems: Sequence[IntegrationId]
) -> Mapping[str, str]:
    """Return what the organizations are called in which somebody has a role."""
    if stored.collection is not Collection.USERS:
        return {}
    wanted = dict.fromkeys(_role_orgs(stored.values.get("roles")))
    here = await rows.records.related.ids_here(systems, Collection.ORGS, wanted)
    labels = await rows.roster.labels(Collection.ORGS, list(here.values()))
    return {name: labels[id_] for name, id_ in here.items() if id_ in labels}


def _role_orgs(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        for role in _roles(value):
            yield role.org


async def _district(rows: Repositories, view: RecordView) -> str:
    """Return the name of the organization above the one that a record belongs to."""
    orgs = (view.references.get(name) for name in ("primary_org", "school", "org"))
    org = next((reference for reference in orgs if reference is not None), None)
    return "" if org is None else await rows.records.related.above(org.id)
