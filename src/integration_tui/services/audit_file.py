"""A file that is there whole or not at all, and replaces another only when it may."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from integration_tui.domain.errors import ConsoleError, FileThereError


@contextmanager
def writing(path: Path, *, replace: bool) -> Generator[TextIO]:
    """Write into a file beside `path`, which takes its name at the end. It is its owner's only."""
    part: Path | None = None
    try:
        _require_room(path, replace=replace)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        part = Path(name)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _require_room(path, replace=replace)
        part.replace(path)
    except OSError as error:
        raise ConsoleError(
            f"{path} cannot be written: {error.strerror}", advice="name another file"
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _require_room(path: Path, *, replace: bool) -> None:
    if path.is_dir():
        raise ConsoleError(f"{path} is a folder", advice="name a file in it")
    if path.exists() and not replace:
        raise FileThereError(f"{path} is there already", advice="name another file")
