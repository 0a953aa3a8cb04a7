"""What an audit entry says in a list: the action in words, and how things stand after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integration_tui.domain.audit.log import Action, ActionOutcome, AuditRecord

_ACTIONS: Final[Mapping[Action, str]] = {
    Action.REGISTER: "Integration added",
    Action.START: "Started",
    Action.STOP: "Stopped",
    Action.RESTART: "Reconnected",
    Action.REMOVE: "Removed",
    Action.ENABLE: "Enabled",
    Action.DISABLE: "Disabled",
    Action.WENT_DOWN: "Went down",
    Action.CAME_BACK: "Recovered",
    Action.SAVE_CONFIG: "Config saved",
    Action.ROLL_BACK_CONFIG: "Config rolled back",
    Action.EXPORT_AUDIT: "Audit exported",
    Action.EXPORT_FINDINGS: "Findings exported",
    Action.EXPORT_SUPPORT: "Support bundle",
    Action.EXPORT_ROSTER: "Roster exported",
    Action.BEGIN_PULL: "Roster pull begun",
    Action.PULL_ROSTER: "Roster pulled",
    Action.PLAN_SYNC: "Sync planned",
    Action.APPROVE_SYNC: "Plan approved",
    Action.HOLD_SYNC: "Sync held",
    Action.APPLY_SYNC: "Apply started",
    Action.APPLIED_SYNC: "Sync applied",
    Action.PAUSE_SYNC: "Sync paused",
    Action.RESUME_SYNC: "Sync resumed",
    Action.CANCEL_SYNC: "Run canceled",
    Action.SETTLE_CONFLICT: "Conflict decided",
    Action.EDIT_RECORD: "Roster edit",
    Action.PIN_RECORD: "Record pinned",
    Action.MERGE_RECORDS: "Records merged",
    Action.SPLIT_RECORD: "Record split",
    Action.DECIDE_MATCH: "Match decided",
    Action.BEGIN_SUBSCRIBE: "Webhook requested",
    Action.SUBSCRIBE: "Webhook created",
    Action.BEGIN_UNSUBSCRIBE: "Removal requested",
    Action.UNSUBSCRIBE: "Webhook deleted",
    Action.BEGIN_STORE_SECRET: "Secret requested",
    Action.STORE_SECRET: "Secret stored",
}
_STANDS: Final[Mapping[Action, tuple[str, str, str]]] = {
    Action.WENT_DOWN: ("✗", "Down", "bad"),
    Action.CAME_BACK: ("●", "Healthy", "ok"),
    Action.STOP: ("○", "Stopped", "muted"),
    Action.DISABLE: ("⊘", "Disabled", "muted"),
    Action.PLAN_SYNC: ("◆", "Planned", "info"),
    Action.HOLD_SYNC: ("▲", "Held", "warn"),
    Action.PAUSE_SYNC: ("○", "Paused", "warn"),
    Action.CANCEL_SYNC: ("⊘", "Canceled", "muted"),
    Action.APPROVE_SYNC: ("✓", "Approved", "ok"),
    Action.APPLIED_SYNC: ("✓", "Applied", "ok"),
    **dict.fromkeys(
        (
            Action.BEGIN_PULL,
            Action.APPLY_SYNC,
            Action.BEGIN_SUBSCRIBE,
            Action.BEGIN_UNSUBSCRIBE,
            Action.BEGIN_STORE_SECRET,
        ),
        ("◌", "Started", "warn"),
    ),
}
_OUTCOMES: Final[Mapping[ActionOutcome, tuple[str, str, str]]] = {
    ActionOutcome.DONE: ("✓", "Done", "ok"),
    ActionOutcome.REFUSED: ("⊘", "Refused", "warn"),
    ActionOutcome.FAILED: ("✗", "Failed", "bad"),
}


def action_name(act: AuditRecord) -> str:
    """Return an action as people call it."""
    return _ACTIONS[act.action]


def outcome_of(act: AuditRecord) -> tuple[str, str, str]:
    """Return glyph, word and role of how things stand after an act: what is down is not done."""
    if act.outcome is ActionOutcome.DONE and act.action in _STANDS:
        return _STANDS[act.action]
    return _OUTCOMES[act.outcome]


def via(act: AuditRecord) -> str:
    """Return how somebody acted: console, CLI, engine, web."""
    return "CLI" if act.actor.door == "cli" else str(act.actor.door)
