"""The panes of the sync screen: the banner, a run's changes, its views, one change, progress."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import ContentSwitcher

from integration_tui.domain.sync.plan import PlannedChange
from integration_tui.domain.sync.run import Run, RunReport
from integration_tui.tui.screens.sync.banner import RunBanner
from integration_tui.tui.screens.sync.details import change_lines
from integration_tui.tui.screens.sync.plan_bars import PlanPicture, quarantine_note
from integration_tui.tui.screens.sync.rows import RunStatusView
from integration_tui.tui.screens.sync.running_now import RunningNow
from integration_tui.tui.screens.sync.views import CHANGE_COLUMNS, PLAN, VIEWS
from integration_tui.tui.widgets.dialogs import SafeInput
from integration_tui.tui.widgets.drawn import DrawnText
from integration_tui.tui.widgets.empty_state import empty_lines
from integration_tui.tui.widgets.formats import moment
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import Part, keys, line, wrapped
from integration_tui.tui.widgets.static_text import index_at
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.table.virtual import PagedTable

_CLASSES: Final = {"bad": "-alert", "warn": "-warn", "ok": "-good", "info": "", "off": ""}
_FRAME: Final = 2
_LEAST_ROWS: Final = 5
_PADDING: Final = 4
"""Cells of a frame and of the padding inside it."""
HASH_ENDS: Final = 4
_EDGES: Final = 6
"""Cells of a frame that its title cannot have."""
_LONG_NAMES: Final = ("quarantine", "conflicts", "matches", "history", "quality")
_SHORTENED: Final = ((), (PLAN,), *(_LONG_NAMES[: 1 + at] for at in range(len(_LONG_NAMES))))
"""Which names are short, the less room there is; first, the plan loses the number of its run."""


class DrawnPanel(DrawnText, can_focus=True):
    """What is drawn, and can have the focus: the frame around it says so."""


class BannerPane(Pane):
    """As high as what it says; it is not there where there is nothing to say."""

    DEFAULT_CSS = """
    BannerPane { height: auto; display: none;
        &.-warn { border: round $warn; }
    }
    """

    def __init__(self) -> None:
        super().__init__(DrawnText(id="banner-text"), id="banner")
        self._banner: RunBanner | None = None

    def show(self, banner: RunBanner | None, title: str, about: str) -> None:
        """Show the banner of a run."""
        self._banner = banner
        self.display = banner is not None
        if banner is None:
            return
        for tone, name in _CLASSES.items():
            if name:
                self.set_class(tone == banner.tone, name)
        self.title(title, about)
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        if self._banner is None:
            return
        width = self.screen.size.width - _PADDING
        is_low = self.screen.has_class("-low")
        most = max(self.screen.size.height * 2 // 5, _LEAST_ROWS)
        rows = self._banner.fitting(width, most, is_brief=is_low)
        self.styles.height = len(rows) + _FRAME
        self.query_one(DrawnText).show(lambda _width, _height: rows)


class ChangesPane(Pane):
    """What a plan changes, people first; one line narrows it to kinds and collections."""

    def compose(self) -> ComposeResult:
        yield SafeInput(
            placeholder="Kinds and collections, such as: deactivate people", id="filter"
        )
        yield PagedTable(CHANGE_COLUMNS, id="changes", empty="No changes.")

    def show(self, report: RunReport | None, note: str) -> None:
        """Name the run whose changes these are."""
        if report is None:
            self.title("Changes")
        else:
            self.title(f"Changes of run {report.run.id}", f"{report.changes:,}")
        self.hint(line((note or "people first", "warn" if note else "muted")))


class ChangePane(Pane):
    """What the cursor is on: a change, old and new beside each other, or a row of a view."""

    def __init__(self) -> None:
        super().__init__(DrawnPanel(id="change-text"), title="Change", id="change")

    def show(self, change: PlannedChange | None) -> None:
        """Show this change."""
        self.screen.set_class(change is None, "-unchanged")
        panel = self.query_one(DrawnPanel)
        if change is None:
            return
        count = len(dict.fromkeys([*change.before, *change.after]))
        fields = "1 field" if count == 1 else f"{count} fields"
        self.title(change.label or change.external_id, fields)
        panel.show(lambda width, _height: change_lines(change, width))

    def show_details(self, title: str, details: Content) -> None:
        """Show all about a row of a view."""
        self.screen.remove_class("-unchanged")
        self.title(title)
        rows = details.split("\n", allow_blank=True)
        self.query_one(DrawnPanel).show(
            lambda width, _height: [part for row in rows for part in wrapped(row, width)]
        )


class NowPane(Pane):
    """How far the run is that is under way."""

    DEFAULT_CSS = "NowPane { height: auto; display: none; }"

    def __init__(self) -> None:
        super().__init__(DrawnText(id="now-text"), id="now")

    def show(self, run: Run | None, picture: RunningNow, state: str) -> None:
        """Show how far this run is; no pane where none is under way."""
        self.display = run is not None
        if run is None:
            return
        width = self.content_size.width or self.screen.size.width // 2
        rows = len(list(picture.draw(width)))
        self.styles.height = max(rows, 1) + _FRAME
        self.title(f"Now: {run.integration_id}", f"run {run.id}, {state}")
        self.query_one(DrawnText).show(picture.draw)

    def show_keys(self, pairs: list[tuple[str, str]]) -> None:
        """Show what can be done about it."""
        self.hint(keys(pairs))


class ViewPane(Pane):
    """One view of a run; the names of all stand in the frame, with how much they hold."""

    @dataclass
    class Selected(Message):
        """The name of this view was clicked."""

        view: str

    DEFAULT_CSS: ClassVar[str] = "ViewPane ContentSwitcher { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__(id="views")
        self.current = PLAN
        self._counts: Mapping[str, str] = {}
        self._run = self._note = ""
        self._shortened: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        with ContentSwitcher(id="view", initial=PLAN):
            yield DrawnPanel(id=PLAN)
            for name, view in VIEWS.items():
                if view.columns:
                    kind = PagedTable if view.is_long else RowTable
                    yield kind(view.columns, id=name, empty="Reading…")

    @property
    def body(self) -> RowTable | DrawnPanel:
        """What the current view consists of."""
        if self.current == PLAN:
            return self.query_one(f"#{PLAN}", DrawnPanel)
        return self.query_one(f"#{self.current}", RowTable)

    def go_to(self, view: str) -> None:
        """Show this view."""
        self.current = view
        self.query_one("#view", ContentSwitcher).current = view
        self._show_names()

    def show_counts(self, counts: Mapping[str, str]) -> None:
        """Show beside the names how much the views hold."""
        self._counts = counts
        self._show_names()

    def show_plan(self, run_status: RunStatusView, picture: PlanPicture | None) -> None:
        """Draw the plan of a run; without one, say what makes it."""
        report, run = run_status.report, run_status.run
        self._run = f" of run {run.id}" if run else ""
        self._note = quarantine_note(report) if report else ""
        panel = self.query_one(f"#{PLAN}", DrawnPanel)
        if picture is not None:
            panel.show(picture.draw)
        else:
            why = _no_plan(run_status)
            panel.show(lambda width, height: empty_lines(why, width, height))
        self._show_names()

    def _show_names(self) -> None:
        self.hint(line((self._note if self.current == PLAN else "", "warn")))
        shown = line(*(part for _, parts in self._names() for part in parts))
        if not shown.is_same(self._titled):
            self._titled = shown
            self.border_title = shown

    def _names(self) -> Iterator[tuple[str, list[Part]]]:
        names = list(VIEWS)
        room = self.outer_size.width - _EDGES
        for shortened in _SHORTENED:
            self._shortened = frozenset(shortened)
            if not 0 < room < self._length(names):
                break
        while len(names) > 1 and 0 < room < self._length(names):
            names.remove(names[0] if names[0] != self.current else names[-1])
        for number, name in enumerate(names):
            between: list[Part] = [(" │ ", "faint")] if number else []
            yield name, [*between, *self._named(name)]

    def _length(self, names: list[str]) -> int:
        between = 3 * (len(names) - 1)
        return between + sum(line(*self._named(name)).cell_length for name in names)

    def _named(self, name: str) -> Iterator[Part]:
        is_current = name == self.current
        about = self._run if is_current and name == PLAN and not self._shortened else ""
        is_short = name in self._shortened and not is_current
        title = VIEWS[name].brief if is_short else VIEWS[name].title
        yield f"{title}{about}", "strong" if is_current else "muted"
        if count := self._counts.get(name):
            yield f" {count}", "warn"

    def on_resize(self) -> None:
        self._show_names()

    def on_click(self, event: events.Click) -> None:
        if event.screen_y != self.region.y:
            return
        names = list(self._names())
        place = index_at(
            (line(*parts).plain for _, parts in names), event.screen_x - self.region.x - 2
        )
        if place is not None:
            self.post_message(self.Selected(names[place][0]))


def _no_plan(run_status: RunStatusView) -> Content:
    if run_status.obstacle:
        return line((f"Cannot sync: {run_status.obstacle}", "warn"))
    if run_status.run is None:
        return line(("Never synced. ", "muted"), ("p", "key"), (" plans a first sync.", "muted"))
    if run_status.run.is_open:
        return line(("No plan yet.", "muted"))
    return line(("This run made no plan. ", "muted"), ("p", "key"), (" plans again.", "muted"))


def about_run(run_status: RunStatusView) -> str:
    """Return which run it is: its number, its mode, its plan, and when it was read."""
    run = run_status.run
    if run is None:
        return ""
    mode = f"undo of run {run.undoes}" if run.undoes else f"{run.mode} plan"
    plan = f" {run.plan_hash[:HASH_ENDS]}…{run.plan_hash[-HASH_ENDS:]}" if run.plan_hash else ""
    began = f"{run.started_at.astimezone():%H:%M:%S %Z}".strip()
    day = moment(run.started_at, run.started_at)
    return f"run {run.id}, {mode}{plan}, began {began or day}"
