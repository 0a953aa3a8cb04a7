"""What the store held when the program was last used, read before anything heavy is imported.

It is shown until the store is open, a moment later. Where there is nothing to see yet, or the
file is not as it should be, it is nothing: opening the store will say why.

See docs/decisions/0006.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from integration_tui.domain.errors import StoreError
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.ids import LOCAL_TENANT, IntegrationId, TenantId
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Intent,
    Problem,
    Trouble,
)
from integration_tui.domain.integration_overview import Overview
from integration_tui.store.sqlite_file import address

_PREFIX = "sqlite:///"
_PATIENCE_S = 0.05
_ROWS = """
SELECT i.*, l.status AS found, l.at, l.latency_ms, l.detail, l.advice AS way_out, l.trouble AS kind
FROM integrations i LEFT JOIN integration_status_logs l
  ON l.tenant_id = i.tenant_id AND l.id = (
    SELECT id FROM integration_status_logs n
    WHERE n.tenant_id = i.tenant_id AND n.integration_id = i.id AND n.kind = 'check'
    ORDER BY n.at DESC, n.id DESC LIMIT 1)
WHERE i.tenant_id = ? ORDER BY i.id
"""


def load_snapshot(url: str, tenant: TenantId = LOCAL_TENANT) -> list[Overview]:
    """Return every integration as it was last stored, by name; without figures."""
    path = file_of(url)
    if not url.startswith(_PREFIX) or not path.is_file():
        return []
    try:
        with closing(_looking(path)) as connection:
            return [_overview(row) for row in connection.execute(_ROWS, (tenant,))]
    except (sqlite3.Error, StoreError, ValueError, KeyError):
        return []


def file_of(url: str) -> Path:
    """Return the file of a store's address, whatever is wrong with it."""
    return Path(url.removeprefix(_PREFIX))


def _looking(path: Path) -> sqlite3.Connection:
    where = address(path.absolute(), writes=False)
    connection = sqlite3.connect(where, uri=True, timeout=_PATIENCE_S)
    connection.row_factory = sqlite3.Row
    return connection


def _overview(row: sqlite3.Row) -> Overview:
    return Overview(integration=_integration(row), report=_report(row))


def _integration(row: sqlite3.Row) -> Integration:
    return Integration(
        id=IntegrationId(row["id"]),
        provider=row["provider"],
        title=row["title"],
        environment=row["environment"],
        enabled=bool(row["enabled"]),
        intent=Intent(row["intent"]),
        status=IntegrationStatus(row["status"]),
        config_version=row["config_version"],
        revision=row["revision"],
        changed_at=_moment(row["changed_at"]),
        problem=_problem(row),
        attempts=row["attempts"],
        next_attempt_at=_moment(row["next_attempt_at"]) if row["next_attempt_at"] else None,
        source_path=row["source_path"],
        source_checksum=row["source_checksum"],
    )


def _problem(row: sqlite3.Row) -> Problem | None:
    if row["trouble"] is None:
        return None
    return Problem(trouble=Trouble(row["trouble"]), message=row["problem"], advice=row["advice"])


def _report(row: sqlite3.Row) -> HealthReport | None:
    if row["found"] is None:
        return None
    return HealthReport(
        integration_id=IntegrationId(row["id"]),
        status=HealthStatus(row["found"]),
        checked_at=_moment(row["at"]),
        latency_ms=row["latency_ms"],
        detail=row["detail"],
        advice=row["way_out"],
        trouble=Trouble(row["kind"]) if row["kind"] else None,
    )


def _moment(stored: str) -> datetime:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)
