"""How fast a mock district is made: records a second, page by page, and the most memory held.

`python -m benchmarks.mock_district [--rounds N] [--district small_school | mid_district |
large_district]`.
"""

from __future__ import annotations

import asyncio
import resource
import time

from benchmarks.connectors import context
from benchmarks.measuring import Figure, Report, compile_program, parser
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.presets import quick


async def compare(district: str, rounds: int, report: Report) -> None:
    for changes_per_hour in (0, 100):
        rates: list[float] = []
        for _ in range(rounds):
            connector = MockConnector(
                quick(district=district, page_size=1000, changes_per_hour=changes_per_hour),
                context(),
            )
            await connector.connect()
            await connector.find(Collection.USERS, "usr-0000001")  # the names are made once
            rates.append(await measure(connector, f"{changes_per_hour} changes an hour"))
        what = f"mock {district} with {changes_per_hour} changes an hour, made"
        report.add(Figure(what=what, values=rates, unit="records/s of CPU"))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report.add(Figure(what=f"mock {district}, most memory", values=[peak_mib], unit="MiB"))


async def measure(connector: MockConnector, title: str) -> float:
    """Return records a second of CPU."""
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
    return total / spent_s


def main() -> None:
    taken = parser(__doc__, rounds=1)
    taken.add_argument("--district", default="large_district")
    options = taken.parse_args()
    compile_program()
    asyncio.run(compare(options.district, options.rounds, Report(options.figures)))


if __name__ == "__main__":
    main()
