"""Imports all that the console works with, in a thread of its own while its first frame stands.

Imported when first needed, as commands do it, each module would have the console wait at a key.
"""

from importlib import import_module
from pkgutil import walk_packages

from integration_tui import config, engine, services, store

for _package in (config, store, engine, services):
    for _module in walk_packages(_package.__path__, f"{_package.__name__}."):
        import_module(_module.name)
