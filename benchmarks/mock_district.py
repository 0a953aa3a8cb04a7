"""How fast a mock district is made: records a second, page by page, and the most memory held.

Run: `python benchmarks/mock_district.py [small_school|mid_district|large_district]`.
"""

import asyncio
import random
import resource
import sys
import time
from datetime import UTC, datetime

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.roster import Collection
from integration_tui.domain.secret import Secret
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.presets import quick


async def main(district: str) -> None:
    context = ProviderContext(
        integration_id=IntegrationId("benchmark"),
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=asyncio.sleep,
        chance=random.random,
        secret=lambda _reference: Secret("none"),
        timeout_s=30,
        max_retries=0,
    )
    print(f"{district}, pages of 1,000")
    for changes_per_hour in (0, 100):
        connector = MockConnector(
            quick(district=district, page_size=1000, changes_per_hour=changes_per_hour), context
        )
        await connector.connect()
        await connector.find(Collection.USERS, "usr-0000001")  # the names are made once
        await measure(connector, f"{changes_per_hour} changes an hour")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process: {peak_mib:.0f} MiB")


async def measure(connector: MockConnector, title: str) -> None:
    print(f"  {title}")
    total, began, slowest_s = 0, time.process_time(), 0.0
    for collection in Collection:
        count, start = 0, time.process_time()
        page_began = time.perf_counter()
        async for page in connector.pages(collection):
            count += len(page.rows)
            slowest_s = max(slowest_s, time.perf_counter() - page_began)
            page_began = time.perf_counter()
        spent_s = max(time.process_time() - start, 1e-6)
        print(
            f"    {collection:18} {count:9,} in {spent_s:6.2f} s: {count / spent_s:10,.0f} a second"
        )
        total += count
    spent_s = time.process_time() - began
    print(f"    {'all':18} {total:9,} in {spent_s:6.2f} s: {total / spent_s:10,.0f} a second")
    print(f"    slowest page: {slowest_s * 1000:.1f} ms")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "large_district"))
