"""Where a program broke, without what it had in its hands.

The text of an exception may hold anything: the name of a pupil that could not be parsed, a whole
statement with its values. Only errors of ours have texts that were written to be kept.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from traceback import walk_tb
from types import TracebackType
from typing import Final, TypeGuard

from integration_tui.domain.errors import ConsoleError

_FRAMES: Final = 40
"""So many places of one exception, the innermost; a recursion has a thousand."""
_CHAIN: Final = 10


def kind_of(error: BaseException) -> str:
    """Return what an exception is, with the code that its kind has, without its text."""
    name = type(error).__name__
    match error:
        # A plug-in's error may lack its texts, or have something else in their place.
        case ConsoleError(message=str(), advice=str()):
            return f"{name}: {error}"
        case sqlite3.Error():
            code = getattr(error, "sqlite_errorname", "")
            return f"{name} ({code})" if code else name
        case OSError(errno=int(number)) if number in errno.errorcode:
            return f"{name} ({errno.errorcode[number]})"
        case _:
            return name


def traceback_of(error: BaseException) -> str:
    """Return the places that an exception came through, the cause first, without any text."""
    return "\n".join(_lines(error, depth=0))


def _lines(error: BaseException, *, depth: int) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and depth < _CHAIN:
        yield from _lines(before, depth=depth + 1)
        yield "which led to:"
    yield "Traceback (most recent call last):"
    yield from _places(error.__traceback__)
    yield kind_of(error)
    if _is_group(error) and depth < _CHAIN:
        for part in error.exceptions[:_CHAIN]:
            yield "one of:"
            yield from _lines(part, depth=depth + 1)


def _is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)


def _places(trace: TracebackType | None) -> Iterator[str]:
    frames = [(frame.f_code, line) for frame, line in walk_tb(trace)]
    for code, line in frames[-_FRAMES:]:
        yield f'  File "{code.co_filename}", line {line}, in {code.co_name}'
