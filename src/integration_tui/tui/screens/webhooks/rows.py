"""What the systems said of their webhooks: a line each, and all that is known of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from integration_tui.domain.redaction import scrub
from integration_tui.domain.webhook import SubscriptionRecord, WebhookSystem
from integration_tui.tui.sanitize import safe
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

COLUMNS: Final = (
    Column(title="State", width=12),
    Column(title="Integration", width=16),
    Column(title="Subscription", width=14, from_width=72),
    Column(title="Target URL"),
    Column(title="Events", width=18, from_width=90),
    Column(title="Since", width=19, from_width=112),
)
_NO_RECEIVER: Final = (
    "This program creates subscriptions and does not receive deliveries: the target URL is yours."
    " Last delivery and test events: not supported by these systems."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionListing:
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


def rows_of(answer: SubscriptionListing) -> Iterator[TableRow]:
    """Yield a row for each subscription of a system, or one that says why there is none."""
    if not answer.subscriptions:
        yield _sentence_row(answer)
    for key, hook in answer.keyed_subscriptions:
        yield _subscription_row(key, hook, is_asked=answer.is_asked)


def without(answers: Sequence[SubscriptionListing]) -> Content:
    """Return in words which integrations cannot have webhooks, and why."""
    reasons: dict[str, list[str]] = {}
    for answer in answers:
        if answer.system.obstacle:
            reasons.setdefault(answer.system.obstacle, []).append(answer.system.integration_id)
    parts = [Content.assemble(safe(why), ": ", safe(", ".join(of))) for why, of in reasons.items()]
    return Content(" · ").join(parts)


def details(answer: SubscriptionListing, hook: SubscriptionRecord | None) -> Content:
    """Return all that is known of a subscription, or of a system that has none to show."""
    system = answer.system
    lines = [Content.assemble(safe(system.integration_id).stylize("bold"), "  ", system.provider)]
    lines += _subscription_details(hook) if hook else [_sentence(answer)]
    if system.issues_secrets:
        lines.append(Content("It signs with a secret of its own: a new one needs a new file."))
    lines.append(Content.styled(f"\n{_NO_RECEIVER}", "$muted"))
    return Content("\n").join(lines)


def _subscription_details(hook: SubscriptionRecord) -> Iterator[Content]:
    one = hook.subscription
    yield Content.assemble("id       ", safe(one.id))
    yield Content.assemble("state    ", "● active" if one.active else "○ switched off there")
    yield Content.assemble("goes to  ", safe(scrub(one.url)))
    yield Content.assemble("events   ", safe(", ".join(one.event_types) or "all"))
    if hook.since is None:
        yield Content("since    not known: it was made by other means")
    else:
        yield Content.assemble("since    ", moment(hook.since), " by ", safe(hook.made_by))


def _sentence(answer: SubscriptionListing) -> Content:
    return safe(_sign(answer)[1])


def _subscription_row(key: str, hook: SubscriptionRecord, *, is_asked: bool) -> TableRow:
    one = hook.subscription
    state = Cell("● active", CellStyle.GOOD) if one.active else Cell("○ off", CellStyle.QUIET)
    if is_asked:
        state = Cell("◌ asking…", CellStyle.WEAK)
    return TableRow(
        key=key,
        cells=(
            state,
            Cell(one.integration_id),
            Cell(one.id),
            Cell(scrub(one.url)),
            Cell(", ".join(one.event_types) or "all"),
            Cell(moment(hook.since)),
        ),
    )


def _sentence_row(answer: SubscriptionListing) -> TableRow:
    state, sentence, tone = _sign(answer)
    name = answer.system.integration_id
    nothing = Cell("")
    return TableRow(
        key=name,
        cells=(Cell(state, tone), Cell(name), nothing, Cell(sentence, tone), nothing, nothing),
    )


def _sign(answer: SubscriptionListing) -> tuple[str, str, CellStyle]:
    if answer.is_asked:
        return "◌ asking…", "asking…", CellStyle.WEAK
    if answer.problem:
        return "✗ no answer", answer.problem, CellStyle.BAD
    if answer.subscriptions is None:
        return "⊘ unknown", f"unknown: {answer.system.caution}; r refreshes", CellStyle.QUIET
    return "○ none", "no subscriptions; n new webhook", CellStyle.QUIET
