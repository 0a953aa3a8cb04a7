"""Rows of a store that name what is not there: nothing ever leaves any."""

import sqlite3
from contextlib import closing

from integration_tui.settings import Settings
from integration_tui.store.roster.fields import SHAPES

_LOST = """
SELECT '{child}.{column}', count(*) FROM {child} n
LEFT JOIN {parent} t ON t.tenant_id = n.tenant_id AND t.id = n.{column}
WHERE n.{column} IS NOT NULL AND t.id IS NULL AND {only}
"""
_FOREIGN = "SELECT \"table\" || ' to ' || parent, count(*) FROM pragma_foreign_key_check GROUP BY 1"


def orphans(database: sqlite3.Connection) -> list[tuple[str, int]]:
    """Return which columns name what is not there, and in how many rows."""
    asked = [
        *(
            (shape.table, field.local_column, SHAPES[field.to].table, "1")
            for shape in SHAPES.values()
            for field in shape.references
            if field.to
        ),
        *(
            (ids, "internal_id", shape.table, f"n.collection = '{shape.collection}'")
            for shape in SHAPES.values()
            for ids in ("external_system_mappings", "shared_external_ids")
        ),
        ("external_system_mappings", "integration_id", "integrations", "1"),
    ]
    found = [
        database.execute(
            _LOST.format(child=child, column=column, parent=parent, only=only)
        ).fetchone()
        for child, column, parent, only in asked
    ]
    return [*((name, count) for name, count in found if count), *database.execute(_FOREIGN)]


def assert_no_orphans(settings: Settings) -> None:
    """Fail where a row of the settings' store names what is not there."""
    with closing(sqlite3.connect(settings.store_url.removeprefix("sqlite:///"))) as database:
        assert orphans(database) == []
