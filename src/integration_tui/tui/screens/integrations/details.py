"""Everything about one integration: what is wrong and what to do, its facts, what led here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

import msgspec
from textual.content import Content

from integration_tui.domain.integration import Integration, Transition
from integration_tui.domain.integration_overview import START_ENGINE
from integration_tui.domain.text import duration
from integration_tui.domain.time_words import latency_words, short_time
from integration_tui.tui.widgets.formats import share
from integration_tui.tui.widgets.roles import Part, facts, fit, keys, line, lines, text, wrapped
from integration_tui.tui.widgets.status_icon import status_text

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion
    from integration_tui.tui.screens.integrations.rows import IntegrationRow
    from integration_tui.tui.services import ConsoleServices

_LATEST: Final = 8
_TWO_FROM: Final = 84
"""Cells in which the facts have room beside the problem."""
_LABELS: Final = 15


class IntegrationDetails(msgspec.Struct, frozen=True, kw_only=True):
    """One integration with what led here, as of `now`."""

    row: IntegrationRow
    now: datetime
    transitions: Sequence[Transition]
    versions: Sequence[ConfigVersion]

    @classmethod
    async def read(cls, services: ConsoleServices, row: IntegrationRow) -> IntegrationDetails:
        """Read what a row does not hold."""
        integration = row.overview.integration
        is_stored = bool(integration.config_version)
        history = await services.config.history(integration.id) if is_stored else []
        return cls(
            row=row,
            now=services.clock(),
            transitions=await services.integrations.transitions(integration.id, limit=_LATEST),
            versions=history[:_LATEST],
        )

    @property
    def title(self) -> str:
        return self.row.overview.integration.title

    def content(self) -> Content:
        """Return it all as one text to read."""
        return lines([*self.summary(_TWO_FROM - 1), Content(""), *self.history()])

    def summary(self, width: int) -> list[Content]:
        """Return what is wrong and the facts, beside each other where there is room."""
        if width < _TWO_FROM:
            return [*self._problem(width), Content(""), *self._facts(width)]
        left_width = width * 52 // 100
        right_width = width - left_width - 3
        facts_ = self._facts(right_width)
        pairs = zip_longest(self._problem(left_width), facts_, fillvalue=Content(""))
        return [
            line(fit(left, left_width), (" │ ", "faint"), fit(right, right_width))
            for left, right in pairs
        ]

    def history(self) -> Iterator[Content]:
        """Yield the changes of state and the versions of the configuration."""
        yield text("Status changes", "title")
        for transition in self.transitions:
            at = short_time(transition.at, self.now, seconds=True)
            state = status_text(transition.after)
            yield line((f"{at:<10}", "muted"), state, "  ", transition.reason[:200])
        yield Content("")
        yield text("Configuration versions", "title")
        for version in self.versions:
            at = short_time(version.created_at, self.now)
            mark = ("● ", "ok") if version.active else ("○ ", "muted")
            about = f"{version.number:<3} {version.created_by[:40]}: {version.reason[:200]}"
            yield line((f"{at:<10}", "muted"), mark, about)

    # What is wrong

    def _problem(self, width: int) -> list[Content]:
        overview, problem = self.row.overview, self.row.problem
        integration = overview.integration
        since_s = (self.now - integration.changed_at).total_seconds()
        how_long = f" for {duration(since_s)}" if since_s >= 1 else ", just now"
        if not integration.config_version:  # a file that was never registered has no past
            how_long = ""
        shown = [
            line(
                status_text(integration.status),
                (how_long, "muted"),
            )
        ]
        if problem is None:
            return [*shown, *self._all_is_well(width)]
        role = "muted" if problem.is_idle else "bad-strong" if problem.is_bad else "warn-strong"
        shown += wrapped(text(problem.what, role), width)
        for sentence in (problem.evidence, problem.outlook(self.now)):
            if sentence:
                shown += wrapped(sentence, width)
        if not overview.is_checked:
            shown += wrapped(f"To fix: {START_ENGINE}", width)
        if problem.fixes:
            pairs = [(fix.key, fix.label) for fix in problem.fixes]
            shown.append(keys(pairs, within=width))
        return shown

    def _all_is_well(self, width: int) -> list[Content]:
        report = self.row.overview.report
        if report is None:
            return wrapped(text("Not checked yet.", "muted"), width)
        ago_s = (self.now - report.checked_at).total_seconds()
        ago = f"{duration(ago_s)} ago" if ago_s >= 1 else "just now"
        took = f" in {latency_words(report.latency_ms)}" if report.latency_ms else ""
        said = f"No problems. Checked {ago}{took}."
        return wrapped(text(said, "muted"), width)

    # Facts

    def _facts(self, width: int) -> list[Content]:
        return facts(list(self._pairs(width - _LABELS)), _LABELS)

    def _pairs(self, room: int) -> Iterator[tuple[str, Part]]:
        integration = self.row.overview.integration
        yield "Type", f"{integration.provider}, {integration.environment}"
        yield "Desired state", _desired(integration)
        yield "Configuration", self._version(integration)
        yield "Last sync", self._last_sync()
        at = self.row.next_sync
        yield "Next sync", short_time(at, self.now) if at else "-"
        day = self.row.day
        if day is not None and day.uptime is not None:
            checks = (f" of {day.checks:,} checks", "muted")
            yield "Uptime 24 h", line(share(day.uptime, decimals=2), checks)
        if integration.source_path:
            yield "File", fit(integration.source_path, room, middle=True)

    def _version(self, integration: Integration) -> Content:
        active = next((version for version in self.versions if version.active), None)
        if active is None:
            return text("none")
        by = f", {active.created_by[:40]} {short_time(active.created_at, self.now)}"
        return line(f"version {integration.config_version}", (by, "muted"))

    def _last_sync(self) -> Content:
        sync = self.row.sync
        if sync is None:
            return text("never")
        return line(short_time(sync.at, self.now), " ", status_text(sync.status))


def moment(at: datetime | None) -> str:
    """Return a moment in local time, to the second."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def time_of_day(at: datetime | None) -> str:
    """Return the local time of day, to the second."""
    return "" if at is None else f"{at.astimezone():%H:%M:%S}"


def _desired(integration: Integration) -> str:
    if not integration.enabled:
        return "Disabled"
    return "Running" if integration.is_wanted else "Stopped"
