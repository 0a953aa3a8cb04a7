"""Imports all that the console works with, in a thread of its own while its first frame stands.

Imported when first needed, as commands do it, each would have the console wait at a key.
"""

from importlib import import_module
from typing import Final

_ENGINE: Final = (
    "background.loops",
    "change_watcher",
    "config_loader",
    "connection_test",
    "connectors.factory",
    "connectors.pool",
    "engine",
    "event_bus",
    "health.check",
    "health.monitor",
    "health.one_shot",
    "health.writer",
    "jobs",
    "reconciler",
    "supervisor",
    "sync.worker",
    "webhooks",
)
_SERVICES: Final = (
    "audit",
    "config_file_watch",
    "config_files",
    "config_forms",
    "conflicts",
    "diagnostics.checks",
    "health",
    "integrations",
    "messages",
    "problems",
    "provider_types",
    "roster.mappings",
    "roster.records",
    "roster_files",
    "secrets",
    "support.bundle",
    "sync.plans",
    "sync.runs",
    "webhooks",
)

for _name in (
    "config.secret_resolver",
    "store.connections",
    "store.database",
    *(f"engine.{name}" for name in _ENGINE),
    *(f"services.{name}" for name in _SERVICES),
):
    import_module(f"integration_tui.{_name}")
