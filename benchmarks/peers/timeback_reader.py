"""Reads a roster with the PyPI client `timeback` 0.3.0; needs an environment of its own.

`python timeback_reader.py ADDRESS [RECORDS]`; prints what it did as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from timeback.http import HttpClient  # type: ignore[import-not-found]  # not in our environment
from timeback.models import request as requests  # type: ignore[import-not-found]  # as above
from timeback.models.request.timeback_query_params import (  # type: ignore[import-not-found]
    TimebackQueryParams,  # as above
)
from timeback.services.oneroster.rostering import (  # type: ignore[import-not-found]
    rostering_service,  # as above
)

PAGE = 1000


class NoToken:
    def get_access_token(self) -> str:
        return "none"


def read(address: str, most: int) -> int:
    service = rostering_service.RosteringService(HttpClient(address, NoToken()))
    count = 0
    for noun, key in (
        ("orgs", "Orgs"),
        ("classes", "Classes"),
        ("users", "Users"),
        ("enrollments", "Enrollments"),
    ):
        ask = getattr(service, f"get_all_{noun}")
        request = getattr(requests, f"TimebackGetAll{key}Request")
        offset = 0
        while count < most:
            page = ask(request(query_params=TimebackQueryParams(limit=PAGE, offset=offset)))
            rows = getattr(page, noun)
            count += len(rows)
            offset += PAGE
            if len(rows) < PAGE:
                break
    return count


def main() -> None:
    most = int(sys.argv[2]) if len(sys.argv) > 2 else sys.maxsize
    began = time.perf_counter()
    count = read(sys.argv[1], most)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    done = {
        "records": count,
        "wall_s": time.perf_counter() - began,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
    }
    print(json.dumps(done))


if __name__ == "__main__":
    main()
