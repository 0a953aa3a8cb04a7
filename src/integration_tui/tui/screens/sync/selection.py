"""What is read of the selected run besides its figures: people by role, lists, their lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.plan_tally import PlanPeople
from integration_tui.domain.sync.run import Run
from integration_tui.tui.screens.sync.data_sources import LISTS, PlanSelection
from integration_tui.tui.widgets.table.paging import PAGE, PagedScreen
from integration_tui.tui.widgets.table.virtual import PagedTable

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices

_KEPT: Final = 50
"""Plans whose people are remembered."""


class PeopleCache:
    """Keeps the people of plans: a plan that is made anew has another hash."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, bool], PlanPeople] = {}

    def known(self, run: Run | None) -> PlanPeople | None:
        """Return the people of a plan that was read already."""
        return self._known.get(_key(run)) if run else None

    async def read(self, services: ConsoleServices, run: Run | None) -> PlanPeople | None:
        """Return the people of the plan of a run; `None` where there is no plan."""
        if run is None or not run.plan_hash:
            return None
        key = _key(run)
        if key not in self._known:
            while len(self._known) >= _KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[key] = await services.plans.people(run.id)
        return self._known[key]


def _key(run: Run) -> tuple[int, str, bool]:
    return run.id, run.plan_hash, run.is_waiting


class ListedPages:
    """The long list that a table shows: read again where it is about the same, else anew."""

    def __init__(self) -> None:
        self._about: tuple[str, PlanSelection] | None = None
        self._list: PagedScreen | None = None

    def item(self, table: PagedTable) -> object:
        """Return what the cursor of the table is on."""
        return self._list.item(table.selected) if self._list else None

    @property
    def pages(self) -> PagedScreen | None:
        return self._list

    async def show(
        self, services: ConsoleServices, table: PagedTable, name: str, subject: PlanSelection
    ) -> None:
        """Have a table show a list."""
        about = (name, subject)
        if self._about == about and self._list is not None:
            await self._list.renew()
        else:
            listed = LISTS[name](services, subject)
            await listed.more()
            self._about, self._list = about, listed
            table.show_source(listed)
        table.changed(table.selected)

    async def more(self, table: PagedTable) -> None:
        """Read the next page."""
        if self._list is not None:
            await self._list.more()
            table.changed(table.selected)


async def counts(services: ConsoleServices, name: IntegrationId) -> Mapping[str, str]:
    """Return how much of an integration waits for a decision, as far as one page tells."""
    found = {
        "conflicts": len(await services.conflicts.conflicts(name, limit=PAGE)),
        "matches": len(await services.mappings.matches(name, limit=PAGE)),
        "quarantine": len(await services.plans.quarantined(name, limit=PAGE)),
    }
    return {view: _count(number) for view, number in found.items() if number}


def _count(number: int) -> str:
    return f"{PAGE - 1}+" if number >= PAGE else f"{number}"
