"""What is wrong with each integration, as one sentence for a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.integration_overview import Overview
    from integration_tui.services import Services


async def read_remarks(services: Services, overviews: Sequence[Overview]) -> list[str]:
    """Return what is wrong with each, or waits for a person; empty where all is well."""
    problems, now = await services.problems.read(overviews), services.clock()
    found = [problems.of(overview.integration.id) for overview in overviews]
    return [sentence.full(now) if sentence else "" for sentence in found]


async def read_problems(services: Services, integration_id: IntegrationId) -> list[str]:
    """Return all that is wrong with one, or waits for a person, the worst first."""
    overviews = await services.integrations.overview([integration_id])
    found = (await services.problems.read(overviews)).sentences.get(integration_id, ())
    return [sentence.full(services.clock()) for sentence in found]
