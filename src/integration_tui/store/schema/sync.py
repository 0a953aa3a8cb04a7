"""The tables of syncs: runs and how far they have come, ids, what waits for somebody."""

from __future__ import annotations

from sqlalchemy import Index, text

from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.mapping import MappingOrigin, MatchStatus
from integration_tui.domain.sync.run import OPEN, Mode, Phase, RunStatus, StopRequest, Trigger
from integration_tui.store.schema.columns import (
    at,
    belongs_to,
    index,
    json,
    key,
    maybe_at,
    maybe_raw,
    maybe_whole,
    maybe_words,
    mostly,
    one_of,
    raw,
    some,
    unique,
    whole,
    words,
    yes_no,
)
from integration_tui.store.schema.core import table

_OPEN = ", ".join(f"'{run_status.value}'" for run_status in sorted(OPEN))
_IS_OPEN = f"status IN ({_OPEN})"

# No foreign key, as the roster has none; they go with their integration in `remove`.
external_system_mappings = table(
    "external_system_mappings",
    words("integration_id"),
    words("collection"),
    words("external_id"),
    whole("internal_id"),
    whole("fingerprint"),
    yes_no("listed"),
    whole("missed", "0"),
    maybe_at("missing_since"),
    words("bond"),
    at("mapped_at"),
    key("integration_id", "collection", "external_id"),
    # In this order it also finds every system that knows a record.
    unique("collection", "internal_id", "integration_id"),
    mostly("collection", Collection.ENROLLMENTS, ROSTER),
    mostly("bond", MappingOrigin.CREATED, MappingOrigin),
    clustered=True,
)

# All ids under which one system lists one person, with what it said under each; as applied.
shared_external_ids = table(
    "shared_external_ids",
    words("integration_id"),
    words("collection"),
    words("external_id"),
    whole("internal_id"),
    yes_no("listed"),
    json("roles", "[]"),
    maybe_words("home"),
    words("bond"),
    key("integration_id", "collection", "external_id"),
    belongs_to("integrations", "integration_id"),
    index("collection", "internal_id"),
    clustered=True,
)

# The same as a plan would have it. Whoever is nobody's any more has 0 for our id.
sync_shared_ids = table(
    "sync_shared_ids",
    words("integration_id"),
    whole("run_id"),
    words("external_id"),
    whole("internal_id"),
    yes_no("listed"),
    json("roles", "[]"),
    maybe_words("home"),
    words("bond"),
    key("run_id", "external_id"),
    belongs_to("sync_runs", "run_id"),
    clustered=True,
)

sync_runs = table(
    "sync_runs",
    whole("id"),
    words("integration_id"),
    words("mode"),
    words("trigger"),
    words("started_by"),
    at("started_at"),
    words("status"),
    words("phase"),
    maybe_words("scope"),
    json("scopes", "[]"),
    yes_no("applies"),
    yes_no("spares"),
    yes_no("relinks"),
    whole("config_version"),
    whole("base", "0"),
    words("plan_hash", ""),
    words("preview", ""),
    json("holds", "[]"),
    words("problem", ""),
    words("advice", ""),
    maybe_words("wish"),
    maybe_whole("undoes"),
    at("updated_at"),
    maybe_at("ended_at"),
    key("id"),
    belongs_to("integrations", "integration_id"),
    one_of("mode", Mode),
    one_of("trigger", Trigger),
    one_of("status", RunStatus),
    one_of("phase", Phase),
    one_of("wish", StopRequest),
    index("integration_id", "id"),
    # Two plans of one integration at once would each undo what the other takes for given.
    Index(
        "uq_sync_runs_open",
        "tenant_id",
        "integration_id",
        unique=True,
        sqlite_where=text(_IS_OPEN),
    ),
    clustered=True,
)

sync_listings = table(
    "sync_listings",
    whole("run_id"),
    words("collection"),
    whole("place"),
    whole("pages", "0"),
    whole("records", "0"),
    whole("same", "0"),
    whole("quarantined", "0"),
    maybe_whole("expected"),
    whole("known", "0"),
    yes_no("is_over"),
    yes_no("complete"),
    words("reason", ""),
    maybe_words("cursor"),
    maybe_at("read_at"),
    maybe_at("as_of"),
    maybe_at("since"),
    json("counts", "{}"),
    words("reached", ""),
    whole("applied", "0"),
    whole("duplicates", "0"),
    whole("differing", "0"),
    json("doubled", "[]"),
    whole("with_loss", "0"),
    maybe_words("fields"),
    whole("transfers", "0"),
    whole("skipped", "0"),
    key("run_id", "collection"),
    belongs_to("sync_runs", "run_id"),
    one_of("collection", ROSTER),
    clustered=True,
)

# The parts that could not be read: what belongs to such an owner stays as it is.
sync_skipped = table(
    "sync_skipped",
    whole("run_id"),
    words("collection"),
    words("owner_collection"),
    words("owner_id"),
    words("reason"),
    key("run_id", "collection", "owner_collection", "owner_id"),
    belongs_to("sync_runs", "run_id"),
    clustered=True,
)

# The ids and the fields on each page of a run; a digest of the page and prints of its records, as
# the same ones need no second look; and a digest of what of it was staged, which is what a plan's
# hash covers of new records.
sync_pages = table(
    "sync_pages",
    whole("run_id"),
    words("collection"),
    whole("number"),
    raw("digest"),
    raw("staged"),
    words("ids"),
    maybe_words("fields"),
    maybe_words("lesson"),
    maybe_raw("prints"),
    key("run_id", "collection", "number"),
    belongs_to("sync_runs", "run_id"),
)

# The ids on the pages of a run of which something else may be held since.
sync_doubts = table(
    "sync_doubts",
    whole("run_id"),
    words("collection"),
    words("external_id"),
    key("run_id", "collection", "external_id"),
    belongs_to("sync_runs", "run_id"),
    clustered=True,
)

# What was last applied of each collection: where deltas and unchanged pages count from.
sync_marks = table(
    "sync_marks",
    words("integration_id"),
    words("collection"),
    whole("run_id"),
    words("made_by"),
    maybe_at("as_of"),
    key("integration_id", "collection"),
    belongs_to("integrations", "integration_id"),
    one_of("collection", ROSTER),
)

roster_revisions = table(
    "roster_revisions",
    words("integration_id"),
    whole("revision"),
    words("cause"),
    key("integration_id"),
    belongs_to("integrations", "integration_id"),
)

# The next id of each collection, and of runs and conflicts: what was given out never comes back.
roster_ids = table("roster_ids", words("noun"), whole("next"), key("noun"))

sync_quarantine = table(
    "sync_quarantine",
    words("integration_id"),
    words("collection"),
    words("external_id"),
    whole("run_id"),
    at("since"),
    whole("times", "1"),
    words("rule"),
    words("reason"),
    words("advice", ""),
    words("raw", ""),
    key("integration_id", "collection", "external_id"),
    belongs_to("integrations", "integration_id"),
    clustered=True,
)

sync_conflicts = table(
    "sync_conflicts",
    whole("id"),
    words("integration_id"),
    words("collection"),
    whole("internal_id"),
    words("external_id"),
    words("field"),
    maybe_words("base"),
    maybe_words("ours"),
    maybe_words("theirs"),
    whole("run_id"),
    at("raised_at"),
    maybe_words("side"),
    maybe_words("decided_by"),
    maybe_at("decided_at"),
    key("id"),
    belongs_to("integrations", "integration_id"),
    index("integration_id", "id"),
    index("collection", "internal_id"),
    # One open question a field and system: the next run that finds the same asks no second one.
    Index(
        "uq_sync_conflicts_open",
        "tenant_id",
        "integration_id",
        "collection",
        "internal_id",
        "field",
        unique=True,
        sqlite_where=text("side IS NULL"),
    ),
    clustered=True,
)

sync_matches = table(
    "sync_matches",
    words("integration_id"),
    words("collection"),
    words("external_id"),
    whole("internal_id"),
    whole("candidate_id"),
    words("rule"),
    whole("score"),
    words("status"),
    at("found_at"),
    key("integration_id", "collection", "external_id", "candidate_id"),
    belongs_to("integrations", "integration_id"),
    one_of("status", MatchStatus),
    some("integration_id", "score", where="status = 'open'"),
)

sync_approvals = table(
    "sync_approvals",
    whole("run_id"),
    words("plan_hash"),
    whole("losses"),
    words("reason"),
    words("approved_by"),
    at("approved_at"),
    at("until"),
    key("run_id"),
    belongs_to("sync_runs", "run_id"),
)
