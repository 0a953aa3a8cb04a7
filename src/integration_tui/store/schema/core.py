"""The tables, but for the roster's. The migrations make what is written here: a test compares.

Every key, unique constraint and foreign key starts with `tenant_id`, so that a link from one
tenant's row to another's cannot exist.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import DDL, Index, MetaData, event, text

from integration_tui.domain.audit.log import ActionOutcome
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.domain.integration import IntegrationStatus, Intent, Trouble
from integration_tui.domain.roster import Collection
from integration_tui.domain.webhook import WebhookEventStatus
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
    whole,
    words,
    yes_no,
)
from integration_tui.store.schema.kinds import CollectionState, LogKind

metadata = MetaData(naming_convention=NAMES)
table = partial(columns.table, metadata)

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
    one_of("intent", Intent),
    one_of("status", IntegrationStatus),
    one_of("trouble", Trouble),
    clustered=True,
)

# The newest revision given out: it must not come back when its integration is removed.
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
    one_of("environment", Environment),
    one_of("format", DocumentFormat),
    Index(
        "uq_integration_configurations_active",
        "tenant_id",
        "integration_id",
        unique=True,
        sqlite_where=text("active = 1"),
    ),
)

# `status` of a check is a health status; of a transition it is the status after `was`.
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
    one_of("kind", LogKind),
    one_of("trouble", Trouble),
    # Holds all that figures need, so that they never read the rows themselves.
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

# What pulls saw: the latest of each collection, and the latest that was taken as right.
roster_census = table(
    "roster_census",
    words("integration_id"),
    words("collection"),
    words("standing"),
    whole("records"),
    yes_no("complete"),
    at("at"),
    maybe_at("as_of"),
    maybe_at("since"),
    json("scopes", "[]"),
    key("integration_id", "collection", "standing"),
    belongs_to("integrations", "integration_id"),
    one_of("collection", Collection),
    one_of("standing", CollectionState),
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
    one_of("status", WebhookEventStatus),
    index("status", "received_at"),
)

# No foreign key: what was done to an integration outlives it. Triggers refuse every change.
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
    one_of("outcome", ActionOutcome),
    index("action", "seq"),
    index("actor", "seq"),
    index("object", "seq"),
    index("outcome", "seq"),
    index("at", "seq"),
    clustered=True,
)

# What people changed by hand: the audit entry `seq` says that they did, and holds no value.
roster_edits = table(
    "roster_edits",
    words("record"),
    whole("seq"),
    words("field"),
    words("before"),
    words("after"),
    at("at"),
    key("record", "seq", "field"),
    index("at"),
    clustered=True,
)

# Which entries the index of words holds: those from `low` to `high`, with rowids of their own.
audit_indexed = table(
    "audit_indexed",
    whole("number"),
    whole("low"),
    whole("high"),
    key(),
)

# Written once, and never changed: `store/sqlite_file.py` looks for it in the file itself.
store_identity = table(
    "store_identity",
    words("id"),
    key(),
)

# The words alone: the entries themselves are looked up by their numbers.
AUDIT_WORDS = (
    "CREATE VIRTUAL TABLE audit_words USING fts5("
    "words, content='', columnsize=0, detail=none, tokenize='ascii')"
)
_words = DDL(AUDIT_WORDS)  # type: ignore[no-untyped-call]  # SQLAlchemy says nothing of it
event.listen(metadata, "after_create", _words.execute_if(dialect="sqlite"))
