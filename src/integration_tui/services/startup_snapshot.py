"""What there was to see last time: shown while the store is being opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from integration_tui.domain.errors import ConfigError
from integration_tui.domain.integration_overview import Overview, unwatched
from integration_tui.engine.lock import StoreLock
from integration_tui.engine.lock import unwatched as nobody_checks
from integration_tui.paths import check_paths, store_url
from integration_tui.store.startup_snapshot import file_of, load_snapshot


def last_seen(
    environ: Mapping[str, str], *, store: str | None, config_dir: Path | None, now: datetime
) -> Sequence[Overview]:
    """Return every integration as it was last stored; nothing where that cannot be told yet.

    Where no engine runs, none of them is shown as working: see `overview.unwatched`.
    """
    try:
        values = check_paths(environ, store=store, config_dir=config_dir).values
    except ConfigError:  # opening the store will say it
        return ()
    url = store_url(values.get("store"), values["data_dir"])
    found = load_snapshot(url)
    lock = StoreLock(file_of(url))
    return [_shown(overview, lock, now) for overview in found]


def _shown(overview: Overview, lock: StoreLock, now: datetime) -> Overview:
    why = nobody_checks(lock, now, overview.evaluated_at)
    return unwatched(overview, why, now) if why else overview
