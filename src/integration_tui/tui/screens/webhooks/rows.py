"""What the systems said of their webhooks: a line each, and all that is known of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from textual.content import Content

from integration_tui.domain.redaction import scrub
from integration_tui.domain.webhook import SubscriptionRecord, WebhookSystem
from integration_tui.tui.sanitize import safe
from integration_tui.tui.widgets.formats import full_moment, moment
from integration_tui.tui.widgets.roles import Part, facts, line, lines, text
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

COLUMNS: Final = (
    Column(title="Status", width=13),
    Column(title="Integration", width=16, middle=True),
    Column(title="ID", width=14, rank=2, middle=True),
    Column(title="Target URL", least=30, middle=True),
    Column(title="Events", width=16, rank=3),
    Column(title="Since", width=11, rank=4),
)
_BRIEF: Final = "See details."
"""Stands where a sentence has no room: it is no address, to be cut in its middle."""
_NO_RECEIVER: Final = (
    "Events go to the target URL, not to this console. Last delivery and test events: not"
    " supported by these systems."
)


class SubscriptionListing(msgspec.Struct, frozen=True, kw_only=True):
    """What one system said; `hooks` is `None` until it did, or where it could not."""

    system: WebhookSystem
    subscriptions: tuple[SubscriptionRecord, ...] | None = None
    problem: str = ""
    is_asked: bool = False
    at_s: float = 0.0

    @property
    def keyed_subscriptions(self) -> Iterator[tuple[str, SubscriptionRecord]]:
        """The key of a row and its subscription."""
        for hook in self.subscriptions or ():
            yield f"{self.system.integration_id}/{hook.subscription.id}", hook


def rows_of(answer: SubscriptionListing, now: datetime) -> Iterator[TableRow]:
    """Yield a row for each subscription of a system, or one that says why there is none."""
    if not answer.subscriptions:
        yield _sentence_row(answer)
    for key, hook in answer.keyed_subscriptions:
        yield _subscription_row(key, hook, now, is_asked=answer.is_asked)


def without(answers: Sequence[SubscriptionListing]) -> Content:
    """Return in words which integrations cannot have webhooks, and why."""
    reasons: dict[str, list[str]] = {}
    for answer in answers:
        if answer.system.obstacle:
            reasons.setdefault(answer.system.obstacle, []).append(answer.system.integration_id)
    parts = [Content.assemble(safe(why), ": ", safe(", ".join(of))) for why, of in reasons.items()]
    return line(("Webhooks ", "strong"), Content(" · ").join(parts)) if parts else Content("")


def details(answer: SubscriptionListing, hook: SubscriptionRecord | None) -> Content:
    """Return all that is known of a subscription, or of a system that has none to show."""
    system = answer.system
    rows = [line((system.integration_id, "strong"), (f"  {system.provider}", "muted"))]
    rows += _subscription_details(hook) if hook else [_sentence(answer)]
    if system.issues_secrets:
        rows.append(text("This system generates the signing secret. Name a new file for it."))
    return lines([*rows, Content(""), text(_NO_RECEIVER, "muted")])


def _subscription_details(hook: SubscriptionRecord) -> list[Content]:
    one = hook.subscription
    since: Part = ("Unknown: not created here", "muted")
    if hook.since is not None:
        since = line(full_moment(hook.since), (f" by {hook.made_by}", "muted"))
    return facts(
        [
            ("Status", ("● Active", "ok") if one.active else ("○ Off at the source", "muted")),
            ("ID", text(one.id)),
            ("Target URL", text(scrub(one.url))),
            ("Events", text(", ".join(one.event_types) or "all")),
            ("Since", since),
        ]
    )


def _sentence(answer: SubscriptionListing) -> Content:
    _state, sentence, tone = _sign(answer)
    return text(sentence, "bad" if tone is CellStyle.BAD else "muted")


def _subscription_row(
    key: str, hook: SubscriptionRecord, now: datetime, *, is_asked: bool
) -> TableRow:
    one = hook.subscription
    state = Cell("● Active", CellStyle.GOOD) if one.active else Cell("○ Off", CellStyle.QUIET)
    if is_asked:
        state = Cell("◌ Refreshing", CellStyle.WEAK)
    return TableRow(
        key=key,
        cells=(
            state,
            Cell(one.integration_id),
            Cell(one.id),
            Cell(scrub(one.url)),
            Cell(", ".join(one.event_types) or "all"),
            Cell(moment(hook.since, now), CellStyle.QUIET),
        ),
    )


def _sentence_row(answer: SubscriptionListing) -> TableRow:
    state, sentence, tone = _sign(answer)
    name = answer.system.integration_id
    nothing = Cell("")
    return TableRow(
        key=name,
        cells=(
            Cell(state, tone),
            Cell(name),
            nothing,
            Cell(sentence, tone, brief=_BRIEF, is_wide=True),
            nothing,
            nothing,
        ),
    )


def _sign(answer: SubscriptionListing) -> tuple[str, str, CellStyle]:
    if answer.is_asked:
        return "◌ Refreshing", "Waiting for an answer…", CellStyle.WEAK
    if answer.problem:
        return "✗ No answer", answer.problem, CellStyle.BAD
    if answer.subscriptions is None:
        why = answer.system.caution.removeprefix("it is ")
        return "? Unknown", f"Not queried while {why}. r refreshes.", CellStyle.QUIET
    return "○ None", "No webhooks yet. Press n to create one.", CellStyle.QUIET
