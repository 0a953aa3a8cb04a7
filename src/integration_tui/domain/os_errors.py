"""What the operating system refuses, in words: no room, no threads, no memory, no home.

None of it is a fault of the program or of a provider, and none of it is a traceback.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from typing import Final, TypeGuard

from integration_tui.domain.errors import ConsoleError

_ROOM: Final = "free disk space, then try again"
_FILES: Final = "close other programs or raise the limit (ulimit -n)"
_THREADS: Final = "close other programs or raise the limit (ulimit -u)"
_SCARCE: Final[Mapping[int, tuple[str, str]]] = {
    errno.ENOSPC: ("disk full", _ROOM),
    errno.EDQUOT: ("disk quota exceeded", _ROOM),
    errno.EMFILE: ("too many open files in this program", _FILES),
    errno.ENFILE: ("too many open files on this machine", _FILES),
    errno.ENOMEM: ("out of memory", "close other programs, then try again"),
    errno.EIO: ("disk read or write failed", "check the disk"),
    errno.EROFS: ("read-only file system", "choose another file or folder"),
}
_RUNTIME: Final[Mapping[str, tuple[str, str]]] = {
    "can't start new thread": ("thread limit reached", _THREADS),
    "could not determine home directory": (
        "home folder not found",
        "set HOME, or pass --store and --config-dir",
    ),
}


def scarcity(error: BaseException) -> ConsoleError | None:
    """Return what the machine has run out of; `None` where it is something else."""
    match error:
        case MemoryError():
            message, advice = _SCARCE[errno.ENOMEM]
        case RuntimeError() if words := _of_runtime(error):
            message, advice = words
        case OSError(errno=int(number)) if number in _SCARCE:
            message, advice = _SCARCE[number]
        case _:
            return None
    return ConsoleError(message, advice=advice)


def _of_runtime(error: RuntimeError) -> tuple[str, str] | None:
    said = str(error).lower().replace("the home", "home")
    return next((words for text, words in _RUNTIME.items() if said.startswith(text)), None)


def refusal(error: BaseException) -> ConsoleError | None:
    """Return whatever the system refused; `None` for what is no error of the system."""
    if (scarce := scarcity(error)) is not None:
        return scarce
    if not isinstance(error, OSError):
        return None
    what = f"{error.filename}: " if isinstance(error.filename, str) else ""
    reason = (error.strerror or type(error).__name__).lower()
    advice = "" if what else "check that the current folder still exists"
    return ConsoleError(
        f"system error: {what}{reason}",
        advice=advice if error.errno == errno.ENOENT else "",
    )


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield what a group of errors is made of, or the one error itself."""
    if _is_group(error):
        for part in error.exceptions:
            yield from leaves(part)
    else:
        yield error


def _is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)
