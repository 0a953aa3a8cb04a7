"""The tables of what was found of rosters: by the rules of quality, and while they were read."""

from __future__ import annotations

from integration_tui.domain.sync.quality import Severity
from integration_tui.store.schema.columns import belongs_to, json, key, one_of, whole, words, yes_no
from integration_tui.store.schema.core import table

# `judged_by` is the run that looked; where nothing changed since, later ones take over from it.
sync_findings = table(
    "sync_findings",
    whole("run_id"),
    words("collection"),
    words("rule"),
    words("severity"),
    whole("count"),
    words("told"),
    words("advice"),
    json("samples", "[]"),
    json("schools", "[]"),
    whole("judged_by"),
    key("run_id", "collection", "rule"),
    belongs_to("sync_runs", "run_id"),
    one_of("severity", Severity),
    clustered=True,
)

# Every record of every finding, of an integration's last runs only.
sync_found = table(
    "sync_found",
    whole("run_id"),
    words("collection"),
    words("rule"),
    words("external_id"),
    words("label"),
    words("school"),
    words("detail"),
    key("run_id", "collection", "rule", "external_id"),
    belongs_to("sync_runs", "run_id"),
    clustered=True,
)

# `rules` names the rules that were looked at: under others, nothing is taken over.
sync_scores = table(
    "sync_scores",
    whole("run_id"),
    words("collection"),
    whole("records"),
    whole("score_percent"),
    words("rules"),
    key("run_id", "collection"),
    belongs_to("sync_runs", "run_id"),
    clustered=True,
)

# What was lost or corrected while the records of a run were read; `samples` are some of their ids.
sync_read_findings = table(
    "sync_read_findings",
    whole("run_id"),
    words("collection"),
    words("rule"),
    words("field"),
    words("message"),
    yes_no("is_loss"),
    whole("count"),
    json("samples", "[]"),
    key("run_id", "collection", "rule", "field"),
    belongs_to("sync_runs", "run_id"),
    clustered=True,
)
