"""What there was to see last time: shown while the store is being opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from integration_tui.domain.errors import ConfigError
from integration_tui.domain.overview import Overview
from integration_tui.places import look, store_url
from integration_tui.store.glance import glance


def last_seen(
    environ: Mapping[str, str], *, store: str | None, config_dir: Path | None
) -> Sequence[Overview]:
    """Return every integration as it was last stored; nothing where that cannot be told yet."""
    try:
        values = look(environ, store=store, config_dir=config_dir).values
    except ConfigError:  # opening the store will say it
        return ()
    return glance(store_url(values.get("store"), values["data_dir"]))
