"""Reads a roster with the OneRoster connector, in a process of its own.

`python -m benchmarks.roster_reading ADDRESS [RECORDS]` reads page by page, keeps nothing, and
prints how many records there were as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys

from benchmarks.connectors import context
from benchmarks.serving import PAGE
from integration_tui.domain.roster import ROSTER
from integration_tui.providers.oneroster.config import OneRosterConfig
from integration_tui.providers.oneroster.connector import OneRosterConnector


def connector(address: str) -> OneRosterConnector:
    config = OneRosterConfig.model_validate(
        {
            "name": "benchmark",
            "type": "oneroster",
            "base_url": address,
            "auth": {"type": "jwt", "token": "env:NONE"},
            "rate_limit": {"requests": 100_000},
            "sync": {"page_size": PAGE},
        }
    )
    return OneRosterConnector(config, context(), product="OneRoster server")


async def read(address: str, most: int) -> int:
    ours, count = connector(address), 0
    await ours.connect()
    for collection in ROSTER:
        async for page in ours.pages(collection):
            count += len(page.rows)
            assert page.next or page.complete, page.reason
            if count >= most:
                break
    await ours.disconnect()
    return count


if __name__ == "__main__":
    MOST = int(sys.argv[2]) if len(sys.argv) > 2 else sys.maxsize
    print(json.dumps({"records": asyncio.run(read(sys.argv[1], MOST))}))
