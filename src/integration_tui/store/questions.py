"""The questions of a run: fields that both sides changed, open until somebody decides them."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.plan import ChangeKind
from integration_tui.domain.roster import Collection
from integration_tui.domain.run import Run
from integration_tui.store.column_types import instant
from integration_tui.store.roster_columns import SHAPES
from integration_tui.store.tickets import ticket

_ASK: Final = """
INSERT INTO sync_conflicts (tenant_id, id, integration_id, collection, internal_id, external_id,
    field, base, ours, theirs, run_id, raised_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, integration_id, collection, internal_id, field) WHERE side IS NULL
DO UPDATE SET base = excluded.base, ours = excluded.ours, theirs = excluded.theirs,
    run_id = excluded.run_id
"""
_ANSWERED: Final = """
UPDATE sync_conflicts SET side = 'ours', decided_by = 'no longer in conflict', decided_at = :at
WHERE tenant_id = :tenant AND integration_id = :integration AND collection = :collection
    AND side IS NULL AND run_id <> :run AND field NOT IN (SELECT value FROM json_each(:absent))
    AND internal_id IN (SELECT id FROM {changes}
        WHERE tenant_id = :tenant AND run_id = :run AND kind <> 'create' AND kind IN ({decided})
            AND listed)
"""
_DISPUTED: Final = """
SELECT DISTINCT internal_id FROM sync_conflicts WHERE tenant_id = :tenant
    AND integration_id = :integration AND collection = :collection AND side IS NULL
    AND field IN (SELECT value FROM json_each(:absent))
"""
_DECIDED: Final = ", ".join(
    f"'{one.value}'"
    for one in ChangeKind
    if one not in {ChangeKind.CREATE, ChangeKind.QUARANTINE, ChangeKind.KEPT, ChangeKind.MISSING}
)
_json: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A field that somebody has to decide; `sides` are base, ours and theirs as JSON."""

    internal_id: int
    external_id: str
    field: str
    sides: tuple[str, str, str]


class Questions:
    """Asks and settles the questions of one run inside one transaction."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def ask(
        self, collection: Collection, questions: Sequence[Question], now: datetime
    ) -> None:
        """Ask; what was asked before and is still open is the same question."""
        if not questions:
            return
        first = await ticket(self._connection, self._tenant, "conflict", count=len(questions))
        run = self._run
        rows = [
            (
                *(self._tenant, number, run.integration_id, collection.value),
                *(question.internal_id, question.external_id, question.field),
                *question.sides,
                *(run.id, instant(now)),
            )
            for number, question in enumerate(questions, start=first)
        ]
        await self._connection.exec_driver_sql(_ASK, rows)

    async def open_on(self, collection: Collection, absent: AbstractSet[str]) -> frozenset[int]:
        """Return the records with open questions about fields that the listing lacks."""
        if not absent:
            return frozenset()
        found = await self._connection.execute(text(_DISPUTED), self._values(collection, absent))
        return frozenset(found.scalars())

    async def answer(
        self, collection: Collection, *, at: datetime, absent: AbstractSet[str]
    ) -> None:
        """Settle what was asked of records that the run has decided without asking again.

        Of the fields in `absent` nothing was decided.
        """
        await self._connection.execute(
            text(_ANSWERED.format(changes=SHAPES[collection].changes, decided=_DECIDED)),
            self._values(collection, absent) | {"run": self._run.id, "at": instant(at)},
        )

    def _values(self, collection: Collection, absent: AbstractSet[str]) -> dict[str, object]:
        return {
            "tenant": self._tenant,
            "integration": self._run.integration_id,
            "collection": collection.value,
            "absent": _json(sorted(absent)).decode(),
        }
