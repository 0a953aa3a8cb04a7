"""How a call of the program ends: with an exit code and, where it must be, a sentence."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from integration_tui.cli.output import ExitCode, note
from integration_tui.cli.streams import abandon, prepare, unwritten
from integration_tui.domain.errors import (
    ConfigError,
    ConsoleError,
    StoreLostError,
    UsageError,
)
from integration_tui.domain.os_errors import leaves, refusal


def ended(call: Callable[[], int]) -> int:
    """Return the exit code of `call`. No traceback of ours reaches a user."""
    prepare()
    try:
        code = call()
        sys.stdout.flush()
    except KeyboardInterrupt:
        note("stopped")
        return ExitCode.TROUBLE
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - unknown ones go on
        return _report_error(error)
    return code


def _report_error(error: BaseException) -> int:
    """Print what went wrong and return the exit code. Raises again what nobody foresaw."""
    found = list(leaves(error))
    if any(isinstance(leaf, BrokenPipeError) for leaf in found):
        abandon()
        return ExitCode.TROUBLE
    known = [_in_words(leaf) for leaf in found]
    if None in known:
        raise error
    first = next(filter(None, known))
    _Leaving.is_abrupt |= isinstance(first, StoreLostError)
    return _print_error(first)


def _in_words(error: BaseException) -> ConsoleError | None:
    if isinstance(error, ConsoleError):
        return error
    if isinstance(error, OSError) and (about_output := unwritten(error)):
        abandon()
        return about_output
    return refusal(error)


def leave(code: int) -> NoReturn:
    """End the program; at once where its store was lost, as SQLite writes when it is closed."""
    if _Leaving.is_abrupt:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    gc.freeze()  # Python would look through all there is, which is a fifth of a command's time
    sys.exit(code)


class _Leaving:
    """How the program is left."""

    is_abrupt = False


def _print_error(error: ConsoleError) -> int:
    note(error)
    if isinstance(error, ConfigError):
        for problem in error.problems[1:]:
            note(problem)
    return ExitCode.BAD_INPUT if isinstance(error, UsageError | ConfigError) else ExitCode.TROUBLE
