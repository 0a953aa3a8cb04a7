"""What a connector is given where a benchmark opens it without an engine."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.secret import Secret


def context() -> ProviderContext:
    return ProviderContext(
        integration_id=IntegrationId("benchmark"),
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
        chance=random.random,
        secret=lambda _reference: Secret("none"),
        timeout_s=30,
        max_retries=0,
    )
