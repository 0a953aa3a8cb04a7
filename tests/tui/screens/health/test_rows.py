"""The rows of Health: the worst first, and no row jumps while somebody moves the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.integration_overview import Overview
from integration_tui.domain.value import replace
from integration_tui.tui.screens.health.rows import HealthStatusView
from tests.tui.fake_services import world


def standing(overviews: Sequence[Overview], **statuses: IntegrationStatus) -> list[Overview]:
    """Return the same with other statuses."""
    return [
        replace(
            overview,
            integration=replace(
                overview.integration,
                status=statuses.get(overview.integration.id, IntegrationStatus.ACTIVE),
            ),
        )
        for overview in overviews
    ]


def test_the_worst_is_first_and_equals_are_by_name() -> None:
    known = world().integrations

    found = HealthStatusView().rows(
        standing(known, lincoln=IntegrationStatus.DEGRADED, madison=IntegrationStatus.ERROR)
    )

    assert list(found.keys)[:3] == ["madison", "lincoln", "adams"]


def test_a_row_keeps_its_place_until_the_cursor_rests() -> None:
    known, view = world().integrations, HealthStatusView()
    before = list(view.rows(standing(known)).keys)
    worse = standing(known, washington=IntegrationStatus.ERROR)

    assert list(view.rows(worse, is_still=True).keys) == before
    assert next(iter(view.rows(worse).keys)) == "washington"


def test_a_new_row_comes_last_while_the_others_keep_their_places() -> None:
    known, view = world().integrations, HealthStatusView()
    before = list(view.rows(standing(known[1:])).keys)

    after = view.rows(standing(known, lincoln=IntegrationStatus.ERROR), is_still=True)

    assert list(after.keys) == [*before, "lincoln"]


def test_a_row_that_has_not_changed_is_not_made_again() -> None:
    known, view = world().integrations, HealthStatusView()
    first = view.rows(known)

    second = view.rows(list(known))

    assert all(one is other for one, other in zip(first.seeds, second.seeds, strict=True))
