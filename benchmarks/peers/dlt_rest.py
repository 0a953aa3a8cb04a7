"""Brings orgs and users into SQLite with dlt; needs an environment of its own.

`python dlt_rest.py ADDRESS STORE` with `dlt[sqlalchemy]`: its own REST source, merged by
`sourcedId`, lists kept as JSON.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dlt  # type: ignore[import-not-found]  # not in our environment
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]  # as above

PAGE = 1000
NOUNS = ("orgs", "users")


def main() -> None:
    address, store = sys.argv[1], Path(sys.argv[2])
    source = rest_api_source(
        {
            "client": {"base_url": f"{address}/"},
            "resource_defaults": {"primary_key": "sourcedId", "write_disposition": "merge"},
            "resources": [
                {
                    "name": noun,
                    "endpoint": {
                        "path": noun,
                        "data_selector": noun,
                        "paginator": {
                            "type": "offset",
                            "limit": PAGE,
                            "total_path": "totalCount",
                        },
                    },
                }
                for noun in NOUNS
            ],
        },
        max_table_nesting=0,
    )
    pipeline = dlt.pipeline(
        pipeline_name="roster",
        pipelines_dir=str(store.parent / "dlt"),
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{store}"),
        dataset_name="roster",
    )
    pipeline.run(source).raise_on_failed_jobs()
    counts = pipeline.last_trace.last_normalize_info.row_counts
    print(sum(counts.get(noun, 0) for noun in NOUNS))


if __name__ == "__main__":
    main()
