"""Counts the records that keep what is held of fields which a listing does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from integration_tui.domain.ids import TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.merge import STATUS
from integration_tui.domain.sync.run import Run
from integration_tui.store.roster.fields import SHAPES

# What is told of a record that is not listed any more is another matter. Records come first: few
# have a value of a field that is not listed, and a mapping is looked for only where one has.
_KEPT: Final = """
SELECT {sums} FROM {table} g
CROSS JOIN external_system_mappings m ON m.tenant_id = g.tenant_id AND m.collection = :collection
    AND m.internal_id = g.id AND m.integration_id = :integration
WHERE g.tenant_id = :tenant AND ({any}) AND m.listed AND NOT EXISTS (SELECT 1 FROM {changes} x
        WHERE x.tenant_id = :tenant AND x.run_id = :run AND x.external_id = m.external_id
            AND NOT x.listed)
"""
_DEFAULTS: Final[Mapping[str, str]] = {
    STATUS: "'active'",
    "enabled": "1",
    "class_type": "'scheduled'",
}
"""What is taken for granted where a system says nothing is nothing that is kept."""


async def kept_fields(
    connection: AsyncConnection,
    tenant: TenantId,
    run: Run,
    collection: Collection,
    names: Iterable[str],
) -> Mapping[str, int]:
    """Return by field how many listed records have a value that the system itself once told."""
    shape, ordered = SHAPES[collection], sorted(names)
    if not ordered:
        return {}
    values: dict[str, object] = {
        "tenant": tenant,
        "run": run.id,
        "integration": run.integration_id,
        "collection": collection.value,
    }
    conditions: list[str] = []
    for number, name in enumerate(ordered):
        column = STATUS if name == STATUS else shape.field(name).local_column
        values[f"said{number}"] = f'$."{run.integration_id}".{name}'
        # Its base is what it told last, where we hold something else.
        base = (
            "CASE WHEN g.sync_metadata = '{}'"
            f" OR json_type(g.sync_metadata, :said{number}) IS NULL THEN g.{column}"
            f" ELSE json_extract(g.sync_metadata, :said{number} || '[0]') END"
        )
        default = f", {_DEFAULTS[name]}" if name in _DEFAULTS else ""
        conditions.append(f"ifnull({base}, '') NOT IN ('', '[]'{default})")
    statement = _KEPT.format(
        sums=", ".join(f"sum({condition})" for condition in conditions),
        any=" OR ".join(conditions),
        table=shape.table,
        changes=shape.changes,
    )
    found = (await connection.execute(text(statement), values)).one()
    return {name: int(count) for name, count in zip(ordered, found, strict=True) if count}
