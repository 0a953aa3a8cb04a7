"""What stands in the panes of the health screen, line by line for the room that there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from textual.content import Content

from integration_tui.domain.health.failure import incident_cause
from integration_tui.domain.health.status import HealthStatistics, NextCheck
from integration_tui.domain.health.week import Week
from integration_tui.domain.integration import IntegrationStatus, Trouble
from integration_tui.domain.text import duration
from integration_tui.tui.screens.health.rows import uptime_role
from integration_tui.tui.widgets.formats import coming, latency, moment, share
from integration_tui.tui.widgets.roles import bar, fit, line, text
from integration_tui.tui.widgets.uptime_strip import strip

if TYPE_CHECKING:
    from integration_tui.domain.health.incident import Incident
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.tui.screens.health.history import HealthHistory


class Tile(NamedTuple):
    """One figure: what it is, how much, compared with what. The `rank` says which leave first."""

    title: str
    value: str
    beside: str
    role: str = "strong"
    rank: int = 0


_STRONG: Final = {"bad": "bad-strong", "warn": "warn-strong", "muted": "strong"}


def tiles(seen: HealthHistory, figures: HealthStatistics | None) -> list[Tile]:
    """Return the figures of a window; without any check there are dashes."""
    week, policy = seen.week, seen.policy
    uptime = figures.uptime if figures else None
    checks, failed = (figures.checks, figures.failures) if figures else (0, 0)
    incidents = seen.in_window
    ongoing = sum(not incident.is_over for incident in incidents)
    p50, p95 = (figures.p50_ms, figures.p95_ms) if figures else (None, None)
    limit = policy.slow_ms
    is_slow = limit is not None and p95 is not None and p95 > limit
    return [
        Tile(
            "Uptime",
            share(uptime, decimals=2),
            f"week {share(week.uptime, decimals=1)}",
            _STRONG[uptime_role(uptime)],
        ),
        Tile("p50", latency(p50), f"usual {latency(week.p50_ms)}", rank=2),
        Tile(
            "p95",
            latency(p95),
            f"limit {latency(limit)}" if limit else "no limit",
            "warn-strong" if is_slow else "strong",
        ),
        Tile("Checks", f"{checks:,}", f"every {duration(policy.interval_s)}", rank=3),
        Tile(
            "Failed",
            f"{failed:,}",
            share(failed / checks, decimals=2) if checks else "-",
            "bad-strong" if failed else "strong",
        ),
        Tile(
            "Incidents",
            f"{len(incidents):,}",
            f"{ongoing:,} ongoing",
            "bad-strong" if ongoing else "strong",
            rank=1,
        ),
    ]


def draw_tiles(shown: Sequence[Tile], width: int) -> Iterator[Content]:
    """Yield three lines with the figures side by side; those without room are left out."""
    kept = list(shown)
    while len(kept) > 1 and sum(map(_room, kept)) > width:
        kept.remove(max(kept, key=lambda tile: tile.rank))
    if not kept:
        return
    room = max(width // len(kept), 1)
    rooms = [room] * len(kept)
    if any(_room(tile) > room for tile in kept):
        spare = max(width - sum(map(_room, kept)), 0) // len(kept)
        rooms = [_room(tile) + spare for tile in kept]
    pairs = list(zip(kept, rooms, strict=True))
    yield line(*(fit(text(tile.title, "muted"), room) for tile, room in pairs))
    yield line(*(fit(text(tile.value, tile.role), room) for tile, room in pairs))
    yield line(*(fit(text(tile.beside, "muted"), room) for tile, room in pairs))


def _room(tile: Tile) -> int:
    return max(map(len, (tile.title, tile.value, tile.beside))) + 2


def next_tile(overview: Overview, following: NextCheck, *, has_engine: bool) -> Tile:
    """Return when an integration is checked next, or why it is not."""
    title = "Next check" if following.attempt is None else f"Retry {following.attempt}"
    if following.at is None:
        return Tile(title, "-", _no_next(overview, has_engine=has_engine), "muted")
    is_far = (following.in_s or 0.0) >= _FAR_S
    local = following.at.astimezone()
    at = f"{local:%H:%M}" if is_far else f"{local:%H:%M:%S}"
    role = "strong" if following.attempt is None else "warn-strong"
    return Tile(title, at, coming(following.at, following.now), role)


_FAR_S: Final = 600


def _no_next(overview: Overview, *, has_engine: bool) -> str:
    integration = overview.integration
    if not integration.is_wanted:
        return "stopped" if integration.enabled else "disabled"
    if not overview.is_checked:
        return "no engine"
    if integration.problem and integration.problem.trouble is not Trouble.NOT_READY:
        return "needs a fix"
    return "checking" if has_engine else "unknown"


class Slow(NamedTuple):
    """How slow an integration is, with its other figures where there is room for them."""

    name: str
    p95_ms: float | None
    is_weak: bool
    beside: str = ""


def draw_slowest(slow: Sequence[Slow], width: int, height: int) -> Iterator[Content]:
    """Yield a bar below the name of each integration, the slowest first, all to one scale."""
    known = sorted(
        ((one.p95_ms, one) for one in slow if one.p95_ms is not None),
        key=lambda pair: (-pair[0], pair[1].name),
    )
    if not known:
        yield text("No latency in this window", "muted")
        return
    top, lines_each = known[0][0] or 1.0, 4 if height >= 4 * len(known) else 2
    for p95_ms, one in known[: height // 2]:
        shown = f"{latency(p95_ms):>7}"
        tone = "warn" if one.is_weak else "muted"
        yield fit(one.name, width - len(shown), middle=True) + text(shown, tone)
        yield bar(p95_ms / top, width, "warn" if one.is_weak else "info")
        if lines_each > 2:
            yield text(one.beside, "muted")
            yield Content("")


_LABEL: Final = 8
_SHARE: Final = 9


def week_cells(width: int) -> int:
    """Return how many cells a day has in so many columns."""
    room = width - _LABEL - _SHARE
    return next((count for count in (96, 48, 24) if count <= room), 12)


def draw_week(week: Week, width: int) -> Iterator[Content]:
    """Yield the hours, then a row a day with its uptime."""
    cells = week_cells(width)
    scale = [" "] * (cells + 2)
    for hour in range(0, 24, 3 if cells >= 48 else 6):
        at = hour * cells // 24
        scale[at : at + 5] = f"{hour:02d}:00"
    yield line(" " * _LABEL, ("".join(scale), "muted"))
    for number, day in enumerate(week.days):
        is_today = number == len(week.days) - 1
        shown = day.merged(cells)
        yield line(
            (f"{day.day:%a} {day.day.day:>2}".ljust(_LABEL), "strong" if is_today else "muted"),
            strip(shown, len(shown)),
            " " * (cells - len(shown)),
            (f"{share(day.uptime, decimals=2):>{_SHARE}}", uptime_role(day.uptime)),
        )


class _Row(NamedTuple):
    """One incident in words."""

    incident: Incident
    began: str
    lasted: str
    now: str
    cause: str
    more: str


def draw_incidents(seen: HealthHistory, now: datetime, width: int) -> Iterator[Content]:
    """Yield incidents, the newest first; what is ongoing says so."""
    rows = [_row(incident, seen, now) for incident in seen.incidents.newest[:_MOST]]
    if not rows:
        yield Content("")
        yield text("No incidents", "muted").center(width)
        return
    began = max(len("Began"), *(len(row.began) for row in rows)) + 2
    lasted = max(len("Lasted"), *(len(row.lasted + row.now) for row in rows)) + 2
    room = width - _SIGN - began - lasted
    if any(len(_short(row.cause)) > room for row in rows):
        for row in rows:
            yield _incident(row, began, lasted, 0)
            yield line(" " * _SIGN, _cause(row, width - _SIGN))
        return
    yield line((f"{'':{_SIGN}}{'Began':<{began}}{'Lasted':<{lasted}}Cause", "muted"))
    for row in rows:
        yield _incident(row, began, lasted, room)


_SIGN: Final = 3


_MOST: Final = 100


def _row(incident: Incident, seen: HealthHistory, now: datetime) -> _Row:
    integration, more = seen.overview.integration, ""
    retry_at = integration.next_attempt_at
    if not incident.is_over and retry_at is not None and seen.look.is_live:
        more = f" · retries at {moment(retry_at, now)}"
    elif incident.ended_as is not None and incident.ended_as is not IntegrationStatus.ACTIVE:
        more = f" · {_ENDED[incident.ended_as]}"
    return _Row(
        incident=incident,
        began=moment(incident.began_at, now),
        lasted=_duration(incident, now),
        now="" if incident.is_over else ", now",
        cause=incident_cause(incident.reason, integration.id),
        more=more,
    )


_ENDED: Final = {IntegrationStatus.INACTIVE: "stopped", IntegrationStatus.DISABLED: "disabled"}


def _incident(row: _Row, began: int, lasted: int, room: int) -> Content:
    """Return one line; without room, the cause stands below."""
    is_bad = row.incident.worst is IntegrationStatus.ERROR
    role = _role(row)
    return line(
        ("✗  " if is_bad else "▲  ", role),
        f"{row.began:<{began}}",
        (row.lasted, "muted" if row.incident.is_over else ""),
        (row.now.ljust(lasted - len(row.lasted)), f"{role}-strong"),
        _cause(row, room) if room else "",
    )


def _cause(row: _Row, room: int) -> Content:
    """Return why, as much of it as there is room for: what is in brackets is in the report."""
    cause, more = row.cause, row.more
    if len(cause) + len(more) > room:
        more = ""
    if len(cause) > room:
        cause = _short(cause)
    return line((cause, "" if row.incident.is_over else _role(row)), (more, "muted"))


def _role(row: _Row) -> str:
    return "bad" if row.incident.worst is IntegrationStatus.ERROR else "warn"


def _short(cause: str) -> str:
    return cause.partition(" (")[0]


def _duration(incident: Incident, now: datetime) -> str:
    return duration(max(incident.length(now).total_seconds(), 0.0))


_COUNTED: Final = 11
"""Cells of a count and a share."""
_BAR: Final = 3


def draw_failures(
    seen: HealthHistory, figures: HealthStatistics | None, width: int
) -> Iterator[Content]:
    """Yield a bar a cause with count and share; without the bars where there is no room."""
    found, total = seen.failures(), seen.breakdown.failures
    if not total:
        yield Content("")
        yield text(f"No failed checks in {seen.look.length}", "muted").center(width)
        return
    label = max(len(words) for words, _ in found)
    has_bars = width >= label + 1 + _BAR + _COUNTED
    for words, count in found:
        shown = (f"{count:>6,}", (f"{count / total:>5.0%}", "muted"))
        if has_bars:
            room = width - label - 1 - _COUNTED
            yield line(fit(words, label), " ", bar(count / found[0][1], room, "bad"), *shown)
        else:
            head = line(f"{count:,}", (f"  {count / total:.0%}  ", "muted"))
            is_long = head.cell_length + len(words) > width
            yield line(head, _short(words) if is_long else words)
    if figures is not None and figures.checks >= total:
        yield Content("")
        checks = "check" if figures.checks == 1 else "checks"
        yield text(f"{total:,} of {figures.checks:,} {checks} failed", "muted")
