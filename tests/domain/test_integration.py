"""The status machine: which status may follow which."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Intent,
    path_between,
    toggle_enabled,
)

statuses = st.sampled_from(IntegrationStatus)


@given(statuses, statuses)
def test_every_status_can_be_reached_by_allowed_steps(
    before: IntegrationStatus, after: IntegrationStatus
) -> None:
    steps = path_between(before, after)

    assert (before, *steps)[-1] is after
    assert all(path_between(now, then) == (then,) for now, then in pairwise((before, *steps)))


@given(statuses)
def test_there_is_no_way_to_where_one_is(status: IntegrationStatus) -> None:
    assert path_between(status, status) == ()


def test_one_that_was_never_connected_is_not_active_at_once() -> None:
    assert path_between(IntegrationStatus.INACTIVE, IntegrationStatus.ACTIVE) == (
        IntegrationStatus.CONNECTING,
        IntegrationStatus.ACTIVE,
    )


@given(st.booleans(), st.sampled_from(Intent))
def test_it_is_wanted_when_it_is_enabled_and_meant_to_run(enabled: bool, intent: Intent) -> None:
    integration = Integration(
        id=IntegrationId("lincoln"),
        provider="mock",
        title="",
        environment="production",
        enabled=enabled,
        intent=intent,
        status=IntegrationStatus.INACTIVE,
        config_version=1,
        revision=1,
        changed_at=datetime(2026, 9, 1, tzinfo=UTC),
    )

    assert integration.is_wanted is (enabled and intent is Intent.RUN)


@given(st.lists(st.booleans(), max_size=5))
def test_a_switch_enables_the_disabled_ones_and_else_disables_all(enabled: list[bool]) -> None:
    chosen = [
        Integration(
            id=IntegrationId(f"school-{place}"),
            provider="mock",
            title="",
            environment="production",
            enabled=is_enabled,
            intent=Intent.RUN,
            status=IntegrationStatus.INACTIVE,
            config_version=1,
            revision=1,
            changed_at=datetime(2026, 11, 23, tzinfo=UTC),
        )
        for place, is_enabled in enumerate(enabled)
    ]

    is_enabling, names = toggle_enabled(chosen)

    assert is_enabling == (not all(enabled))
    assert names == [school.id for school in chosen if school.enabled is not is_enabling]
