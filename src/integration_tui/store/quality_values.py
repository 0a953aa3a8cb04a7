"""Values of one field as rules that somebody wrote see them: text, or several of a list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.expectations import Expectation
from integration_tui.domain.ids import TenantId
from integration_tui.domain.run import Run
from integration_tui.store.quality_rules import FROM
from integration_tui.store.roster_columns import SHAPES, Field, Kind

_BATCH: Final = 2_000
_NAMES: Final = {"roles": "role", "user_ids": "identifier"}
"""What counts of an entry that is no text."""
_decode: Final = msgspec.json.Decoder(list[str | dict[str, str | None]]).decode


class ValueRows:
    """Reads values from the tables of a judged roster."""

    def __init__(self, connection: AsyncConnection, tenant: TenantId, run: Run) -> None:
        self._connection = connection
        self._tenant = tenant
        self._run = run

    async def broken(self, expected: Expectation) -> AsyncIterator[list[int]]:
        """Yield our ids of the records that break a rule."""
        field, after = SHAPES[expected.collection].field(expected.field), 0
        statement = (
            f"SELECT j.id, {_value(field)} FROM {FROM[expected.collection]}"  # noqa: S608 - our own names
            " WHERE j.id > :after ORDER BY j.id LIMIT :limit"
        )
        while rows := await self._rows(statement, after):
            found = [id_ for id_, value in rows if expected.is_broken_by(_texts(field, value))]
            if found:
                yield found
            after = rows[-1][0]

    async def _rows(self, statement: str, after: int) -> list[tuple[int, object]]:
        named = {"tenant": self._tenant, "integration": self._run.integration_id}
        rows = await self._connection.execute(
            text(statement), {**named, "after": after, "limit": _BATCH}
        )
        return [(int(row[0]), row[1]) for row in rows.all()]


def _value(field: Field) -> str:
    if field.name == "roles":
        return "r.roles"
    if field.to is None:
        return f"j.{field.ours}"
    return (
        f"COALESCE(j.{field.theirs}, (SELECT m.external_id FROM external_system_mappings m"  # noqa: S608 - our own names
        f" WHERE m.tenant_id = :tenant AND m.collection = '{field.to}'"
        f" AND m.internal_id = j.{field.ours} AND m.integration_id = :integration))"
    )


def _texts(field: Field, value: object) -> Sequence[str]:
    if value is None:
        return ()
    if field.kind is Kind.FLAG:
        return ("true" if value else "false",)
    if field.kind is not Kind.LIST:
        return (str(value),)
    try:
        entries = _decode(str(value))
    except msgspec.MsgspecError:
        return (str(value),)
    return [_entry(field, one) for one in entries]


def _entry(field: Field, one: str | dict[str, str | None]) -> str:
    return one if isinstance(one, str) else one.get(_NAMES.get(field.name, "")) or ""
