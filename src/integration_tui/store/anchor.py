"""Files of documents are kept by their names: a store that is copied finds those of its copy.

Stores from before hold full paths. They are read as names, too, so that nothing is ever written
into the folder that a copy was made of.
"""

from __future__ import annotations

from pathlib import Path


def named(path: str, folder: Path | None) -> str:
    """Return a document's file as it is stored."""
    return Path(path).name if folder is not None and path else path


def anchored(stored: str, folder: Path | None) -> str:
    """Return the whole path of a document's file, in the folder that is used now."""
    if folder is None or not stored:
        return stored
    return str(folder / Path(stored).name)


def is_elsewhere(stored: str, folder: Path) -> bool:
    """Return whether a stored path leads into another folder than the one that is used now."""
    return Path(stored).is_absolute() and Path(stored).parent != folder
