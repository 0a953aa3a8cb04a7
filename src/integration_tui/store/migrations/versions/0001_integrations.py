"""Integrations, their versions, health, webhooks and mappings, and the audit log.

The tables as they were in schema 1: this file does not change when they do.
"""

from __future__ import annotations

from functools import partial

from alembic import op
from sqlalchemy import Index, MetaData, text

from integration_tui.store.schema import columns
from integration_tui.store.schema.columns import (
    NAMES,
    at,
    belongs_to,
    index,
    json,
    key,
    maybe_at,
    maybe_real,
    maybe_whole,
    maybe_words,
    one_of,
    raw,
    unique,
    whole,
    words,
    yes_no,
)

revision = "0001"
down_revision = None

metadata = MetaData(naming_convention=NAMES)
table = partial(columns.table, metadata)


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER integration_audit_logs_refuse_{what.lower()}"
            f" BEFORE {what} ON integration_audit_logs"
            " BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END"
        )


integrations = table(
    "integrations",
    words("id"),
    words("provider"),
    words("title"),
    words("environment"),
    yes_no("enabled"),
    words("intent"),
    words("status"),
    whole("config_version"),
    whole("revision"),
    at("changed_at"),
    maybe_words("trouble"),
    words("problem", ""),
    words("advice", ""),
    whole("attempts", "0"),
    maybe_at("next_attempt_at"),
    words("source_path", ""),
    words("source_checksum", ""),
    key("id"),
    one_of("intent", ("run", "stop")),
    one_of("status", ("inactive", "connecting", "active", "degraded", "error", "disabled")),
    one_of("trouble", ("credentials", "not_ready", "configuration")),
    clustered=True,
)

integration_revisions = table("integration_revisions", whole("revision"), key())

integration_configurations = table(
    "integration_configurations",
    words("integration_id"),
    whole("number"),
    words("environment"),
    words("format"),
    words("body"),
    words("checksum"),
    yes_no("active"),
    at("created_at"),
    words("created_by"),
    words("reason"),
    key("integration_id", "number"),
    belongs_to("integrations", "integration_id"),
    one_of("environment", ("development", "staging", "production")),
    one_of("format", ("yaml", "toml", "json")),
    Index(
        "uq_integration_configurations_active",
        "tenant_id",
        "integration_id",
        unique=True,
        sqlite_where=text("active = 1"),
        postgresql_where=text("active"),
    ),
)


integration_status_logs = table(
    "integration_status_logs",
    whole("id"),
    words("integration_id"),
    words("kind"),
    at("at"),
    words("status"),
    maybe_words("was"),
    maybe_real("latency_ms"),
    maybe_whole("latency_bucket"),
    maybe_words("trouble"),
    words("detail", ""),
    words("advice", ""),
    key("id"),
    belongs_to("integrations", "integration_id"),
    one_of("kind", ("check", "transition")),
    one_of("trouble", ("credentials", "not_ready", "configuration")),
    index("integration_id", "kind", "at", "id", "status", "was", "latency_bucket"),
    clustered=True,
)

integration_status_hours = table(
    "integration_status_hours",
    words("integration_id"),
    at("hour"),
    whole("checks"),
    whole("failures"),
    whole("reconnects"),
    raw("latencies"),
    key("integration_id", "hour"),
    belongs_to("integrations", "integration_id"),
    clustered=True,
)

external_system_mappings = table(
    "external_system_mappings",
    words("integration_id"),
    words("collection"),
    words("internal_id"),
    words("external_id"),
    at("mapped_at"),
    key("integration_id", "collection", "internal_id"),
    unique("integration_id", "collection", "external_id"),
    belongs_to("integrations", "integration_id"),
    one_of(
        "collection", ("orgs", "academic_sessions", "courses", "classes", "users", "enrollments")
    ),
)

integration_webhooks = table(
    "integration_webhooks",
    words("id"),
    words("integration_id"),
    words("url"),
    json("event_types", "[]"),
    yes_no("active"),
    at("created_at"),
    key("id"),
    belongs_to("integrations", "integration_id"),
    index("integration_id"),
)

integration_webhook_events = table(
    "integration_webhook_events",
    words("webhook_id"),
    words("idempotency_key"),
    words("event_type"),
    words("status"),
    at("received_at"),
    maybe_at("processed_at"),
    whole("attempts", "0"),
    words("error", ""),
    raw("body"),
    key("webhook_id", "idempotency_key"),
    belongs_to("integration_webhooks", "webhook_id"),
    one_of("status", ("received", "processing", "processed", "failed", "duplicate", "quarantined")),
    index("status", "received_at"),
)

integration_audit_logs = table(
    "integration_audit_logs",
    whole("seq"),
    at("at"),
    words("action"),
    words("actor"),
    words("object"),
    words("outcome"),
    raw("body"),
    words("hash"),
    key("seq"),
    one_of("outcome", ("done", "refused", "failed")),
    index("action", "seq"),
    index("actor", "seq"),
    index("object", "seq"),
    index("outcome", "seq"),
    index("at", "seq"),
    clustered=True,
)
